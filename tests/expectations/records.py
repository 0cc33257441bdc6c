"""Records for every dataset: a clean one as delivered text, and the same with one planted fault."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from expectations.from_catalogue import number_limit
from spark_jobs.delivered import MappedTable
from spark_jobs.mapping import mapped
from standards.catalogue import Catalogue, Column, Dataset
from tests.spark_jobs.tiny_bronze import registry_of, system

Record = dict[str, str | None]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(born: str, sex: str, area: str = "350402") -> str:
    """A number of nobody: right in form, by GB 11643. ``born``: eight digits."""
    digits = f"{area}{born}00{1 if sex == '1' else 2}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]


_TOGETHER: Record = {
    # What hand-written rules hold against each other, so that a clean record is clean.
    "name": "张王李赵",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "diagnosed_at": "2024-01-10 08:00:00",
    "reported_online_at": "2024-01-10 10:00:00",
    "age_years": "30",
    "murmur_code": "0",
    "right_hand_spo2_percent": "98",
    "foot_spo2_percent": "97",
    "sex_code": "1",
    "birth_date": "1980-05-06",
    "id_type_code": "01",
    "id_no": id_number("19800506", "1"),
    "death_date": None,
    "created_date": "2020-03-01",
    "systolic_mmhg": "132",
    "diastolic_mmhg": "81",
    "left_systolic_mmhg": "132",
    "left_diastolic_mmhg": "81",
    "height_cm": "170.0",
    "weight_kg": "65.00",
    "bmi": "22.49",
    "classification_code": "2",
    "confirmed_date": "2023-05-01",
    "registered_date": "2023-05-02",
    "followup_date": "2024-02-01",
    "next_followup_date": "2024-05-01",
    "admitted_at": "2024-01-10 08:00:00",
    "discharged_at": "2024-01-12 07:00:00",
    "actual_days": "2",
    "total_cost_yuan": "100.00",
    "total_yuan": "10.00",
    "insurance_yuan": "6.00",
    "self_paid_yuan": "4.00",
    "quantity": "2",
    "unit_price_yuan": "5.00",
    "amount_yuan": "10.00",
    "sampled_at": "2024-01-10 08:00:00",
    "examined_at": "2024-01-10 08:00:00",
    "reported_at": "2024-01-10 10:00:00",
    "record_status_code": None,
}


def clean_record(catalogue: Catalogue, dataset: Dataset, draw: random.Random) -> Record:
    """A record that breaks no rule, every column filled in."""
    record: Record = {}
    for column in dataset.columns:
        record[column.name] = _clean_value(catalogue, column, draw)
    return record | {
        name: value for name, value in _OF_DATASET.get(dataset.name, {}).items() if name in record
    }


_WOMAN: Record = {"id_no": id_number("19800506", "2"), "gravidity": "2", "parity": "1"}
_PREGNANCY: Record = {"last_menses_date": "2019-12-01", "expected_delivery_date": "2020-09-06"}
_BIRTH: Record = {"delivery_date": "2024-01-10", "discharged_date": "2024-01-13"}
_CONSTITUTION = (
    *("qi_deficient", "yang_deficient", "yin_deficient", "phlegm_damp"),
    *("damp_heat", "blood_stasis", "qi_stagnant", "special"),
)
_OF_DATASET: dict[str, Record] = {
    # What one dataset's rules hold against each other, over the values of _TOGETHER.
    "front_page": {"self_paid_yuan": "10.00", "main_diagnosis_code": "I10.x00"},
    "health_checkup": {
        **{"checked_date": "2024-02-01", "entered_date": "2024-02-03"},
        **{"right_systolic_mmhg": "130", "right_diastolic_mmhg": "80"},
    },
    "chronic_registration": {"entered_date": "2023-05-03"},
    "hypertension_followup": {"entered_date": "2024-02-03"},
    "diabetes_followup": {"entered_date": "2024-02-03", "fasting_glucose_mmol_l": "7.5"},
    "mental_followup": {
        **{"entered_date": "2024-02-03", "mental_classification_code": "1"},
        **{"mental_risk_code": "3", "disturbance_count": "0", "harm_count": "0"},
    },
    "maternal_handbook": _WOMAN | _PREGNANCY,
    "antenatal_first_visit": {
        **_PREGNANCY,
        **{"visited_date": "2020-03-01", "gestational_weeks": "13"},
        **{"gestational_extra_days": "0", "next_followup_date": "2020-05-01"},
    },
    "antenatal_visit": {"visited_date": "2024-02-01"},
    "delivery": {
        **_WOMAN,
        **{"labour_started_at": "2024-01-10 06:00:00", "delivered_at": "2024-01-10 08:00:00"},
        "placenta_delivered_at": "2024-01-10 08:10:00",
    },
    "postpartum_visit": _BIRTH | {"visited_date": "2024-01-18"},
    "postpartum_42day": _BIRTH | {"visited_date": "2024-02-22"},
    "delivery_newborn": {"apgar_1_score": "9", "asphyxia_code": "0"},
    "child_handbook": {"birth_date": "1980-05-06", "mother_birth_date": "1955-01-01"},
    **{
        name: {"visited_date": "2024-02-01", "next_visit_date": "2024-05-01"}
        for name in ("newborn_visit", "infant_checkup", "toddler_checkup", "preschool_checkup")
    },
    "tcm_child_guidance": {"guided_date": "2024-02-01", "next_guidance_date": "2024-08-01"},
    "tcm_constitution": {
        **{"identified_date": "2024-02-01", "next_guidance_date": "2025-02-01"},
        **{f"answer_{number:02d}": "2" for number in range(1, 34)},
        **{f"{kind}_score": "8" for kind in _CONSTITUTION},
        **{f"{kind}_result_code": "3" for kind in _CONSTITUTION},
        **{"balanced_score": "18", "balanced_result_code": "1"},
    },
    "tcm_front_page": {
        **{"admitted_at": "2024-01-10 08:00:00", "discharged_at": "2024-01-12 07:00:00"},
    },
    "hospitalization_history": {"admitted_date": "2024-01-10", "discharged_date": "2024-01-12"},
    "lab_result": {"abnormal_flag_code": "N", "reference_range": "0-1000"},
}


def _clean_value(catalogue: Catalogue, column: Column, draw: random.Random) -> str | None:
    fixed = _TOGETHER.get(column.name)
    if fixed is not None:
        return fixed
    rules = {rule.name: rule.arguments for rule in column.rules}
    domain = catalogue.domain_of(column)
    if domain and domain.codes:
        count = draw.randint(1, 2) if column.repeats else 1
        return ",".join(draw.choice(list(domain.codes)) for _ in range(count))
    if "range" in rules:
        low, high = (Decimal(bound) for bound in rules["range"])
        most = min(high, low + 1000, (number_limit(column) or 10**18) - 1)
        whole = draw.randint(math.ceil(low), math.floor(most))
        return str(whole)
    if "id_number" in rules:
        return id_number("19800506", "1")
    if "phone" in rules:
        return draw.choice(["13800001234", "0598-8223344", "8223344", "+8613912345678"])
    if "icd10" in rules:
        return draw.choice(["I10", "I10.x00", "A00.000x001", "N61.x01", "A01.000x005+J17.0*"])
    match column.type:
        case "N":
            return str(draw.randint(0, min(99, (number_limit(column) or 100) - 1)))
        case "D":
            return f"2024-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        case "DT":
            return f"2024-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d} 08:30:00"
        case "L":
            return draw.choice(["1", "0", "是", "否", "T", "F"])
    longest = min(column.format.max_length or 10, 10)
    return "".join(draw.choice("张王李赵钱孙AB12") for _ in range(draw.randint(1, longest)))


@dataclass(frozen=True)
class Fault:
    """A record with one fault, and the rule that it breaks."""

    rule: str
    column: str
    record: Record


def faulty_records(catalogue: Catalogue, dataset: Dataset, draw: random.Random) -> Iterator[Fault]:
    """Every fault that the catalogue's rules name, one record each."""
    for column in dataset.columns:
        for check, value in _faults(catalogue, column):
            record = {**clean_record(catalogue, dataset, draw), column.name: value}
            yield Fault(f"{dataset.name}.{column.name}.{check}", column.name, record)


