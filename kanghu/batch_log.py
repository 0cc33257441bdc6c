"""The batch log: what each run of collect did with each feed, and how far its batch has come.

A batch goes open -> collected -> (identified, normalised, in pipeline's order) -> done. Later steps
see it once it is ``collected``: every bronze table that it writes then carries its id. What collect
is about to commit to a table is kept in ``kanghu.landing`` until feeds' states and watermarks have
followed the commit, so a run that was killed between the two is finished by the next one (law 3).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kanghu.settings import Settings
from kanghu.store import connect

Kind = Literal["collect", "replay"]


@dataclass
class FeedOutcome:
    """What one batch did with one feed, and what is known of the feed after it.

    ``source_rows`` counts the rows (parts) read, ``delivered`` the units as delivered; both are
    only what this read saw, which for an incremental read is less than the source holds.
    ``columns``: ``[[name, source type], ...]``; ``seen``: see ``kanghu.feed_state``.
    """

    institution: str
    feed: str
    system: str
    table_name: str
    mode: str
    started_at: str
    state: Literal["collected", "failed"] = "collected"
    delivered: int = 0
    source_rows: int = 0
    bronze_rows: int = 0
    unchanged_rows: int = 0
    deleted_rows: int = 0
    watermark_from: str | None = None
    watermark_to: str | None = None
    columns: list[list[str]] | None = None
    seen: dict[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True)
class FeedState:
    """What is known of a feed between batches."""

    watermark: str | None
    columns: list[list[str]] | None
    seen: dict[str, Any] | None
    last_batch_id: str | None
    last_error: str | None = None


def open_batch(settings: Settings, kind: Kind = "collect") -> str:
    """Begin a batch. Its id is the store's clock to the millisecond and sorts after all others."""
    with connect(settings) as connection:
        connection.execute("lock table kanghu.batch in exclusive mode")
        row = connection.execute(
            """
            insert into kanghu.batch (batch_id, kind, state)
            select case when coalesce(latest, '') < now_id then now_id
                        else 'b' || (substr(latest, 2)::numeric + 1) end, %s, 'open'
            from (select max(batch_id) as latest,
                         to_char(clock_timestamp() at time zone 'UTC',
                                 '"b"YYYYMMDDHH24MISSMS') as now_id
                  from kanghu.batch) as ids
            returning batch_id
            """,
            (kind,),
        ).fetchone()
    assert row is not None
    return str(row["batch_id"])


def unfinished_batches(settings: Settings, *states: str) -> list[str]:
    """Ids of the batches in one of ``states`` (default: all but ``done``), the oldest first."""
    wanted = list(states) or ["open", "collected", "normalised", "identified"]
    with connect(settings) as connection:
        rows = connection.execute(
            "select batch_id from kanghu.batch where state = any(%s) order by batch_id", (wanted,)
        ).fetchall()
    return [row["batch_id"] for row in rows]


def advance(settings: Settings, batches: Sequence[str], state: str) -> None:
    """Bring ``batches`` to ``state``."""
    with connect(settings) as connection:
        connection.execute(
            """
            update kanghu.batch
            set state = %(state)s, error = null,
                finished_at = case when %(state)s = 'done' then now() end
            where batch_id = any(%(batches)s)
            """,
            {"state": state, "batches": list(batches)},
        )


def note_error(settings: Settings, batches: Sequence[str], error: str) -> None:
    """Keep what stopped ``batches`` on their way, until they go on."""
    with connect(settings) as connection:
        connection.execute(
            "update kanghu.batch set error = %s where batch_id = any(%s)", (error, list(batches))
        )


def feed_states(settings: Settings) -> dict[tuple[str, str], FeedState]:
    """(institution, feed) -> what is known of it."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select institution, feed, watermark, columns, seen, last_batch_id, last_error "
            "from kanghu.feed_state"
        ).fetchall()
    return {
        (row["institution"], row["feed"]): FeedState(
            row["watermark"], row["columns"], row["seen"], row["last_batch_id"], row["last_error"]
        )
        for row in rows
    }


def collected_feeds(settings: Settings, batch_id: str) -> set[tuple[str, str]]:
    """(institution, feed) that ``batch_id`` has already dealt with."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select institution, feed from kanghu.feed_run "
            "where batch_id = %s and state = 'collected'",
            (batch_id,),
        ).fetchall()
    return {(row["institution"], row["feed"]) for row in rows}


def wrote_something(settings: Settings, batch_id: str) -> bool:
    """Whether the batch put any row into bronze."""
    with connect(settings) as connection:
        row = connection.execute(
            "select 1 from kanghu.feed_run "
            "where batch_id = %s and bronze_rows + deleted_rows > 0 limit 1",
            (batch_id,),
        ).fetchone()
    return row is not None


