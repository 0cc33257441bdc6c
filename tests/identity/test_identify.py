"""The step as the line calls it: under its lease, on a lake that may still be empty."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kanghu.lake import Lake
from kanghu.settings import Settings
from spark_jobs.identity import identify
from tests.identity.silver import id_number, lake_at, row, run, write_silver

BORN = date(1990, 3, 14)


def test_batches_are_written_on_what_they_change(settings: Settings) -> None:
    lake = Lake(settings.lake)
    chen = row("1", name="陈小明", sex_code="1", birth_date=BORN)
    write_silver(lake, [chen])
    assert identify(settings, ["b1"]).new == 1
    lin = row("2", name="林丽", sex_code="2", birth_date=BORN)
    write_silver(lake, [chen, lin])
    result = identify(settings, ["b2", "b3"])
    assert (result.persons, result.residents, result.compared) == (2, 2, 1)
    links = lake.table(lake.identity("person_link")).to_pyarrow_table().to_pylist()
    assert {one["number"]: one["batch_id"] for one in links} == {"1": "b1", "2": "b3"}


def test_nobody_yet(tmp_path: Path) -> None:
    """Readers of gold find the tables even before the first person."""
    lake = lake_at(tmp_path)
    assert run(lake).persons == 0
    assert run(lake).persons == 0
    for table in ("person_link", "resident", "history", "evidence"):
        assert lake.table(lake.identity(table)).to_pyarrow_table().num_rows == 0


def test_a_quiet_day_writes_nothing(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    number = id_number("350402", BORN, 11)
    write_silver(lake, [row("1", name="陈小明", sex_code="1", birth_date=BORN, id_no=number)])
    run(lake)
    versions = [lake.table(lake.identity(t)).version() for t in ("person_link", "resident")]
    assert run(lake).compared == 0
    assert versions == [lake.table(lake.identity(t)).version() for t in ("person_link", "resident")]


def test_what_only_a_resident_says_is_followed(tmp_path: Path) -> None:
    """A death changes no evidence, yet the resident must say it."""
    lake = lake_at(tmp_path)
    person = row("1", name="陈小明", sex_code="1", birth_date=BORN)
    write_silver(lake, [person])
    run(lake)
    write_silver(lake, [{**person, "death_date": date(2026, 2, 3)}])
    run(lake)
    (said,) = lake.table(lake.identity("resident")).to_pyarrow_table().to_pylist()
    assert said["death_date"] == date(2026, 2, 3)
