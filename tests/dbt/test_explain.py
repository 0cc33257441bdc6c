"""Every figure opens (law 7): what it means, and the rows that made it."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.build import BuildResult
from pipeline.explain import explain
from standards.indicators import load_parameters
from tests.dbt.tiny_city import COUNTY, A


def test_who_was_managed_and_who_as_the_norm_wants(city: Settings, built: BuildResult) -> None:
    shown = explain(city, "F6", COUNTY, "2025-12")
    assert (shown.numerator, shown.denominator, shown.value_text) == (2, 4, "50.00%")
    assert [row["resident_id"] for row in shown.numerator_rows] == ["H1", "H4"]
    assert [row["resident_id"] for row in shown.denominator_rows] == ["H1", "H2", "H3", "H4"]
    h3 = shown.denominator_rows[2]
    assert (h3["followup_days"], h3["required_followups"], h3["managed_days"]) == (2, 4, 365)
    assert shown.parameters["每多少天应随访一次"] == "90 天"
    assert shown.organisation == "350424 宁化县"
    assert shown.formula == "规范管理的高血压患者数 ÷ 已管理的高血压患者数 × 100%"
    assert "fct_programme_month" in shown.numerator_sql


def test_an_elder_is_shown_once_with_the_check_up_and_the_birthday(
    city: Settings, built: BuildResult
) -> None:
    shown = explain(city, "老年人健康管理率", A, "2025-08")
    assert [row["resident_id"] for row in shown.numerator_rows] == ["R01", "R09", "R10"]
    assert str(shown.numerator_rows[0]["checked_date"]) == "2025-03-15"
    assert str(shown.numerator_rows[0]["birth_date"]) == "1960-06-30"
    assert [row["resident_65_count"] for row in shown.denominator_rows] == [4]


def test_the_city_and_the_last_month_unless_asked(city: Settings, built: BuildResult) -> None:
    shown = explain(city, "F1")
    assert (shown.organisation, shown.month, shown.level) == ("350400 三明市", "2025-12", "city")
    assert (shown.numerator, shown.denominator) == (4, 35)
    assert shown.parameters["归档的档案是否算有效档案"] == "否"


@pytest.mark.parametrize("indicator", [f"F{number}" for number in range(1, 10)])
def test_rows_behind_are_as_many_as_the_figure_says(
    city: Settings, marts: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    cells = marts.execute(
        "select organisation_code, strftime(period_month, '%Y-%m') from rpt_indicator"
        " where indicator = ? order by numerator desc, 1, 2 limit 5",
        [indicator],
    ).fetchall()
    assert cells
    for organisation, month in cells:
        shown = explain(city, indicator, organisation, month)
        assert shown.numerator == len(shown.numerator_rows)
        counted = "resident_65_count" if indicator == "F5" else "resident_count"
        behind = sum(row.get(counted, 1) for row in shown.denominator_rows)
        assert shown.denominator == behind


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("F99", None, None), "没有指标"),
        (("F1", "无此机构", None), "没有机构"),
        (("F1", None, "2031-01"), "可选的月份:2024-06 到 2025-12"),
        (("F1", None, "去年"), "写作 2026-10"),
    ],
)
def test_what_is_not_there_is_said(
    city: Settings, built: BuildResult, asked: tuple[str, str | None, str | None], says: str
) -> None:
    with pytest.raises(KanghuError, match=says):
        explain(city, *asked)


def test_a_parameter_changed_after_publishing_is_noticed(
    city: Settings, built: BuildResult
) -> None:
    """6.9 mmol/L counted below 7.0; below 6.5 it would not."""
    own = city.home / "site"
    (own / "indicators").mkdir(parents=True)
    (own / "indicators" / "parameters.csv").write_text("parameter,value\nglucose_target,6.5\n")
    with pytest.raises(KanghuError, match="重新运行 kanghu run"):
        explain(replace(city, sources=own), "F9", A, "2025-03")


def test_a_sites_parameters_are_checked(city: Settings) -> None:
    own = city.home / "wrong"
    (own / "indicators").mkdir(parents=True)
    table = own / "indicators" / "parameters.csv"
    for line, says in (("glucose,6", "没有指标参数"), ("glucose_target,高", "不是数字")):
        table.write_text(f"parameter,value\n{line}\n", encoding="utf-8")
        with pytest.raises(KanghuError, match=says):
            load_parameters(own)
