"""The programmes' quality reports on the city of ``programme_city.py``: rows, filters, exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest

from dashboards.quality_reports.declared import Filter, Report, find_report, load_reports
from dashboards.quality_reports.export import HEADER_ROW, as_json, write_csv, write_xlsx
from dashboards.quality_reports.query import ask
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings, load_settings
from pipeline.build import build
from pipeline.explain import explain
from standards.indicators import load_indicators
from tests.dbt.programme_city import write_programme_city
from tests.dbt.tiny_city import A, B

Shown = dict[str, Any]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Settings]:
    """The city's marts, built with the completeness items of ``completeness_example.csv``."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop database if exists programme_city with (force)")
        connection.execute("create database programme_city")
    settings = load_settings(
        {
            "KANGHU_HOME": str(tmp_path_factory.mktemp("programme_city")),
            "KANGHU_STORE": postgres_url.replace("/postgres?", "/programme_city?"),
        }
    )
    write_programme_city(Lake(settings.lake))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pipeline.completeness.TABLE", Path(__file__).parent / "completeness_example.csv"
        )
        build(settings)
        yield settings


def rows(city: Settings, report: str, *, identified: bool = True, **filters: str) -> list[Shown]:
    """A report's rows by heading; an option's hyphen is written as an underscore."""
    options = {name.rstrip("_").replace("_", "-"): value for name, value in filters.items()}
    with ask(city, find_report(report), options, identified=identified) as answer:
        return [dict(zip(answer.headings, row, strict=True)) for row in answer.rows()]


def who(city: Settings, report: str, heading: str = "姓名", **filters: str) -> list[str]:
    return sorted(row[heading].removeprefix("居民") for row in rows(city, report, **filters))


def cell(shown: list[Shown], area: str, *headings: str) -> tuple[float | None, ...]:
    (row,) = [one for one in shown if one["区域"] == area]
    return tuple(None if row[one] is None else float(row[one]) for one in headings)


@pytest.mark.requirement("S1-3.11.2.2")
def test_record_tasks_by_area_all_complete_and_incomplete(city: Settings) -> None:
    """Of A's 11 open records R2's and S2's lack something; both were made in 2025."""
    everyone = rows(city, "record-all", county="宁化县", month="2025-12")
    assert cell(everyone, "宁化县曹坊镇中心卫生院", *list(everyone[0])[2:]) == (
        *(100, 11, 11, 4, 36.36, 0, 0, 9, 81.82, 2),
        *(1, 1),  # rank and last rank among the county's institutions
    )
    complete = rows(city, "record-complete", institution=A)
    assert cell(complete, "宁化县曹坊镇中心卫生院", "完整档案数", "档案完整率(%)") == (0, 81.82)
    eight = ("当前建档数", "建档数", "当前异常档案数", "异常档案数", "当前异常档案率(%)")
    incomplete = rows(city, "record-incomplete", county="350424")
    assert cell(
        incomplete, "宁化县曹坊镇中心卫生院", *eight, "异常档案率(%)", "排名", "上次排名"
    ) == (
        *(11, 2, 2, 2, 18.18, 100),
        *(2, 2),  # B's are all complete
    )
    # S2's is of December: in a span that ends before, neither counted nor known.
    spring = rows(city, "record-incomplete", institution=A, from_="2025-01-01", to="2025-06-30")
    assert cell(spring, "宁化县曹坊镇中心卫生院", *eight) == (10, 1, 1, 1, 10)
    months = rows(city, "record-all", institution=A, from_="2025-11", to="2025-12")
    assert [row["月份"] for row in months] == ["2025-11", "2025-12"]
    assert rows(city, "record-all", institution=A, year="2024")[0]["月份"] == "2024-12"


