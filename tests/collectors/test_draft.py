"""``source new`` for a system that nobody has described: names and values place its columns."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from collectors.column_values import date_pattern, kind_of
from collectors.registry import System, load_registry
from collectors.scaffold import new_source
from kanghu.settings import Settings
from tests.collectors.cities import run_sql

CLINIC = (
    "create table patients (pid text primary key, xm text, xb text, csrq text, sfzh text, "
    "lxdh text, updated_at timestamp, deleted text)",
    "insert into patients select 'P' || n, (array['张三','李四','王小明','陈静'])[1 + n % 4], "
    "(array['M','F'])[1 + n % 2], "
    "(array['1980/01/02','1975/11/23','1990/3/14'])[1 + n % 3], "
    "(array['11010519491231002X','440524188001010014'])[1 + n % 2], '1380000' || (1000 + n), "
    "timestamp '2024-01-01' + n * interval '1 hour', (n % 9 = 0)::int::text "
    "from generate_series(1, 60) as n",
    "create table visits (id bigint primary key, pid text, visit_time timestamp, dept_name text, "
    "diag_code text, diag_name text, bp_high int, bp_low int)",
    "insert into visits select n, 'P' || n, timestamp '2024-02-01' + n * interval '1 hour', "
    "'内科', 'I10', '高血压', 120 + n % 20, 80 from generate_series(1, 60) as n",
    "create view v_staff as select 'D' || n as staff_no, '王医生' || n as staff_name, "
    "'内科' as dept_name from generate_series(1, 20) as n",
)


@pytest.fixture
def draft(settings: Settings, clinic: str) -> tuple[System, str]:
    run_sql(clinic, *CLINIC)
    assert settings.sources is not None
    written = new_source(
        settings, settings.sources, institution="X", name="", system="pg", connection=clinic
    )
    assert load_registry(settings).feeds("X-pg")
    text = written[0].read_text(encoding="utf-8")
    return System.model_validate(yaml.safe_load(text)), text


def test_pinyin_and_values_place_the_columns_of_a_person(draft: tuple[System, str]) -> None:
    table = draft[0].tables["public_patients"]
    columns = {name: rule.source for name, rule in table.maps["patient"].columns.items()}
    assert columns == {
        "patient_no": "pid", "name": "xm", "sex_code": "xb", "birth_date": "csrq",
        "id_no": "sfzh", "phone_no": "lxdh",
    }  # fmt: skip
    assert table.maps["patient"].columns["birth_date"].date == "yyyy/M/d"
    assert (table.watermark and table.watermark.column) == "updated_at"
    assert table.void is not None
    assert (table.void.column, table.void.values) == ("deleted", ("1",))


def test_english_words_place_the_columns_of_an_encounter(draft: tuple[System, str]) -> None:
    (mapping,) = draft[0].tables["public_visits"].maps.items()
    assert mapping[0] == "outpatient_encounter"
    columns = {name: rule.source for name, rule in mapping[1].columns.items()}
    wanted = {
        "patient_no": "pid", "visited_at": "visit_time", "department_name": "dept_name",
        "main_diagnosis_code": "diag_code", "main_diagnosis_name": "diag_name",
        "systolic_mmhg": "bp_high", "diastolic_mmhg": "bp_low",
    }  # fmt: skip
    assert {name: columns.get(name) for name in wanted} == wanted


def test_a_view_without_a_key_gets_its_unique_column(draft: tuple[System, str]) -> None:
    table = draft[0].tables["public_v_staff"]
    assert table.key == ("staff_no",)
    columns = {name: rule.source for name, rule in table.maps["staff"].columns.items()}
    assert (columns["staff_no"], columns["staff_name"]) == ("staff_no", "staff_name")
    assert "? 没有声明主键" in draft[1]


@pytest.mark.parametrize(
    ("values", "kind", "pattern"),
    [
        (["1980/01/02", "1999/3/4"], "date", "yyyy/M/d"),
        (["19800102", "19991231"], "date", "yyyyMMdd"),
        (["1980年1月2日", "1999年12月31日"], "date", "yyyy年M月d日"),
        (["1980-01-02"], "date", ""),
        (["20240102030405"], "instant", "yyyyMMddHHmmss"),
        (["2024/1/2 03:04:05"], "instant", "yyyy/M/d HH:mm:ss"),
        (["1700000000000"], "instant", "epoch_millis"),
        (["11010519491231002X"] * 3, "id_number", None),
        (["13800138000"] * 3, "phone", None),
        (["0", "1", "1", "0"], "flag", None),
        (["12.5", "-3", ".5"], "number", None),
    ],
)
def test_what_values_look_like(values: list[str], kind: str, pattern: Any) -> None:
    assert kind_of(values) == kind
    assert date_pattern(values) == pattern
