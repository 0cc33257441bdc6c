"""Programmes for the chronically ill and the old: cards, quarterly follow-ups, yearly check-ups.

Readings of one person wander around his level; no reading stands three times running, and what is
uncontrolled again is referred, as the norm asks: such rows are planted as errors, not found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.checkups import Checkups, body_mass_index, entered, write_checkups
from simulator.health import Health
from simulator.records import Records
from simulator.reference_tables import read_reference
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_QUARTER = 91
_PRESSURE_DRUGS = ("X031", "X032", "X033", "X034", "X036")
_SUGAR_DRUGS = ("X045", "X046", "X047", "X048", "X049")


@dataclass
class Followups:
    """Arrays by follow-up, by record and date. ``turn``: how many the record had before."""

    record: Array
    day: Array
    turn: Array


def write_chronic(scene: Scene, records: Records, health: Health) -> Checkups:
    """Cards, follow-ups with their drugs, and check-ups; answers those of the old."""
    people = scene.people
    person = records.person
    high = health.hypertension[person] & (scene.draw.random(len(person)) < 0.66)
    sweet = health.diabetes[person] & (scene.draw.random(len(person)) < 0.66)
    for programme, chosen, found in (
        ("1", high, health.hypertension_day),
        ("2", sweet, health.diabetes_day),
    ):
        begun = np.maximum(records.created, found[person]) + scene.draw.integers(1, 90, len(person))
        managed = chosen & (begun < records.until)
        _write_cards(scene, records, programme, managed, begun, found[person])
        followups = _calendar(scene, records, health, managed, begun)
        if programme == "1":
            _write_hypertension(scene, records, health, followups)
        else:
            _write_diabetes(scene, records, health, followups)
    old = scene.end - people.birth[person] >= 65 * 366
    return write_checkups(scene, records, health, old | high | sweet)


def _write_cards(
    scene: Scene, records: Records, programme: str, managed: Array, begun: Array, found: Array
) -> None:
    which = np.flatnonzero(managed)
    person = records.person[which]
    closed = records.until[which] < scene.end
    day = np.maximum(begun[which], scene.start)
    day = np.where(closed, np.maximum(day, records.until[which]), day)
    scene.add(
        "chronic_registration",
        records.institution[which],
        person,
        np.minimum(day, scene.end - 1) * c.DAY + 42_000,
        {
            "registration_no": c.keys("", scene.serial("registration_no", len(which)), 12),
            "record_no": records.numbers.take(pa.array(which)),
            "programme_code": c.constant(programme, len(which)),
            "confirmed_date": c.dates(np.minimum(found[which], begun[which] - 1)),
            "confirmed_by": scene.city.names.take(pa.array(records.institution[which])),
            "registered_date": c.dates(begun[which]),
            "risk_level_code": c.numbers(1 + (person * 7 + which) % 4),
            "management_status_code": c.pick(["1", "3"], closed.astype(int)),
            "doctor_name": records.doctor_names(scene, which),
            "closed_date": c.dates(records.until[which], closed),
        },
    )


def _calendar(
    scene: Scene, records: Records, health: Health, managed: Array, begun: Array
) -> Followups:
    draw = scene.draw
    which = np.flatnonzero(managed)
    quarters = max(1, (scene.end - scene.start) // _QUARTER)
    offset = draw.integers(0, 62, len(which))[:, None]
    day = scene.start + np.arange(quarters) * _QUARTER + offset
    day = day + draw.integers(0, 26, day.shape)
    kept = np.array([0.96, 0.8, 0.45])[health.adherence[records.person[which]]][:, None]
    there = draw.random(day.shape) < kept
    there &= (day > begun[which][:, None]) & (day < records.until[which][:, None])
    there &= day < scene.end - 1
    row, quarter = np.nonzero(there)
    turn = there.cumsum(axis=1)[row, quarter] - 1
    return Followups(which[row], day[row, quarter], turn)


def _again(turn: Array, uncontrolled: Array, moved: Array) -> Array:
    """Whether one of the two follow-ups before was uncontrolled too (or may have been, ``moved``:
    in the record of another town)."""
    one = np.r_[False, uncontrolled[:-1]] & (turn >= 1)
    two = np.r_[False, False, uncontrolled[:-2]][: len(turn)] & (turn >= 2)
    return uncontrolled & (one | two | moved & (turn < 2))


def _common(scene: Scene, records: Records, health: Health, visits: Followups) -> dict[str, Any]:
    draw = scene.draw
    record, day = visits.record, visits.day
    person = records.person[record]
    weight = health.weight[person] + draw.integers(-15, 16, len(record))
    height = health.height[person]
    return {
        "followup_no": c.keys("", scene.serial("followup_no", len(record)), 12),
        "record_no": records.numbers.take(pa.array(record)),
        "followup_date": c.dates(day),
        "followup_method_code": c.numbers(draw.choice([1, 1, 1, 2, 3], len(record))),
        "weight_kg": c.decimals(weight, 1),
        "target_weight_kg": c.decimals(weight - np.where(weight > 700, 20, 0), 1),
        "height_cm": c.decimals(height, 1),
        "bmi": c.decimals(body_mass_index(weight, height), 2),
        "cigarettes_per_day": c.numbers(health.smokes[person]),
        "alcohol_liang_per_day": c.numbers(health.drinks[person]),
        "exercise_per_week": c.numbers(draw.integers(0, 8, len(record))),
        "exercise_minutes": c.numbers(draw.choice([20, 30, 40, 60], len(record))),
        "psychological_code": c.numbers(draw.choice([1, 1, 2], len(record))),
        "compliance_behaviour_code": c.numbers(1 + health.adherence[person]),
        "medication_compliance_code": c.numbers(1 + health.adherence[person]),
        "doctor_name": records.doctor_names(scene, record),
        "entered_date": entered(scene, day),
    }


def _write_hypertension(scene: Scene, records: Records, health: Health, visits: Followups) -> None:
    draw = scene.draw
    person = records.person[visits.record]
    age = (visits.day - scene.people.birth[person]) / 365.2425
    systolic, diastolic = health.pressure(draw, person, visits.day)
    # No three equal readings running, nor after one between is lost: the sum's rest walks by turn.
    diastolic = diastolic + (visits.turn - systolic - diastolic + 3) % 8 - 3
    uncontrolled = (systolic >= np.where(age >= 65, 150, 140)) | (diastolic >= 90)
    reaction = ~uncontrolled & (draw.random(len(person)) < 0.02)
    referred = _again(visits.turn, uncontrolled, records.again[visits.record])
    classification = np.where(uncontrolled, 2, np.where(reaction, 3, 1))
    soon = np.where(uncontrolled, 14, _QUARTER)
    columns = {
        **_common(scene, records, health, visits),
        "symptom_codes": c.constant("1", len(person)),
        "systolic_mmhg": c.numbers(systolic),
        "diastolic_mmhg": c.numbers(diastolic),
        "heart_rate_per_min": c.numbers(draw.normal(75, 8, len(person)).clip(52, 120)),
        "salt_code": c.numbers(draw.choice([1, 2, 2, 3], len(person))),
        "has_adverse_reaction": c.flags(reaction),
        "adverse_reaction": c.pick(["干咳", "踝部水肿"], person % 2, reaction),
        "classification_code": c.numbers(classification),
        "is_referred": c.flags(referred),
        "referral_reason": c.pick(["连续两次血压控制不满意"], np.zeros(len(person), int), referred),
        "next_followup_date": c.dates(visits.day + soon),
    }
    changed = visits.day * c.DAY + 43_000 + 60 * (visits.record % 300)
    scene.add(
        "hypertension_followup",
        records.institution[visits.record],
        person,
        changed,
        columns,
    )
    _write_medication(scene, records, health, visits, columns, _PRESSURE_DRUGS)


def _write_diabetes(scene: Scene, records: Records, health: Health, visits: Followups) -> None:
    draw = scene.draw
    person = records.person[visits.record]
    count = len(person)
    systolic, diastolic = health.pressure(draw, person, visits.day)
    sugar = health.glucose(draw, person)
    sugar = sugar + (visits.turn - sugar + 3) % 7 - 3
    uncontrolled = sugar >= 70
    referred = _again(visits.turn, uncontrolled, records.again[visits.record])
    insulin = (health.sugar[person] > 95) & (person % 2 == 0)
    tested = draw.random(count) < 0.3
    columns = {
        **_common(scene, records, health, visits),
        "symptom_codes": c.constant("1", count),
        "systolic_mmhg": c.numbers(systolic),
        "diastolic_mmhg": c.numbers(diastolic),
        "dorsalis_pedis_code": c.numbers(np.where(draw.random(count) < 0.06, 2, 1)),
        "staple_food_g": c.numbers(draw.choice([200, 250, 300, 350, 400], count)),
        "fasting_glucose_mmol_l": c.decimals(sugar, 1),
        "postprandial_glucose_mmol_l": c.decimals(sugar + draw.integers(15, 50, count), 1, tested),
        "hba1c_percent": c.decimals(48 + (sugar - 50) // 3, 1, tested),
        "hba1c_date": c.dates(visits.day - draw.integers(0, 20, count), tested),
        "has_adverse_reaction": c.flags(np.zeros(count, bool)),
        "hypoglycaemia_code": c.numbers(np.where(draw.random(count) < 0.05, 2, 1)),
        "classification_code": c.numbers(np.where(uncontrolled, 2, 1)),
        "insulin_kind": c.pick(["门冬胰岛素30"], np.zeros(count, int), insulin),
        "insulin_dose_u": c.numbers(10 + person % 12, insulin),
        "is_referred": c.flags(referred),
        "referral_reason": c.pick(["连续两次血糖控制不满意"], np.zeros(count, int), referred),
        "next_followup_date": c.dates(visits.day + np.where(uncontrolled, 14, _QUARTER)),
    }
    changed = visits.day * c.DAY + 44_000 + 60 * (visits.record % 300)
    scene.add("diabetes_followup", records.institution[visits.record], person, changed, columns)
    _write_medication(scene, records, health, visits, columns, _SUGAR_DRUGS)


def _write_medication(
    scene: Scene,
    records: Records,
    health: Health,
    visits: Followups,
    columns: dict[str, pa.Array],
    codes: tuple[str, ...],
) -> None:
    drugs = {row["drug_code"]: row for row in read_reference("drugs")}
    rows = [drugs[code] for code in codes]
    person = records.person[visits.record]
    takes = health.adherence[person] < 2
    first = np.flatnonzero(takes)
    second = np.flatnonzero(takes & (person % 3 == 0))
    which = np.concatenate([first, second])
    which.sort(kind="stable")
    again = np.r_[False, which[1:] == which[:-1]][: len(which)]
    drug = (person[which] + again) % len(rows)
    place = pa.array(which)
    scene.add(
        "followup_medication",
        records.institution[visits.record[which]],
        person[which],
        visits.day[which] * c.DAY + 45_000,
        {
            "medication_no": c.keys("", scene.serial("medication_no", len(which)), 12),
            "followup_no": columns["followup_no"].take(place),
            "record_no": columns["record_no"].take(place),
            "followup_date": columns["followup_date"].take(place),
            **{
                name: c.pick([row[name] for row in rows], drug)
                for name in ("drug_name", "frequency_code", "single_dose", "dose_unit")
            },
        },
    )
