"""``kanghu quality`` as a regulator types it: the line over a small clinic, a real store."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from kanghu.cli import app
from kanghu.errors import KanghuError
from kanghu.settings import load_settings
from pipeline.quality_exceptions import QualityException, grant, granted
from pipeline.quality_inputs import are_changed, quality_today
from tests.identity.silver import id_number
from tests.laws.tiny_clinic import HIS, Clinic

ZHANG = id_number("350402", date(1980, 5, 6), 11)
NAMELESS = "patient.name.required"
HELD = "T1/tiny_his.patients/P2"

Command = Callable[..., str]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Clinic:
    """P2 has no name and is in quarantine; P3's sex is what a spreadsheet would calculate."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database quality_clinic")
    home = tmp_path_factory.mktemp("quality_clinic")
    (home / "sources").mkdir()
    store = postgres_url.replace("/postgres?", "/quality_clinic?")
    settings = load_settings(
        {
            **{"KANGHU_HOME": str(home), "KANGHU_STORE": store},
            "KANGHU_SOURCES": str(home / "sources"),
        }
    )
    clinic = Clinic(home / "clinic", settings).open()
    system = deepcopy(HIS)
    system["tables"]["patients"]["maps"]["patient"]["columns"]["id_no"] = "card"
    system["tables"]["records"] = {
        **{"from": "patients", "key": ["id"]},
        "maps": {
            "resident_record": {
                "columns": {
                    **{"record_no": "id", "name": "name", "birth_date": "born", "id_no": "card"},
                    "sex_code": {"from": "sex", "lookup": "xb"},
                    "created_date": {"constant": "2020-01-01"},
                }
            }
        },
    }
    clinic.describe(system)
    clinic.sql(
        f"""
        alter table patients add column card text;
        update patients set card = '{ZHANG}' where id = 'P1';
        update patients set name = '' where id = 'P2';
        update patients set sex = '=1+1' where id = 'P3';
        """
    )
    clinic.run()
    return clinic


