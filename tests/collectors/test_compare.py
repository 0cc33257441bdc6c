"""Source and lake compared: what differs shows, whoever changed it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from collectors.collect import collect
from collectors.compare import ComparisonResult, compare
from collectors.registry import Registry
from kanghu.lake import Lake
from kanghu.settings import Settings
from tests.collectors.cities import VISITS, bronze, make_visits, registry, run_sql, system

ROWS = [
    (number, "A", f"人{number}", number, None, f"2024-01-0{number} 08:00:00")
    for number in range(1, 6)
]


def _compared(settings: Settings, cities: Registry) -> ComparisonResult:
    (result,) = compare(settings, cities.feeds())
    return result


def _alter(table: DeltaTable) -> None:
    table.update({"patient": "'别人'"}, predicate="_source_key = '3'")


def _drop(table: DeltaTable) -> None:
    table.delete("_source_key = '3'")


def _double(table: DeltaTable) -> None:
    rows = table.to_pyarrow_table(filters=[("_source_key", "=", "3")])
    write_deltalake(table, rows, mode="append")


def _blank(table: DeltaTable) -> None:
    table.update({"note": "''"}, predicate="_source_key = '3'")


@pytest.mark.requirement("L-01")
@pytest.mark.parametrize(
    ("spoil", "counts", "example"),
    [
        (_alter, (0, 0, 1), "改动 3"),
        (_drop, (1, 0, 0), "缺少 3"),
        (_double, (0, 1, 0), "多出 3"),
        (_blank, (0, 0, 1), "改动 3"),
    ],
)
def test_one_spoilt_bronze_row_shows(
    settings: Settings,
    clinic: str,
    spoil: Callable[[DeltaTable], None],
    counts: tuple[int, int, int],
    example: str,
) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic)
    collect(settings, cities, cities.feeds())
    assert _compared(settings, cities).result == "equal"
    spoil(DeltaTable(Lake(settings.lake).bronze("small", "visits")))
    result = _compared(settings, cities)
    assert result.result == "different"
    assert (result.missing_rows, result.extra_rows, result.altered_rows) == counts
    assert result.examples[0] == example


def test_a_spoilt_older_version_shows_once(settings: Settings, clinic: str) -> None:
    """No source holds it any more, so it is held against the batch log; and kept as known."""
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic)
    collect(settings, cities, cities.feeds())
    run_sql(clinic, "update visits set patient = '新', changed_at = '2024-02-01' where no < 4")
    collect(settings, cities, cities.feeds())
    assert _compared(settings, cities).result == "equal"
    table = DeltaTable(Lake(settings.lake).bronze("small", "visits"))
    table.update({"patient": "'别人'"}, predicate="_source_key = '1' and patient = '人1'")
    table.delete("_source_key = '2' and patient = '人2'")
    told = _compared(settings, cities)
    assert told.result == "different"
    gone, altered = told.examples
    assert gone.endswith("写了 5 行,现有 4 行")
    assert altered.startswith("改动 1(批次 ")
    again = _compared(settings, cities)
    assert (again.result, again.losses) == ("equal", told.losses)
    assert "2 处" in str(again.reason)


@pytest.mark.requirement("L-01")
def test_what_the_watermark_did_not_tell_shows(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic)
    collect(settings, cities, cities.feeds())
    run_sql(
        clinic,
        "update visits set changed_at = '2024-02-01' where no in (1, 2)",
        "delete from visits where no = 4",
        "update visits set patient = '悄悄' where no = 3",
    )
    collect(settings, cities, cities.feeds())  # 1 and 2 have two versions now
    result = _compared(settings, cities)
    assert (result.source_rows, result.lake_rows) == (4, 5)
    assert result.examples == ["多出 4", "改动 3"]
    collect(settings, cities, cities.feeds(), full=True)
    assert _compared(settings, cities).result == "equal"
    assert compare(settings, cities.feeds(), changed_only=True) == []


def test_a_sqlite_source_is_read_a_second_time(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "clinic.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table 病人 (编号 integer, 姓名 text, 体重 real)")
        connection.executemany(
            "insert into 病人 values (?, ?, ?)", [(1, "甲", 60.5), (1, "甲", 60.5), (2, None, 55.0)]
        )
    patients = {"from": "病人", "key": ["编号"]}
    cities = registry(system(dialect="sqlite", patients=patients), str(file))
    assert collect(settings, cities, cities.feeds()).failed == []
    keys = bronze(settings, "patients", "select _source_key from bronze order by 1")
    assert keys == [("1",), ("1#2",), ("2",)]
    result = _compared(settings, cities)
    assert (result.result, result.source_rows, result.lake_rows) == ("equal", 3, 3)
    connection.execute("update 病人 set 体重 = 56 where 编号 = 2")
    connection.commit()
    assert _compared(settings, cities).examples == ["改动 2"]


def test_a_feed_never_collected_is_not_comparable(settings: Settings, clinic: str) -> None:
    result = _compared(settings, registry(system(visits=VISITS), clinic))
    assert (result.result, result.reason) == ("not comparable", "还没有成功采集过")
