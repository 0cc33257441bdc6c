"""Collecting from a real PostgreSQL: full, incremental, ties, late rows, updates, deletes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collectors.collect import CollectResult, collect
from collectors.compare import compare
from collectors.registry import Registry
from kanghu.settings import Settings
from tests.collectors.cities import VISITS, bronze, make_visits, registry, run_sql, system

HARD = '引号"、逗号, 和\n换行'
ROWS: list[tuple[Any, ...]] = [
    (1, "A", "甲", 120.50, None, "2024-01-01 08:00:00"),
    (2, "A", "乙", None, "", "2024-01-02 08:00:00"),
    (3, "B", "丙", 90, HARD, "2024-01-02 08:00:00"),
]


def gather(settings: Settings, cities: Registry, **more: Any) -> CollectResult:
    result = collect(settings, cities, cities.feeds(), **more)
    assert result.failed == []
    return result


@pytest.mark.requirement("L-01")
def test_first_read_lands_every_row_as_delivered(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic, ("A", "B"))
    result = gather(settings, cities)
    assert (result.feeds, result.source_rows, result.bronze_rows) == (2, 3, 3)
    assert bronze(
        settings,
        "visits",
        "select _institution, _feed, _source_key, _operation, patient, pressure, note, changed_at "
        "from bronze order by _source_key",
    ) == [
        ("A", "small.visits", "1", "upsert", "甲", "120.5", None, "2024-01-01 08:00:00"),
        ("A", "small.visits", "2", "upsert", "乙", None, "", "2024-01-02 08:00:00"),
        ("B", "small.visits", "3", "upsert", "丙", "90", HARD, "2024-01-02 08:00:00"),
    ]
    written_by = bronze(settings, "visits", "select distinct _batch_id from bronze")
    assert written_by == [(result.batch_id,)]


@pytest.mark.requirement("L-01")
def test_running_twice_changes_nothing(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic, ("A", "B"))
    gather(settings, cities)
    again = gather(settings, cities)
    assert (again.bronze_rows, again.deleted_rows) == (0, 0)
    assert bronze(settings, "visits", "select count(*) from bronze") == [(3,)]


@pytest.mark.requirement("L-01")
def test_increment_takes_ties_updates_and_late_rows(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    lagging = {**VISITS, "watermark": {"column": "changed_at", "lag_seconds": 86_400}}
    cities = registry(system(visits=lagging), clinic, ("A", "B"))
    gather(settings, cities)
    run_sql(
        clinic,
        "insert into visits values (4, 'A', '丁', 1, null, '2024-01-02 08:00:00')",  # a tie
        "insert into visits values (5, 'A', '戊', 1, null, '2024-01-01 09:00:00')",  # late
        "insert into visits values (6, 'A', '己', 1, null, null)",  # nobody stamped it
        "update visits set note = '改', changed_at = '2024-01-03 00:00:00' where no = 2",
    )
    result = gather(settings, cities)
    assert result.bronze_rows == 4
    assert bronze(
        settings,
        "visits",
        f"select _source_key, note from bronze where _batch_id = '{result.batch_id}' order by 1",
    ) == [("2", "改"), ("4", None), ("5", None), ("6", None)]
    assert gather(settings, cities).bronze_rows == 0


@pytest.mark.requirement("L-01")
def test_full_read_finds_what_was_deleted_and_what_came_back(
    settings: Settings, clinic: str
) -> None:
    make_visits(clinic, ROWS)
    plain = {name: value for name, value in VISITS.items() if name != "watermark"}
    cities = registry(system(visits=plain), clinic, ("A", "B"))
    gather(settings, cities)
    run_sql(clinic, "delete from visits where no = 2")
    gone = gather(settings, cities)
    assert (gone.bronze_rows, gone.deleted_rows) == (0, 1)
    assert bronze(
        settings, "visits", "select _source_key, note from bronze where _operation = 'delete'"
    ) == [("2", None)]
    run_sql(clinic, "insert into visits values (2, 'A', '乙', null, '', '2024-01-02 08:00:00')")
    assert gather(settings, cities).bronze_rows == 1
    assert gather(settings, cities).bronze_rows == 0


def test_a_table_without_rows_is_no_error(settings: Settings, clinic: str, tmp_path: Path) -> None:
    make_visits(clinic, [])
    result = gather(settings, registry(system(visits=VISITS), clinic))
    assert result.bronze_rows == 0
    assert list((tmp_path / "home" / "landing").iterdir()) == []


@pytest.mark.requirement("L-01")
def test_a_table_wider_than_a_function_takes_arguments(settings: Settings, clinic: str) -> None:
    names = [f"c{number}" for number in range(250)]
    made = ", ".join(f"nullif('{name}', 'c7') as {name}" for name in names)
    run_sql(clinic, f"create table wide as select {made}")
    cities = registry(system(wide={"from": "wide", "key": ["c0"]}), clinic)
    assert gather(settings, cities).bronze_rows == 1
    (compared,) = compare(settings, cities.feeds())
    assert (compared.result, compared.source_rows) == ("equal", 1)
