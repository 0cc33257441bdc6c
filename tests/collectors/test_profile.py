"""What ``source check`` and ``source new`` see: a sample's profile, a first draft."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from collectors.profile import profile_feed
from collectors.registry import System, load_registry
from collectors.scaffold import new_source
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from tests.collectors.cities import registry, run_sql, system

PATIENTS = {
    "from": "patients",
    "key": ["brid"],
    "maps": {
        "patient": {
            "columns": {
                "patient_no": "brid",
                "name": "xm",
                "sex_code": "xb",
                "id_no": "sfzh",
                "birth_date": "csny",
            }
        }
    },
}


def test_a_sample_is_profiled(settings: Settings, clinic: str) -> None:
    run_sql(
        clinic,
        "create table patients (brid int primary key, xm text, xb text, sfzh text, jdrq text)",
        "insert into patients select n, '张三丰', case when n < 50 then '男性' else '1' end, "
        "'11010519491231002X', case when n < 80 then '20240105' end "
        "from generate_series(1, 100) as n",
    )
    cities = registry(system(patients=PATIENTS), clinic)
    found = profile_feed(settings, cities.feeds()[0], 90)
    assert found.rows == 90
    by_name = {column.name: column for column in found.columns}
    assert by_name["brid"].mapped_to == ["patient.patient_no"]
    assert by_name["jdrq"].mapped_to == []
    assert (by_name["jdrq"].type_guess, by_name["jdrq"].nulls) == ("日期", 11)
    assert by_name["xm"].examples == ["张*丰"]
    assert by_name["sfzh"].examples == ["1****************X"]
    assert found.missing == ["csny"]
    (code,) = [one for one in found.unknown_codes if one.value == "男性"] or [None]
    if code is not None:  # the domain may list this spelling one day
        assert code.suggestions[0].startswith("1 男")


def test_unknown_codes_get_suggestions(settings: Settings, clinic: str) -> None:
    run_sql(
        clinic,
        "create table patients (brid int primary key, xb text)",
        "insert into patients values (1, '男x'), (2, '男x'), (3, '1'), (4, '')",
    )
    found = profile_feed(settings, registry(system(patients=PATIENTS), clinic).feeds()[0])
    (code,) = found.unknown_codes
    assert (code.column, code.value, code.rows) == ("patient.sex_code", "男x", 2)
    assert code.suggestions[0].startswith("1 男")


@pytest.mark.parametrize(
    ("written", "pattern"),
    [("1980/01/02", "yyyy/M/d"), ("19800102", "yyyyMMdd"), ("1980年1月2日", "yyyy年M月d日")],
)
def test_a_way_to_read_dates_is_proposed(
    settings: Settings, clinic: str, written: str, pattern: str
) -> None:
    run_sql(
        clinic,
        "create table patients (brid int primary key, csny text)",
        f"insert into patients values (1, '{written}'), (2, null), (3, '')",
    )
    found = profile_feed(settings, registry(system(patients=PATIENTS), clinic).feeds()[0])
    rule = f"birth_date: {{from: csny, date: {pattern}}}"
    assert found.date_rules == {"patient.birth_date": rule}


def test_all_unknown_codes_of_a_column_are_listed(settings: Settings, clinic: str) -> None:
    run_sql(
        clinic,
        "create table patients (brid int primary key, xb text)",
        "insert into patients select n, 'X' || n % 40 from generate_series(1, 400) as n",
    )
    found = profile_feed(settings, registry(system(patients=PATIENTS), clinic).feeds()[0])
    assert {one.value: one.rows for one in found.unknown_codes} == {f"X{n}": 10 for n in range(40)}


def test_a_draft_of_a_new_system_can_be_loaded(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "诊所.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "create table 患者信息 (患者编号 text primary key, 患者姓名 text, xb text, "
            "出生日期 text, 备用 text)"
        )
    folder = settings.sources
    assert folder is not None
    written = new_source(
        settings, folder, institution="350402X", name="某诊所", system="draft",
        connection=str(file),
    )  # fmt: skip
    assert [path.name for path in written] == ["draft.yml", "350402X-draft.yml"]
    text = written[0].read_text(encoding="utf-8")
    draft = System.model_validate(yaml.safe_load(text))
    table = draft.tables["患者信息"]
    assert table.key == ("患者编号",)
    mapped = {name: rule.source for name, rule in table.maps["patient"].columns.items()}
    assert mapped["name"] == "患者姓名"
    assert mapped["birth_date"] == "出生日期"
    assert "# 未对应:备用" in text
    assert load_registry(settings).sources["350402X-draft"].name == "某诊所"
    with pytest.raises(KanghuError, match="已经有了"):
        new_source(
            settings, folder, institution="350402X", name="", system="draft", connection=str(file)
        )


def test_a_draft_reads_comments_and_keys_of_postgresql(settings: Settings, clinic: str) -> None:
    run_sql(
        clinic,
        "create table brjbxx (brid text primary key, f1 text, sfzh text)",
        "comment on table brjbxx is '患者基本信息'",
        "comment on column brjbxx.f1 is '患者姓名'",
    )
    assert settings.sources is not None
    written = new_source(
        settings, settings.sources, institution="X", name="", system="pg", connection=clinic
    )
    draft = System.model_validate(yaml.safe_load(written[0].read_text(encoding="utf-8")))
    table = draft.tables["public_brjbxx"]
    assert (table.source, table.key) == ("public.brjbxx", ("brid",))
    assert table.maps["patient"].columns["name"].source == "f1"


@pytest.mark.parametrize(
    ("institution", "system", "connection", "what"),
    [
        ("../../evil", "jiwei_phis", "", "不能作名字"),
        ("H1", "a/b", "", "不能作名字"),
        ("H1", "jiwei_phis", "postgresql://u:S3CRET@127.0.0.1/his", "连接里写着密码"),
    ],
)
def test_a_draft_stays_in_its_folder_and_keeps_no_secret(
    settings: Settings, tmp_path: Path, institution: str, system: str, connection: str, what: str
) -> None:
    folder = tmp_path / "site"
    with pytest.raises(KanghuError, match=what) as caught:
        new_source(
            settings, folder, institution=institution, name="", system=system,
            connection=connection,
        )  # fmt: skip
    assert "S3CRET" not in str(caught.value)
    assert not folder.exists()


def test_a_draft_takes_a_column_by_its_stem_not_its_ending(
    settings: Settings, tmp_path: Path
) -> None:
    """``org_code`` ends as ``sex_code`` does, and is no sex."""
    file = tmp_path / "clinic.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "create table patients (patient_no text primary key, org_code text, sex text, "
            "birth_date text, id_no text, name text)"
        )
    assert settings.sources is not None
    written = new_source(
        settings, settings.sources, institution="X", name="", system="en", connection=str(file)
    )
    draft = System.model_validate(yaml.safe_load(written[0].read_text(encoding="utf-8")))
    columns = draft.tables["patients"].maps["patient"].columns
    assert (columns["sex_code"].source, columns["id_no"].source) == ("sex", "id_no")
    assert all(rule.source != "org_code" for rule in columns.values())


def test_what_is_no_database_is_told(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("a,b\n1,2\n" * 200, encoding="utf-8")
    with pytest.raises(KanghuError, match="不是 SQLite"):
        new_source(settings, tmp_path, institution="X", name="", system="csv", connection=str(file))
