"""Lists written as Excel files: streamed, whole or not at all, and no cell is ever a formula.

What institutions delivered stands in these cells; a text that begins with ``=`` stays a text.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

ROWS_A_SHEET = 1_048_575
"""What Excel takes, less the heading."""
_NAME_LENGTH = 31


@dataclass(frozen=True)
class Sheet:
    """A list: ``rows`` may be a stream; one longer than a sheet goes on in a further one."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write_workbook(path: Path, sheets: Iterable[Sheet], rows_a_sheet: int = ROWS_A_SHEET) -> int:
    """Write ``sheets`` in their order; answers the rows written. Memory does not grow with rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    written = 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(str(unfinished), options) as workbook:
            bold = workbook.add_format({"bold": True})
            for sheet in sheets:
                written += _write(workbook, sheet, bold, rows_a_sheet)
            if not workbook.worksheets():
                workbook.add_worksheet("没有记录")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _write(workbook: xlsxwriter.Workbook, sheet: Sheet, bold: Any, rows_a_sheet: int) -> int:
    page, place, written = None, 0, 0
    taken = {one.get_name() for one in workbook.worksheets()}
    for row in sheet.rows:
        if page is None or place == rows_a_sheet:
            name = _free_name(sheet.name, taken)
            taken.add(name)
            page, place = workbook.add_worksheet(name), 0
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.heads) - 1, 16)
            page.write_row(0, 0, sheet.heads, bold)
        place += 1
        written += 1
        for column, value in enumerate(row):
            if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
                page.write_number(place, column, value)
            elif value is not None:
                page.write_string(place, column, shown(value))
    return written


def write_csv(path: Path, sheet: Sheet) -> int:
    """``sheet`` as CSV that Excel opens (UTF-8 with its mark); answers the rows written.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    written = 0
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.heads)
        for row in sheet.rows:
            writer.writerow([_harmless(value) for value in row])
            written += 1
    os.replace(unfinished, path)
    return written


def shown(value: Any) -> str:
    """``value`` as text in a cell."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, (int, float, Decimal)):
        return value
    text = shown(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def _free_name(name: str, taken: set[str]) -> str:
    """A name that Excel takes and that no other sheet bears."""
    plain = "".join("_" if letter in "[]:*?/\\'" else letter for letter in name)[:_NAME_LENGTH]
    found, number = plain, 1
    while found in taken:
        number += 1
        found = f"{plain[: _NAME_LENGTH - 4]} {number}"
    return found
