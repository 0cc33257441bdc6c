"""A report as a workbook, a CSV or JSON: title, filters, day of quality, Chinese headings."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from dashboards.quality_reports.query import Answer
from kanghu.errors import KanghuError

HEADER_ROW = 4
SHEET_ROWS = 1_048_576
"""What a sheet of Excel holds."""

_HEADER = PatternFill("solid", fgColor="D9E1F2")


def shown(value: Any) -> Any:
    """A cell as people read it: yes and no in Chinese, numbers as numbers, days as days."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def write_xlsx(answer: Answer, file: Path) -> int:
    """Write the workbook and answer the number of rows; the header stays in view.

    Raises ``KanghuError`` where the rows do not fit one sheet.
    """
    rows = answer.count()
    if rows > SHEET_ROWS - HEADER_ROW:
        raise KanghuError(
            what=f"{rows:,} 行超过 Excel 一张表的 {SHEET_ROWS:,} 行",
            where=str(file),
            mend="用 --county 或 --institution 缩小范围,或用 --csv 导出",
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(answer.report.title[:31])
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    for place, heading in enumerate(answer.headings, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(10, 2 * len(heading) + 2)
    sheet.append([_cell(sheet, answer.report.title, font=Font(bold=True, size=14))])
    sheet.append([f"筛选条件:{filters_told(answer)}"])
    sheet.append([f"质控日期:{answer.quality_date.isoformat()}"])
    sheet.append(
        [
            _cell(sheet, heading, font=Font(bold=True), fill=_HEADER, wrapped=True)
            for heading in answer.headings
        ]
    )
    blocks = _colours(answer)
    for batch in answer.batches():
        for row in batch:
            sheet.append(
                [
                    _cell(sheet, cell, fill=blocks.get(place, {}).get(str(cell)))
                    if place in blocks or isinstance(cell, str)
                    else cell
                    for place, cell in enumerate(map(shown, row))
                ]
            )
    file.parent.mkdir(parents=True, exist_ok=True)
    book.save(file)
    return rows


def write_csv(answer: Answer, file: Path) -> int:
    """UTF-8 with a byte order mark, so that Excel reads the Chinese; answers the rows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(answer.headings)
        for batch in answer.batches():
            writer.writerows([_harmless(shown(cell)) for cell in row] for row in batch)
            rows += len(batch)
    return rows


def as_json(answer: Answer) -> str:
    """The report as one object: id, title, quality date, filters, headings, rows."""
    return json.dumps(
        {
            "report": answer.report.id,
            "title": answer.report.title,
            "requirement": answer.report.requirement,
            "quality_date": answer.quality_date.isoformat(),
            "filters": answer.filters,
            "headings": answer.headings,
            "rows": [[shown(cell) for cell in row] for row in answer.rows()],
        },
        ensure_ascii=False,
        default=_plain,
    )


def filters_told(answer: Answer) -> str:
    return ";".join(f"{heading}={value}" for heading, value in answer.filters.items()) or "无"


def _colours(answer: Answer) -> dict[int, dict[str, PatternFill]]:
    """The colour blocks by column and value."""
    return {
        answer.headings.index(heading): {
            value: PatternFill("solid", fgColor=colour) for value, colour in colours.items()
        }
        for heading, colours in answer.report.colours.items()
    }


def _cell(
    sheet: WriteOnlyWorksheet,
    value: Any,
    *,
    font: Font | None = None,
    fill: PatternFill | None = None,
    wrapped: bool = False,
) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # text from a source is never a formula
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    if wrapped:
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _harmless(value: Any) -> Any:
    """Text from a source that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _plain(value: Any) -> str:
    assert isinstance(value, (date, datetime)), value
    return value.isoformat()
