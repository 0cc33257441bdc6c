"""Lists as Excel and CSV: no cell is a formula, no list is cut, memory stays flat."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kanghu.errors import KanghuError
from pipeline.record_numbers import read_numbers
from pipeline.spreadsheet import Sheet, write_csv, write_workbook

NASTY = ["=1+1", "@SUM(A1)", "http://x.y", "\x01控制\x0b符", "很长" * 30]


def test_what_was_delivered_stays_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [(text, 1.5, None) for text in NASTY]
    assert write_workbook(path, [Sheet("费用/明细[1]", ("甲", "乙", "丙"), rows)]) == len(NASTY)
    (sheet,) = load_workbook(path).worksheets
    assert [cell.data_type for cell in sheet["A"]] == ["s"] * (len(NASTY) + 1)
    assert sheet["A2"].value == "=1+1"
    assert sheet["B2"].value == 1.5
    write_csv(tmp_path / "a.csv", Sheet("x", ("甲", "乙"), [("=1+1", -1), ("-2", 0)]))
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == [["'=1+1", "-1"], ["'-2", "0"]]


def test_a_list_longer_than_a_sheet_goes_on_in_another(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    long = Sheet("同名" * 20, ("n",), ((n,) for n in range(25)))
    other = Sheet("同名" * 20, ("n",), [(99,)])
    write_workbook(path, [long, other], rows_a_sheet=10)
    found = [[row[0] for row in one.iter_rows(values_only=True)] for one in load_workbook(path)]
    assert [len(one) - 1 for one in found] == [10, 10, 5, 1]
    assert [n for one in found[:3] for n in one[1:]] == list(range(25))


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        stream: Iterator[tuple[str, ...]] = ((f"值{n}",) * 10 for n in range(rows))
        tracemalloc.start()
        write_workbook(tmp_path / "a.xlsx", [Sheet("x", ("列",) * 10, stream)])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(8_000) < peak(1_000) + 500_000


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"\n \n", "没有记录号"),
        ("a.csv", b"\xff\xff\xff", "不是 UTF-8"),
        ("a.xlsx", b"not excel", "不是能读的 Excel"),
        ("none.csv", None, "读不了文件"),
    ],
)
def test_a_file_of_record_numbers_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(KanghuError, match=says):
        read_numbers(tmp_path / name)
