"""The truth about a city, streamed to Parquet beside it: who is who, which row breaks what.

``persons``, ``source_rows`` (every row that lies in an institution's system, under the name that
collect will give it), ``errors``, and the events themselves, one file a dataset.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

SOURCE_ROWS = pa.schema(
    [
        ("institution", pa.string()),
        ("feed", pa.string()),
        ("source_key", pa.string()),
        ("dataset", pa.string()),
        ("person_id", pa.string()),
        ("clean", pa.bool_()),
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
        """Join what was made with where it was delivered; answers rows and errors written."""
        made = pa.concat_tables(
            [
                table.select(["_event_id", "_person_id"])
                .rename_columns(["event_id", "person_id"])
                .append_column("dataset", pa.repeat(pa.scalar(dataset), table.num_rows))
                for dataset, table in tables.items()
            ]
        )
        dirty = errors.select(_LINK).group_by(_LINK).aggregate([])
        dirty = dirty.append_column("dirty", pa.repeat(pa.scalar(True), dirty.num_rows))
        rows = delivered.join(made, _LINK, join_type="left outer").join(
            dirty, _LINK, join_type="left outer"
        )
        clean = pa.compute.is_null(rows["dirty"])
        rows = rows.append_column("clean", clean)
        order = [("institution", "ascending"), ("feed", "ascending"), ("source_key", "ascending")]
        self._write("source_rows", rows.select(SOURCE_ROWS.names).cast(SOURCE_ROWS).sort_by(order))
        found = errors.join(delivered, _LINK, join_type="inner")
        found = (
            found.select(ERRORS.names)
            .cast(ERRORS)
            .sort_by(
                [*order, ("column", "ascending"), ("kind", "ascending"), ("rule", "ascending")]
            )
        )
        self._write("errors", found)
        return rows.num_rows, found.num_rows