@pytest.mark.requirement("S1-3.11.2.3")
def test_records_with_gaps_and_records_twice(city: Settings) -> None:
    lacking = rows(city, "record-missing", complete="不完整")
    assert [
        (row["居民健康档案号"], row["缺漏项数"], row["基本身份信息缺漏"], row["生活环境缺漏"])
        for row in lacking
    ] == [("NR2", 2, "本人电话", "燃料类型"), ("NS2", 1, None, None)]
    assert lacking[1]["居民健康档案封面缺漏"] == "建档人"
    assert who(city, "record-missing", committee="罗溪") == ["R2"]
    assert who(city, "record-missing", missing="燃料") == ["R2"]
    assert who(city, "record-missing", institution=B, name="R1") == ["R1"]  # R3, under R1's name
    assert who(city, "record-missing", id_no="35042419E1", standard="否") == ["E1"]
    assert who(city, "record-missing", standard="是") == []
    twice = rows(city, "record-duplicate")
    assert {(row["居民健康档案号"], row["查重条件"]) for row in twice} == {
        ("NR1", "姓名+出生日期"),
        ("NR3", "姓名+出生日期"),
    }
    assert len({row["重复组"] for row in twice}) == 1
    assert rows(city, "record-duplicate", by="身份证号") == []


def test_maternal_tasks(city: Settings) -> None:
    """M1 gave birth in a hospital of another county and counts at A, where her handbook is."""
    tasks = rows(city, "maternal-task", institution=A, month="2025-12")
    assert cell(tasks, "宁化县曹坊镇中心卫生院", *list(tasks[0])[2:]) == (
        *(2, 1, 50),  # handbooks, early
        *(1, 1, 100),  # live births, early
        *(1, 100),  # visited after birth
        *(2, 1, 50),  # high-risk: M1's review came too late
    )
    (city_wide,) = [row for row in rows(city, "maternal-task") if row["区域"] == "三明市"]
    assert (city_wide["孕产妇建册数"], city_wide["早孕建册数"]) == (3, 2)


@pytest.mark.requirement("S1-3.11.3.2")
def test_maternal_management(city: Settings) -> None:
    report, name = "maternal-management", "孕产妇姓名"
    (m1,) = rows(city, report, delivered="已分娩")
    assert (m1["首次建册孕周"], m1["检查次数"], m1["是否早孕建卡"]) == (7, 2, True)
    assert [str(m1[one]) for one in ("分娩日期", "产后访视日期", "检查日期")] == [
        "2025-10-05",
        "2025-10-15",
        "2025-05-01",
    ]
    assert who(city, report, name, early="否") == ["M2"]
    assert who(city, report, name, exams="2") == ["M1"]
    assert who(city, report, name, exam_from="2025-06-01", exam_to="2025-12-31") == ["M2"]
    assert who(city, report, name, delivered_from="2025-10-06") == []
    assert who(city, report, name, visited="否", institution=A) == ["M2"]
    assert who(city, report, name, committee="曹坊", county="宁化县") == ["M1", "M2", "M3"]


@pytest.mark.requirement("S1-3.11.3.3")
def test_maternal_risk_in_five_colours(city: Settings, tmp_path: Path) -> None:
    """Infection is a class of its own: M2 is red and purple."""
    shown = rows(city, "maternal-risk")
    assert [(row["姓名"], row["高危等级"], row["传染性疾病"]) for row in shown] == [
        ("居民M2", "高风险", "有传染性疾病"),
        ("居民M1", "较高风险", None),
        ("居民M3", "低风险", None),
    ]
    assert who(city, "maternal-risk", score="15") == ["M2"]
    assert who(city, "maternal-risk", level="有传染性疾病") == ["M2"]
    assert who(city, "maternal-risk", level="较高风险", delivered="已分娩") == ["M1"]
    assert who(city, "maternal-risk", from_="2025-08-01", to="2025-12-31") == ["M3"]
    report = find_report("maternal-risk")
    assert set(report.colours["高危等级"]) == {
        *("低风险", "一般风险", "较高风险", "高风险"),
        "有传染性疾病",
    }
    with ask(city, report, {}) as answer:
        write_xlsx(answer, tmp_path / "risk.xlsx")
        level, infection = (answer.headings.index(one) for one in ("高危等级", "传染性疾病"))
    sheet = openpyxl.load_workbook(tmp_path / "risk.xlsx").active
    first = next(iter(sheet.iter_rows(min_row=HEADER_ROW + 1)))
    colours = report.colours["高危等级"]
    assert first[level].fill.fgColor.rgb == f"00{colours['高风险']}"
    assert first[infection].fill.fgColor.rgb == f"00{colours['有传染性疾病']}"
    assert first[0].fill.fgColor.rgb == "00000000"


