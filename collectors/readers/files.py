"""Reads tables that are dropped as CSV or Excel files; several files of one glob are one feed.

Options of a table (docs/interfaces-messages.md): ``encoding``, ``delimiter``, ``quote``,
``header_row``, ``header``, ``remark``, ``sheet``, ``key_with_file``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from collectors.columns import needed_columns
from collectors.readers import Delivery, Reader, SourceColumn
from collectors.readers.csv_file import CsvFile, CsvOptions
from collectors.readers.delivered_files import DeliveredFile, delivered_files, fingerprint, place
from collectors.readers.excel_file import SUFFIXES, ExcelFile, ExcelOptions
from collectors.registry import Feed
from kanghu.errors import KanghuError

FILE_COLUMN = "_file"
"""With ``options.key_with_file``: the file's name, to be named in ``key``."""
_HELD_BYTES = 16 << 20


class FileReader(Reader):
    """CSV and Excel. A broken file is told and left out; the others of its feed are read."""

    def read(self, feed: Feed, since: str | None) -> Delivery:
        files = delivered_files(feed, needed=True)
        faults: list[KanghuError] = []
        headers: dict[DeliveredFile, list[str]] = {}
        for file in files:
            try:
                headers[file] = _opened(feed, file).names
            except KanghuError as error:
                faults.append(error)
        if not headers:
            raise faults[0]
        first = _typical(feed, headers)
        names = headers[first]
        with_file = bool(feed.table.options.get("key_with_file"))
        columns = [*names, FILE_COLUMN] if with_file else names
        return Delivery(
            tuple(SourceColumn(name, "text") for name in columns),
            _batches(feed, headers, first, faults, with_file, since),
            faults={feed.institution: faults},
        )

    def fingerprint(self, feed: Feed) -> str | None:
        return fingerprint(feed, delivered_files(feed, needed=True))


def _opened(feed: Feed, file: DeliveredFile) -> CsvFile | ExcelFile:
    if file.path.suffix.lower() in SUFFIXES:
        return ExcelFile(file, ExcelOptions.of(feed.table.options))
    return CsvFile(file, CsvOptions.of(feed.table.options))


def _typical(feed: Feed, headers: Mapping[DeliveredFile, list[str]]) -> DeliveredFile:
    """The first file with the columns by which the others are judged: those that the mapping needs,
    and of such the commonest."""

    def standing(file: DeliveredFile) -> tuple[bool, int]:
        names = headers[file]
        alike = sum(set(names) == set(others) for others in headers.values())
        return needed_columns(feed, names) <= set(names), alike

    return max(headers, key=standing)


def _batches(
    feed: Feed,
    headers: Mapping[DeliveredFile, list[str]],
    first: DeliveredFile,
    faults: list[KanghuError],
    with_file: bool,
    since: str | None,
) -> Iterator[pa.RecordBatch]:
    read = 0
    for file, found in headers.items():
        try:
            _same_columns(feed, file, first, found, headers[first])
            whole = _whole(feed, file)
        except KanghuError as error:
            faults.append(error)
            continue
        read += 1
        for delivered in whole:
            batch = _since(feed, delivered.select(headers[first]), since)
            if with_file:
                label = pa.array([file.name] * batch.num_rows, pa.string())
                batch = batch.append_column(FILE_COLUMN, label)
            yield batch
    if not read:
        raise faults[0]


def _whole(feed: Feed, file: DeliveredFile) -> Iterable[pa.RecordBatch]:
    """A file's batches, once it is known that it can be read to its end: nothing of a broken file
    may land. A large one is read twice for that, so that memory stays flat."""
    if file.size <= _HELD_BYTES:
        return list(_opened(feed, file).batches())
    for _ in _opened(feed, file).batches():
        pass
    return _opened(feed, file).batches()


def _same_columns(
    feed: Feed, file: DeliveredFile, first: DeliveredFile, found: list[str], expected: list[str]
) -> None:
    """All files of a feed have the same columns, in any order."""
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if missing or extra:
        raise KanghuError(
            what=f"列与 {first.name} 不同:少 {missing or '无'},多 {extra or '无'}",
            where=f"{place(feed)}: {file.name}",
            rule=f"tables.{feed.table_name}.from",
            mend="改正列名,或把两种版式的文件写成两张表",
        )


def _since(feed: Feed, batch: pa.RecordBatch, since: str | None) -> pa.RecordBatch:
    watermark = feed.table.watermark
    if since is None or watermark is None or watermark.column not in batch.schema.names:
        return batch
    column = batch.column(watermark.column)
    return batch.filter(pc.fill_null(pc.greater_equal(column, since), True))
