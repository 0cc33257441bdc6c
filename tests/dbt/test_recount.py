"""The indicators against an independent recount: on the tiny city and on a simulated one."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from kanghu.lake import Lake
from kanghu.settings import Settings
from pipeline.build import BuildResult, build
from tests.dbt.recount import Cell, recount
from tests.dbt.simulated_lake import write_simulated

RESIDENTS = 1200


def counted(marts_file: str) -> tuple[list[pd.Timestamp], dict[Cell, tuple[int, int]]]:
    """The months of the marts, and every cell of F1 to F9 that is not 0 of 0."""
    with duckdb.connect(marts_file, read_only=True) as marts:
        months = marts.execute("select period_month from dim_month order by 1").fetchall()
        cells = marts.execute(
            "select indicator, organisation_code, strftime(period_month, '%Y-%m'), numerator,"
            " denominator from rpt_indicator where (numerator != 0 or denominator != 0)"
            " and regexp_full_match(indicator, 'F[1-9]')"
        ).fetchall()
    return [pd.Timestamp(month) for (month,) in months], {row[:3]: row[3:] for row in cells}


def test_the_tiny_city_recounts(city: Settings, built: BuildResult) -> None:
    months, cells = counted(city.marts)
    assert recount(Lake(city.lake), months) == cells


@pytest.mark.requirement("S1-2.3.3.3-4", "S1-2.3.9.1-3", "S1-2.3.10.1-3")
def test_a_simulated_city_recounts(settings: Settings) -> None:
    lake = Lake(settings.lake)
    write_simulated(lake, seed=20260817, residents=RESIDENTS)
    build(settings)
    months, everything = counted(settings.marts)
    assert len(months) == 24
    some = months[::3]
    named = {month.strftime("%Y-%m") for month in some}
    cells = {cell: pair for cell, pair in everything.items() if cell[2] in named}
    again = recount(lake, some)
    wrong = {cell for cell in {*cells, *again} if cells.get(cell) != again.get(cell)}
    assert {cell: (cells.get(cell), again.get(cell)) for cell in sorted(wrong)[:5]} == {}
    assert {cell[0] for cell in cells} == {f"F{number}" for number in range(1, 10)}
