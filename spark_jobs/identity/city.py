"""identify: one resident for each person, and every person number's way to its resident.

Rows that are new or changed are compared with all that is known; the pairs are kept
(``evidence``), so that people are always made from all the evidence there is: the same rows give
the same people in whatever batches they came. Any kill leaves the tables such that the next run
ends where an undisturbed one would (tables.py says how).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from kanghu.lake import Lake
from kanghu.lease import lease
from kanghu.settings import Settings
from spark_jobs.identity import tables
from spark_jobs.identity.best import RESIDENT_COLUMNS, best_query
from spark_jobs.identity.decision_store import NOTHING_DECIDED, Decided, read_decisions
from spark_jobs.identity.kept import load_decided
from spark_jobs.identity.model import LinkModel, city_model
from spark_jobs.identity.people import make_links, make_people
from spark_jobs.identity.prepare import prepare, quoted
from spark_jobs.identity.rows import read_person_rows
from standards.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True)
class IdentifyResult:
    """What a run found: counts of person rows and residents now, and of what changed in it.

    ``by_rule`` counts person rows by what linked them: ``decision``, ``id_number``,
    ``person_number`` (the same number in one institution), ``similarity``, ``alone`` (nothing else
    is known of the person).
    """

    persons: int
    residents: int
    compared: int = 0
    new: int = 0
    merged: int = 0
    split: int = 0
    decided: int = 0
    """The last decision that it follows."""
    by_rule: dict[str, int] = field(default_factory=dict)


def identify(settings: Settings, batch_ids: Sequence[str] = ()) -> IdentifyResult:
    """Bring ``<lake>/identity`` up to date with silver; what is unchanged costs a read.

    ``batch_ids``: the batches on whose behalf it runs; the last one is written on what changes.
    """
    with lease(settings, "identity"):
        batch_id = batch_ids[-1] if batch_ids else ""
        return identify_lake(
            Lake(settings.lake),
            load_catalogue(),
            city_model(),
            batch_id,
            read_decisions(settings),
        )


def identify_lake(
    lake: Lake,
    catalogue: Catalogue,
    model: LinkModel,
    batch_id: str,
    decided: Decided = NOTHING_DECIDED,
) -> IdentifyResult:
    """``identify`` without the lease: the caller is the only writer."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    run = tables.run_of(lake, "person_link")
    columns = tuple(dict.fromkeys([*model.columns(), *RESIDENT_COLUMNS]))
    read_person_rows(connection, lake, catalogue, columns, model.fingerprint)
    if not tables.load(connection, lake, "person_link", "link_before"):
        tables.empty(connection, tables.PERSON_LINK, "link_before")
    compared, gone = _mark_new(connection, anew=tables.run_of(lake, "evidence") != run)
    applied = tables.decided_of(lake)
    load_decided(connection, decided, applied)
    first = run == 0
    if not (first or compared or gone or decided.last != applied):
        if tables.run_of(lake, "resident") != run:
            prepare(connection, "source", model)
            _committed_history(connection, lake, run)
            _write_residents(connection, lake, run, "link_before")
        return _result(connection, "link_before", decided.last)

    run += 1
    prepare(connection, "source", model)
    _gather_evidence(connection, lake, model)
    _committed_history(connection, lake, run - 1)
    make_people(connection, model)
    make_links(connection, batch_id)
    tables.save(connection, lake, "evidence", "from pair", run)
    _write_history(connection, lake, batch_id, run)
    tables.save(connection, lake, "person_link", "from link", run, decided=decided.last)
    for done in ("pair", "number", "link_before", "link_now", "link_gone", "assigned", "live"):
        connection.execute(f"drop table {done}")  # memory for what is left to do
    _write_residents(connection, lake, run, "link")
    counts = dict(connection.execute("select event, count(*) from event group by event").fetchall())
    return _result(connection, "link", decided.last, compared, counts)


def _mark_new(connection: duckdb.DuckDBPyConnection, *, anew: bool) -> tuple[int, int]:
    """``fresh_row``: rows not yet compared as they now are. Answers how many, and how many rows
    that were known are no longer in silver."""
    known = "false" if anew else "row_hash is not null"
    connection.execute(
        f"""
        create or replace temp table known_row as
        select distinct row_id from link_before where row_hash is not null;
        create or replace temp table seen as
        select distinct row_id, row_hash from link_before where {known};
        create or replace temp table fresh_row as
        select row_id from source anti join seen using (row_id, row_hash)
        """
    )
    return (
        _scalar(connection, "select count(*) from fresh_row"),
        _scalar(connection, "select count(*) from known_row anti join source using (row_id)"),
    )


