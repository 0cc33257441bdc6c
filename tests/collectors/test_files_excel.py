"""Excel as people fill it in: titles, remarks, dates, numbers, and workbooks cut short."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from collectors.readers.excel_file import Cell, cell_text
from kanghu.errors import KanghuError
from tests.collectors.reading import deliver, file_feed, rows


def workbook(path: Path, lines: list[list[object]], sheet: str = "登记") -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["见登记表"])
    page = book.create_sheet(sheet)
    for line in lines:
        page.append(line)
    book.save(path)


LINES: list[list[object]] = [
    ["某院居民体检登记表"],
    [],
    ["姓名", "出生日期", "体重", "身份证号", "备注", None],
    ["张三", date(1960, 3, 5), 120.5, "350101196003050011", None],
    [None, None, None],
    ["李四", datetime(1961, 1, 2, 3, 4, 5), 98, None, " 好 "],
    ["注:体重单位为斤"],
]


def test_a_sheet_with_titles_and_remarks(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", LINES)
    feed = file_feed(
        tmp_path, "*.xlsx", options={"sheet": "登记", "header_row": 3, "remark": "^注"}
    )
    assert [column.name for column in deliver(feed).columns] == [
        "姓名",
        "出生日期",
        "体重",
        "身份证号",
        "备注",
    ]
    assert [list(row.values()) for row in rows(feed)] == [
        ["张三", "1960-03-05", "120.5", "350101196003050011", None],
        ["李四", "1961-01-02 03:04:05", "98", None, " 好 "],
    ]


def test_a_sheet_by_its_position(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [["甲"], ["1"]])
    assert rows(file_feed(tmp_path, "a.xlsx", options={"sheet": 2})) == [{"甲": "1"}]
    with pytest.raises(KanghuError, match=r"没有工作表 3.*说明, 登记"):
        rows(file_feed(tmp_path, "a.xlsx", options={"sheet": 3}))


def test_empty_rows_above_the_header_count(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [[], [], ["甲"], ["1"]])
    assert rows(file_feed(tmp_path, "a.xlsx", options={"sheet": 2, "header_row": 3})) == [
        {"甲": "1"}
    ]


def test_a_row_wider_than_the_header(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [["甲", "乙"], ["1", "2", "3"]])
    with pytest.raises(KanghuError, match=r"列名只有 2 个.*a\.xlsx 第 2 行"):
        rows(file_feed(tmp_path, "a.xlsx", options={"sheet": 2}))


def test_no_header_where_it_should_be(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", [["甲"], ["1"]])
    with pytest.raises(KanghuError, match="第 9 行没有列名"):
        rows(file_feed(tmp_path, "a.xlsx", options={"sheet": 2, "header_row": 9}))


def test_a_workbook_cut_short(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", LINES)
    whole = (tmp_path / "a.xlsx").read_bytes()
    (tmp_path / "a.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(KanghuError, match=r"不是完整的 Excel 文件.*a\.xlsx"):
        rows(file_feed(tmp_path, "a.xlsx"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", None),
        (" ", " "),
        (12.0, "12"),
        (0.1, "0.1"),
        (-7.5, "-7.5"),
        (350101.0, "350101"),
        (1e20, "1e+20"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 8, 30), "2024-02-29 08:30:00"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=26, minutes=5), "26:05:00"),
    ],
)
def test_a_cell_as_text(cell: Cell, text: str | None) -> None:
    assert cell_text(cell) == text
