"""The source's side of a comparison, where rows are looked at one by one: key and hash of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from collectors.readers import PART_KEY, Reader
from collectors.registry import Feed
from collectors.row_hash import bronze_column, duckdb_hash, hash_order, quoted
from collectors.spool import key_expression
from kanghu.errors import KanghuError


def load_source_rows(
    db: duckdb.DuckDBPyConnection, reader: Reader, feed: Feed, columns: Sequence[str]
) -> None:
    """Make the table ``source_rows(key, row_hash)`` of all rows that the source holds now: hashed
    by the source's own engine, or by a second read. Keys that occur twice are numbered as collect
    numbers them."""
    own = reader.hashes(feed, hash_order(columns))
    if own is not None:
        _store(db, own, pa.schema([("key", pa.string()), ("row_hash", pa.string())]), "*")
    else:
        delivery = reader.read(feed, None)
        first = next(delivery.batches, None)
        if first is None:
            db.execute(
                "create or replace temp table source_rows "
                "as select null::varchar as key, null::varchar as row_hash where false"
            )
            return
        names = [name if name == PART_KEY else bronze_column(name) for name in first.schema.names]
        hashed = [bronze_column(name) for name in columns]
        missing = "".join(f", null::varchar as {quoted(c)}" for c in hashed if c not in names)
        row_hash = duckdb_hash(hashed)
        key = key_expression(feed, names, row_hash)

        def batches() -> Iterator[pa.RecordBatch]:
            yield first
            yield from delivery.batches

        schema = pa.schema([(name, pa.string()) for name in names])
        _store(db, batches(), schema, f"{key} as key, {row_hash} as row_hash", missing)
    db.execute(
        """
        update source_rows set key = source_rows.key || '#' || later.number
        from (select rowid as row,
                     row_number() over (partition by key order by row_hash) as number
              from source_rows
              where key in (select key from source_rows group by key having count(*) > 1)) as later
        where source_rows.rowid = later.row and later.number > 1
        """
    )


def _store(
    db: duckdb.DuckDBPyConnection,
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    selected: str,
    missing: str = "",
) -> None:
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
        db.execute(
            "create or replace temp table source_rows as "
            f"select {selected} from (select *{missing} from second)"
        )
    except duckdb.Error:
        if broken:
            raise broken[0] from None
        raise
    finally:
        db.unregister("second")