def test_child_tasks(city: Settings) -> None:
    tasks = rows(city, "child-task", institution=A)
    assert cell(tasks, "宁化县曹坊镇中心卫生院", *list(tasks[0])[2:]) == (
        *(5, 2, 40, 2, 40),  # children, handbooks, managed
        *(1, 20),  # systematically: K2's visits of one month and on are missing
        *(1, 1, 100),
    )
    newborns = rows(city, "newborn-task", institution=A)
    assert cell(newborns, "宁化县曹坊镇中心卫生院", "新生儿建册数", "活产数", "新生儿访视人数") == (
        *(2, 1, 2),
    )
    eyes = rows(city, "child-eye-task", institution=A)
    assert cell(eyes, "宁化县曹坊镇中心卫生院", "儿童眼保健人数", "4-6岁儿童数") == (1, 0)


@pytest.mark.requirement("S1-3.11.4.2")
def test_children_by_month_of_age(city: Settings) -> None:
    (k1,) = rows(city, "child-system", managed="系统管理")
    assert [
        str(k1[one])[:10] for one in ("新生儿随访", "1月龄随访", "8月龄随访", "12月龄随访")
    ] == [
        *("2025-03-10", "2025-04-02", "2025-11-05", "None"),
    ]
    assert {"12月龄随访", "36月龄随访", "4岁健康管理", "6岁健康管理"} <= set(k1)
    assert who(city, "child-system", "档案号", managed="未系统管理") == ["BK2", "BK3"]
    assert who(city, "child-health", "档案号", managed="已管理") == ["BK1", "BK2"]
    assert who(city, "child-health", "档案号", birth_from="2025-04-01") == ["BK2"]
    (k2,) = rows(city, "child-system", name="K2", committee="曹坊", institution=A)
    assert (k2["到期未访视次数"], k2["是否迁出"], k2["联系电话"]) == (3, False, "13811112222")


@pytest.mark.requirement("S1-3.11.4.3")
def test_high_risk_children(city: Settings) -> None:
    (k2,) = rows(city, "high-risk-child", closed="否", kind="低出生体重", from_="2025-06-01")
    assert (k2["档案号"], k2["高危类型"], k2["管理机构"], k2["专案随访次数"]) == (
        *("BK2", "低出生体重", "曹坊镇中心卫生院", 1),
    )
    assert str(k2["开始管理时间"]) == "2025-06-20"
    assert rows(city, "high-risk-child", closed="是") == []
    assert rows(city, "high-risk-child", to="2025-06-01") == []


def test_children_twice_and_their_forms(city: Settings) -> None:
    assert who(city, "child-duplicate", "档案号", twin="否") == ["BK1", "BK3"]
    shown = rows(city, "child-completeness", stage="新生儿随访", complete="不完整")
    assert [(row["姓名"], row["新生儿随访情况缺漏"]) for row in shown] == [("居民K2", "体重")]


