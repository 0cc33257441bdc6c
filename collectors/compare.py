"""Does the lake hold what the source holds? By count and checksum, row by row where it differs.

The source's side is counted and hashed by the source's own engine, or by a second read where it has
none; the lake's side is hashed anew from the columns that bronze stores, for the current version of
each key. So an altered, dropped or doubled bronze row shows, and so does a row that the source
changed without moving its watermark, or deleted. Older versions, which no source holds any more,
are held against the batch log (collectors/bronze_history.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from tempfile import TemporaryDirectory
from typing import Literal

import duckdb

from collectors.bronze_history import known_losses, spoilt_history
from collectors.lake_side import define_lake_rows, lake_checksums
from collectors.readers import Checksum, Reader, Readers
from collectors.registry import Feed
from collectors.row_hash import bronze_column, literal
from collectors.source_side import engine_checksums, need_source_rows, read_checksums
from kanghu import batch_log
from kanghu.errors import KanghuError
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect

_MEMORY = "1GB"
_EXAMPLES = 20
_TRUSTED_HOURS = 23
"""For how long a comparison counts for a feed that brings nothing: a nightly run compares all."""
_MANY_ROWS = 1_000_000
"""Rows of a feed that are joined at once when it differs; more are joined in buckets of keys."""


@dataclass
class ComparisonResult:
    """A feed's comparison. ``examples``: up to 20 rows that differ, how, by their keys."""

    institution: str
    feed: str
    result: Literal["equal", "different", "not comparable"]
    source_rows: int | None = None
    lake_rows: int | None = None
    missing_rows: int | None = None
    extra_rows: int | None = None
    altered_rows: int | None = None
    reason: str | None = None
    examples: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    """What is wrong with versions that no source holds any more, told before or not."""


def compare(
    settings: Settings,
    feeds: Sequence[Feed],
    *,
    changed_only: bool = False,
    note: Callable[[str], None] | None = None,
) -> list[ComparisonResult]:
    """Compare ``feeds`` with the lake, and keep the results in the store.

    ``changed_only``: only feeds that brought something since they were last compared, were not
    equal then, or were compared a day ago: a row deleted behind the watermark brings nothing.
    """
    states = batch_log.feed_states(settings)
    chosen = _changed(settings, feeds) if changed_only else list(feeds)
    tables: dict[tuple[str, str, str], list[Feed]] = defaultdict(list)
    results: list[ComparisonResult] = []
    for feed in chosen:
        state = states.get((feed.institution, feed.name))
        if state is None or state.columns is None:
            reason = "还没有成功采集过"
            results.append(
                ComparisonResult(feed.institution, feed.name, "not comparable", reason=reason)
            )
            continue
        names = json.dumps(sorted(name for name, _ in state.columns))
        tables[feed.system.system, feed.table_name, names].append(feed)
    readers = Readers()
    with TemporaryDirectory(prefix="kanghu-compare-") as scratch, connect_duckdb() as db:
        db.execute(f"set memory_limit = '{_MEMORY}'")
        db.execute(f"set temp_directory = {literal(scratch)}")
        try:
            for number, ((system, table, names), some) in enumerate(tables.items(), 1):
                if note is not None:
                    note(f"{system}.{table}({number}/{len(tables)})")
                results += _compare_table(
                    db, settings, readers.of(some[0]), some, json.loads(names)
                )
        finally:
            readers.close()
    _keep(settings, results)
    return results


def _changed(settings: Settings, feeds: Sequence[Feed]) -> list[Feed]:
    with connect(settings) as connection:
        rows = connection.execute(
            """
            select institution, feed from kanghu.comparison as last
            where result = 'equal' and compared_at > now() - %s * interval '1 hour'
                and not exists (
                select 1 from kanghu.feed_run as run
                where run.institution = last.institution and run.feed = last.feed
                  and run.bronze_rows + run.deleted_rows > 0
                  and run.finished_at > last.compared_at)
            """,
            (_TRUSTED_HOURS,),
        ).fetchall()
    as_before = {(row["institution"], row["feed"]) for row in rows}
    return [feed for feed in feeds if (feed.institution, feed.name) not in as_before]


def _compare_table(
    db: duckdb.DuckDBPyConnection,
    settings: Settings,
    reader: Reader,
    feeds: Sequence[Feed],
    columns: Sequence[str],
) -> list[ComparisonResult]:
    """Compare feeds of one bronze table that deliver the same ``columns``."""
    lake = Lake(settings.lake)
    path = lake.bronze(feeds[0].system.system, feeds[0].table_name)
    exists = lake.exists(path)
    stored = [one.name for one in lake.table(path).schema().fields] if exists else []
    institutions = [feed.institution for feed in feeds]
    landed = [bronze_column(name) for name in columns]
    with ThreadPoolExecutor(1) as beside:  # the source's engine works while ours does
        told = beside.submit(engine_checksums, reader, feeds, columns)
        define_lake_rows(db, path if exists else None, stored, landed, institutions)
        held = lake_checksums(db)
    source = told.result()
    silent = [feed for feed in feeds if feed.institution not in source]
    source |= read_checksums(db, reader, silent, columns)
    spoilt = spoilt_history(db, settings, path, stored, feeds) if exists else {}
    known = known_losses(settings, feeds) if spoilt else set()
    results = []
    for feed in feeds:
        there, here = source[feed.institution], held.get(feed.institution, Checksum(0, 0))
        try:
            if isinstance(there, KanghuError):
                raise there
            if there == here:
                result = ComparisonResult(
                    feed.institution, feed.name, "equal", there.rows, here.rows, 0, 0, 0
                )
            else:
                result = _row_by_row(db, reader, feed, columns, here.rows)
        except KanghuError as error:
            result = ComparisonResult(
                feed.institution, feed.name, "not comparable", lake_rows=here.rows
            )
            result.reason = str(error)
        if spoilt.get(feed.institution):
            _tell_of_history(result, spoilt[feed.institution], known)
        results.append(result)
    return results