@pytest.fixture
def kanghu(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Type a command; answers what stands on a screen that is wide enough."""
    monkeypatch.setenv("KANGHU_HOME", str(clinic.settings.home))
    monkeypatch.setenv("KANGHU_STORE", clinic.settings.store)
    monkeypatch.setenv("KANGHU_SOURCES", str(clinic.settings.sources))
    monkeypatch.setattr("kanghu.cli.quality.console.width", 300)

    def typed(*words: str, keys: str | None = None, status: int = 0) -> str:
        result = CliRunner().invoke(app, ["quality", *words], input=keys, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result.output

    return typed


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {
        sheet.title: list(sheet.iter_rows(values_only=True))
        for sheet in load_workbook(path, read_only=True).worksheets
    }


@pytest.mark.requirement("L-84b")
def test_a_record_shows_date_grade_status_district_and_how_to_mend(
    kanghu: Command, tmp_path: Path
) -> None:
    said = kanghu("find", "P2", "--dataset", "patient")
    today = str(quality_today())
    for part in (HELD, "市属", today, "70.00", "中", "隔离", "缺少", NAMELESS, "补填"):
        assert part in said
    well = kanghu("find", "V1", "--dataset", "vital_sign", "--csv", str(tmp_path / "one.csv"))
    assert "T1/tiny_files.signs/V1" in well

    batch = tmp_path / "批量.csv"
    batch.write_bytes("档案号\nP1\nP2\nP2\n没有的\n".encode("gb18030"))
    listed = tmp_path / "list.csv"
    told = kanghu("find", "--file", str(batch), "--dataset", "patient", "--csv", str(listed))
    assert "2 条记录" in told
    assert "没有的" in told
    book = Workbook()
    for place, number in enumerate((1, "P2"), start=1):
        book.active.cell(row=place, column=1, value=number)
    book.save(tmp_path / "批量.xlsx")
    told = kanghu("find", "--file", str(tmp_path / "批量.xlsx"), "--dataset", "patient")
    assert HELD in told
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    held = next(row for row in rows if row["规则"] == NAMELESS)
    assert (held["等级"], held["状态"], held["质控日期"]) == ("中", "隔离", today)

    failing = kanghu("find", "--rule", NAMELESS, "--grade", "中", "--institution", "T1")
    assert "1 条记录" in failing
    assert "0 条记录" in kanghu("find", "--rule", NAMELESS, "--dimension", "validity")
    assert "0 条记录" in kanghu("find", "--rule", NAMELESS, "--until", "2020-01-01")


def test_a_persons_records_by_id_number_with_details_masked_unless_said_why(
    kanghu: Command, clinic: Clinic, tmp_path: Path
) -> None:
    out = tmp_path / "one.xlsx"
    said = kanghu("find", "--id-number", "--xlsx", str(out), keys=f"{ZHANG}\n")
    assert ZHANG not in said
    assert "T1/tiny_his.followups/F1" in said
    found = sheets(out)
    assert "高血压患者随访记录" in found
    assert ZHANG not in str(found)
    with pytest.raises(KanghuError, match="谁、为什么"):
        kanghu("find", "P1", "--xlsx", str(out), "--identified")
    kanghu("find", "P1", "--xlsx", str(out), "--identified", "--who", "王科长", "--why", "信访核对")
    with psycopg.connect(clinic.settings.store) as store:
        rows = store.execute("select who, why, records, asked from kanghu.quality_disclosure")
        ((who, why, records, asked),) = rows.fetchall()
        assert (who, why) == ("王科长", "信访核对")
        assert records > 0
        assert "P1" not in asked
        with pytest.raises(psycopg.errors.RaiseException, match="only ever appended"):
            store.execute("delete from kanghu.quality_disclosure")


def test_scores_by_organisation_dimension_and_rule(kanghu: Command) -> None:
    (clinic,) = json.loads(kanghu("scores", "--by", "institution", "--json"))
    assert clinic["organisation_code"] == "T1"
    assert float(clinic["score"]) < 100
    dimensions = json.loads(kanghu("scores", "--by", "dimension", "--json"))
    assert len(dimensions) == 4
    rules = json.loads(kanghu("scores", "--by", "rule", "--organisation", "T1", "--json"))
    assert {"subject": NAMELESS, "record_count": 4, "failing_count": 1}.items() <= next(
        one for one in rules if one["subject"] == NAMELESS
    ).items()
    with pytest.raises(KanghuError, match="没有机构或区县"):
        kanghu("scores", "--organisation", "没有的县")


def test_two_who_grant_the_same_at_once(clinic: Clinic) -> None:
    """One wins; the other is told of it, and by whom."""
    today = quality_today()

    def granting(who: str) -> QualityException | str:
        try:
            return grant(
                clinic.settings,
                "prescription.doctor_name.required",
                "T1",
                until=today,
                who=who,
                why="乡医没有电子签名",
                today=today,
            )
        except KanghuError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(granting, ("甲", "乙", "丙", "丁")))
    won = [one for one in outcomes if isinstance(one, QualityException)]
    lost = [one for one in outcomes if isinstance(one, str)]
    assert len(won) == 1
    assert all(f"已经有同样的例外:例外 {won[0].exception_id}" in one for one in lost)
    assert sum(one.holds_on(today) for one in granted(clinic.settings)) == 1
    assert not won[0].holds_on(today + timedelta(days=1))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((NAMELESS, "T1/tiny_his.patients/P1"), "没有这条规则的问题"),
        (("patient.no_such", "T1"), "没有规则"),
        ((NAMELESS, "X9"), "没有机构"),
        ((NAMELESS, "T1/tiny_his.patients"), "不是机构,也不是记录"),
        ((NAMELESS, HELD, "2020-01-01"), "已经过去"),
    ],
)
def test_an_exception_that_cannot_be(kanghu: Command, words: tuple[str, ...], says: str) -> None:
    rule, subject, *until = words
    said = ("--who", "王科长", "--why", "试")
    with pytest.raises(KanghuError, match=says):
        kanghu("except", "grant", rule, subject, "--until", *(until or ["2999-01-01"]), *said)


def test_the_full_list_and_its_clearing_at_the_source(
    kanghu: Command, clinic: Clinic, tmp_path: Path
) -> None:
    """Excepted, listed, mended in the clinic's own database, run: finding and loss are gone."""
    said = ("--who", "王科长", "--why", "纸质档案")
    kanghu("except", "grant", NAMELESS, HELD, "--until", "2999-01-01", *said)
    assert "已豁免,到 2999-01-01" in kanghu("find", "P2", "--dataset", "patient")
    number = next(one.exception_id for one in granted(clinic.settings) if one.rule == NAMELESS)
    assert str(number) in kanghu("except", "list")
    kanghu("except", "revoke", str(number), "--who", "李主任", "--why", "可以补")
    with pytest.raises(KanghuError, match="已经由条目"):
        kanghu("except", "revoke", str(number), "--who", "李主任", "--why", "可以补")
    assert NAMELESS not in kanghu("except", "list")

    before = json.loads(kanghu("scores", "--by", "institution", "--json"))[0]["score"]
    kanghu("export", "--institution", "T1", "--out", str(tmp_path))
    (path,) = tmp_path.glob("*.xlsx")
    listed = sheets(path)["患者基本信息"]
    row = dict(zip(listed[0], next(row for row in listed if row[5] == NAMELESS), strict=True))
    assert (row["源键"], row["字段名"], row["严重程度"]) == ("P2", "患者姓名", "阻断")
    assert row["自(送达日)"] == str(quality_today())
    assert "缺少" in row["缺什么、错在哪"]
    assert "=1+1" in {row[4] for row in listed}  # as text: a formula has no value here
    with pytest.raises(KanghuError, match="没有机构 X9"):
        kanghu("export", "--institution", "X9", "--out", str(tmp_path))

    clinic.sql("update patients set name = '李四' where id = 'P2'")
    clinic.run()
    assert NAMELESS not in kanghu("find", "P2", "--dataset", "patient")
    assert "隔离" not in kanghu("find", "P2", "--dataset", "patient")
    kanghu("export", "--institution", "T1", "--out", str(tmp_path))
    assert NAMELESS not in {row[5] for row in sheets(path)["患者基本信息"]}
    after = json.loads(kanghu("scores", "--by", "institution", "--json"))[0]["score"]
    assert float(after) > float(before)


def test_weights_are_set_from_a_day_on_and_keep_their_history(
    kanghu: Command, clinic: Clinic
) -> None:
    """Last in this file: from here on the marts are due to be valued anew."""
    today = quality_today()
    assert not are_changed(clinic.settings, today)
    with pytest.raises(KanghuError, match="早于今天"):
        kanghu(
            "weights", "set", "dimension", "validity", "50", "--why", "试", "--from", "2020-01-02"
        )
    with pytest.raises(KanghuError, match="不在 0 到 1 之间"):
        kanghu("weights", "set", "severity", "warning", "2", "--why", "试")
    with pytest.raises(KanghuError, match="没有规则"):
        kanghu("weights", "set", "rule", "patient.no_such", "2", "--why", "试")
    kanghu("weights", "set", "severity", "warning", "0.3", "--why", "专项整治")
    kanghu("weights", "set", "severity", "warning", "0.4", "--why", "再严一些")
    valued = {
        (one["kind"], one["name"]): one["weight"]
        for one in json.loads(kanghu("weights", "list", "--json"))
    }
    assert valued["severity", "warning"] == "0.4"
    assert "专项整治" in kanghu("weights", "list", "--history")
    assert "0.2" in kanghu("weights", "list", "--on", str(today - timedelta(days=1)))
    assert are_changed(clinic.settings, today)