def _faults(catalogue: Catalogue, column: Column) -> Iterator[tuple[str, str | None]]:
    domain = catalogue.domain_of(column)
    is_coded = bool(domain and domain.codes and not domain.is_extract)
    if column.required in ("M", "R"):
        yield "required", None
        yield "required", "  \u3000"
    if column.type in ("N", "D", "DT", "L"):
        yield "format", "不详"
    elif is_coded:
        yield "domain", f"{'1,' * column.repeats}Z9"
    elif column.format.max_length and not column.rules:
        yield "length", "长" * (column.format.max_length + 1)
    if column.type == "N":
        yield from _number_faults(column)
    if column.type in ("D", "DT"):
        yield "format", "2023-02-30"
        yield "format", "1879-12-31"
    for rule in column.rules:
        match rule.name:
            case "range":
                low, high = (Decimal(bound) for bound in rule.arguments)
                yield "range", str(low - 1)
                yield "range", str(high + 1)
            case "not_future":
                yield "not_future", "2099-01-01"
            case "id_number":
                yield "id_number", "350402198005060013"
                yield "id_number", "350402800506001"
                yield "id_number", "350402198013060015"
            case "phone":
                yield "phone", "1380000123"
            case "icd10":
                yield "icd10", "高血压"


def _number_faults(column: Column) -> Iterator[tuple[str, str | None]]:
    if not column.format.decimals:
        yield "format", "12.5"
    limit = number_limit(column)
    ranges = [
        Decimal(one) for rule in column.rules if rule.name == "range" for one in rule.arguments
    ]
    if limit is not None and not ranges:
        yield "precision", str(limit)
        yield "precision", f"-{limit}"
    elif limit is not None and max(map(abs, ranges)) > limit:
        yield "precision", str(limit)


