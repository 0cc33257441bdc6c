"""Hospital life (WS 445.10, 445.4): stays, front pages, operations, vital signs, examinations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.fees import Bill, charge_columns, insured, line_of
from simulator.health import Health
from simulator.patients import Views
from simulator.reference_tables import read_reference
from simulator.scene import HOSPITAL_SYSTEM, Scene
from simulator.staffing import DOCTORS, IMAGING
from simulator.visits import Visits

Array = np.ndarray[Any, Any]

_STAYS_A_YEAR = 0.045
_OLDEST = 111


@dataclass
class Stays:
    """Arrays by stay."""

    person: Array
    institution: Array
    admitted: Array
    discharged: Array
    """Seconds; later than the period's end for those still lying there."""
    age: Array
    kind: Array
    """Row of ``reference/stays.csv``."""
    numbers: pa.Array
    doctor: Array

    def is_out(self, scene: Scene) -> Array:
        return self.discharged < scene.end * c.DAY


@cache
def _chances() -> Array:
    rows = read_reference("stays")
    ages = np.arange(_OLDEST)[:, None]
    low = np.array([int(row["age_from"]) for row in rows])
    high = np.array([int(row["age_to"]) for row in rows])
    sex = np.array([int(row["sex_code"] or 0) for row in rows])
    weights = np.array([[float(row[f"weight_{p}"]) for row in rows] for p in ("mch", "skin")])
    fits = ((ages >= low) & (ages <= high))[None, None]
    by_sex = np.stack([(sex == 0) | (sex == one) for one in (1, 2)])[None, :, None, :]
    return (weights[:, None, None, :] * fits * by_sex).cumsum(axis=-1)


def make_stays(scene: Scene) -> Stays:
    """Who is admitted where and why. Nobody is twice in a bed at once."""
    people, draw, city = scene.people, scene.draw, scene.city
    first = np.maximum(scene.start, people.birth + 1)
    last = np.where(people.death >= 0, people.death, scene.end)
    age = (scene.end - people.birth) / 365.2425
    woman = (people.sex == 2) & (age > 19) & (age < 45)
    need = np.select([woman, age < 6, age > 60], [2.2, 2.0, 0.9], 0.4) * _STAYS_A_YEAR
    there = (draw.random(len(people)) < need * 2) & (last - first > 20)
    person = np.flatnonzero(there)
    count = len(person)
    span = (last - first)[person]
    day = first[person] + (draw.random(count) * np.maximum(span - 16, 1)).astype(np.int64)
    late = draw.random(count) < 0.02
    day = np.where(late & (last[person] == scene.end), scene.end - draw.integers(1, 4, count), day)
    years = ((day - people.birth[person]) / 365.2425).astype(np.int64)
    positions = np.array([one.position for one in scene.catchments])[people.catchment[person]]
    skin = draw.random(count) < 0.2
    chances = _chances()[skin.astype(int), people.sex[person] - 1, np.clip(years, 0, _OLDEST - 1)]
    keep = np.flatnonzero(chances[:, -1] > 0)
    chances = chances[keep]
    kind = (draw.random(len(keep))[:, None] * chances[:, -1:] >= chances).sum(axis=1)
    person, day, years, skin = person[keep], day[keep], years[keep], skin[keep]
    rows = read_reference("stays")
    usual = np.array([int(row["days"]) for row in rows])[kind]
    days = np.maximum(1, usual + draw.integers(-2, 4, len(keep)))
    institution = np.where(
        skin,
        draw.choice(city.municipal_hospitals, len(keep)),
        city.county_hospitals[positions[keep]],
    )
    admitted = day * c.DAY + draw.integers(8 * 3600, 20 * 3600, len(keep))
    return Stays(
        person=person,
        institution=institution,
        admitted=admitted,
        discharged=(day + days) * c.DAY + draw.integers(8 * 3600, 11 * 3600, len(keep)),
        age=years,
        kind=kind,
        numbers=c.keys("", scene.serial("stay_no", len(keep)), 12),
        doctor=draw.integers(0, 6, len(keep)),
    )


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
    _write_front_pages(
        scene, stays, views, which, bill, totals, covered,
        {
            "patient_no": patient_no, "payer_code": payer, "admission_department": department,
            "discharge_department": department, "outpatient_diagnosis_code": code,
            "main_diagnosis_code": code, "attending_name": doctor, "discharge_way_code": way,
            "main_diagnosis_name": c.pick([r["diagnosis_name"] for r in rows], stays.kind),
            "actual_days": c.numbers(days),
        },
    )  # fmt: skip
    _write_operations(scene, stays, patient_no, out)


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
    return 1000 + [row["drug_code"] for row in read_reference("drugs")].index(drug_code)


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


