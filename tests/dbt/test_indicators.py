"""F1 to F9 on the tiny city, every number worked out by hand from ``tiny_city.py``."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from kanghu.settings import Settings
from pipeline.build import build
from tests.dbt.tiny_city import CITY, COUNTY, A, B, C

Counted = tuple[int, int, str | None]


def figure(marts: duckdb.DuckDBPyConnection, indicator: str, code: str, month: str) -> Counted:
    """(numerator, denominator, value in percent as text) of one cell of rpt_indicator."""
    row = marts.execute(
        "select numerator, denominator, value from rpt_indicator"
        " where indicator = ? and organisation_code = ? and period_month = ?",
        [indicator, code, f"{month}-01"],
    ).fetchone()
    if row is None:
        return (0, 0, None)
    numerator, denominator, value = row
    return (numerator, denominator, None if value is None else str(value))


def check(
    marts: duckdb.DuckDBPyConnection, indicator: str, cells: dict[tuple[str, str], Counted]
) -> None:
    answered = {cell: figure(marts, indicator, *cell) for cell in cells}
    assert answered == cells


@pytest.mark.requirement("S1-2.3.3.3-4")
def test_records_electronic_records_and_use(marts: duckdb.DuckDBPyConnection) -> None:
    """F1, F2, F3: made on the last day, moved, archived, died; used within twelve months."""
    check(
        marts,
        "F1",
        {
            (A, "2024-12"): (5, 8, "62.50"),
            (A, "2025-03"): (5, 10, "50.00"),  # R01 R03 R04 R05 R06
            (A, "2025-04"): (4, 10, "40.00"),  # R03 moved out on the 15th
            (A, "2025-05"): (3, 10, "30.00"),  # R05 archived on the 20th
            (A, "2025-06"): (4, 10, "40.00"),  # R02 made on the 30th
            (A, "2025-09"): (3, 10, "30.00"),  # R04 died on the 10th
            (B, "2024-12"): (0, 0, None),  # nobody has said how many live there
            (B, "2025-03"): (0, 5, "0.00"),
            (B, "2025-04"): (1, 5, "20.00"),
            (COUNTY, "2025-04"): (5, 15, "33.33"),  # R03 is one person
            (CITY, "2025-11"): (5, 35, "14.29"),
            (CITY, "2025-12"): (4, 35, "11.43"),  # R07 died on the 31st
        },
    )
    check(
        marts,
        "F2",
        {
            (A, "2025-06"): (3, 10, "30.00"),  # not R06, on paper
            (B, "2025-04"): (1, 5, "20.00"),  # the source does not say: electronic
        },
    )
    check(
        marts,
        "F3",
        {
            (A, "2025-05"): (2, 3, "66.67"),  # R01; R04 by 2024-06-30
            (A, "2025-06"): (2, 4, "50.00"),  # R01; R02 by 2024-07-01; R04 no more; R06 never
            (B, "2025-04"): (0, 1, "0.00"),
            (B, "2025-05"): (1, 1, "100.00"),
        },
    )


def test_standard_electronic_records(marts: duckdb.DuckDBPyConnection) -> None:
    """F4: R02 lacks a phone number, R06 is on paper."""
    check(
        marts,
        "F4",
        {(A, "2025-06"): (2, 10, "20.00"), (B, "2025-04"): (1, 5, "20.00")},
    )


@pytest.mark.requirement("S1-2.3.5.1-2")
def test_elders_managed(marts: duckdb.DuckDBPyConnection) -> None:
    """F5: 65 on the day counts, once a person, in the year of the check-up only."""
    check(
        marts,
        "F5",
        {
            (A, "2024-12"): (1, 3, "33.33"),  # R10 on the last day of the year
            (A, "2025-01"): (0, 4, "0.00"),
            (A, "2025-05"): (1, 4, "25.00"),  # R10; R01 and R09 are 64
            (A, "2025-06"): (2, 4, "50.00"),  # R01 is 65 on the 30th
            (A, "2025-07"): (3, 4, "75.00"),  # R09 is 65 on the 1st
            (A, "2025-08"): (3, 4, "75.00"),  # R10's second check-up changes nothing
            (B, "2025-05"): (0, 2, "0.00"),  # R03's had no lifestyle
            (C, "2025-01"): (1, 5, "20.00"),
            (COUNTY, "2025-07"): (3, 6, "50.00"),
            (CITY, "2025-07"): (4, 11, "36.36"),
        },
    )


@pytest.mark.requirement("S1-2.3.9.1-3")
def test_hypertension_managed_and_controlled(marts: duckdb.DuckDBPyConnection) -> None:
    """F6, F7: follow-ups for the days managed; the latest pressure against the age's target."""
    check(
        marts,
        "F6",
        {
            (A, "2024-12"): (1, 1, "100.00"),  # H5
            (A, "2025-01"): (1, 1, "100.00"),  # H3 on the 1st
            (A, "2025-03"): (3, 3, "100.00"),  # H1 H3 H4
            (A, "2025-06"): (4, 4, "100.00"),
            (A, "2025-09"): (3, 4, "75.00"),  # H2: 183 days want two days of follow-up
            (A, "2025-12"): (3, 4, "75.00"),  # H3 left in June, H4 died in March: one each will do
            (B, "2025-08"): (0, 0, None),
            (B, "2025-09"): (1, 1, "100.00"),  # H3 on the 30th
            (COUNTY, "2025-12"): (2, 4, "50.00"),  # there H3 stayed all year: two of four
            (CITY, "2025-12"): (3, 5, "60.00"),  # and H6, since July
        },
    )
    check(
        marts,
        "F7",
        {
            (A, "2025-03"): (3, 3, "100.00"),
            (A, "2025-04"): (4, 4, "100.00"),  # H2 149/89: the second of the day, an elder
            (A, "2025-06"): (3, 4, "75.00"),  # H1 150/95
            (A, "2025-09"): (4, 4, "100.00"),
            (A, "2025-12"): (2, 4, "50.00"),  # H1 141/85, H2 150/80
            (B, "2025-09"): (0, 1, "0.00"),
            (COUNTY, "2025-12"): (1, 4, "25.00"),  # H3's latest is B's 160/100
            (CITY, "2025-12"): (1, 5, "20.00"),  # H6 was not measured
        },
    )


