"""The source's side of a comparison: count and checksum, or key and hash of each row.

By the source's own engine where it has one; else by a second read, hashed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import duckdb
import pyarrow as pa

from collectors.readers import INSTITUTION, PART_KEY, Checksum, Delivery, Load, Reader, Request
from collectors.registry import Feed
from collectors.row_hash import (
    bronze_column,
    duckdb_checksum,
    duckdb_hash,
    hash_order,
    literal,
    quoted,
)
from collectors.spool import key_expression
from kanghu.errors import KanghuError
from kanghu.lake import one_thread


def engine_checksums(
    reader: Reader, feeds: Sequence[Feed], columns: Sequence[str]
) -> dict[str, Checksum | KanghuError]:
    """Institution -> what its own engine says of all its rows over ``columns``, or why it cannot be
    compared; those that have no engine are left out. ``feeds`` are of one bronze table."""
    answers: dict[str, Checksum | KanghuError] = {}
    askable = []
    for feed in feeds:
        reason = reader.not_comparable(feed)
        if reason is not None:
            answers[feed.institution] = KanghuError(what=reason)
        else:
            askable.append(feed)
    return answers | _by_its_engine(reader, askable, hash_order(columns))


def read_checksums(
    db: duckdb.DuckDBPyConnection, reader: Reader, feeds: Sequence[Feed], columns: Sequence[str]
) -> dict[str, Checksum | KanghuError]:
    """Institution -> count and checksum by a second read, or why there is none.

    ``feeds`` are of one bronze table. What was read is kept in the table
    ``source_rows(institution, key, row_hash)``.
    """
    db.execute(
        "create or replace temp table source_rows "
        "(institution varchar, key varchar, row_hash varchar)"
    )
    answers: dict[str, Checksum | KanghuError] = {}
    for load in reader.loads([Request(feed, None) for feed in feeds]):
        answers |= _read_again(db, reader, load, columns)
    counted = db.execute(
        f"select institution, count(*), {duckdb_checksum('row_hash')} from source_rows group by 1"
    ).fetchall()
    answers |= {name: Checksum(rows, int(total)) for name, rows, total in counted}
    for feed in feeds:
        answers.setdefault(feed.institution, Checksum(0, 0))
    return answers


def need_source_rows(
    db: duckdb.DuckDBPyConnection, reader: Reader, feed: Feed, columns: Sequence[str]
) -> None:
    """See to it that ``source_rows`` has the rows of ``feed``, which differs from the lake."""
    own = reader.hashes(feed, hash_order(columns))
    if own is None:
        return
    schema = pa.schema([("key", pa.string()), ("row_hash", pa.string())])
    _store(db, own, schema, f"{literal(feed.institution)}, key, row_hash", "")


def _by_its_engine(
    reader: Reader, feeds: Sequence[Feed], columns: Sequence[str]
) -> dict[str, Checksum | KanghuError]:
    try:
        return dict(reader.checksums(feeds, columns))
    except KanghuError:
        pass
    answers: dict[str, Checksum | KanghuError] = {}
    for feed in feeds:  # one of them is at fault
        try:
            answers |= reader.checksums([feed], columns)
        except KanghuError as error:
            answers[feed.institution] = error
    return answers


def _read_again(
    db: duckdb.DuckDBPyConnection, reader: Reader, load: Load, columns: Sequence[str]
) -> dict[str, Checksum | KanghuError]:
    """Read into ``source_rows``; answers what could not be read, in part or at all."""
    try:
        faults = _take(db, load, columns)
    except KanghuError as error:
        if len(load.requests) == 1:
            return {load.requests[0].feed.institution: error}
        failed: dict[str, Checksum | KanghuError] = {}
        for request in load.requests:
            alone = Load((request,), partial(reader.read, request.feed, None))
            failed |= _read_again(db, reader, alone, columns)
        return failed
    for institution in faults:
        db.execute("delete from source_rows where institution = ?", [institution])
    return dict(faults)


def _take(
    db: duckdb.DuckDBPyConnection, load: Load, columns: Sequence[str]
) -> dict[str, KanghuError]:
    """Answers the first fault of each institution that has files which cannot be read."""
    feed = load.requests[0].feed
    delivery = load.open()
    first = next(delivery.batches, None)
    if first is None:
        return _first_faults(delivery)
    own = (INSTITUTION, PART_KEY)
    names = [name if name in own else bronze_column(name) for name in first.schema.names]
    hashed = [bronze_column(name) for name in columns]
    missing = "".join(f", null::varchar as {quoted(c)}" for c in hashed if c not in names)
    row_hash = duckdb_hash(hashed)
    key = key_expression(feed, names, row_hash)
    institution = INSTITUTION if INSTITUTION in names else literal(feed.institution)

    def batches() -> Iterator[pa.RecordBatch]:
        yield first
        yield from delivery.batches

    schema = pa.schema([(name, pa.string()) for name in names])
    _store(db, batches(), schema, f"{institution}, {key}, {row_hash}", missing)
    return _first_faults(delivery)


def _first_faults(delivery: Delivery) -> dict[str, KanghuError]:
    return {name: some[0] for name, some in delivery.faults.items() if some}


def _store(
    db: duckdb.DuckDBPyConnection,
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    selected: str,
    missing: str,
) -> None:
    """Add rows to ``source_rows``, all or none; keys that occur twice are numbered as collect
    numbers them."""
    broken: list[KanghuError] = []

    def renamed() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        except KanghuError as error:
            broken.append(error)  # DuckDB would wrap it beyond recognition
            raise

    db.register("second", pa.RecordBatchReader.from_batches(schema, renamed()))
    try:
        with one_thread(db):
            db.execute(
                f"""
                insert into source_rows
                select institution, case when number > 1 then key || '#' || number else key end,
                       row_hash
                from (select *, row_number() over (
                          partition by institution, key order by row_hash) as number
                      from (select {selected} from (select *{missing} from second))
                           as rows(institution, key, row_hash))
                """
            )
    except duckdb.Error:
        if broken:
            raise broken[0] from None
        raise
    finally:
        db.unregister("second")
