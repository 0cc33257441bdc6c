"""JSON Schema: a clean record passes, each kind of mistake is caught at its column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from standards.catalogue import load_catalogue
from standards.projections.json_schema import json_schema, write_json_schemas

CATALOGUE = load_catalogue()
CLEAN: dict[str, Any] = {
    "encounter_no": "MZ001",
    "patient_no": "P1",
    "patient_type_code": "1",
    "visited_at": "2024-03-05T08:30:00+08:00",
    "department_name": "全科医疗科",
    "visit_kind_code": "1",
    "chief_complaint": "头晕三天",
    "systolic_mmhg": 152,
    "temperature_celsius": 36.5,
    "has_allergy": False,
    "main_diagnosis_code": "I10.x00",
    "doctor_name": "张三",
    "onset_date": "2024-03-02",
    "past_history": None,
}


def _validator(dataset: str) -> Draft202012Validator:
    schema = json_schema(CATALOGUE, CATALOGUE.dataset(dataset))
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("dataset", sorted(CATALOGUE.datasets))
def test_every_schema_is_a_schema(dataset: str) -> None:
    schema = json_schema(CATALOGUE, CATALOGUE.dataset(dataset))
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {c.name for c in CATALOGUE.dataset(dataset).columns}


def test_a_clean_record_passes() -> None:
    assert list(_validator("outpatient_encounter").iter_errors(CLEAN)) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patient_no", None),
        ("patient_no", ""),
        ("patient_type_code", "7"),
        ("systolic_mmhg", 152.5),
        ("systolic_mmhg", "152"),
        ("systolic_mmhg", 1520),
        ("temperature_celsius", 20),
        ("has_allergy", "否"),
        ("onset_date", "2024/3/2"),
        ("onset_date", "2024-02-30"),
        ("doctor_name", "名" * 51),
        ("no_such_column", "x"),
    ],
)
def test_a_mistake_is_caught_at_its_column(column: str, value: object) -> None:
    errors = list(_validator("outpatient_encounter").iter_errors({**CLEAN, column: value}))
    assert len(errors) == 1
    assert list(errors[0].path) == [column] or column in errors[0].message


def test_a_missing_mandatory_column_is_caught() -> None:
    record = {name: value for name, value in CLEAN.items() if name != "visited_at"}
    (error,) = _validator("outpatient_encounter").iter_errors(record)
    assert "visited_at" in error.message


def test_an_extract_does_not_close_the_list() -> None:
    record = {**CLEAN, "main_diagnosis_code": "Q99.900"}
    assert list(_validator("outpatient_encounter").iter_errors(record)) == []


def test_there_is_one_file_a_dataset(tmp_path: Path) -> None:
    written = write_json_schemas(tmp_path / "json-schema")
    assert [path.name for path in written] == [f"{name}.schema.json" for name in CATALOGUE.datasets]
    assert json.loads(written[0].read_text(encoding="utf-8"))["title"] == "行政区划"
