"""Mothers and children of the city: what a county looks like, and their platform's own ways."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from simulator.plan import assignments
from simulator.systems import open_writers
from tests.simulator.canonical import canonical_chunk
from tests.simulator.conftest import WholeCity
from tests.simulator.test_systems import everything, system_of
from tests.simulator.test_systems_habits import edited


def test_pregnancies_births_and_growth_are_those_of_a_county(clean_city: WholeCity) -> None:
    db = duckdb.connect()
    for name in ("maternal_handbook", "delivery", "delivery_newborn", "child_handbook",
                 "newborn_visit", "toddler_checkup"):  # fmt: skip
        db.register(name, clean_city.tables[name])
    found = db.sql(
        """select
        (select avg((created_weeks::int < 13)::int) from maternal_handbook),
        (select avg((delivered_at::date - last_menses_date::date)::int) / 7.0
            from delivery join maternal_handbook using (maternal_handbook_no)),
        (select avg(birth_weight_g::int) from delivery_newborn),
        (select count(*) from newborn_visit) / (select count(*) from delivery_newborn),
        (select avg(weight_kg::double) from toddler_checkup where toddler_visit_age_code = '12'),
        (select avg((d.birth_date = c.birth_date)::int) from delivery_newborn d
            join child_handbook c using (_person_id))"""
    ).fetchone()
    assert found is not None
    early, weeks, weight, visited, at_one, same = found
    assert 0.78 < early < 0.98
    assert 38 < weeks < 40
    assert 3000 < weight < 3500
    assert 0.8 < visited <= 1
    assert 8.8 < at_one < 10.6
    assert same == 1


def test_the_platforms_units_dates_and_words(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kilograms, 39+2, dates with dots; and what cannot be read stays as it was typed."""
    monkeypatch.setenv("KANGHU_SIMULATED_POSTGRES", database_url)

    def plain(row: dict[str, str | None]) -> None:
        row.update(birth_weight_g="3250", birth_date="2025-03-09", apgar_1_score="未评")

    def weeks(row: dict[str, str | None]) -> None:
        row.update(gestational_weeks="39", gestational_extra_days="2", delivered_at="2023-13-45")

    run_by = [one for one in assignments() if one.tier == "2"][:1]
    writers = open_writers(run_by, tmp_path, database_url)
    chunk = edited(canonical_chunk(run_by), "delivery_newborn", plain)
    writers.write(edited(chunk, "delivery", weeks))
    said = next(one for one in writers.close() if one["system"] == "muying_mch")
    assert "fy_yfsc" in said["differs"]["without"]
    read = {d: (feed, rows) for feed, d, rows in everything(system_of("muying_mch"), said)}
    for row in read["delivery_newborn"][1].values():
        assert (float(row["birth_weight_g"] or 0), row["birth_date"]) == (3250, "2025-03-09")
        assert row["apgar_1_score"] == "未评"
    for row in read["delivery"][1].values():
        assert float(row["gestational_weeks"] or 0) == 39
        assert float(row["gestational_extra_days"] or 0) == 2
        assert row["delivered_at"] is None
