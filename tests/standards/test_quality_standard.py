"""Weights, grades and targets: what holds on a day, and what a wrong row says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kanghu.errors import KanghuError
from standards.quality import in_force

HEADS = {
    "weights": "valid_from,kind,name,weight,reason",
    "grades": "valid_from,grade,lowest_score",
    "targets": "valid_from,subject,target,source",
}


def site(folder: Path, table: str, *rows: str) -> Path:
    path = folder / "quality" / f"{table}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADS[table], *rows, ""]), encoding="utf-8")
    return folder


def test_a_row_holds_from_its_day_until_a_later_one(tmp_path: Path) -> None:
    rows = ("2026-03-01,severity,warning,0.5,b", "2026-02-01,severity,warning,0.3,a")
    site(tmp_path, "weights", *rows)

    def warning(day: str) -> Decimal:
        return in_force(date.fromisoformat(day), tmp_path).weights["severity", "warning"].weight

    assert [warning(day) for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")] == [
        Decimal(text) for text in ("0.2", "0.3", "0.3", "0.5")
    ]


def test_a_new_scale_takes_the_place_of_the_whole_old_one(tmp_path: Path) -> None:
    site(tmp_path, "grades", "2026-02-01,A,90", "2026-02-01,B,0")
    assert [one.grade for one in in_force(date(2026, 2, 1), tmp_path).grades] == ["A", "B"]
    assert [one.grade for one in in_force(date(2026, 1, 31), tmp_path).grades] == list("优良中差")


@pytest.mark.parametrize(
    ("table", "row", "says"),
    [
        ("weights", "2026-01-01,dimension,beauty,1,x", "没有 dimension 'beauty'"),
        ("weights", "2026-01-01,severity,notice,0.1,x", "没有 severity 'notice'"),
        ("weights", "2026-01-01,dataset,no_such,1,x", "没有 dataset"),
        ("weights", "2026-01-01,rule,no_such.rule,1,x", "没有规则"),
        ("weights", "2026-01-01,size,x,1,x", "没有权重种类"),
        ("weights", "2026-01-01,severity,error,1.5,x", "不在 0 到 1 之间"),
        ("weights", "2026-01-01,dimension,validity,NaN,x", "不在 0 到 1000 之间"),
        ("weights", "2026-01-01,dimension,validity,many,x", "不是数"),
        ("weights", "2026-13-01,dimension,validity,1,x", "不是日期"),
        ("weights", "2026-01-01,dimension,validity,1,", "没有写理由"),
        ("grades", "2026-01-01,A,60", "没有覆盖到 0 分"),
        ("targets", "2026-01-01,every,60,x", "没有目标对象"),
        ("targets", "2026-01-01,all,160,x", "不在 0 到 100 之间"),
    ],
)
def test_a_wrong_row_is_told(tmp_path: Path, table: str, row: str, says: str) -> None:
    with pytest.raises(KanghuError) as raised:
        in_force(date(2026, 6, 1), site(tmp_path, table, row))
    assert says in raised.value.what
    assert f"quality/{table}.csv" in raised.value.where
    assert raised.value.mend
