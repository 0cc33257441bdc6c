"""What of a delivery is new: delivered rows against the current versions in bronze.

A row is written when its key is new, its hash differs, or the lake's last word on it was a
deletion. Where a whole table was delivered, a key that the lake holds and the delivery lacks gets a
``delete`` row. Large deliveries are settled in buckets of keys, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.bronze import LandedFile
from collectors.readers import INSTITUTION
from collectors.row_hash import literal
from collectors.spool import Spool, has_table, now_literal
from kanghu.lake import BRONZE_COLUMNS

_BUCKET_ROWS = 2_000_000


@dataclass
class Settled:
    """What became of one institution's delivered rows.

    ``held_rows``: what the lake held before, deletions left out (whole deliveries only).
    """

    new_rows: int = 0
    deleted_rows: int = 0
    held_rows: int = 0


@dataclass
class Changes:
    """The files to commit, and what is in them by institution."""

    files: list[LandedFile] = field(default_factory=list)
    settled: dict[str, Settled] = field(default_factory=dict)


def settle(
    spool: Spool, bronze: str, whole: Mapping[str, str], partial: Mapping[str, str]
) -> Changes:
    """Compare what ``spool`` took in with the bronze table at path ``bronze``.

    ``whole``: institution -> feed whose table was delivered entire; ``partial``: the others.
    """
    db = spool.db
    changes = Changes(settled={name: Settled() for name in (*whole, *partial)})
    if not has_table(db, "delivered"):
        columns = ", ".join(
            f"{name} {'timestamptz' if name == '_landed_at' else 'varchar'}"
            for name in BRONZE_COLUMNS
        )
        db.execute(f"create temp table delivered ({columns})")
    rows = _one(spool, "select count(*) from delivered")
    if not rows and not whole:
        return changes
    if whole:
        rows = max(
            rows,
            _one(
                spool,
                f"select count(*) from delta_scan({literal(bronze)}) "
                f"where {INSTITUTION} in ({_literals(whole)})",
            ),
        )
    buckets = 1 + rows // _BUCKET_ROWS
    for bucket in range(buckets):
        part = f"hash(_source_key) % {buckets} = {bucket}"
        wanted = f"{INSTITUTION} in ({_literals({**whole, **partial})}) and {part}"
        if not whole:
            wanted += " and _source_key in (select _source_key from delivered)"
        db.execute(
            f"""
            create or replace temp table held as
            select {INSTITUTION}, _source_key, arg_max(_row_hash, _batch_id) as _row_hash,
                   arg_max(_operation, _batch_id) as _operation
            from delta_scan({literal(bronze)}) where {wanted}
            group by {INSTITUTION}, _source_key
            """
        )
        _write_changes(spool, whole, part, changes)
    return changes


def _write_changes(spool: Spool, whole: Mapping[str, str], part: str, changes: Changes) -> None:
    db = spool.db
    feeds = " ".join(
        f"when {literal(institution)} then {literal(feed)}" for institution, feed in whole.items()
    )
    in_whole = f"{INSTITUTION} in ({_literals(whole) or 'null'})"
    outgoing = f"""
        select delivered.* from delivered left join held using ({INSTITUTION}, _source_key)
        where {part} and (held._source_key is null or held._operation = 'delete'
                          or held._row_hash <> delivered._row_hash)
    """
    if whole:
        outgoing += f"""
            union all by name
            select {INSTITUTION}, case {INSTITUTION} {feeds} end as _feed, _source_key,
                   {literal(spool.batch_id)} as _batch_id, '' as _row_hash,
                   {now_literal()} as _landed_at, 'delete' as _operation
            from held anti join delivered using ({INSTITUTION}, _source_key)
            where _operation <> 'delete' and {in_whole}
        """
    db.execute(f"create or replace temp table outgoing as {outgoing}")
    written = db.execute(
        f"select {INSTITUTION}, count(*) filter (_operation <> 'delete'), "
        "count(*) filter (_operation = 'delete') from outgoing group by 1"
    ).fetchall()
    for institution, new, deleted in written:
        changes.settled[institution].new_rows += new
        changes.settled[institution].deleted_rows += deleted
    held = db.execute(
        f"select {INSTITUTION}, count(*) from held "
        f"where _operation <> 'delete' and {in_whole} group by 1"
    ).fetchall()
    for institution, rows in held:
        changes.settled[institution].held_rows += rows
    if written:
        changes.files += spool.write_new("select * from outgoing")


def _one(spool: Spool, query: str) -> int:
    row = spool.db.execute(query).fetchone()
    return int(row[0]) if row else 0


def _literals(names: Mapping[str, str]) -> str:
    return ", ".join(literal(name) for name in names)
