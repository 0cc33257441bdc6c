"""The 47 HL7 v2 messages: the fate of each file, and some values looked up by eye."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.outside.conftest import OutsideLine

FATE = Path(__file__).with_name("hl7v2_fate.csv")
"""File -> message type -> records in silver by dataset, or why it is in quarantine."""


def fates() -> list[dict[str, str]]:
    with FATE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def file_of(source_key: str) -> str:
    return source_key.partition("#")[0]


@pytest.fixture(scope="module")
def records(line: OutsideLine) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for dataset in {one.dataset for one in line.normalised.counts}:
        for row in line.rows("silver", dataset, "hl7v2", "_source_key"):
            found[file_of(row["_source_key"])][dataset] += 1
    return found


@pytest.fixture(scope="module")
def reasons(line: OutsideLine) -> dict[str, str]:
    return {
        file_of(row["_source_key"]): json.loads(row["_reasons"])[0]["value"]
        for row in line.rows("quarantine", "exchange_message", "hl7v2")
    }


def test_the_table_names_every_file(line: OutsideLine) -> None:
    bronze = line.rows("bronze_of", "message", "hl7v2")
    assert {(row["file"], f"{row['kind']}^{row['event']}") for row in bronze} == {
        (one["file"], one["message_type"]) for one in fates()
    }
    assert len(bronze) == len(fates()) == 47


@pytest.mark.parametrize("fate", fates(), ids=lambda fate: fate["file"])
def test_the_fate_of_each_file(
    fate: dict[str, str], records: dict[str, Counter[str]], reasons: dict[str, str]
) -> None:
    parts = (part.partition("=") for part in fate["records"].split())
    assert records[fate["file"]] == {name: int(number) for name, _, number in parts}
    assert reasons.get(fate["file"], "") == fate["quarantined"]
    assert bool(fate["records"]) != bool(fate["quarantined"])


def test_a_quarantined_message_keeps_its_text(line: OutsideLine) -> None:
    held = line.rows("quarantine", "exchange_message", "hl7v2")
    for row in held:
        delivered = json.loads(row["_delivered"])
        assert delivered["_delivery_text"].startswith("MSH|")


def one(line: OutsideLine, dataset: str, key: str, columns: str) -> dict[str, object]:
    rows = line.rows("silver", dataset, "hl7v2", f"_source_key, {columns}")
    (found,) = (row for row in rows if row.pop("_source_key") == key)
    return found


def test_a_patient(line: OutsideLine) -> None:
    columns = "patient_no, name, sex_code, birth_date::varchar as born, id_type_code, id_no"
    assert one(line, "patient", "ADT-A01-01.hl7#1/PID[1]", columns) == {
        "patient_no": "PATID1234",
        "name": "ADAM EVERYMAN",
        "sex_code": "1",
        "born": "1988-08-18",
        "id_type_code": "99",
        "id_no": "PSSN123121234",
    }


def test_a_deleted_person_is_withdrawn(line: OutsideLine) -> None:
    (count,) = (one for one in line.normalised.counts if one.feed == "hl7v2.patient")
    assert count.superseded == 1


def test_an_offset_in_the_message_wins(line: OutsideLine) -> None:
    columns = "stay_no, admitted_at::varchar as admitted, admission_department"
    assert one(line, "inpatient_stay", "ADT-A01-01.hl7#1/PV1[1]", columns) == {
        "stay_no": "40007716",
        "admitted": "2015-02-08 18:24:19+08",
        "admission_department": "SUR",
    }


def test_results_find_their_report(line: OutsideLine) -> None:
    reports = {row["report_no"] for row in line.rows("silver", "lab_report", "hl7v2")}
    results = line.rows("silver", "lab_result", "hl7v2")
    assert {row["report_no"] for row in results} == reports
    columns = "report_no, item_code, item_name, result_number, unit_name, abnormal_flag_code"
    assert one(line, "lab_result", "LAB-ORU-1.hl7#1/OBX[2]", columns) == {
        "report_no": "82503246",
        "item_code": "11273-0",
        "item_name": "ERYTHROCYTES",
        "result_number": Decimal("4.0600"),
        "unit_name": "tera.l-1",
        "abnormal_flag_code": "N",
    }


def test_a_charge_without_unit_price(line: OutsideLine) -> None:
    columns = "item_name, quantity, unit_price_yuan, amount_yuan"
    assert one(line, "charge_detail", "DFT-P03-01.hl7#1/FT1[2]", columns) == {
        "item_name": "first op visit",
        "quantity": Decimal("1.0000"),
        "unit_price_yuan": Decimal("120.0000"),
        "amount_yuan": Decimal("120.0000"),
    }


def test_an_immunization_an_appointment_and_a_document(line: OutsideLine) -> None:
    assert one(line, "immunization", "VXU.hl7#1/RXA[1]", "vaccine_name, lot_no") == {
        "vaccine_name": "TENIVAC",
        "lot_no": "315841",
    }
    columns = "appointment_status, scheduled_at::varchar as at"
    assert one(line, "appointment", "SIU-S17-02.hl7#1/SCH[1]", columns) == {
        "appointment_status": "Deleted",
        "at": "2021-08-18 17:15:00+08",
    }
    text = one(line, "clinical_document", "MDM-T02-03.hl7#1/TXA[1]", "document_text")
    assert str(text["document_text"]).count("\n") == 28


def test_a_route_and_a_second_order_of_one_message(line: OutsideLine) -> None:
    columns = "prescription_no, drug_name, route_code, quantity"
    first = one(line, "prescription_item", "RDS-O13-01.hl7#1/RXE[1]", columns)
    assert first == {
        "prescription_no": "1163422591",
        "drug_name": "Doxycycline",
        "route_code": "1",
        "quantity": Decimal("6.0000"),
    }
    second = one(line, "prescription_item", "RDE-O11-02.hl7#1/RXE[2]", "prescription_no")
    assert second == {"prescription_no": "1422591"}