def announce_landing(
    settings: Settings, batch_id: str, system: str, table: str, outcomes: Sequence[FeedOutcome]
) -> None:
    """Keep what a commit to one bronze table will mean for its feeds, before the commit."""
    with connect(settings) as connection:
        connection.execute(
            """
            insert into kanghu.landing (batch_id, system, table_name, outcomes)
            values (%s, %s, %s, %s)
            on conflict (batch_id, system, table_name) do update set outcomes = excluded.outcomes
            """,
            (batch_id, system, table, _as_json(outcomes)),
        )


def announced_landings(settings: Settings, batch_id: str) -> list[tuple[str, str]]:
    """(system, table) whose commit a run announced and whose log it did not finish."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select system, table_name from kanghu.landing where batch_id = %s", (batch_id,)
        ).fetchall()
    return [(row["system"], row["table_name"]) for row in rows]


def finish_landing(settings: Settings, batch_id: str, system: str, table: str) -> None:
    """The announced commit stands: write the log and the feeds' states from the announcement."""
    with connect(settings) as connection:
        row = connection.execute(
            "delete from kanghu.landing where batch_id = %s and system = %s and table_name = %s "
            "returning outcomes::text as outcomes",
            (batch_id, system, table),
        ).fetchone()
        if row is not None:
            connection.execute(_LOG, {"batch": batch_id, "outcomes": row["outcomes"]})
            connection.execute(_STATE, {"batch": batch_id, "outcomes": row["outcomes"]})


def forget_landing(settings: Settings, batch_id: str, system: str, table: str) -> None:
    """The announced commit never happened."""
    with connect(settings) as connection:
        connection.execute(
            "delete from kanghu.landing where batch_id = %s and system = %s and table_name = %s",
            (batch_id, system, table),
        )


def log_outcomes(settings: Settings, batch_id: str, outcomes: Sequence[FeedOutcome]) -> None:
    """Write the log and the states of feeds that needed no commit (idle or failed)."""
    if not outcomes:
        return
    with connect(settings) as connection:
        values = {"batch": batch_id, "outcomes": _as_json(outcomes)}
        connection.execute(_LOG, values)
        connection.execute(_STATE, values)


def unequal_feeds(settings: Settings) -> set[tuple[str, str]]:
    """(Institution, feed) of those that did not equal their source when last compared."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select institution, feed from kanghu.comparison where result = 'different'"
        ).fetchall()
    return {(row["institution"], row["feed"]) for row in rows}


def accept_columns(settings: Settings, institution: str, feed: str) -> None:
    """Forget a feed's columns, so that its next read takes them as they are: for when the mapping
    has been made to fit a source that changed its types."""
    with connect(settings) as connection:
        connection.execute(
            "update kanghu.feed_state set columns = null where institution = %s and feed = %s",
            (institution, feed),
        )


def _as_json(outcomes: Sequence[FeedOutcome]) -> str:
    return json.dumps([vars(one) for one in outcomes], ensure_ascii=False)


_OUTCOMES = """
    jsonb_to_recordset(%(outcomes)s::jsonb) as one (
        institution text, feed text, system text, table_name text, mode text,
        started_at timestamptz, state text, delivered bigint, source_rows bigint,
        bronze_rows bigint, unchanged_rows bigint, deleted_rows bigint,
        watermark_from text, watermark_to text, columns jsonb, seen jsonb, error text)
"""

_LOG = f"""
    insert into kanghu.feed_run (
        batch_id, institution, feed, system, table_name, mode, state, delivered, source_rows,
        bronze_rows, unchanged_rows, deleted_rows, watermark_from, watermark_to, error, started_at,
        columns)
    select %(batch)s, institution, feed, system, table_name, mode, state, delivered, source_rows,
           bronze_rows, unchanged_rows, deleted_rows, watermark_from, watermark_to, error,
           started_at, case when bronze_rows > 0 then columns end
    from {_OUTCOMES}
    on conflict (batch_id, institution, feed) do update
        set state = excluded.state, mode = excluded.mode, delivered = excluded.delivered,
            source_rows = excluded.source_rows, bronze_rows = excluded.bronze_rows,
            unchanged_rows = excluded.unchanged_rows, deleted_rows = excluded.deleted_rows,
            watermark_from = excluded.watermark_from, watermark_to = excluded.watermark_to,
            error = excluded.error, started_at = excluded.started_at, finished_at = now(),
            columns = excluded.columns
"""

_STATE = f"""
    insert into kanghu.feed_state as known (
        institution, feed, system, table_name, watermark, columns, seen, last_batch_id,
        last_success, last_error)
    select institution, feed, system, table_name, watermark_to, columns, seen,
           case when state = 'collected' then %(batch)s end,
           case when state = 'collected' then now() end, error
    from {_OUTCOMES}
    on conflict (institution, feed) do update
        set watermark = case when excluded.last_success is null then known.watermark
                             else excluded.watermark end,
            columns = case when excluded.last_success is null then known.columns
                           else coalesce(excluded.columns, known.columns) end,
            seen = case when excluded.last_success is null then known.seen
                        else excluded.seen end,
            last_batch_id = coalesce(excluded.last_batch_id, known.last_batch_id),
            last_success = coalesce(excluded.last_success, known.last_success),
            last_error = excluded.last_error
"""