@pytest.mark.requirement("S1-3.11.5.2")
def test_elder_checkups(city: Settings) -> None:
    """E2's check-up is dated a month after death and was entered two months later."""
    (e2,) = rows(city, "elder-checkup", late="是", after_death="是", dead="是", evaluated="否")
    assert (e2["姓名"], e2["是否健康指导"], e2["健康评价情况"]) == ("居民E2", False, None)
    (e1,) = rows(city, "elder-checkup", checkup="规范体检", evaluation="无异常", guided="是")
    assert (e1["居民档案号"], str(e1["体检日期"]), str(e1["录入日期"])) == (
        *("NE1", "2025-03-01", "2025-03-05"),
    )
    assert who(city, "elder-checkup", from_="2025-04-01", to="2025-12-31") == ["E2"]
    assert who(city, "elder-checkup", committee="没有的村") == []


def test_elder_tasks_and_forms(city: Settings) -> None:
    tasks = rows(city, "elder-task", institution=A)
    assert cell(tasks, "宁化县曹坊镇中心卫生院", *list(tasks[0])[2:]) == (
        *(10, 1, 1, 10, 1, 10, 1, 100, 1, 0, 0, 1, 1, 100),
    )
    shown = rows(city, "elder-completeness", complete="不完整")
    assert [(row["姓名"], row["一般状况缺漏"], row["辅助检查缺漏"]) for row in shown] == [
        ("居民E2", "体温", "心电图")
    ]


@pytest.mark.requirement("S1-3.11.6.2")
def test_hypertension_management(city: Settings) -> None:
    """H1's three readings are one and the same; H2's are not; E1 was not followed."""
    report = "hypertension-management"
    (h1,) = rows(city, report, equal="是")
    assert (h1["姓名"], h1["随访次数"], h1["规范管理"]) == ("居民H1", 3, False)
    (h2,) = rows(city, report, managed="规范管理", checkup="已体检", followup="随访正常")
    assert [str(h2[one]) for one in ("体检日期", "上次体检日期", "随访日期")] == [
        *("2025-05-01", "2024-05-01", "2025-11-01"),
    ]
    assert who(city, report, managed="未管理", followup="本年未随访") == ["E1"]
    assert who(city, report, from_="2025-10-01") == ["H2"]
    assert rows(city, report, dead="是") == rows(city, report, late="是") == []


@pytest.mark.requirement("S1-3.11.6.3")
def test_hypertension_control(city: Settings) -> None:
    (h1,) = rows(city, "hypertension-control", overdue="是", times="2", referral="无")
    assert (h1["姓名"], h1["近期血压"], h1["连续不满意次数"], h1["随访医生"]) == (
        *("居民H1", "150/95", 3, "张医生"),
    )
    assert who(city, "hypertension-control", control="控制满意") == ["H2"]
    assert who(city, "hypertension-control", times="4") == []
    (task,) = [row for row in rows(city, "hypertension-task") if row["区域"] == "宁化县"]
    assert [float(one) for one in list(task.values())[2:]] == [3, 2, 66.67, 1, 50, 1, 50]


@pytest.mark.requirement("S1-3.11.7.2", "S1-3.11.7.3")
def test_diabetes_management_and_control(city: Settings) -> None:
    """D1's glucose is off target twice, and a referral was advised."""
    (managed,) = rows(city, "diabetes-management", managed="未规范管理", institution=B)
    assert (managed["居民档案号"], managed["随访次数"], str(managed["确诊日期"])) == (
        *("ND1", 2, "2024-01-01"),
    )
    assert rows(city, "diabetes-management", equal="是") == []
    (control,) = rows(city, "diabetes-control", control="控制不满意", referral="有", times="2")
    assert (control["近期血糖"], control["转诊建议"]) == ("9.0", True)
    assert rows(city, "diabetes-control", overdue="是") == []


