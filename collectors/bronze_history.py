"""Is bronze still what its batches wrote? Every version of every row, the superseded ones too.

The source no longer holds an older version, so it is held against the batch log: as many rows as
each batch wrote, each with the content that its hash was made of.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from collectors.registry import Feed
from collectors.row_hash import bronze_column, duckdb_hash, literal, quoted
from kanghu.settings import Settings
from kanghu.store import connect

_EXAMPLES = 20


def spoilt_history(
    db: duckdb.DuckDBPyConnection,
    settings: Settings,
    path: str,
    stored: Sequence[str],
    feeds: Sequence[Feed],
) -> dict[str, list[str]]:
    """Institution -> what is wrong with its rows in the bronze table at ``path``, in Chinese, up to
    20 a kind. ``stored``: the table's columns; ``feeds`` are of that table."""
    wrong: dict[str, list[str]] = defaultdict(list)
    among = ", ".join(literal(feed.institution) for feed in feeds)
    origin = f"delta_scan({literal(path)}) where _institution in ({among})"
    written, hashed, unlogged = _batches(settings, feeds)
    if not written.num_rows:
        return wrong
    db.register("written", written)
    try:
        for institution, batch, expected, found in db.execute(
            f"""
            select coalesce(log.institution, here.institution), coalesce(log.batch, here.batch),
                   coalesce(log.rows, 0) as expected, coalesce(here.rows, 0) as found
            from written as log
            full join (select _institution as institution, _batch_id as batch, count(*) as rows
                       from {origin} group by all) as here using (institution, batch)
            where expected <> found
              and not (log.batch is null and list_contains($unlogged, here.batch))
            order by 1, 2
            """,
            {"unlogged": unlogged},
        ).fetchall():
            if len(wrong[institution]) < _EXAMPLES:
                wrong[institution].append(f"批次 {batch} 写了 {expected} 行,现有 {found} 行")
    finally:
        db.unregister("written")
    for columns, batches in hashed.items():
        for institution, key, batch in _altered(db, origin, stored, columns, batches):
            wrong[institution].append(f"改动 {key}(批次 {batch} 的旧版本)")
    return wrong


def known_losses(settings: Settings, feeds: Sequence[Feed]) -> set[tuple[str, str]]:
    """Institution and what was told of it before."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select institution, what from kanghu.bronze_loss "
            "where feed = any(%s) and institution = any(%s)",
            (list({feed.name for feed in feeds}), [feed.institution for feed in feeds]),
        ).fetchall()
    return {(row["institution"], row["what"]) for row in rows}


def _batches(
    settings: Settings, feeds: Sequence[Feed]
) -> tuple[pa.Table, dict[tuple[str, ...], list[tuple[str, str]]], list[str]]:
    """Rows that each batch wrote; the columns hashed -> institution and batch; and the batches that
    are still under way, whose commit may come before their log."""
    with connect(settings) as connection:
        rows = connection.execute(
            """
            select institution, batch_id as batch, bronze_rows + deleted_rows as rows, columns
            from kanghu.feed_run
            where state = 'collected' and bronze_rows + deleted_rows > 0
              and (institution, feed) in (
                  select one ->> 0, one ->> 1 from jsonb_array_elements(%s::jsonb) as one)
            """,
            (json.dumps([[feed.institution, feed.name] for feed in feeds]),),
        ).fetchall()
        running = connection.execute(
            "select batch_id from kanghu.batch where state <> 'done'"
        ).fetchall()
    hashed: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row["columns"] is not None:
            names = tuple(sorted(bronze_column(name) for name, _type in row["columns"]))
            hashed[names].append((row["institution"], row["batch"]))
    written = pa.table(
        {name: [row[name] for row in rows] for name in ("institution", "batch", "rows")},
        pa.schema([("institution", pa.string()), ("batch", pa.string()), ("rows", pa.int64())]),
    )
    return written, hashed, [row["batch_id"] for row in running]


def _altered(
    db: duckdb.DuckDBPyConnection,
    origin: str,
    stored: Sequence[str],
    columns: Sequence[str],
    batches: Sequence[tuple[str, str]],
) -> list[tuple[str, str, str]]:
    """Superseded rows of ``batches`` whose content is not what their hash says. The latest versions
    are left out: they are held against the source itself."""
    missing = "".join(f", null::varchar as {quoted(c)}" for c in columns if c not in stored)
    places = ", ".join(f"({literal(one)}, {literal(batch)})" for one, batch in batches)
    return db.execute(
        f"""
        with latest as (
            select _institution, _source_key, max(_batch_id) as batch from {origin}
            group by all having count(distinct _batch_id) > 1)
        select rows._institution, rows._source_key, rows._batch_id
        from (select *{missing} from {origin}) as rows
        join latest using (_institution, _source_key)
        where rows._batch_id <> latest.batch and _operation <> 'delete'
          and (rows._institution, rows._batch_id) in ({places})
          and _row_hash <> {duckdb_hash(columns)}
        order by all limit {_EXAMPLES}
        """
    ).fetchall()
