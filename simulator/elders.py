"""Elders: the register of those over 65, what their yearly assessment found, and follow-ups.

Self care is scored by the five items of the norm (0 to 3 can do all, 4 to 8 slightly dependent, 9
to 18 moderately, 19 and over cannot); mood by the scale of fifteen questions, after a positive
screening and for some without.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.checkups import Checkups, body_mass_index
from simulator.enrolment import GUARDIANS, calendar, relatives
from simulator.health import Health
from simulator.names import name_text
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_AGE = 65 * 366
_BROUGHT_IN = 0.86
"""Share of the elders with a record who are in the register."""


def write_elders(scene: Scene, records: Records, health: Health, checkups: Checkups) -> None:
    """Registrations, self-care and mood assessments of the check-ups, follow-ups of the weak."""
    people, draw = scene.people, scene.draw
    person = records.person
    turned = people.birth[person] + _AGE
    begun = np.maximum(records.created, turned) + draw.integers(1, 120, len(person))
    there = (begun < records.until - 1) & (begun < scene.end - 1)
    carried = scene.city.carries("elder_registration")[records.institution]
    which = np.flatnonzero(there & carried & (draw.random(len(person)) < _BROUGHT_IN))
    weak = np.zeros(len(person), bool)
    weak[checkups.record[checkups.depends | checkups.sad | checkups.forgets]] = True
    numbers = c.keys("LN", scene.serial("elder_no", len(which)), 12)
    _write_registrations(scene, records, health, which, begun[which], weak, numbers)
    _write_assessments(scene, records, checkups)
    _write_followups(scene, records, health, which, begun[which], weak, numbers)


def _write_registrations(
    scene: Scene,
    records: Records,
    health: Health,
    which: Array,
    begun: Array,
    weak: Array,
    numbers: pa.Array,
) -> None:
    people, draw = scene.people, scene.draw
    count = len(which)
    person = records.person[which]
    closed = records.until[which] < scene.end
    alone = people.spouse[person] < 0
    guardian = relatives(scene, records, which)
    full = name_text(people.surname, people.first, people.second)
    scene.add(
        "elder_registration",
        records.institution[which],
        person,
        np.maximum(begun, scene.start) * c.DAY + 41_500,
        {
            "registration_no": numbers,
            "record_no": records.numbers.take(pa.array(which)),
            "registered_date": c.dates(begun),
            "self_rated_health_code": c.numbers(draw.choice([1, 2, 2, 3, 4], count)),
            "self_care_code": c.numbers(np.where(weak[which], 2, 1)),
            "living_with": c.pick(["独居", "配偶", "子女"], np.where(alone, person % 2 * 2, 1)),
            "guardian_name": full.take(pa.array(guardian)),
            "guardian_relation_code": c.pick(GUARDIANS, draw.integers(0, 3, count)),
            "guardian_phone_no": c.numbers(people.phone[guardian]),
            "main_disease": c.pick(
                ["高血压", "2型糖尿病"],
                health.diabetes[person].astype(int),
                health.hypertension[person] | health.diabetes[person],
            ),
            "exercise_frequency_code": c.numbers(draw.choice([1, 2, 3, 4], count)),
            "eating_habit_codes": c.pick(["1", "1,4", "3"], draw.integers(0, 3, count)),
            "smoking_status_code": c.numbers(np.where(health.smokes[person] > 0, 3, 1)),
            "drinking_frequency_code": c.numbers(np.where(health.drinks[person] > 0, 3, 1)),
            "is_empty_nest": c.flags(people.household[person] % 3 == 0),
            "is_disabled_elder": c.flags(weak[which] & (person % 4 == 0)),
            "management_status_code": c.pick(["1", "3"], closed.astype(int)),
            "doctor_name": records.doctor_names(scene, which),
            "closed_date": c.dates(records.until[which], closed),
        },
    )


def _write_assessments(scene: Scene, records: Records, checkups: Checkups) -> None:
    draw = scene.draw
    record, day = checkups.record, checkups.day
    person = records.person[record]
    count = len(record)
    shared = {
        "record_no": records.numbers.take(pa.array(record)),
        "checkup_no": checkups.numbers,
        "assessed_date": c.dates(day),
        "doctor_name": records.doctor_names(scene, record),
    }
    needs = [
        np.where(checkups.depends & (draw.random(count) < chance), score, 0)
        for score, chance in ((0, 1.0), (1, 0.9), (0, 1.0), (1, 0.9), (1, 0.8))
    ]
    needs[1] = np.where(checkups.depends, 1, needs[1])
    needs[4] = np.where(checkups.depends, np.maximum(needs[4], 1), needs[4])
    needs[3] = np.where(checkups.depends, 5 * (draw.random(count) < 0.4) + 2, needs[3])
    scores = np.stack(needs).sum(axis=0)
    graded = np.select([scores <= 3, scores <= 8, scores <= 18], [1, 2, 3], 4)
    scene.add(
        "elder_self_care",
        records.institution[record],
        person,
        day * c.DAY + 46_500,
        {
            **shared,
            "assessment_no": c.keys("ZL", scene.serial("assessment_no", count), 12),
            "eating_score": c.numbers(needs[0]),
            "grooming_score": c.numbers(needs[1]),
            "dressing_score": c.numbers(needs[2]),
            "toileting_score": c.numbers(needs[3]),
            "mobility_score": c.numbers(needs[4]),
            "self_care_score": c.numbers(scores),
            "self_care_code": c.numbers(graded),
        },
    )
    asked = np.flatnonzero(checkups.sad | checkups.forgets | (draw.random(count) < 0.08))
    sad = checkups.sad[asked]
    score = np.where(sad, draw.integers(6, 13, len(asked)), draw.integers(0, 5, len(asked)))
    place = pa.array(asked)
    scene.add(
        "elder_depression",
        records.institution[record[asked]],
        person[asked],
        day[asked] * c.DAY + 47_000,
        {
            **{name: array.take(place) for name, array in shared.items()},
            "assessment_no": c.keys("YY", scene.serial("depression_no", len(asked)), 12),
            "cognition_screen_code": c.numbers(np.where(checkups.forgets[asked], 2, 1)),
            "cognition_score": c.numbers(
                np.where(
                    checkups.forgets[asked],
                    draw.integers(14, 24, len(asked)),
                    draw.integers(25, 31, len(asked)),
                )
            ),
            "emotion_screen_code": c.numbers(np.where(sad, 2, 1)),
            "depression_scale_name": c.constant("GDS-15", len(asked)),
            "depression_score": c.numbers(score),
            "depression_result_code": c.numbers(np.select([score < 5, score < 9], [1, 2], 3)),
        },
    )


def _write_followups(
    scene: Scene,
    records: Records,
    health: Health,
    which: Array,
    begun: Array,
    weak: Array,
    numbers: pa.Array,
) -> None:
    """Those who depend on others, or are low, are seen every half year."""
    draw = scene.draw
    chosen = np.flatnonzero(weak[which])
    row, day, _ = calendar(scene, begun[chosen], records.until[which[chosen]], 182, 0.85)
    record = which[chosen[row]]
    person = records.person[record]
    count = len(row)
    systolic, diastolic = health.pressure(draw, person, day)
    weight = health.weight[person]
    scene.add(
        "elder_followup",
        records.institution[record],
        person,
        day * c.DAY + 45_500,
        {
            "followup_no": c.keys("", scene.serial("followup_no", count), 12),
            "registration_no": numbers.take(pa.array(chosen[row])),
            "record_no": records.numbers.take(pa.array(record)),
            "followup_date": c.dates(day),
            "followup_method_code": c.pick(["1", "2", "3"], draw.integers(0, 3, count)),
            "symptom_codes": c.constant("1", count),
            "systolic_mmhg": c.numbers(systolic),
            "diastolic_mmhg": c.numbers(diastolic),
            "pulse_per_min": c.numbers(draw.integers(58, 96, count)),
            "weight_kg": c.decimals(weight, 1),
            "bmi": c.decimals(body_mass_index(weight, health.height[person]), 2),
            "self_care_code": c.numbers(draw.choice([1, 2, 3], count)),
            "medication_compliance_code": c.numbers(1 + health.adherence[person]),
            "guidance": c.pick(["合理膳食,适量运动", "防跌倒,定期测血压"], person % 2),
            "has_vaccination_advice": c.flags(draw.random(count) < 0.7),
            "has_fall_prevention_advice": c.flags(draw.random(count) < 0.9),
            "has_osteoporosis_advice": c.flags(draw.random(count) < 0.6),
            "is_referred": c.flags(draw.random(count) < 0.03),
            "next_followup_date": c.dates(day + 182),
            "doctor_name": records.doctor_names(scene, record),
        },
    )
