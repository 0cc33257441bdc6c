"""Severe mental disorder: the supplementary form and quarterly follow-ups.

About 4.5 in 1,000 adults are registered, most for schizophrenia. Who is unstable is seen again
within two weeks and referred; danger, symptoms and insight hang together (norm of the state,
chapter 8; S1-2.3.11).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.checkups import entered
from simulator.enrolment import GUARDIANS, age_on, calendar, enrol, relatives
from simulator.names import name_text
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_RATE = 0.0045
_DIAGNOSES = (
    ("1", "精神分裂症", "F20.900"),
    ("2", "分裂情感性障碍", "F25.900"),
    ("3", "偏执性精神病", "F22.000"),
    ("4", "双相(情感)障碍", "F31.900"),
    ("5", "癫痫所致精神障碍", "F06.800"),
    ("6", "精神发育迟滞伴发精神障碍", "F79.900"),
)
_SHARES = (0.74, 0.03, 0.02, 0.08, 0.04, 0.09)
_SYMPTOMS = ("1,3", "3,5", "4,7", "2,11", "6", "9,10")
_QUARTER = 91


def write_mental(scene: Scene, records: Records) -> Array:
    """Forms and follow-ups; answers a mask of the records of those registered."""
    people, draw = scene.people, scene.draw
    everyone = np.arange(len(records.person))
    age = age_on(scene, records, np.full(len(everyone), scene.end), everyone)
    adult = (age >= 18) & (records.until > scene.start + _QUARTER)
    which = enrol(scene, records, "mental_registration", adult, _RATE)
    # Somebody of them has died: such registers must be closed.
    dead = adult & (people.death[records.person] == records.until)
    which = np.union1d(which, enrol(scene, records, "mental_registration", dead, 0.0))
    person = records.person[which]
    count = len(which)
    if count == 0:
        return np.zeros(len(everyone), bool)
    kind = draw.choice(len(_DIAGNOSES), count, p=_SHARES)
    onset = people.birth[person] + 17 * 365 + (
        draw.random(count) * np.maximum(scene.start - people.birth[person] - 17 * 365, 30) * 0.9
    ).astype(np.int64)  # fmt: skip
    confirmed = onset + draw.integers(20, 400, count)
    begun = np.maximum(records.created[which], confirmed) + draw.integers(1, 60, count)
    begun = np.minimum(begun, records.until[which] - 5)
    confirmed = np.minimum(confirmed, begun - 1)
    closed = records.until[which] < scene.end
    guardian = relatives(scene, records, which)
    full = name_text(people.surname, people.first, people.second)
    numbers = c.keys("JS", scene.serial("mental_no", count), 12)
    danger = draw.choice([0, 1, 2, 3], count, p=[0.86, 0.08, 0.04, 0.02])
    scene.add(
        "mental_registration",
        records.institution[which],
        person,
        np.maximum(begun, scene.start) * c.DAY + 43_200,
        {
            "registration_no": numbers,
            "record_no": records.numbers.take(pa.array(which)),
            "guardian_name": full.take(pa.array(guardian)),
            "guardian_relation_code": c.pick(GUARDIANS, draw.integers(0, 4, count)),
            "guardian_address": c.pick(
                [one.township_name for one in scene.catchments], people.catchment[person]
            ),
            "guardian_phone_no": c.numbers(people.phone[guardian]),
            "committee_contact_name": records.doctor_names(scene, which),
            "committee_phone_no": c.join("0598-", c.numbers(8_300_000 + which % 90_000)),
            "household_register_code": c.pick(["1", "2"], (person % 4 == 0).astype(int)),
            "employment_code": c.pick(["3", "4", "6", "8"], draw.integers(0, 4, count)),
            "mental_consent_code": c.constant("1", count),
            "consent_signed_by": full.take(pa.array(guardian)),
            "consent_signed_date": c.dates(begun),
            "onset_date": c.dates(onset),
            "past_symptom_codes": c.pick(_SYMPTOMS, draw.integers(0, len(_SYMPTOMS), count)),
            "lockup_code": c.pick(["1", "3"], (draw.random(count) < 0.02).astype(int)),
            "mental_outpatient_code": c.pick(["1", "2", "3"], draw.choice([0, 1, 2, 2], count)),
            "first_antipsychotic_date": c.dates(confirmed),
            "admission_count": c.numbers(draw.integers(0, 6, count)),
            "mental_diagnosis_code": c.pick([one[0] for one in _DIAGNOSES], kind),
            "disease_name": c.pick([one[1] for one in _DIAGNOSES], kind),
            "disease_code": c.pick([one[2] for one in _DIAGNOSES], kind),
            "confirmed_by": c.constant("三明市第三医院", count),
            "confirmed_date": c.dates(confirmed),
            "mental_effect_code": c.pick(["2", "3"], (draw.random(count) < 0.3).astype(int)),
            "mental_danger_codes": c.pick(["7", "1", "2", "3"], danger),
            "mental_economy_code": c.pick(["1", "2"], (draw.random(count) < 0.7).astype(int)),
            "filled_date": c.dates(begun),
            "doctor_name": records.doctor_names(scene, which),
            "management_status_code": c.pick(["1", "3"], closed.astype(int)),
            "closed_date": c.dates(records.until[which], closed),
        },
    )
    _write_followups(scene, records, which, begun, numbers)
    registered = np.zeros(len(everyone), bool)
    registered[which] = True
    return registered


def _write_followups(
    scene: Scene, records: Records, which: Array, begun: Array, numbers: pa.Array
) -> None:
    draw = scene.draw
    row, day, _ = calendar(scene, begun, records.until[which], _QUARTER, 0.9)
    record = which[row]
    count = len(row)
    level = draw.random(len(which))[row] + draw.normal(0, 0.12, count)
    risk = np.select([level > 1.05, level > 0.97, level > 0.9], [3, 2, 1], 0)
    lost = draw.random(count) < 0.02
    unstable = (risk >= 3) | (level > 0.95)
    half = ~unstable & (level > 0.6)
    graded = np.where(unstable, 1, np.where(half, 2, 3))
    graded = np.where(lost, 0, graded)
    worse = np.where(unstable, 2, np.where(half, 1, 0))
    taken = np.select([level < 0.6, level < 0.85], [1, 2], draw.choice([2, 3], count))
    reaction = draw.random(count) < 0.06
    function = [c.numbers(1 + np.minimum(worse, draw.integers(0, 3, count))) for _ in range(5)]
    next_day = day + np.where(unstable, 14, np.where(half, 30, _QUARTER))
    scene.add(
        "mental_followup",
        records.institution[record],
        records.person[record],
        day * c.DAY + 44_000 + 60 * (record % 200),
        {
            "followup_no": c.keys("", scene.serial("followup_no", count), 12),
            "registration_no": numbers.take(pa.array(row)),
            "record_no": records.numbers.take(pa.array(record)),
            "followup_date": c.dates(day),
            "followup_method_code": c.pick(["1", "2", "3"], draw.choice([0, 0, 1, 2], count)),
            "mental_respondent_code": c.pick(["1", "2"], (draw.random(count) < 0.4).astype(int)),
            "mental_lost_code": c.pick(["1", "2"], draw.integers(0, 2, count), lost),
            "mental_risk_code": c.numbers(risk),
            "psychotic_symptom_codes": c.pick(_SYMPTOMS, draw.integers(0, len(_SYMPTOMS), count)),
            "insight_code": c.numbers(1 + worse),
            "sleep_code": c.numbers(1 + np.minimum(worse, 1)),
            "diet_code": c.numbers(1 + np.minimum(worse, 1)),
            "self_care_function_code": function[0],
            "housework_function_code": function[1],
            "work_function_code": function[2],
            "learning_function_code": function[3],
            "social_function_code": function[4],
            "mental_danger_codes": c.pick(["7", "1", "2", "3"], risk),
            "lockup_code": c.constant("1", count),
            "mental_admission_code": c.pick(["0", "2"], (draw.random(count) < 0.04).astype(int)),
            "has_lab_test": c.flags(draw.random(count) < 0.3),
            "medication_compliance_code": c.numbers(taken),
            "has_adverse_reaction": c.flags(reaction),
            "adverse_reaction": c.pick(["嗜睡", "体重增加"], record % 2, reaction),
            "mental_effect_code": c.numbers(np.where(unstable, 4, np.where(half, 3, 2))),
            "mental_classification_code": c.numbers(graded),
            "is_referred": c.flags(unstable),
            "referral_reason": c.pick(["病情不稳定"], np.zeros(count, int), unstable),
            "rehabilitation_codes": c.pick(["1", "1,4", "2,4"], draw.integers(0, 3, count)),
            "next_followup_date": c.dates(next_day),
            "doctor_name": records.doctor_names(scene, record),
            "entered_date": entered(scene, day),
        },
    )