def _gather_evidence(connection: duckdb.DuckDBPyConnection, lake: Lake, model: LinkModel) -> None:
    """``pair``: what is known of rows that did not change, and what the others give."""
    from spark_jobs.identity.evidence import score

    if _scalar(connection, "select count(*) from person anti join fresh_row using (row_id)") == 0:
        score(connection, "person", model)
        return
    tables.load(connection, lake, "evidence", "kept")
    if _scalar(connection, "select count(*) from fresh_row"):
        _narrow(connection, model)
        score(connection, "candidate", model, "fresh", only_new=True)
    else:
        connection.execute("create or replace temp table fresh as from kept where false")
    connection.execute(
        """
        create or replace temp table pair as
        select kept.* from kept
            join person as l on l.row_id = left_id join person as r on r.row_id = right_id
        where left_id not in (from fresh_row) and right_id not in (from fresh_row)
        union all by name from fresh
        """
    )


def _narrow(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """``candidate``: new rows (``is_new``), and those that share a blocking key with one."""
    connection.execute(
        "create or replace temp table person_new as from person semi join fresh_row using (row_id)"
    )
    parts = ["from fresh_row"]
    for rule in model.blocking:
        keys = ", ".join(quoted(part.partition(":")[0]) for part in rule)
        parts.append(f"select row_id from person semi join person_new using ({keys})")
    connection.execute(
        f"""
        create or replace temp table candidate as
        select *, row_id in (from fresh_row) as is_new from person
        where row_id in ({" union ".join(parts)})
        """
    )


def _committed_history(connection: duckdb.DuckDBPyConnection, lake: Lake, run: int) -> None:
    """``committed``: history up to ``run``; what a dead run wrote beyond it does not count."""
    if not tables.load(connection, lake, "history", "history_before"):
        tables.empty(connection, tables.HISTORY, "history_before")
    known = [name for name, *_ in connection.execute("describe history_before").fetchall()]
    if "reason" not in known:  # written before there were decisions
        connection.execute(
            """
            alter table history_before add column reason varchar;
            alter table history_before add column decision_id bigint;
            update history_before set reason = 'evidence'
            """
        )
    connection.execute(
        f"create or replace temp table committed as from history_before where run <= {run}"
    )


def _write_history(
    connection: duckdb.DuckDBPyConnection, lake: Lake, batch_id: str, run: int
) -> None:
    connection.execute(
        """
        create or replace temp table written as
        select resident_id, event, into_resident_id, $batch_id::varchar as batch_id,
            now() as "at", $run::bigint as run,
            case when decision_id is null then 'evidence' else 'decision' end as reason,
            decision_id
        from event order by event, resident_id, into_resident_id
        """,
        {"batch_id": batch_id, "run": run},
    )
    dead = _scalar(
        connection, "select count(*) from history_before anti join committed using (run)"
    )
    if run == 1 or dead:
        query = "from committed union all from written"
        tables.save(connection, lake, "history", query, run)
    else:
        tables.save(connection, lake, "history", "from written", run, append=True)
    connection.execute("insert into committed from written")


def _write_residents(
    connection: duckdb.DuckDBPyConnection, lake: Lake, run: int, link: str
) -> None:
    """``resident`` anew from the links."""
    connection.execute(
        f"""
        create or replace temp table member as select distinct resident_id, row_id from {link};
        create or replace temp table creation as
        select resident_id, "at" from committed where event = 'created';
        """
    )
    tables.save(
        connection, lake, "resident", best_query("member", "source", "person", "creation"), run
    )


def _result(
    connection: duckdb.DuckDBPyConnection,
    link: str,
    decided: int,
    compared: int = 0,
    counts: dict[str, int] | None = None,
) -> IdentifyResult:
    by_rule = dict(
        connection.execute(
            f"""
            select linked_by, count(distinct row_id) from {link}
            where row_hash is not null group by linked_by order by linked_by
            """
        ).fetchall()
    )
    residents = _scalar(connection, f"select count(distinct resident_id) from {link}")
    happened = counts or {}
    return IdentifyResult(
        persons=sum(by_rule.values()),
        residents=residents,
        compared=compared,
        new=happened.get("created", 0),
        merged=happened.get("merged", 0),
        split=happened.get("split", 0),
        decided=decided,
        by_rule=by_rule,
    )


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
