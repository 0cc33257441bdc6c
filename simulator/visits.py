"""Outpatient life: visits, diagnoses, prescriptions, charges and settlements that add up.

About three visits a resident a year, most of them at the town's own institution. Money is counted
in fen. A settlement is the sum of its visit's charges whether or not the institution's system
shows the details.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.health import Health
from simulator.reference_tables import read_reference
from simulator.scene import DOCUMENT_SYSTEM, Scene
from simulator.staffing import DEPARTMENTS, DOCTORS

Array = np.ndarray[Any, Any]

VISITS_A_YEAR = 3.0
_WITHOUT_RECORD = 0.02  # registered, then left: nothing but the visit itself
_OLDEST = 111

DRUGS_FROM = 1000
"""Charge lines name a charge item by its row, a drug by its row plus this."""


@dataclass
class Visits:
    """Arrays by visit, by person and time. ``charge_*``: arrays by charge line."""

    person: Array
    institution: Array
    at: Array
    age: Array
    diagnosis: Array
    chronic: Array
    complete: Array
    """Whether anything came of it: diagnosis rows, drugs, charges."""
    by_document: Array
    """Delivered as a shared document (no prescriptions or charges there)."""
    numbers: pa.Array
    payer: pa.Array
    doctor: Array
    charge_visit: list[Array]
    charge_item: list[Array]
    charge_quantity: list[Array]


@cache
def _diagnosis_table() -> dict[str, Array]:
    rows = read_reference("diagnoses")
    return {
        "sex": np.array([int(row["sex_code"] or 0) for row in rows]),
        "from": np.array([int(row["age_from"]) for row in rows]),
        "to": np.array([int(row["age_to"]) for row in rows]),
        "weights": np.array(
            [
                [float(row[f"weight_{place}"]) for row in rows]
                for place in ("primary", "mch", "skin")
            ]
        ),
        "department": np.array(
            [[d[1] for d in DEPARTMENTS].index(row["department_name"]) for row in rows]
        ),
        "pressure": np.array([row["diagnosis_code"][:3] in ("I10", "I11") for row in rows]),
        "sugar": np.array([row["diagnosis_code"][:3] == "E11" for row in rows]),
    }


def department_of(diagnosis: Array) -> Array:
    """Department (place in ``DEPARTMENTS``) where each diagnosis is seen."""
    return np.asarray(_diagnosis_table()["department"][diagnosis])


@cache
def _chances() -> Array:
    """Cumulated chances of each diagnosis by place (3), sex (2) and age in years."""
    table = _diagnosis_table()
    ages = np.arange(_OLDEST)
    fits = (ages[:, None] >= table["from"]) & (ages[:, None] <= table["to"])
    by_sex = np.stack([(table["sex"] == 0) | (table["sex"] == sex) for sex in (1, 2)])
    general = ~(table["pressure"] | table["sugar"])
    weights = (
        table["weights"][:, None, None, :]
        * by_sex[None, :, None, :]
        * fits[None, None, :, :]
        * general
    )
    cumulated = weights.cumsum(axis=-1)
    total = np.maximum(cumulated[..., -1:], 1e-9)
    return cumulated / total


def draw_diagnoses(draw: np.random.Generator, place: Array, sex: Array, age: Array) -> Array:
    """A diagnosis (row of the reference table) for each, fitting place, sex and age."""
    chances = _chances()[place, sex - 1, np.clip(age, 0, _OLDEST - 1)]
    return (draw.random(len(place))[:, None] >= chances).sum(axis=1).clip(0, chances.shape[1] - 1)


def make_visits(scene: Scene, health: Health) -> Visits:
    """Who goes where, when and why; writes encounters and diagnoses."""
    people, draw = scene.people, scene.draw
    person, day = _calendar(scene, health)
    at = day * c.DAY + draw.integers(8 * 3600, 17 * 3600 + 1800, len(day))
    age = ((day - people.birth[person]) / 365.2425).astype(np.int64)
    institution = _institutions(scene, person, day, age)
    tier = scene.city.tiers[institution]
    place = np.array([0, 2, 1, 0])[tier]
    diagnosis = draw_diagnoses(draw, place, people.sex[person], age)
    diagnosis, chronic = _chronic_reasons(draw, health, person, day, tier, diagnosis)
    count = len(person)
    insurance = health.insurance[person]
    visits = Visits(
        person=person,
        institution=institution,
        at=at,
        age=age,
        diagnosis=diagnosis,
        chronic=chronic,
        complete=draw.random(count) >= _WITHOUT_RECORD,
        by_document=(tier == 1) & (draw.random(count) < 0.3),
        numbers=c.keys("", scene.serial("visit", count), 12),
        payer=c.pick(["1", "3", "7"], insurance),
        doctor=draw.integers(0, 6, count),
        charge_visit=[],
        charge_item=[],
        charge_quantity=[],
    )
    return visits


def _calendar(scene: Scene, health: Health) -> tuple[Array, Array]:
    """Person and day of each visit: at most one a day, only while the person lives."""
    people, draw = scene.people, scene.draw
    first = np.maximum(scene.start, people.birth + 1)
    last = np.where(people.death >= 0, people.death, scene.end)
    years = np.maximum(last - first, 0) / 365.2425
    age = (scene.end - people.birth) / 365.2425
    need = np.select(
        [age < 5, age < 15, age < 40, age < 60], [1.5, 0.7, 0.62, 0.95], default=1.45
    ) * np.where(health.hypertension | health.diabetes, 1.45, 1.0)
    need *= VISITS_A_YEAR / max(0.01, float(need.mean())) if len(need) else 1.0
    times = draw.poisson(need * years)
    person = np.repeat(np.arange(len(people)), times)
    spread = draw.random(len(person)) * np.maximum(last - first, 1)[person]
    day = first[person] + spread.astype(np.int64)
    unique = np.unique(person * 100_000 + day)
    return unique // 100_000, unique % 100_000


def _institutions(scene: Scene, person: Array, day: Array, age: Array) -> Array:
    people, draw, city = scene.people, scene.draw, scene.city
    positions = np.array([one.position for one in scene.catchments])
    home = positions[people.catchment[person]]
    moved = (people.moved[person] >= 0) & (day >= people.moved[person])
    home = np.where(moved, people.moved_to[person], home)
    choice = draw.random(len(person))
    woman = (people.sex[person] == 2) & (age >= 18) & (age < 48)
    county = np.where(woman | (age < 7), 0.26, 0.06)
    other = draw.integers(0, len(city.homes), len(person))
    municipal = draw.choice(city.municipal_hospitals, len(person))
    return np.select(
        [choice < county, choice < county + 0.05, choice < county + 0.13],
        [city.county_hospitals[home], municipal, city.homes[other]],
        default=city.homes[home],
    )


def _chronic_reasons(
    draw: np.random.Generator, health: Health, person: Array, day: Array, tier: Array, usual: Array
) -> tuple[Array, Array]:
    """Visits for the known chronic disease, at primary institutions and after it was found."""
    table = _diagnosis_table()
    pressure = int(np.flatnonzero(table["pressure"])[0])
    sugar = int(np.flatnonzero(table["sugar"])[0])
    draw_ = draw.random(len(person))
    high = health.hypertension[person] & (health.hypertension_day[person] <= day) & (tier == 3)
    sweet = health.diabetes[person] & (health.diabetes_day[person] <= day) & (tier == 3)
    for_sugar = sweet & (draw_ > 0.62)
    for_pressure = high & (draw_ < 0.42) & ~for_sugar
    answer = np.where(for_pressure, pressure, np.where(for_sugar, sugar, usual))
    return answer, for_pressure | for_sugar


def write_visits(scene: Scene, visits: Visits, health: Health, patient_no: pa.Array) -> pa.Array:
    """Encounters and their diagnoses. ``patient_no`` by visit. Answers the encounters' ids."""
    draw = scene.draw
    rows = read_reference("diagnoses")
    count = len(visits.person)
    table = _diagnosis_table()
    department = table["department"][visits.diagnosis]
    first_visit = draw.random(count) < np.where(visits.chronic, 0.12, 0.62)
    systolic, diastolic = health.pressure(draw, visits.person, visits.at // c.DAY)
    measured = ((visits.age >= 35) & first_visit) | visits.chronic | (draw.random(count) < 0.3)
    warm = draw.normal(365, 3, count) + np.where(draw.random(count) < 0.06, 15, 0)
    took = draw.random(count)
    doctors = scene.city.staff.name(visits.institution, DOCTORS, visits.doctor)
    allergic = health.allergy[visits.person] > 0
    columns = {
        "encounter_no": visits.numbers,
        "patient_no": patient_no,
        "patient_type_code": c.pick(["1", "2"], (draw.random(count) < 0.03).astype(int)),
        "visited_at": c.instants(visits.at),
        "department_code": c.pick([d[0] for d in DEPARTMENTS], department),
        "department_name": c.pick([d[1] for d in DEPARTMENTS], department),
        "visit_kind_code": c.pick(["2", "1"], first_visit.astype(int)),
        "age_years": c.numbers(visits.age),
        "chief_complaint": c.pick([r["complaint"] for r in rows], visits.diagnosis),
        "present_illness": c.pick(
            [f"{r['complaint']},无明显诱因" for r in rows], visits.diagnosis, took < 0.8
        ),
        "past_history": c.pick(
            ["既往体健", "高血压病史", "2型糖尿病史"],
            np.where(health.diabetes, 2, np.where(health.hypertension, 1, 0))[visits.person],
            took < 0.9,
        ),
        "has_allergy": c.flags(allergic),
        "allergy_history": c.pick(["青霉素过敏"], np.zeros(count, int), allergic),
        "physical_examination": c.pick(
            ["一般情况可,心肺听诊无异常"], np.zeros(count, int), took < 0.6
        ),
        "systolic_mmhg": c.numbers(systolic, measured),
        "diastolic_mmhg": c.numbers(diastolic, measured),
        "temperature_celsius": c.decimals(np.rint(warm.clip(352, 405)), 1, took < 0.55),
        "pulse_per_min": c.numbers(draw.normal(76, 9, count).clip(48, 130), took < 0.55),
        "glucose_mmol_l": c.decimals(
            health.glucose(draw, visits.person) + 8, 1, table["sugar"][visits.diagnosis]
        ),
        "main_diagnosis_code": c.pick([r["diagnosis_code"] for r in rows], visits.diagnosis),
        "main_diagnosis_name": c.pick([r["diagnosis_name"] for r in rows], visits.diagnosis),
        "onset_date": c.dates(visits.at // c.DAY - draw.integers(0, 9, count), took < 0.3),
        "doctor_no": c.keys(
            "", scene.city.staff.number(visits.institution, DOCTORS, visits.doctor)
        ),
        "doctor_name": doctors,
        "payer_code": visits.payer,
    }
    changed = visits.at + draw.integers(300, 5400, count)
    by_system(scene, "outpatient_encounter", visits, changed, columns)
    _write_diagnoses(scene, visits, health, patient_no, doctors)
    return changed


def by_system(
    scene: Scene,
    dataset: str,
    visits: Visits,
    changed: Array,
    columns: dict[str, pa.Array],
    which: Array | None = None,
) -> None:
    """Add rows, those of shared documents under that system. ``which``: visit of each row."""
    index = np.arange(len(visits.person)) if which is None else which
    for system in (None, DOCUMENT_SYSTEM):
        chosen = np.flatnonzero(visits.by_document[index] == (system is not None))
        place = pa.array(chosen)
        scene.add(
            dataset,
            visits.institution[index][chosen],
            visits.person[index][chosen],
            changed[chosen],
            {name: array.take(place) for name, array in columns.items()},
            system,
        )


def _write_diagnoses(
    scene: Scene, visits: Visits, health: Health, patient_no: pa.Array, doctors: pa.Array
) -> None:
    draw = scene.draw
    rows = read_reference("diagnoses")
    table = _diagnosis_table()
    main = np.flatnonzero(visits.complete)
    person = visits.person
    known = np.where(
        health.hypertension[person] & (health.hypertension_day[person] <= visits.at // c.DAY),
        int(np.flatnonzero(table["pressure"])[0]),
        -1,
    )
    second = np.flatnonzero(
        visits.complete
        & (known >= 0)
        & (known != visits.diagnosis)
        & (draw.random(len(person)) < 0.4)
    )
    visit = np.concatenate([main, second])
    diagnosis = np.concatenate([visits.diagnosis[main], known[second]])
    order = np.lexsort((np.arange(len(visit)), visit))
    visit, diagnosis = visit[order], diagnosis[order]
    is_main = order < len(main)
    place = pa.array(visit)
    number = scene.serial("diagnosis_no", len(visit))
    columns = {
        "diagnosis_no": c.keys("", number, 12),
        "patient_no": patient_no.take(place),
        "encounter_no": visits.numbers.take(place),
        "patient_type_code": c.constant("1", len(visit)),
        "diagnosis_kind_code": c.constant("1", len(visit)),
        "is_main": c.flags(is_main),
        "diagnosis_code": c.pick([r["diagnosis_code"] for r in rows], diagnosis),
        "diagnosis_name": c.pick([r["diagnosis_name"] for r in rows], diagnosis),
        "diagnosed_at": c.instants(visits.at[visit] + 600),
        "doctor_name": doctors.take(place),
    }
    changed = visits.at[visit] + 660
    by_system(scene, "diagnosis", visits, changed, columns, visit)