@pytest.mark.requirement("S1-3.11.8.2")
def test_mental_management(city: Settings) -> None:
    report, name = "mental-management", "患者姓名"
    (s1,) = rows(city, report, managed="规范管理", from_="2025-12-01", checkup="未体检")
    assert (s1["目前诊断"], s1["是否服药"], s1["随访方式"], s1["年龄"]) == (
        *("精神分裂症", True, "家庭", 40),
    )
    assert (s1["监护人姓名"], s1["监护人电话"], s1["证件号"]) == (
        *("监护人", "13900000000", "35042419S1"),
    )
    assert who(city, report, name, managed="非在管") == ["S2"]
    assert who(city, report, name, managed="在管") == ["S1"]
    (task,) = [row for row in rows(city, "mental-task") if row["区域"] == "宁化县"]
    assert [float(one) for one in list(task.values())[2:]] == [
        *(100, 2, 2, 1, 1, 50, 1, 50, 1, 50, 1, 50, 1, 100, 1, 50, 0, 0),
    ]


@pytest.mark.requirement("S1-3.11.9.2", "S1-3.11.9.3")
def test_tcm_of_children_and_elders(city: Settings) -> None:
    (k1,) = rows(city, "tcm-child", stage="6月龄", from_="2025-09-01", name="K1")
    assert (k1["指导情况"], k1["掌握情况"], k1["满意度"], k1["年龄(月)"]) == (
        *("已指导", "掌握", "满意", 6),
    )
    assert rows(city, "tcm-child", stage="12月龄") == []
    (e1,) = rows(city, "tcm-elder", constitution="阳虚", guided="是", to="2025-12-31")
    assert (e1["指导体质"], e1["指导医生"], e1["效果评估"], e1["满意度"], e1["年龄"]) == (
        *("阳虚质", "李医生", "好转", "满意", 75),
    )
    assert rows(city, "tcm-elder", constitution="气虚") == []


@pytest.mark.requirement("S1-3.11.9.4")
def test_tcm_services_by_area_and_span(city: Settings) -> None:
    year = rows(city, "tcm-service", institution=A)
    assert cell(year, "宁化县曹坊镇中心卫生院", *list(year[0])[1:]) == (4, 2, 1, 50, 25)
    span = rows(city, "tcm-service", institution=A, from_="2025-12-22", to="2025-12-31")
    assert cell(span, "宁化县曹坊镇中心卫生院", *list(span[0])[1:]) == (1, 1, 1, 100, 100)


EXPORTS = {
    "居民健康档案": ("S1-3.11.2.4", 5),
    "孕产妇健康管理": ("S1-3.11.3.5", 4),
    "0-6岁儿童健康管理": ("S1-3.11.4.5", 8),
    "老年人健康管理": ("S1-3.11.5.4", 3),
    "高血压健康管理": ("S1-3.11.6.5", 4),
    "糖尿病健康管理": ("S1-3.11.7.5", 4),
    "严重精神障碍管理": ("S1-3.11.8.4", 3),
    "中医药统计与质控": ("S1-3.11.9.5", 4),
}


@pytest.mark.parametrize(
    ("programme", "reports"),
    [
        pytest.param(name, count, marks=pytest.mark.requirement(requirement))
        for name, (requirement, count) in EXPORTS.items()
    ],
)
def test_each_report_of_a_programme_is_exported(
    city: Settings, tmp_path: Path, programme: str, reports: int
) -> None:
    """Opened again: title, filters, day, headings in order, as many rows as the report has."""
    chosen = [one for one in load_reports().values() if one.programme == programme]
    assert len(chosen) == reports
    for report in chosen:
        _opened_again(city, report, tmp_path / f"{report.id}.xlsx")


def _opened_again(city: Settings, report: Report, file: Path) -> None:
    with ask(city, report, {"county": "宁化县"}) as answer:
        count = write_xlsx(answer, file)
        headings, shown = answer.headings, answer.rows()
    assert count == len(shown) > 0, report.id
    sheet = openpyxl.load_workbook(file).active
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0][0] == report.title
    assert cells[1][0] == "筛选条件:区县=宁化县"
    assert cells[2][0] == "质控日期:2025-12-31"
    assert list(cells[HEADER_ROW - 1]) == headings
    assert sheet.freeze_panes == f"A{HEADER_ROW + 1}"
    assert len(cells) - HEADER_ROW == count
    for written, row in zip(cells[HEADER_ROW:], shown, strict=True):
        for cell_, value in zip(written, row, strict=True):
            if isinstance(value, bool):
                assert cell_ == ("是" if value else "否")
            elif isinstance(cell_, datetime):
                assert cell_.date() == value
            elif isinstance(value, str) or value is None:
                assert cell_ == value
            else:
                assert float(cell_) == float(value)


