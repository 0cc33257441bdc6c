"""Delivered rows on their way into bronze: keyed, hashed, and bounded in memory.

Two roads. Rows of an institution that the bronze table does not hold yet are written straight to
the Parquet files that the commit will take: there is nothing to compare them with. All other rows
go to a table of DuckDB, which spills to disk, and collectors/settle.py finds what changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import duckdb
import pyarrow as pa

from collectors import watermark
from collectors.bronze import LandedFile
from collectors.columns import family, own_name
from collectors.readers import INSTITUTION, PART_KEY, Delivery
from collectors.readers.direct import reading_directly
from collectors.registry import Feed
from collectors.row_hash import bronze_column, duckdb_hash, literal, quoted
from kanghu.errors import KanghuError
from kanghu.lake import connect_duckdb, one_thread

_MEMORY = "1GB"
_FILE_BYTES = "256MB"
_SEEN_ROWS = 500
"""A feed with more rows than this at its watermark is compared with the lake itself."""


@dataclass
class Arrival:
    """What one delivery brought for one institution.

    ``watermark``: its highest; ``seen``: key -> hash of the rows from which the next read will
    start, where they are few.
    """

    rows: int = 0
    watermark: str | None = None
    seen: dict[str, str] | None = None


class Spool:
    """One bronze table's rows of one batch. ``folder`` is scratch space, gone after ``close``."""

    def __init__(self, folder: Path, batch_id: str) -> None:
        self.folder = folder
        self.batch_id = batch_id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.db: duckdb.DuckDBPyConnection = connect_duckdb()
        self.db.execute(f"set memory_limit = '{_MEMORY}'")
        self.db.execute(f"set temp_directory = {literal(str(folder / 'spill'))}")
        self.db.execute("set preserve_insertion_order = false")
        self._written = 0
        self._broken: KanghuError | None = None
        self.columns: list[str] = []
        self.begin_table()

    def begin_table(self) -> None:
        """Forget the rows of the bronze table before."""
        self.db.execute("drop table if exists delivered")
        self.columns = []

    def close(self) -> None:
        self.db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def load_first(
        self, feed: Feed, delivery: Delivery, columns: Iterable[str]
    ) -> tuple[dict[str, Arrival], list[LandedFile]]:
        """Write a delivery of institutions that the lake does not hold straight to its files.

        ``columns``: all that the feed has ever delivered; those that this delivery lacks are null.
        """
        folder = self._new_folder()
        try:
            with self._opened(delivery) as names:
                one = None if INSTITUTION in names else feed.institution
                landed = self.write(self._select(feed, names, columns), folder, one)
            if landed and not delivery.unique_key and self._has_duplicates(landed):
                landed = self._rewrite_numbered(landed)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._know(columns)
        return self._arrivals(feed, delivery, _relation(landed)) if landed else {}, landed

    def load_again(
        self,
        feed: Feed,
        delivery: Delivery,
        columns: Iterable[str],
        seen: Mapping[str, Mapping[str, str]],
    ) -> dict[str, Arrival]:
        """Take in a delivery of institutions that the lake holds already.

        ``seen``: institution -> key -> hash of rows known to be in the lake; they are dropped here.
        """
        with self._opened(delivery) as names:
            select = self._select(feed, names, columns)
            self.db.execute(f"create or replace temp table load as {select}")
        if not delivery.unique_key:
            self._number_duplicates("load")
        arrivals = self._arrivals(feed, delivery, "load")
        self._drop_seen(seen)
        self._keep_load()
        self._know(columns)
        return arrivals

    def write(self, select: str, folder: Path, institution: str | None = None) -> list[LandedFile]:
        """Write rows as Parquet, a folder an institution; ``institution`` where it is only one."""
        folder.mkdir(parents=True)
        if institution is None:
            target, shape = folder, f"partition_by ({INSTITUTION}), overwrite_or_ignore"
        else:
            select = f"select * exclude ({INSTITUTION}) from ({select})"
            target = folder / f"{INSTITUTION}={quote(institution, safe='')}"
            shape = f"file_size_bytes '{_FILE_BYTES}'"
        self.db.execute(
            f"copy ({select}) to {literal(str(target))} "
            f"(format parquet, compression zstd, compression_level 1, {shape})"
        )
        found = [str(path) for path in folder.rglob("*.parquet")]
        if not found:
            return []
        counts = self.db.execute(
            "select file_name, num_rows from parquet_file_metadata($1) "
            "where num_rows > 0 order by 1",
            [found],
        ).fetchall()
        return [
            LandedFile(Path(name), unquote(Path(name).parent.name.partition("=")[2]), int(rows))
            for name, rows in counts
        ]

    def write_new(self, select: str) -> list[LandedFile]:
        """Write rows of any institutions to a folder of their own."""
        return self.write(select, self._new_folder())

    def _new_folder(self) -> Path:
        self._written += 1
        return self.folder / f"files-{self._written}"

    @contextmanager
    def _opened(self, delivery: Delivery) -> Iterator[list[str]]:
        """The delivery as relation ``delivery``; answers its columns' bronze names."""
        if delivery.direct is not None:
            with reading_directly(self.db, delivery.direct), one_thread(self.db):
                yield [_bronze_name(name) for name in delivery.direct.names]
            return
        first = next(delivery.batches, None)
        if first is None:
            empty = [pa.field(column.name, pa.string()) for column in delivery.columns]
            first = pa.RecordBatch.from_pylist([], pa.schema(empty))
        names = [_bronze_name(name) for name in first.schema.names]
        schema = pa.schema([pa.field(name, pa.string()) for name in names])

        def batches() -> Iterator[pa.RecordBatch]:
            yield pa.RecordBatch.from_arrays(first.columns, schema=schema)
            try:
                for batch in delivery.batches:
                    yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            except KanghuError as error:
                self._broken = error  # DuckDB would wrap it beyond recognition
                raise

        self._broken = None
        self.db.register("delivery", pa.RecordBatchReader.from_batches(schema, batches()))
        try:
            with one_thread(self.db):
                yield names
        except duckdb.Error:
            if self._broken is not None:
                raise self._broken from None
            raise
        finally:
            self.db.unregister("delivery")

    def _select(self, feed: Feed, names: Sequence[str], columns: Iterable[str]) -> str:
        delivered = [bronze_column(name) for name in columns]
        absent = "".join(f", null::varchar as {quoted(c)}" for c in delivered if c not in names)
        row_hash = duckdb_hash(delivered)
        own = {
            "_institution": INSTITUTION if INSTITUTION in names else literal(feed.institution),
            "_feed": literal(feed.name),
            "_source_key": key_expression(feed, names, row_hash),
            "_batch_id": literal(self.batch_id),
            "_row_hash": row_hash,
            "_landed_at": now_literal(),
            "_operation": "'upsert'",
        }
        selected = [f"{value} as {name}" for name, value in own.items()]
        selected += [quoted(name) for name in delivered]
        return f"select {', '.join(selected)} from (select *{absent} from delivery)"

    def _has_duplicates(self, landed: Sequence[LandedFile]) -> bool:
        """Whether a key occurs twice; by the key's hash, so a chance collision only costs time."""
        rows = self.db.execute(
            f"select 1 from (select hash({INSTITUTION}, _source_key) as key "
            f"from {_relation(landed)}) group by key having count(*) > 1 limit 1"
        ).fetchone()
        return rows is not None

    def _rewrite_numbered(self, landed: Sequence[LandedFile]) -> list[LandedFile]:
        self.db.execute(
            f"create or replace temp table twice as select {INSTITUTION}, _source_key "
            f"from {_relation(landed)} group by all having count(*) > 1"
        )
        numbered = f"""
            select * exclude (number)
                     replace (case when number > 1 then _source_key || '#' || number
                                   else _source_key end as _source_key)
            from (select rows.*, row_number() over (
                      partition by rows.{INSTITUTION}, rows._source_key
                      order by rows._row_hash) as number
                  from {_relation(landed)} as rows semi join twice
                  using ({INSTITUTION}, _source_key))
            union all by name
            select rows.* from {_relation(landed)} as rows anti join twice
            using ({INSTITUTION}, _source_key)
        """
        rewritten = self.write(numbered, self._new_folder())
        for file in landed:
            file.path.unlink()
        return rewritten

    def _number_duplicates(self, table: str) -> None:
        self.db.execute(
            f"""
            update {table} set _source_key = {table}._source_key || '#' || later.number
            from (select rowid as row, row_number() over (
                      partition by {INSTITUTION}, _source_key order by _row_hash) as number
                  from {table} semi join
                      (select {INSTITUTION}, _source_key from {table}
                       group by all having count(*) > 1) as twice
                  using ({INSTITUTION}, _source_key)) as later
            where {table}.rowid = later.row and later.number > 1
            """
        )

    def _arrivals(self, feed: Feed, delivery: Delivery, relation: str) -> dict[str, Arrival]:
        declared = feed.table.watermark
        if declared is None:
            counts = self.db.execute(
                f"select {INSTITUTION}, count(*) from {relation} group by 1"
            ).fetchall()
            return {institution: Arrival(rows) for institution, rows in counts}
        name = own_name(feed, declared.column)
        column = quoted(bronze_column(name))
        kinds = {one.name: family(one.type) for one in delivery.columns}
        number = kinds.get(name) in ("integer", "decimal")
        order = "try_cast({} as decimal(38, 6))" if number else "{}"
        highest = self.db.execute(
            f"select {INSTITUTION}, count(*), arg_max({column}, {order.format(column)}) "
            f"from {relation} group by 1"
        ).fetchall()
        arrivals = {
            institution: Arrival(rows, watermark.not_after_now(feed, value))
            for institution, rows, value in highest
        }
        marks = [
            (institution, watermark.since(feed, one.watermark))
            for institution, one in arrivals.items()
            if one.watermark is not None
        ]
        if marks:
            values = ", ".join(f"({literal(one)}, {literal(mark or '')})" for one, mark in marks)
            for institution, key, row_hash in self.db.execute(
                f"""
                select {INSTITUTION}, _source_key, _row_hash
                from {relation} as rows
                join (values {values}) as marks({INSTITUTION}, mark) using ({INSTITUTION})
                where {order.format(column)} >= {order.format("mark")} or {column} is null
                qualify count(*) over (partition by {INSTITUTION}) <= {_SEEN_ROWS}
                """
            ).fetchall():
                arrival = arrivals[institution]
                arrival.seen = {**(arrival.seen or {}), key: row_hash}
        return arrivals

    def _drop_seen(self, seen: Mapping[str, Mapping[str, str]]) -> None:
        known = [
            (institution, key, row_hash)
            for institution, rows in seen.items()
            for key, row_hash in rows.items()
        ]
        if not known:
            return
        institutions, keys, hashes = zip(*known, strict=True)
        self.db.register(
            "seen", pa.table({"institution": institutions, "key": keys, "row_hash": hashes})
        )
        self.db.execute(
            f"delete from load using seen where load.{INSTITUTION} = seen.institution "
            "and load._source_key = seen.key and load._row_hash = seen.row_hash"
        )
        self.db.unregister("seen")

    def _keep_load(self) -> None:
        if not self.db.execute("select 1 from load limit 1").fetchone():
            return
        if not has_table(self.db, "delivered"):
            self.db.execute("alter table load rename to delivered")
            return
        have = {row[0] for row in self.db.execute("describe delivered").fetchall()}
        for name, *_rest in self.db.execute("describe load").fetchall():
            if name not in have:
                self.db.execute(f"alter table delivered add column {quoted(name)} varchar")
        self.db.execute("insert into delivered by name select * from load")
        self.db.execute("drop table load")

    def _know(self, columns: Iterable[str]) -> None:
        landed = map(bronze_column, columns)
        self.columns += [name for name in landed if name not in self.columns]


def _bronze_name(name: str) -> str:
    return name if name in (INSTITUTION, PART_KEY) else bronze_column(name)


def key_expression(feed: Feed, names: Sequence[str], row_hash: str) -> str:
    """``_source_key`` over a delivery's columns ``names``; a table without a key has its rows'
    hashes for keys."""
    if PART_KEY in names:
        return PART_KEY
    key = [bronze_column(own_name(feed, name)) for name in feed.table.key]
    parts = [f"coalesce({quoted(name)}, '')" for name in key]
    return " || '|' || ".join(parts) if parts else row_hash


def has_table(db: duckdb.DuckDBPyConnection, name: str) -> bool:
    query = "select 1 from duckdb_tables() where table_name = ?"
    return db.execute(query, [name]).fetchone() is not None


def now_literal() -> str:
    return f"{literal(datetime.now(UTC).isoformat())}::timestamptz"


def _relation(landed: Sequence[LandedFile]) -> str:
    """Landed files as a relation, their institution put back from their folder."""
    files = ", ".join(literal(str(file.path)) for file in landed)
    return f"read_parquet([{files}], hive_partitioning = true, hive_types_autocast = false)"
