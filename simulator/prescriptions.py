"""Prescriptions and their items: one prescription a kind of drug, drugs that fit the diagnosis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.reference_tables import read_reference
from simulator.scene import Scene, price_fen
from simulator.staffing import DEPARTMENTS, DOCTORS, PHARMACISTS
from simulator.visits import DRUGS_FROM, Visits, department_of

Array = np.ndarray[Any, Any]


def write_prescriptions(scene: Scene, visits: Visits, patient_no: pa.Array) -> None:
    """Prescriptions and their items, one prescription a kind of drug; charges of the drugs."""
    draw = scene.draw
    drugs = read_reference("drugs")
    place_of = {row["drug_code"]: number for number, row in enumerate(drugs)}
    lists = [
        [place_of[code] for code in row["drugs"].split()] for row in read_reference("diagnoses")
    ]
    length = np.array([len(one) for one in lists])
    matrix = np.zeros((len(lists), max(length)), dtype=np.int64)
    for number, one in enumerate(lists):
        matrix[number, : len(one)] = one
    able = visits.complete & ~visits.by_document
    wanted = draw.choice([0, 1, 2, 3], len(visits.person), p=[0.2, 0.3, 0.32, 0.18])
    wanted = np.where(able, np.minimum(wanted, length[visits.diagnosis]), 0)
    visit = np.repeat(np.arange(len(wanted)), wanted)
    turn = np.arange(len(visit)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    offset = draw.integers(0, 60, len(wanted))[visit]
    diagnosis = visits.diagnosis[visit]
    drug = matrix[diagnosis, (offset + turn) % np.maximum(length[diagnosis], 1)]
    category = np.array([int(row["drug_category_code"]) for row in drugs])[drug]
    kind = np.array([0, 3, 2, 1])[category]
    key, prescription = np.unique(visit * 4 + kind, return_inverse=True)
    herbal = kind == 1
    doses = draw.integers(3, 8, len(key))[prescription]
    single = np.array([round(float(row["single_dose"]) * 100) for row in drugs])[drug]
    quantity = np.where(herbal, single // 100 * doses, draw.choice([1, 1, 1, 2, 2, 3], len(visit)))
    days = np.where(
        herbal, doses, np.where(visits.chronic[visit], 28, draw.integers(3, 8, len(visit)))
    )
    price = price_fen("drugs", "retail_price_yuan")[drug]
    amount = price * quantity
    total = np.bincount(prescription, weights=amount, minlength=len(key)).astype(np.int64)
    its_visit = key // 4
    at = visits.at + 900
    numbers = c.keys("", scene.serial("prescription_no", len(key)), 12)
    staff = scene.city.staff
    at_visit = pa.array(its_visit)
    rows = read_reference("diagnoses")
    scene.add(
        "prescription",
        visits.institution[its_visit],
        visits.person[its_visit],
        at[its_visit] + 1200,
        {
            "prescription_no": numbers,
            "encounter_no": visits.numbers.take(at_visit),
            "patient_no": patient_no.take(at_visit),
            "prescription_kind_code": c.numbers(key % 4),
            "prescribed_at": c.instants(at[its_visit]),
            "valid_days": c.constant("3", len(key)),
            "department_name": c.pick(
                [d[1] for d in DEPARTMENTS],
                department_of(visits.diagnosis[its_visit]),
            ),
            "diagnosis_code": c.pick(
                [r["diagnosis_code"] for r in rows], visits.diagnosis[its_visit]
            ),
            "doctor_name": staff.name(
                visits.institution[its_visit], DOCTORS, visits.doctor[its_visit]
            ),
            "reviewer_name": staff.name(visits.institution[its_visit], PHARMACISTS, key),
            "dispenser_name": staff.name(visits.institution[its_visit], PHARMACISTS, key + 1),
            "herbal_doses": c.numbers(_first_of(prescription, doses, len(key)), key % 4 == 1),
            "amount_yuan": c.decimals(total, 2),
            "status_code": c.constant("3", len(key)),
        },
    )
    scene.add(
        "prescription_item",
        visits.institution[visit],
        visits.person[visit],
        at[visit] + 1200,
        {
            "prescription_item_no": c.keys("", scene.serial("item_no", len(visit)), 12),
            "prescription_no": numbers.take(pa.array(prescription)),
            "patient_no": patient_no.take(pa.array(visit)),
            "prescribed_at": c.instants(at[visit]),
            **{
                name: c.pick([row[name] for row in drugs], drug)
                for name in (
                    "drug_code", "drug_name", "specification", "dose_form_code", "dose_unit",
                    "frequency_code", "route_code", "single_dose",
                )
            },
            "days": c.numbers(days),
            "quantity": c.numbers(quantity),
            "group_no": c.numbers(turn + 1),
            "unit_price_yuan": c.decimals(price, 2),
            "amount_yuan": c.decimals(amount, 2),
        },
    )  # fmt: skip
    visits.charge_visit.append(visit)
    visits.charge_item.append(drug + DRUGS_FROM)
    visits.charge_quantity.append(quantity)


def _first_of(group: Array, values: Array, count: int) -> Array:
    answer = np.zeros(count, dtype=np.int64)
    answer[group[::-1]] = values[::-1]
    return answer
