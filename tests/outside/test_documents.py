"""FHIR bundles, Synthea's CSV and a WS/T 500 document: what arrives, and with which findings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.outside.conftest import OutsideLine


def silver_counts(line: OutsideLine, system: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in line.normalised.counts:
        if one.feed.startswith(f"{system}."):
            counts[one.dataset] = counts.get(one.dataset, 0) + one.silver
    return counts


def test_synthea_arrives(line: OutsideLine) -> None:
    assert silver_counts(line, "synthea_csv") == {
        "institution": 63,
        "staff": 166,
        "patient": 27,
        "outpatient_encounter": 593,
        "inpatient_stay": 11,
        "diagnosis": 438,
        "prescription": 663,
        "prescription_item": 663,
        "vital_sign": 228,
        "lab_result": 251,
        "immunization": 29,
        "treatment_record": 249,
        "basic_health_profile": 40,
    }


def test_a_synthea_encounter(line: OutsideLine) -> None:
    (row,) = (
        row
        for row in line.rows(
            "silver",
            "outpatient_encounter",
            "synthea_csv",
            "encounter_no, patient_no, patient_type_code, visited_at::varchar as visited, "
            "chief_complaint, main_diagnosis_code",
        )
        if row.pop("encounter_no") == "57f2562b-445c-f11c-ba40-edc55af3c84f"
    )
    assert row == {
        "patient_no": "3edac2e3-d223-6fae-d515-daf96ef6bc76",
        "patient_type_code": "1",
        "visited": "2023-01-28 00:17:47+08",
        "chief_complaint": "Acute viral pharyngitis (disorder)",
        "main_diagnosis_code": "195662009",
    }


@pytest.mark.parametrize(("system", "codes"), [("synthea_csv", 438), ("fhir_r4", 47)])
def test_foreign_codes_are_findings_on_records_that_passed(
    line: OutsideLine, system: str, codes: int
) -> None:
    assert line.findings(system, "diagnosis")["diagnosis.diagnosis_code.icd10"] == codes
    assert silver_counts(line, system)["diagnosis"] == codes


def test_fhir_arrives(line: OutsideLine) -> None:
    assert silver_counts(line, "fhir_r4") == {
        "exchange_message": 2,
        "patient": 2,
        "outpatient_encounter": 43,
        "diagnosis": 47,
        "vital_sign": 435 + 62,
        "lab_report": 35,
        "lab_result": 106,
        "prescription": 12,
        "prescription_item": 12,
        "immunization": 70,
        "clinical_document": 43,
        "staff": 9,
        "institution": 5,
    }


def test_everything_in_a_bundle_finds_its_patient_and_its_report(line: OutsideLine) -> None:
    patients = {row["patient_no"] for row in line.rows("silver", "patient", "fhir_r4")}
    for dataset in ("outpatient_encounter", "diagnosis", "vital_sign", "immunization"):
        rows = line.rows("silver", dataset, "fhir_r4", "patient_no")
        assert {row["patient_no"] for row in rows} == patients
    reports = {row["report_no"] for row in line.rows("silver", "lab_report", "fhir_r4")}
    results = line.rows("silver", "lab_result", "fhir_r4")
    assert {row["report_no"] for row in results} <= reports
    assert line.findings("fhir_r4", "outpatient_encounter").keys() == {
        "outpatient_encounter.visit_kind_code.required",
        "outpatient_encounter.main_diagnosis_code.required",
        "outpatient_encounter.doctor_no.length",
    }


def test_components_of_an_observation(line: OutsideLine) -> None:
    rows = line.rows(
        "silver", "vital_sign", "fhir_r4", "vital_sign_no, item_name, result_number, unit_name"
    )
    pressure = {
        row["item_name"]: (row["result_number"], row["unit_name"])
        for row in rows
        if row["vital_sign_no"].startswith("a0089b9b-e72c-4d83-991b-825e3c02aed2/")
    }
    assert pressure == {
        "Systolic blood pressure": (Decimal("117.4000"), "mm[Hg]"),
        "Diastolic blood pressure": (Decimal("71.8000"), "mm[Hg]"),
    }


def test_the_shared_document_arrives(line: OutsideLine) -> None:
    assert silver_counts(line, "wst500") == {
        "exchange_message": 1,
        "patient": 1,
        "outpatient_encounter": 1,
        "diagnosis": 1,
        "clinical_document": 1,
    }
    (visit,) = line.rows("silver", "outpatient_encounter", "wst500")
    assert visit["encounter_no"] == "123456789"
    assert visit["patient_type_code"] == "1"
    assert visit["department_name"] == "骨科"
    assert visit["has_allergy"] is True
    assert visit["doctor_name"] == "李医生"
    (document,) = line.rows("silver", "clinical_document", "wst500")
    assert document["title"] == "门（急）诊病历"
    assert "50R精蛋白物合成胰岛素" in document["document_text"]


def test_the_quirks_of_the_sample_document_are_findings(line: OutsideLine) -> None:
    """Its ID number fails the check digit and its diagnosis code is a bare 1."""
    assert "patient.id_no.id_number" in line.findings("wst500", "patient")
    assert "diagnosis.diagnosis_code.icd10" in line.findings("wst500", "diagnosis")
