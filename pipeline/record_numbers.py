"""Record numbers out of a file that somebody filled in: CSV (UTF-8 or GB18030) or Excel."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kanghu.errors import KanghuError

_HEADS = {"记录号", "档案号", "档案编号", "健康档案号", "源键", "record_no", "number", "source_key"}


def read_numbers(path: Path) -> tuple[str, ...]:
    """The first column, without a heading, blanks and repetitions, in the file's order.

    Raises ``KanghuError`` for a file that cannot be read or holds none.
    """
    try:
        cells = _excel(path) if path.suffix.lower() in (".xlsx", ".xls") else _csv(path)
    except OSError as error:
        raise KanghuError(
            what=f"读不了文件:{error.strerror or error}", where=str(path), mend="检查路径和权限"
        ) from error
    numbers = [cell.strip() for cell in cells if cell.strip()]
    if numbers and numbers[0].lower() in _HEADS:
        numbers = numbers[1:]
    if not numbers:
        raise KanghuError(what="文件里没有记录号", where=str(path), mend="第一列写记录号,一行一个")
    return tuple(dict.fromkeys(numbers))


def _csv(path: Path) -> list[str]:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KanghuError(
            what="文件不是 UTF-8 或 GB18030 文本", where=str(path), mend="另存为 CSV(UTF-8)"
        )
    try:
        return [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        raise KanghuError(
            what=f"CSV 读不下去:{error}", where=str(path), mend="另存为 CSV(UTF-8),一行一个记录号"
        ) from error


def _excel(path: Path) -> list[str]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    except CalamineError as error:
        raise KanghuError(
            what=f"不是能读的 Excel 文件:{error}", where=str(path), mend="另存为 xlsx 或 CSV"
        ) from error
    return [_text(row[0]) for row in rows if row]


def _text(cell: object) -> str:
    """A number that Excel keeps as one: 12.0 is 12."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
