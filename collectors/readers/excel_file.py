"""Reads one sheet of an Excel workbook (xlsx, xls, xlsb, ods) as text columns.

Numbers lose no digits and gain none: ``12.0`` is ``12``. Dates become ISO, with a time only where
the cell has one. An empty cell is null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
import python_calamine

from collectors.readers.csv_file import column_names
from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.parts import batches
from kanghu.errors import KanghuError

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

Cell = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True)
class ExcelOptions:
    """Where in a workbook the table lies: a table's ``options``."""

    sheet: str | int = 1
    """Its name, or its position from 1."""
    header_row: int = 1
    header: tuple[str, ...] = ()
    remark: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> ExcelOptions:
        return cls(
            sheet=options.get("sheet", 1),
            header_row=int(options.get("header_row", 1)),
            header=tuple(options.get("header", ())),
            remark=str(options.get("remark", "")),
        )


class ExcelFile:
    """One sheet, opened."""

    def __init__(self, file: DeliveredFile, options: ExcelOptions) -> None:
        """Raises ``KanghuError`` where the workbook, the sheet or the header is not there."""
        self.file = file
        self.options = options
        self._rows = self._open()
        if options.header:
            self.names = list(options.header)
            self._first_row = 1
        else:
            above = list(islice(self._rows, options.header_row))
            cells = above[-1] if len(above) == options.header_row else []
            texts = [cell_text(cell) or "" for cell in cells]
            while texts and not texts[-1].strip():
                texts.pop()
            if not texts:
                raise KanghuError(
                    what=f"第 {options.header_row} 行没有列名",
                    where=file.name,
                    rule="options.header_row",
                    mend="数一数标题占了几行,改 options.header_row",
                )
            self.names = column_names(texts, file.name)
            self._first_row = options.header_row + 1

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of ``self.names``; wholly empty rows and remark rows are no data."""
        return batches(self._texts(), self.names)

    def _texts(self) -> Iterator[list[str | None]]:
        remark = re.compile(self.options.remark) if self.options.remark else None
        width = len(self.names)
        for number, row in enumerate(self._rows, start=self._first_row):
            texts = [cell_text(cell) for cell in row]
            first = next((text for text in texts if text), None)
            if first is None or (remark and remark.search(first)):
                continue
            if any(texts[width:]):
                raise KanghuError(
                    what=f"这一行有 {len(texts)} 格,而列名只有 {width} 个",
                    where=f"{self.file.name} 第 {number} 行",
                    rule="options.header_row",
                    mend="核对列名所在的行;备注行用 options.remark 写明怎样认出",
                )
            yield texts[:width] + [None] * (width - len(texts))

    def _open(self) -> Iterator[Sequence[Cell]]:
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(self.file.path))
            names = book.sheet_names
            wanted = self.options.sheet
            if isinstance(wanted, int) and 1 <= wanted <= len(names):
                sheet = book.get_sheet_by_index(wanted - 1)
            elif wanted in names:
                sheet = book.get_sheet_by_name(str(wanted))
            else:
                raise KanghuError(
                    what=f"工作簿里没有工作表 {wanted!r}",
                    where=f"{self.file.name}:{', '.join(names)}",
                    rule="options.sheet",
                    mend="改 options.sheet 为表名,或从 1 数起的位置",
                )
            return iter(sheet.iter_rows())
        except (python_calamine.CalamineError, OSError) as error:
            raise KanghuError(
                what=f"不是完整的 Excel 文件:{error}",
                where=self.file.name,
                mend="文件可能被截断或加了密,请来源重新导出",
            ) from error


def cell_text(cell: Cell) -> str | None:
    """A cell as delivered text; ``None`` for an empty one."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        if cell.time() == time():
            return cell.date().isoformat()
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, timedelta):
        seconds = int(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell)
