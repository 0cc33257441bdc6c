"""The truth about a city, streamed to Parquet beside it: who is who, which row breaks what.

``persons``, ``source_rows`` (every row that lies in an institution's system, under the name that
collect will give it), ``errors``, and the events themselves, one file a dataset.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator.events import OPERATION

SOURCE_ROWS = pa.schema(
    [
        ("institution", pa.string()),
        ("feed", pa.string()),
        ("source_key", pa.string()),
        ("dataset", pa.string()),
        ("person_id", pa.string()),
        ("clean", pa.bool_()),
        ("event_id", pa.string()),
    ]
)
ERRORS = pa.schema(
    [
        ("institution", pa.string()),
        ("feed", pa.string()),
        ("source_key", pa.string()),
        ("dataset", pa.string()),
        ("column", pa.string()),
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("event_id", pa.string()),
    ]
)
_LINK = ["dataset", "event_id"]

CHANGES = pa.schema([*list(SOURCE_ROWS)[:5], ("event_id", pa.string()), (OPERATION, pa.string())])


class TruthWriter:
    """Open Parquet files under ``folder``; one row group a chunk, closed when the block ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}
        (folder / "events").mkdir(parents=True, exist_ok=True)
        self._write("source_rows", SOURCE_ROWS.empty_table())
        self._write("errors", ERRORS.empty_table())

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._open.values():
            writer.close()

    def _write(self, name: str, table: pa.Table) -> None:
        if name not in self._open:
            path = self.folder / f"{name}.parquet"
            self._open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._open[name].write_table(table)

    def persons(self, persons: pa.Table) -> None:
        self._write("persons", persons)

    def events(self, tables: dict[str, pa.Table]) -> None:
        for dataset, table in tables.items():
            self._write(f"events/{dataset}", table)

    def rows(
        self, tables: dict[str, pa.Table], delivered: pa.Table, errors: pa.Table
    ) -> tuple[int, int]:
        """Say of each delivered row whose it is and what is wrong; answers rows and errors written.

        An event's id is unique in the city, so it is looked up by that alone.
        """
        made = pa.concat_tables(
            [table.select(["_event_id", "_person_id"]) for table in tables.values()]
        ).combine_chunks()
        event = delivered["event_id"].combine_chunks()
        dirty = pc.is_in(event, errors["event_id"].combine_chunks())
        rows = delivered.append_column(
            "person_id",
            made["_person_id"].combine_chunks().take(pc.index_in(event, made["_event_id"])),
        ).append_column("clean", pc.invert(dirty))
        order = [(name, "ascending") for name in ("institution", "feed", "source_key", "dataset")]
        self._write("source_rows", rows.select(SOURCE_ROWS.names).cast(SOURCE_ROWS).sort_by(order))
        found = errors.join(delivered.filter(dirty), _LINK, join_type="inner")
        found = (
            found.select(ERRORS.names)
            .cast(ERRORS)
            .sort_by(
                [*order, ("column", "ascending"), ("kind", "ascending"), ("rule", "ascending")]
            )
        )
        self._write("errors", found)
        return rows.num_rows, found.num_rows


def rewrite_truth(folder: Path, tables: dict[str, pa.Table], delivered: pa.Table) -> None:
    """Carry a later delivery into the truth: ``tables`` are changed rows with ``_operation``.

    Withdrawn rows leave ``source_rows`` and ``errors``; what was updated is clean from now on (only
    clean rows are changed, or errors mended). ``changes.parquet`` gathers what was done to which
    row; the events follow.
    """
    db = duckdb.connect()
    if not tables:
        return
    made = pa.concat_tables(
        [
            table.select(["_event_id", "_person_id", OPERATION])
            .rename_columns(["event_id", "person_id", OPERATION])
            .append_column("dataset", pa.repeat(pa.scalar(dataset), table.num_rows))
            for dataset, table in tables.items()
        ]
    )
    db.register("made", made)
    db.register("delivered", delivered)
    for name in ("source_rows", "errors"):
        db.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
    listed = ", ".join(SOURCE_ROWS.names)
    _replace(
        db,
        folder / "changes.parquet",
        f"""
        select d.institution, d.feed, d.source_key, d.dataset, m.person_id, d.event_id,
            m.{OPERATION}
        from made m join (
            select institution, feed, source_key, dataset, event_id from delivered
            union select institution, feed, source_key, dataset, event_id from source_rows
        ) d using (dataset, event_id)
        {_earlier(folder)}
        order by all
        """,
    )
    _replace(
        db,
        folder / "source_rows.parquet",
        f"""
        select {listed} from source_rows anti join made using (dataset, event_id)
        union all by name
        select {listed} from (
            select d.*, m.person_id, true as clean from delivered d join made m
            using (dataset, event_id) where m.{OPERATION} in ('insert', 'update'))
        order by institution, feed, source_key, dataset
        """,
    )
    _replace(
        db,
        folder / "errors.parquet",
        "select * from errors anti join made using (dataset, event_id) "
        'order by institution, feed, source_key, dataset, "column", kind, rule',
    )
    for dataset, table in tables.items():
        db.register("changed", table)
        path = folder / "events" / f"{dataset}.parquet"
        _replace(
            db,
            path,
            f"""
            select * from read_parquet('{path}') anti join changed using (_event_id)
            union all by name
            select * exclude ({OPERATION}) from changed
            where {OPERATION} in ('insert', 'update') order by _event_id
            """,
        )


def _earlier(folder: Path) -> str:
    path = folder / "changes.parquet"
    return f"union all select * from read_parquet('{path}')" if path.exists() else ""


def _replace(db: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    new = path.with_suffix(".new")
    db.execute(f"copy ({query}) to '{new}' (format parquet, compression zstd)")
    new.replace(path)
