"""Rules that look at other records: each with records that break it and records that do not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from kanghu.lake import Lake
from spark_jobs import quarantine
from spark_jobs.across import evaluate_across
from spark_jobs.restamp import restamp
from standards.catalogue import load_catalogue
from standards.projections.spark_schema import silver_schema
from tests.spark_jobs.test_normalise import REGISTRY, person
from tests.spark_jobs.tiny_bronze import TinyLake, link

ARROW = {"timestamp": pa.timestamp("us", tz="Asia/Shanghai"), "date": pa.date32()}


def silver(lake: TinyLake, dataset: str, *rows: dict[str, Any]) -> None:
    """Put ``rows`` into silver as they are; what they leave out is null."""
    columns = {}
    for field in silver_schema(load_catalogue().dataset(dataset)).fields:
        kind = {
            "string": pa.string(),
            "bigint": pa.int64(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "boolean": pa.bool_(),
        }.get(field.dataType.simpleString(), pa.decimal128(18, 4))
        defaults = {"_institution": "H1", "_feed": "his.t", "_batch_id": "b1", "_row_hash": "h"}
        values = [row.get(field.name, defaults.get(field.name)) for row in rows]
        columns[field.name] = (
            pa.array(values, pa.string()).cast(kind)
            if kind == pa.decimal128(18, 4)
            else pa.array(values, kind)
        )
    write_deltalake(
        Lake(lake.settings.lake).silver(dataset),
        pa.table(columns),
        mode="append",
        partition_by=["_institution"],
    )


def at(*parts: int) -> datetime:
    from zoneinfo import ZoneInfo

    return datetime(*parts, tzinfo=ZoneInfo("Asia/Shanghai"))  # type: ignore[misc]


def found(lake: TinyLake, rule: str) -> list[str]:
    evaluate_across(lake.settings)
    return [key for key, name in lake.findings("source_key", "rule") if name == rule]


def test_a_service_after_death(lake: TinyLake) -> None:
    silver(
        lake,
        "death_registration",
        {"_source_key": "d", "resident_id": "R1", "death_date": date(2024, 3, 5)},
    )
    silver(
        lake, "patient", {"_source_key": "p", "resident_id": "R1", "death_date": date(2023, 1, 1)}
    )
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "same day", "resident_id": "R1", "visited_at": at(2024, 3, 5, 1)},
        {"_source_key": "day after", "resident_id": "R1", "visited_at": at(2024, 3, 6, 1)},
        {"_source_key": "other", "resident_id": "R2", "visited_at": at(2025, 1, 1)},
    )
    silver(
        lake,
        "hypertension_followup",
        {"_source_key": "f", "resident_id": "R1", "followup_date": date(2024, 4, 1)},
    )
    silver(
        lake,
        "diabetes_followup",
        {"_source_key": "f", "resident_id": "R1", "followup_date": date(2024, 4, 1)},
    )
    assert found(lake, "outpatient_encounter.after_death") == ["day after"]
    assert found(lake, "hypertension_followup.after_death") == ["f"]
    assert found(lake, "diabetes_followup.after_death") == ["f"]


def test_a_death_before_birth_is_no_death(lake: TinyLake) -> None:
    silver(
        lake,
        "resident_record",
        {
            "_source_key": "p",
            "resident_id": "R1",
            "birth_date": date(1980, 1, 1),
            "death_date": date(1979, 1, 1),
        },
    )
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "e", "resident_id": "R1", "visited_at": at(2024, 1, 1)},
    )
    assert found(lake, "outpatient_encounter.after_death") == []


def pressures(person: str, *readings: tuple[str, int, int]) -> list[dict[str, Any]]:
    return [
        {
            "_source_key": f"{person} {day}",
            "resident_id": person,
            "followup_date": date.fromisoformat(day),
            "systolic_mmhg": high,
            "diastolic_mmhg": low,
        }
        for day, high, low in readings
    ]


def test_three_equal_pressures(lake: TinyLake) -> None:
    silver(
        lake,
        "hypertension_followup",
        *pressures("R1", ("2024-01-01", 130, 80), ("2024-04-01", 130, 80), ("2024-07-01", 130, 80)),
        *pressures("R2", ("2024-01-01", 130, 80), ("2024-04-01", 130, 82), ("2024-07-01", 130, 80)),
        *pressures("R3", ("2024-01-01", 130, 80), ("2024-04-01", 130, 80)),
        *pressures("R4", ("2024-01-01", 130, 80), ("2024-04-01", 130, 80), ("2024-04-01", 130, 80)),
    )
    assert found(lake, "hypertension_followup.same_pressure_three_times") == ["R1 2024-07-01"]


def test_three_equal_glucoses(lake: TinyLake) -> None:
    silver(
        lake,
        "diabetes_followup",
        *(
            {
                "_source_key": f"{who}{day}",
                "resident_id": who,
                "followup_date": date(2024, day, 1),
                "fasting_glucose_mmol_l": glucose,
            }
            for who, third in (("A", "6.5"), ("B", "6.6"))
            for day, glucose in ((1, "6.5"), (2, "6.5"), (3, third))
        ),
    )
    assert found(lake, "diabetes_followup.same_glucose_three_times") == ["A3"]


def test_uncontrolled_twice_without_referral(lake: TinyLake) -> None:
    def row(key: str, who: str, month: int, code: str, referred: bool | None) -> dict[str, Any]:
        return {
            "_source_key": key,
            "resident_id": who,
            "followup_date": date(2024, month, 1),
            "classification_code": code,
            "is_referred": referred,
        }

    silver(
        lake,
        "hypertension_followup",
        row("a1", "A", 1, "2", None),
        row("a2", "A", 2, "2", None),
        row("b1", "B", 1, "2", None),
        row("b2", "B", 2, "2", True),
        row("c1", "C", 1, "2", None),
        row("c2", "C", 2, "1", None),
        row("c3", "C", 3, "2", None),
    )
    rule = "hypertension_followup.uncontrolled_without_referral"
    assert found(lake, rule) == ["a2"]


def test_one_number_on_two_people(lake: TinyLake) -> None:
    number = "110101199003070134"

    def row(key: str, name: str, birth: date, **other: Any) -> dict[str, Any]:
        return {"_source_key": key, "name": name, "birth_date": birth, "id_no": number, **other}

    mother, baby = date(1990, 3, 7), date(2024, 1, 1)
    silver(
        lake,
        "patient",
        row("mother", "张母", mother),
        row("baby", "张小宝", baby),
        row("mother again", "张母", mother),
        row("baby elsewhere", "李小宝", baby, _institution="H2"),
        {**row("wrong digit", "王五", baby), "id_no": "110101199003070135"},
    )
    assert found(lake, "patient.id_number_shared") == ["baby"]
    ((value,),) = [
        row[1:] for row in lake.findings("rule", "value") if row[0] == "patient.id_number_shared"
    ]
    assert value == "1****************4"


def test_an_encounter_delivered_twice(lake: TinyLake) -> None:
    def row(key: str, hour: int, **other: Any) -> dict[str, Any]:
        return {
            "_source_key": key,
            "patient_no": "P1",
            "department_code": "01",
            "visited_at": at(2024, 1, 1, hour),
            **other,
        }

    silver(
        lake,
        "outpatient_encounter",
        row("1", 8),
        row("2", 8),
        row("3", 9),
        row("4", 8, department_code="02"),
        row("5", 8, _feed="cda.document"),
        row("6", 8, _institution="H2"),
    )
    assert found(lake, "outpatient_encounter.duplicate_encounter") == ["2"]


def test_diagnoses_that_the_sex_rules_out(lake: TinyLake) -> None:
    """The number tells the sex where it is the patient's own: W was registered with his wife's."""
    his_own = {"sex_code": "1", "id_no": "11010119900307002X", "birth_date": date(1990, 3, 7)}
    silver(
        lake,
        "patient",
        {"_source_key": "m", "patient_no": "M", "sex_code": "1"},
        {"_source_key": "f", "patient_no": "F", "sex_code": "2"},
        {**his_own, "_source_key": "n", "patient_no": "N"},
        {**his_own, "_source_key": "w", "patient_no": "W", "birth_date": date(1988, 2, 1)},
        {"_source_key": "u", "patient_no": "U", "sex_code": "0"},
    )
    silver(
        lake,
        "diagnosis",
        *(
            {"_source_key": f"{who} {code}", "patient_no": who, "diagnosis_code": code}
            for who in "MFNWU"
            for code in ("O14.000", "N80.001", "N99.0", "C61.x00", "N40.x00", "I10.x00")
        ),
    )
    assert found(lake, "diagnosis.sex_conflict") == [
        "F C61.x00",
        "F N40.x00",
        "M N80.001",
        "M O14.000",
        "N C61.x00",
        "N N40.x00",
        "W N80.001",
        "W O14.000",
    ]


@pytest.mark.requirement("S1-3.15.5.3.6")
def test_orphans(lake: TinyLake) -> None:
    """Referential integrity, one of the six quality checks."""
    silver(lake, "patient", {"_source_key": "p", "patient_no": "P1"})
    silver(lake, "patient", {"_source_key": "p", "patient_no": "P1", "_institution": "H2"})
    held = dict.fromkeys(quarantine.COLUMNS, "x") | {"_institution": "H1", "_key": "P2"}
    write_deltalake(
        Lake(lake.settings.lake).quarantine("patient"),
        pa.table({name: [value] for name, value in held.items()}),
        partition_by=["_institution"],
    )
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "known", "patient_no": "P1"},
        {"_source_key": "in quarantine", "patient_no": "P2"},
        {"_source_key": "unknown", "patient_no": "P3"},
        {"_source_key": "other institution's", "patient_no": "P2", "_institution": "H2"},
        {"_source_key": "keeps no patients", "patient_no": "P3", "_institution": "H3"},
    )
    rule = "outpatient_encounter.patient_no.orphan"
    assert found(lake, rule) == ["other institution's", "unknown"]


def test_a_mended_record_loses_its_finding(lake: TinyLake) -> None:
    silver(
        lake,
        "death_registration",
        {"_source_key": "d", "resident_id": "R1", "death_date": date(2024, 3, 5)},
    )
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "e", "resident_id": "R1", "visited_at": at(2025, 1, 1)},
    )
    rule = "outpatient_encounter.after_death"
    assert found(lake, rule) == ["e"]
    assert found(lake, rule) == ["e"]
    path = Lake(lake.settings.lake).silver("outpatient_encounter")
    Lake(lake.settings.lake).table(path).delete()
    assert found(lake, rule) == []


def test_across_findings_live_beside_those_of_normalise(lake: TinyLake) -> None:
    number = "110101199003070134"
    rows = [
        person("1", sfzh=number, dh=None),
        person("2", xm="李四", csrq="19900308", sfzh=number),
    ]
    lake.normalise(REGISTRY, lake.deliver({"brxx": rows}))
    evaluate_across(lake.settings)
    before = lake.findings("source_key", "rule")
    assert before == [
        ("1", "patient.phone_no.required"),
        ("2", "patient.birth_matches_id"),
        ("2", "patient.id_number_shared"),
    ]
    evaluate_across(lake.settings)
    assert lake.findings("source_key", "rule") == before


def test_restamp_gives_rows_their_new_resident(lake: TinyLake) -> None:
    rows = [person("1"), person("2")]
    lake.normalise(REGISTRY, lake.deliver({"brxx": rows}))
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "e1", "patient_no": "1"},
        {"_source_key": "e2", "patient_no": "2"},
        {"_source_key": "e3", "patient_no": "1", "_institution": "H2"},
    )
    assert restamp(lake.settings) == {}
    link(lake.settings, ("H1", "1", "1", "R1"), ("H1", "2", "2", "R2"))
    assert restamp(lake.settings) == {"patient": 2, "outpatient_encounter": 2}
    assert lake.silver("outpatient_encounter", "_source_key", "resident_id") == [
        ("e1", "R1"),
        ("e2", "R2"),
        ("e3", None),
    ]
    assert restamp(lake.settings) == {}
    link(lake.settings, ("H1", "1", "1", "R1"), ("H1", "2", "2", "R1"))
    assert restamp(lake.settings) == {"patient": 1, "outpatient_encounter": 1}
    assert lake.silver("patient", "_source_key", "resident_id") == [("1", "R1"), ("2", "R1")]