def _write_front_pages(
    scene: Scene,
    stays: Stays,
    views: Views,
    which: Array,
    bill: Bill,
    totals: Array,
    covered: Array,
    columns: dict[str, pa.Array],
) -> None:
    people = scene.people
    out = np.flatnonzero(stays.is_out(scene))
    place = pa.array(out)
    view = which[out]
    person = stays.person[out]
    age = stays.age[out]
    amounts = bill.amounts()
    category = charge_columns(scene, bill)["charge_category_code"]

    def part(*codes: str) -> pa.Array:
        chosen = np.asarray(pa.compute.is_in(category, pa.array(codes)))
        sums = np.bincount(bill.owner, weights=amounts * chosen, minlength=len(totals))
        return c.decimals(np.rint(sums).astype(np.int64)[out], 2)

    ids = scene.add(
        "front_page",
        stays.institution[out],
        person,
        stays.discharged[out] + 86_400,
        {
            **{name: array.take(place) for name, array in columns.items()},
            "medical_record_no": c.join("B", stays.numbers.take(place)),
            "stay_no": stays.numbers.take(place),
            "admission_count": c.constant("1", len(out)),
            "name": views.name.take(pa.array(view)),
            "sex_code": c.numbers(people.sex[person]),
            "birth_date": c.dates(people.birth[person]),
            "age_years": c.numbers(age),
            "nationality_code": c.constant("CHN", len(out)),
            "newborn_birth_weight_g": c.numbers(2600 + person * 17 % 1400, age < 1),
            "ethnicity_code": c.pick(
                ["01", "22"], (people.household[person] % 71 == 0).astype(int)
            ),
            "id_no": views.id_no.take(pa.array(view)),
            "phone_no": views.phone.take(pa.array(view)),
            "admission_route_code": c.pick(["2", "1"], stays.doctor[out] % 4 // 3),
            "admitted_at": c.instants(stays.admitted[out]),
            "discharged_at": c.instants(stays.discharged[out]),
            "main_admission_condition_code": c.constant("1", len(out)),
            "has_drug_allergy": c.constant("0", len(out)),
            "abo_blood_code": c.pick(["1", "2", "3", "4", "6"], person * 13 % 5),
            "rh_blood_code": c.pick(["2", "4"], (person * 7 % 10 > 7).astype(int)),
            "record_quality_code": c.pick(["1", "2"], (person % 13 == 0).astype(int)),
            "has_readmission_plan": c.constant("0", len(out)),
            "total_cost_yuan": c.decimals(totals[out], 2),
            "self_paid_yuan": c.decimals((totals - covered)[out], 2),
            "general_service_yuan": part("01", "02", "12", "13"),
            "nursing_yuan": part("07"),
            "laboratory_yuan": part("04"),
            "imaging_yuan": part("03"),
            "surgery_yuan": part("06"),
            "treatment_yuan": part("05"),
            "western_drug_yuan": part("09"),
            "patent_drug_yuan": part("11"),
            "herbal_drug_yuan": part("10"),
            "consumable_yuan": part("08"),
            "other_yuan": part("14"),
        },
    )
    views.log(scene.log, "front_page", ids, view, scene)


def _write_operations(scene: Scene, stays: Stays, patient_no: pa.Array, out: Array) -> None:
    rows = read_reference("stays")
    operated = np.array([bool(row["operation_code"]) for row in rows])[stays.kind] & out
    stay = np.flatnonzero(operated)
    kind = stays.kind[stay]
    place = pa.array(stay)
    at = stays.admitted[stay] + 20 * 3600
    at = np.minimum(at, stays.discharged[stay] - 3600)

    def column(name: str) -> pa.Array:
        present = np.array([bool(row[name]) for row in rows])
        return c.pick([row[name] for row in rows], kind, present[kind])

    scene.add(
        "front_page_operation",
        stays.institution[stay],
        stays.person[stay],
        stays.discharged[stay] + 86_500,
        {
            "operation_no": c.keys("", scene.serial("operation_no", len(stay)), 12),
            "stay_no": stays.numbers.take(place),
            "patient_no": patient_no.take(place),
            "operation_code": column("operation_code"),
            "operation_name": column("operation_name"),
            "operated_at": c.instants(at),
            "operation_level_code": column("operation_level"),
            "incision_class_code": column("incision"),
            "anaesthesia_code": column("anaesthesia"),
            "surgeon_name": scene.city.staff.name(
                stays.institution[stay], DOCTORS, stays.doctor[stay]
            ),
        },
    )


def write_vital_signs(scene: Scene, stays: Stays, health: Health, patient_no: pa.Array) -> None:
    """Temperature, pulse and blood pressure on the days of stays (three days at most)."""
    draw = scene.draw
    hours = np.minimum(stays.discharged, scene.end * c.DAY - 7200) - stays.admitted
    times = np.clip(hours // c.DAY, 1, 3)
    stay = np.repeat(np.arange(len(times)), times)
    turn = np.arange(len(stay)) - np.repeat(np.cumsum(times) - times, times)
    at = stays.admitted[stay] + turn * c.DAY + 1800
    person = stays.person[stay]
    systolic, diastolic = health.pressure(draw, person, at // c.DAY)
    warm = np.rint(draw.normal(367, 4, len(stay)).clip(355, 398))
    place = pa.array(stay)
    for code, name, values, places, unit in (
        ("TEMP", "体温", warm, 1, "℃"),
        ("PULSE", "脉率", np.rint(draw.normal(78, 9, len(stay)).clip(50, 140)), 0, "次/min"),
        ("SBP", "收缩压", systolic, 0, "mmHg"),
        ("DBP", "舒张压", diastolic, 0, "mmHg"),
    ):
        number = c.decimals(values, places) if places else c.numbers(values)
        scene.add(
            "vital_sign",
            stays.institution[stay],
            person,
            at + 300,
            {
                "vital_sign_no": c.keys("", scene.serial("vital_sign_no", len(stay)), 12),
                "patient_no": patient_no.take(place),
                "measured_at": c.instants(at),
                "item_code": c.constant(code, len(stay)),
                "item_name": c.constant(name, len(stay)),
                "result_number": number,
                "unit_name": c.constant(unit, len(stay)),
            },
        )


def write_exams(scene: Scene, visits: Visits, patient_no: pa.Array) -> None:
    """Imaging and function tests that hospitals do on some visits, and their charges."""
    draw, city = scene.draw, scene.city
    tier = city.tiers[visits.institution]
    may = (tier != 3) & visits.complete & ~visits.by_document
    visit = np.flatnonzero(may & (draw.random(len(tier)) < 0.26))
    rows = read_reference("imaging")
    sex = np.array([int(row["sex_code"] or 0) for row in rows])
    weights = np.array([[float(r[f"weight_{p}"]) for r in rows] for p in ("mch", "skin")])
    skin = (tier[visit] == 1).astype(int)
    person = visits.person[visit]
    fits = (sex == 0) | (sex == scene.people.sex[person][:, None])
    chances = (weights[skin] * fits).cumsum(axis=1)
    kind = (draw.random(len(visit))[:, None] * chances[:, -1:] >= chances).sum(axis=1)
    found = draw.random(len(visit)) < 0.3
    at = visits.at[visit] + 2400
    reported = at + draw.integers(1800, 10_800, len(visit))
    staff = city.staff

    def text(name: str) -> pa.Array:
        normal = c.pick([r[f"normal_{name}"] for r in rows], kind)
        return pa.compute.if_else(
            pa.array(found), c.pick([r[f"abnormal_{name}"] for r in rows], kind), normal
        )

    scene.add(
        "exam_report",
        visits.institution[visit],
        person,
        reported + 60,
        {
            "report_no": c.keys("E", scene.serial("exam_no", len(visit)), 12),
            "order_no": c.keys("S", scene.serial("exam_order_no", len(visit)), 12),
            "patient_no": patient_no.take(pa.array(visit)),
            "encounter_no": visits.numbers.take(pa.array(visit)),
            "patient_type_code": c.constant("1", len(visit)),
            **{
                name: c.pick([row[name] for row in rows], kind)
                for name in ("exam_kind_code", "item_code", "item_name", "body_site")
            },
            "examined_at": c.instants(at),
            "findings": text("findings"),
            "conclusion": text("conclusion"),
            "reported_at": c.instants(reported),
            "doctor_name": staff.name(visits.institution[visit], IMAGING, kind),
            "reviewer_name": staff.name(visits.institution[visit], IMAGING, kind + 1),
        },
        HOSPITAL_SYSTEM,
    )
    visits.charge_visit.append(visit)
    visits.charge_item.append(np.array([line_of(row["item_code"]) for row in rows])[kind])
    visits.charge_quantity.append(np.ones(len(visit), dtype=np.int64))