@pytest.mark.requirement("S1-2.3.10.1-3")
def test_diabetes_managed_and_controlled(marts: duckdb.DuckDBPyConnection) -> None:
    """F8, F9: fasting glucose below 7.0, and measured."""
    check(
        marts,
        "F8",
        {
            (A, "2025-02"): (0, 0, None),
            (A, "2025-03"): (1, 1, "100.00"),  # D1 on the 31st
            (A, "2025-06"): (1, 1, "100.00"),
            (A, "2025-12"): (1, 2, "50.00"),  # D1 two of four, D2 one of one
        },
    )
    check(
        marts,
        "F9",
        {
            (A, "2025-03"): (1, 1, "100.00"),  # 6.9
            (A, "2025-06"): (0, 1, "0.00"),  # 7.0
            (A, "2025-12"): (0, 2, "0.00"),  # D2 was not measured
            (CITY, "2025-12"): (0, 2, "0.00"),
        },
    )


def test_every_month_of_the_data_is_counted(marts: duckdb.DuckDBPyConnection) -> None:
    months = marts.execute("select min(period_month), max(period_month), count(*) from dim_month")
    assert [str(value) for value in months.fetchone() or ()] == ["2024-06-01", "2025-12-01", "19"]


def test_figures_add_up_where_a_thing_belongs_to_one_institution(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """F3 counts records, and a record is one institution's: parts make the whole."""
    off = marts.execute(
        """
        with signed as (
            select *, case level when 'institution' then 1 when 'city' then -1 else 0 end as sign
            from rpt_indicator where indicator = 'F3'
        )
        select period_month from signed group by period_month
        having sum(sign * numerator) != 0 or sum(sign * denominator) != 0
        """
    ).fetchall()
    assert off == []


def test_value_is_the_share_in_percent(marts: duckdb.DuckDBPyConnection) -> None:
    for numerator, denominator, value in marts.execute(
        "select numerator, denominator, value from rpt_indicator where denominator > 0"
    ).fetchall():
        assert value == round(Decimal(100 * numerator) / denominator, 2)


def test_a_site_sets_what_the_tender_leaves_open(city: Settings) -> None:
    """The same city, counted by other rules."""
    own = city.home / "other_rules"
    (own / "indicators").mkdir(parents=True)
    (own / "indicators" / "parameters.csv").write_text(
        "parameter,value\narchived_record_counts,true\nelectronic_when_unknown,false\n"
        "standard_record_columns,name sex_code\ncheckup_required,true\nbp_elder_age,80\n"
        "dynamic_window_months,13\n"
    )
    other = replace(city, sources=own, marts=str(own / "marts.duckdb"))
    build(other)
    with duckdb.connect(other.marts, read_only=True) as marts:
        check(marts, "F1", {(A, "2025-05"): (4, 10, "40.00")})  # R05 stays, though archived
        check(marts, "F2", {(B, "2025-04"): (0, 5, "0.00")})  # R03's source does not say
        check(marts, "F3", {(A, "2025-06"): (3, 5, "60.00")})  # R04 by 2024-06-30; R05, R06 never
        check(marts, "F4", {(A, "2025-06"): (4, 10, "40.00")})  # R02 needs no phone number
        check(marts, "F6", {(A, "2025-12"): (0, 4, "0.00")})  # nobody's check-up
        check(marts, "F7", {(A, "2025-04"): (3, 4, "75.00")})  # H2's 149/89 at 69