def _tell_of_history(
    result: ComparisonResult, wrong: Sequence[str], known: Collection[tuple[str, str]]
) -> None:
    """What is new makes a difference; what was told before is only recalled: older versions cannot
    be read again from the source, and a row of now is mended by the next full read."""
    result.losses = list(wrong)
    fresh = [one for one in wrong if (result.institution, one) not in known]
    if fresh:
        result.result = "different"
        result.examples = [*result.examples, *fresh][:_EXAMPLES]
        result.reason = "bronze 里的行与批次日志不符;旧版本只能从备份恢复,查清是谁改了它"
    elif result.reason is None:
        result.reason = f"bronze 有 {len(wrong)} 处以前报过的缺损(kanghu.bronze_loss)"


def _row_by_row(
    db: duckdb.DuckDBPyConnection,
    reader: Reader,
    feed: Feed,
    columns: Sequence[str],
    lake_rows: int,
) -> ComparisonResult:
    """Join both sides by key, and by number where a key stands more than once."""
    need_source_rows(db, reader, feed, columns)
    there = f"source_rows where institution = {literal(feed.institution)}"
    counted = db.execute(f"select count(*) from {there}").fetchone()
    source_rows = int(counted[0]) if counted else 0
    result = ComparisonResult(feed.institution, feed.name, "equal", source_rows, lake_rows, 0, 0, 0)
    if not reader.shows_all(feed):
        result.reason = "来源只保留新送达的,只比对来源还有的"
    buckets = 1 + max(source_rows, lake_rows) // _MANY_ROWS
    counts = {"缺少": 0, "多出": 0, "改动": 0}
    for bucket in range(buckets):
        for how, key, total in _differing(db, reader, feed, f"hash(key) % {buckets} = {bucket}"):
            counts[how] += total
            if len(result.examples) < _EXAMPLES:
                result.examples.append(f"{how} {key}")
    result.missing_rows, result.extra_rows, result.altered_rows = counts.values()
    if any(counts.values()):
        result.result = "different"
    return result


def _differing(
    db: duckdb.DuckDBPyConnection, reader: Reader, feed: Feed, part: str
) -> list[tuple[str, str, int]]:
    """How rows differ, an example's key, and for the first example of each kind how many do."""
    there = f"source_rows where institution = {literal(feed.institution)}"
    here = f"""
        select key, row_hash, row_number() over (partition by key order by row_hash) as number
        from lake_rows where institution = {literal(feed.institution)} and {part}
    """
    if not reader.shows_all(feed):
        here += f" and key in (select key from {there})"
    rows = db.execute(
        f"""
        with differing as (
            select coalesce(here.key, there.key) as key,
                   case when here.key is null then '缺少' when there.key is null then '多出'
                        else '改动' end as how
            from ({here}) as here
            full join (select key, row_hash, 1 as number from {there} and {part}) as there
            using (key, number)
            where here.row_hash is distinct from there.row_hash),
        numbered as (
            select how, key, row_number() over (partition by how order by key) as place,
                   count(*) over (partition by how) as total
            from differing)
        select how, key, case when place = 1 then total else 0 end
        from numbered where place <= {_EXAMPLES} order by how, place
        """
    ).fetchall()
    return [(how, key, int(total)) for how, key, total in rows]


def _keep(settings: Settings, results: Sequence[ComparisonResult]) -> None:
    rows = json.dumps([asdict(one) for one in results], ensure_ascii=False)
    with connect(settings) as connection:
        connection.execute(
            """
            insert into kanghu.comparison (institution, feed, result, source_rows, lake_rows,
                missing_rows, extra_rows, altered_rows, reason, examples)
            select * from jsonb_to_recordset(%s::jsonb) as one (
                institution text, feed text, result text, source_rows bigint, lake_rows bigint,
                missing_rows bigint, extra_rows bigint, altered_rows bigint, reason text,
                examples jsonb)
            on conflict (institution, feed) do update
                set compared_at = now(), result = excluded.result,
                    source_rows = excluded.source_rows, lake_rows = excluded.lake_rows,
                    missing_rows = excluded.missing_rows, extra_rows = excluded.extra_rows,
                    altered_rows = excluded.altered_rows, reason = excluded.reason,
                    examples = excluded.examples
            """,
            (rows,),
        )
        connection.execute(
            """
            insert into kanghu.bronze_loss (institution, feed, what)
            select institution, feed, jsonb_array_elements_text(losses)
            from jsonb_to_recordset(%s::jsonb) as one (
                institution text, feed text, losses jsonb)
            on conflict do nothing
            """,
            (rows,),
        )