HOSTILE = (
    "99999999999999.9999",
    "-99999999999999.9999",
    "9223372036854775807",
    "0.0001",
    "nan",
    "1e308",
    "2100-12-31 23:59:59",
    "1880-01-01",
    "0000-00-00",
    "24:00:00",
    "'; drop table x; --",
    "\\",
    "\x1e1\x1f男\x00"[:-1],
    "长" * 5000,
    "👩‍⚕️",
)
"""Values that nobody means, in every column of a record: they may break any rule, never the run."""


def hostile_records(dataset: Dataset) -> list[Record]:
    return [{column.name: value for column in dataset.columns} for value in HOSTILE]


def frame_of(
    session: SparkSession, dataset: Dataset, records: Sequence[Record], keys: Sequence[str] = ()
) -> DataFrame:
    """``records`` as the compiler takes them: a system whose columns bear the catalogue's names."""
    names = [column.name for column in dataset.columns]
    one = system({"t": {"maps": {dataset.name: {"columns": {name: name for name in names}}}}})
    plan = MappedTable(one, "t", dataset.name, tuple(registry_of(one).sources.values()))
    count = len(records)
    columns: dict[str, Any] = {
        "_institution": ["H1"] * count,
        "_feed": ["his.t"] * count,
        "_source_key": list(keys) or [str(number) for number in range(count)],
        "_batch_id": ["b1"] * count,
        "_row_hash": ["h"] * count,
        "_operation": ["upsert"] * count,
        "_landed_at": pa.array([None] * count, pa.timestamp("us", tz="UTC")),
    }
    columns |= {
        name: pa.array([record.get(name) for record in records], pa.string()) for name in names
    }
    return mapped(session.createDataFrame(pa.table(columns)), plan, dataset)