def test_direct_identifiers_are_masked_unless_asked_for(city: Settings, tmp_path: Path) -> None:
    (masked,) = rows(city, "hypertension-control", identified=False, control="控制满意")
    assert (masked["姓名"], masked["联系电话"]) == ("居**2", "1*******2")
    with ask(city, find_report("mental-management"), {}) as answer:
        write_csv(answer, tmp_path / "mental.csv")
        told = json.loads(as_json(answer))
    text = (tmp_path / "mental.csv").read_text(encoding="utf-8-sig")
    for secret in ("居民S1", "35042419S1", "13900000000", "监护人,"):
        assert secret not in text.split("\n", 1)[1]
        assert secret not in json.dumps(told["rows"], ensure_ascii=False)
    assert told["quality_date"] == "2025-12-31"


@pytest.mark.parametrize(
    ("report", "filters", "says"),
    [
        ("maternal-risk", {"colour": "红"}, "没有筛选条件 --colour"),
        ("maternal-risk", {"level": "红"}, "可选:低风险、一般风险"),
        ("maternal-risk", {"score": "高"}, "写一个数字"),
        ("record-missing", {"from": "去年"}, "日期写作 2026-05-01"),
        ("record-all", {"month": "2025-13"}, "写作 2026-05"),
        ("record-all", {"year": "1999"}, "可选:2024、2025"),
        ("record-all", {"county": "没有县"}, "写代码或全称"),
    ],
)
def test_a_wrong_filter_says_what_there_is(
    city: Settings, report: str, filters: dict[str, str], says: str
) -> None:
    with pytest.raises(KanghuError) as raised, ask(city, find_report(report), filters):
        pass
    assert says in str(raised.value)


def test_every_filter_of_every_report_is_one_that_the_marts_can_answer(city: Settings) -> None:
    """Each value of each filter, all filters of a report at once."""
    values = {"from": "2025-01-01", "to": "2025-12-31", "at_least": "0", "yes_no": "是"}
    periods = {"year": "2025", "month": "2025-12", "from": "2025-11", "to": "2025-12"}

    def asked(one: Filter) -> list[str]:
        if one.how == "period":
            return [periods[one.option]]
        if one.how == "scope":
            return ["宁化县" if one.option == "county" else A]
        return [name for name, _ in one.choices] or [values.get(one.how, "一")]

    for report in load_reports().values():
        every = {one.option: asked(one) for one in report.filters}
        for place in range(max(map(len, every.values()))):
            options = {name: some[place % len(some)] for name, some in every.items()}
            with ask(city, report, options) as answer:
                # Planned, not run: names and types are what may be wrong.
                answer.marts.execute(f"explain {answer.sql}", answer.values).fetchall()


INDICATORS = load_indicators()


def test_figures_of_the_tasks_open(city: Settings) -> None:
    """Every indicator that a task report shows explains itself, its rows as many as it says."""
    asked = {
        sql.split(".")[0]
        for report in load_reports().values()
        if report.kind == "task"
        for _, sql in report.columns
    }
    for indicator in sorted(asked | {"F11", "F12", "F17", "F29A", "F29B"}):
        shown, one = explain(city, indicator, A, "2025-12"), INDICATORS[indicator]
        for side, rows_, figure in (
            (one.numerator, shown.numerator_rows, shown.numerator),
            (one.denominator, shown.denominator_rows, shown.denominator),
        ):
            behind = sum(row[side.column] if side.is_sum else 1 for row in rows_)
            assert behind == figure, (indicator, side.name_zh)
