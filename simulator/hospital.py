"""What a stay leaves behind: its registration, diagnoses, charges, settlement, front page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.fees import Bill, charge_columns, insured, line_of
from simulator.front_pages import write_front_pages, write_operations
from simulator.health import Health
from simulator.patients import Views
from simulator.reference_tables import read_reference
from simulator.scene import Scene
from simulator.staffing import DOCTORS
from simulator.stays import Stays
from simulator.visits import DRUGS_FROM

Array = np.ndarray[Any, Any]


def write_stays(
    scene: Scene, stays: Stays, views: Views, which: Array, numbers: pa.Array, health: Health
) -> None:
    """Stays, diagnoses, front pages, operations and what they cost.

    ``which``: the view of each stay's patient; ``numbers``: patient numbers by view.
    """
    draw = scene.draw
    rows = read_reference("stays")
    count = len(stays.person)
    out = stays.is_out(scene)
    days = np.maximum(1, stays.discharged // c.DAY - stays.admitted // c.DAY)
    patient_no = numbers.take(pa.array(which))
    department = c.pick([r["department_name"] for r in rows], stays.kind)
    code = c.pick([r["diagnosis_code"] for r in rows], stays.kind)
    doctor = scene.city.staff.name(stays.institution, DOCTORS, stays.doctor)
    payer = c.pick(["1", "3", "7"], health.insurance[stays.person])
    way = c.pick(["1", "4"], (draw.random(count) < 0.04).astype(int), out)
    changed = np.where(out, stays.discharged, stays.admitted) + 3600
    scene.add(
        "inpatient_stay",
        stays.institution,
        stays.person,
        changed,
        {
            "stay_no": stays.numbers,
            "patient_no": patient_no,
            "admission_route_code": c.pick(["1", "2"], stays.doctor % 4 // 3),
            "admitted_at": c.instants(stays.admitted),
            "admission_department": department,
            "ward_name": c.join(department, "病区"),
            "bed_no": c.numbers(1 + stays.kind * 3 % 40),
            "admission_diagnosis_code": code,
            "discharged_at": c.instants(stays.discharged, out),
            "discharge_department": c.when(department, out),
            "discharge_diagnosis_code": c.when(code, out),
            "discharge_way_code": way,
            "outcome_code": c.pick(["1", "2"], stays.doctor % 2, out),
            "actual_days": c.numbers(days, out),
            "attending_name": doctor,
            "payer_code": payer,
        },
    )
    _write_diagnoses(scene, stays, patient_no, doctor, out)
    bill, totals = _bill(scene, stays, days)
    covered = insured(totals, health.insurance[stays.person], (0.75, 0.6))
    _write_fees(scene, stays, bill, totals, covered, patient_no, payer, out)
    write_front_pages(
        scene, stays, views, which, bill, totals, covered,
        {
            "patient_no": patient_no, "payer_code": payer, "admission_department": department,
            "discharge_department": department, "outpatient_diagnosis_code": code,
            "main_diagnosis_code": code, "attending_name": doctor, "discharge_way_code": way,
            "main_diagnosis_name": c.pick([r["diagnosis_name"] for r in rows], stays.kind),
            "actual_days": c.numbers(days),
        },
    )  # fmt: skip
    write_operations(scene, stays, patient_no, out)


def _write_diagnoses(
    scene: Scene, stays: Stays, patient_no: pa.Array, doctor: pa.Array, out: Array
) -> None:
    rows = read_reference("stays")
    stay = np.concatenate([np.arange(len(out)), np.flatnonzero(out)])
    at_discharge = np.arange(len(stay)) >= len(out)
    at = np.where(at_discharge, stays.discharged[stay], stays.admitted[stay] + 7200)
    place = pa.array(stay)
    scene.add(
        "diagnosis",
        stays.institution[stay],
        stays.person[stay],
        at + 600,
        {
            "diagnosis_no": c.keys("", scene.serial("diagnosis_no", len(stay)), 12),
            "patient_no": patient_no.take(place),
            "stay_no": stays.numbers.take(place),
            "patient_type_code": c.constant("3", len(stay)),
            "diagnosis_kind_code": c.pick(["2", "3"], at_discharge.astype(int)),
            "is_main": c.constant("1", len(stay)),
            "diagnosis_code": c.pick([r["diagnosis_code"] for r in rows], stays.kind[stay]),
            "diagnosis_name": c.pick([r["diagnosis_name"] for r in rows], stays.kind[stay]),
            "diagnosed_at": c.instants(at),
            "doctor_name": doctor.take(place),
        },
    )


_OPERATION_FEES = {
    "73.5900": "331400001",
    "74.1x01": "331400002",
    "68.4900": "331300001",
    "65.2900": "331300002",
    "85.2100": "331600001",
    "86.0400": "331600002",
}
"""What an operation is charged as."""


def _bill(scene: Scene, stays: Stays, days: Array) -> tuple[Bill, Array]:
    """Charge lines of stays: daily ones by days, laboratory, operation, drugs, materials."""
    count = len(stays.person)
    everyone = np.arange(count)
    owners, lines, quantities = [], [], []

    def charge(owner: Array, item: str | Array, quantity: Array) -> None:
        owners.append(owner)
        line = np.full(len(owner), line_of(item)) if isinstance(item, str) else item
        lines.append(line)
        quantities.append(quantity)

    for item in ("110200005", "110900001", "120100002"):
        charge(everyone, item, days)
    charge(everyone, "120400006", np.maximum(1, days - 1))
    charge(everyone, "150000001", np.maximum(1, days - 1))
    for item in ("250101001", "250102001", "250301001", "310701001"):
        charge(everyone, item, np.ones(count, dtype=np.int64))
    for row, stay in enumerate(read_reference("stays")):
        having = np.flatnonzero(stays.kind == row)
        if stay["operation_code"]:
            fee = _OPERATION_FEES[stay["operation_code"]]
            charge(having, fee, np.ones(len(having), dtype=np.int64))
            charge(having, "150000004", 2 + having % 3)
    drug = np.array([line_of_drug(code) for code in ("X007", "X008", "X074", "X002")])
    charge(everyone, drug[scene.draw.integers(0, 4, count)], days)
    bill = Bill(np.concatenate(owners), np.concatenate(lines), np.concatenate(quantities))
    order = np.argsort(bill.owner, kind="stable")
    bill = Bill(bill.owner[order], bill.line[order], bill.quantity[order])
    return bill, bill.totals(count)


def line_of_drug(drug_code: str) -> int:
    """The charge line of a drug."""
    return DRUGS_FROM + [row["drug_code"] for row in read_reference("drugs")].index(drug_code)


def _write_fees(
    scene: Scene,
    stays: Stays,
    bill: Bill,
    totals: Array,
    covered: Array,
    patient_no: pa.Array,
    payer: pa.Array,
    out: Array,
) -> None:
    rows = read_reference("stays")
    stay = bill.owner
    place = pa.array(stay)
    last = np.minimum(stays.discharged, scene.end * c.DAY - 1800)
    at = stays.admitted[stay] + (last - stays.admitted)[stay] * (np.arange(len(stay)) % 5) // 5
    numbers = c.keys("", scene.serial("settlement_no", len(out)), 12)
    scene.add(
        "charge_detail",
        stays.institution[stay],
        stays.person[stay],
        at + 900,
        {
            **charge_columns(scene, bill),
            "patient_no": patient_no.take(place),
            "stay_no": stays.numbers.take(place),
            "patient_type_code": c.constant("3", len(stay)),
            "charged_at": c.instants(at),
            "department_name": c.pick([r["department_name"] for r in rows], stays.kind[stay]),
            "doctor_name": scene.city.staff.name(
                stays.institution[stay], DOCTORS, stays.doctor[stay]
            ),
            "settlement_no": c.when(numbers, out).take(place),
        },
    )
    settled = np.flatnonzero(out)
    place = pa.array(settled)
    scene.add(
        "settlement",
        stays.institution[settled],
        stays.person[settled],
        stays.discharged[settled] + 1800,
        {
            "settlement_no": numbers.take(place),
            "patient_no": patient_no.take(place),
            "stay_no": stays.numbers.take(place),
            "patient_type_code": c.constant("3", len(settled)),
            "payer_code": payer.take(place),
            "settled_at": c.instants(stays.discharged[settled] + 900),
            "total_yuan": c.decimals(totals[settled], 2),
            "insurance_yuan": c.decimals(covered[settled], 2),
            "self_paid_yuan": c.decimals((totals - covered)[settled], 2),
            "settlement_kind_code": c.constant("1", len(settled)),
        },
    )
