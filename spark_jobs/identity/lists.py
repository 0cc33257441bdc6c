"""A list of people as somebody has it: CSV in UTF-8 or GB18030, an Excel sheet, Parquet.

CSV and Excel are read by the collectors' readers, so a cut file, a broken encoding or a ragged row
is said with its place, as when an institution delivers it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from collectors.readers.csv_file import CsvFile, CsvOptions
from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.excel_file import SUFFIXES as EXCEL
from collectors.readers.excel_file import ExcelFile, ExcelOptions
from kanghu.errors import KanghuError
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import quoted

_CSV = (".csv", ".txt", ".tsv")
_DELIMITERS = (",", "\t", ";", "|")


def read_list(
    connection: duckdb.DuckDBPyConnection, path: Path, model: LinkModel | None
) -> list[str]:
    """Make table ``source`` (row_id from 1, and the file's columns, all text but Parquet's) and
    answer its columns. ``model`` may say where the header stands. Raises ``KanghuError``."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise KanghuError(what="找不到文件", where=str(path), mend="检查路径")
    if suffix not in {*_CSV, *EXCEL, ".parquet"}:
        raise KanghuError(
            what=f"不认识这种文件:{suffix or '没有扩展名'}",
            where=str(path),
            mend=f"另存为 CSV({'、'.join(_CSV)})、Excel({'、'.join(EXCEL)})或 Parquet",
        )
    listed: list[str]
    if suffix == ".parquet":
        read = "read_parquet(?)"
        listed = _parquet_columns(connection, path)
    else:
        rows = _rows(path, suffix, model)
        connection.register("listed", rows)
        read, listed = "listed", list(rows.column_names)
    if "row_id" in {name.lower() for name in listed}:
        raise KanghuError(
            what="列名不能叫 row_id:它是结果里行的编号",
            where=str(path),
            mend="给这一列改名;要用它作编号,在配置里写 id_column",
        )
    connection.execute(
        f"""
        create temp table source as
        select row_number() over () as row_id, {", ".join(map(quoted, listed))} from {read}
        """,
        [str(path)] if suffix == ".parquet" else [],
    )
    if suffix != ".parquet":
        connection.unregister("listed")
    return listed


def _rows(path: Path, suffix: str, model: LinkModel | None) -> pa.Table:
    header_row = model.header_row if model else 1
    file = DeliveredFile(path, str(path), path.stat().st_size, "")
    reader: CsvFile | ExcelFile
    if suffix in EXCEL:
        options = ExcelOptions(sheet=model.sheet if model else 1, header_row=header_row)
        reader = ExcelFile(file, options)
    else:
        delimiter = _delimiter(file, header_row)
        reader = CsvFile(file, CsvOptions(delimiter=delimiter, header_row=header_row))
    schema = pa.schema([(name, pa.string()) for name in reader.names])
    return pa.Table.from_batches(list(reader.batches()), schema=schema)


def _delimiter(file: DeliveredFile, header_row: int) -> str:
    """The one that stands most often in the header; all are ASCII in every encoding we read."""
    with file.path.open("rb") as lines:
        head = b"".join(lines.readline(1 << 20) for _ in range(header_row))
    counted = {one: head.count(one.encode()) for one in _DELIMITERS}
    return max(_DELIMITERS, key=lambda one: counted[one])


def _parquet_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    try:
        described = connection.execute("describe from read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise KanghuError(
            what=f"不是完整的 Parquet 文件:{str(error).splitlines()[0]}",
            where=str(path),
            mend="文件可能被截断,请重新导出",
        ) from error
    return [str(name) for name, *_ in described]
