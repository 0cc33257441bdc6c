"""Tuberculosis: the management card, the first visit at home, monthly follow-ups, the closing.

About 55 in 100,000 residents a year; treatment takes six months (S1-2.3.12, chapter 11 of the
norm).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.enrolment import age_on, enrol
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_A_YEAR = 0.00055
_MONTHS = 6
_REGIMEN = "2HRZE/4HR"


def write_tuberculosis(scene: Scene, records: Records) -> None:
    """All forms of those who fell ill in the period."""
    draw = scene.draw
    everyone = np.arange(len(records.person))
    adult = age_on(scene, records, np.full(len(everyone), scene.start), everyone) >= 15
    whole = adult & (records.until >= scene.end) & (records.created < scene.start)
    years = (scene.end - scene.start) / 365.2425
    which = enrol(scene, records, "tb_registration", whole, _A_YEAR * years)
    count = len(which)
    if count == 0:
        return
    confirmed = draw.integers(scene.start + 20, max(scene.start + 21, scene.end - 40), count)
    confirmed[0] = scene.start + 20 + scene.number % 40  # one of them is seen to the end
    person = records.person[which]
    registered = confirmed + draw.integers(1, 4, count)
    numbers = c.keys("JH", scene.serial("tb_no", count), 12)
    place = pa.array(which)
    again = draw.random(count) < 0.1
    positive = draw.random(count) < 0.45
    ended = registered + _MONTHS * 30 + 3 < scene.end - 2
    case = {
        "tb_patient_type_code": c.pick(["1", "2"], again.astype(int)),
        "tb_sputum_code": c.pick(["2", "1"], positive.astype(int)),
        "tb_resistance_code": c.pick(["2", "3"], (draw.random(count) < 0.2).astype(int)),
    }
    scene.add(
        "tb_registration",
        records.institution[which],
        person,
        registered * c.DAY + 40_500,
        {
            **case,
            "registration_no": numbers,
            "record_no": records.numbers.take(place),
            "registered_date": c.dates(registered),
            "notified_at": c.instants(confirmed * c.DAY + 55_000),
            "onset_date": c.dates(confirmed - draw.integers(10, 80, count)),
            "confirmed_date": c.dates(confirmed),
            "confirmed_by": c.constant("三明市结核病定点医院", count),
            "tb_regimen": c.constant(_REGIMEN, count),
            "treatment_started_date": c.dates(registered),
            "is_standard_managed": c.flags(draw.random(count) < 0.9),
            "doctor_name": records.doctor_names(scene, which),
            "management_status_code": c.pick(["1", "3"], ended.astype(int)),
        },
    )
    cases = {
        **case,
        "registration_no": numbers,
        "record_no": records.numbers.take(place),
        "tb_regimen": c.constant(_REGIMEN, count),
        "tb_usage_code": c.constant("1", count),
        "tb_drug_form_codes": c.constant("1", count),
        "tb_supervisor_code": c.pick(["1", "2"], draw.integers(0, 2, count)),
        "doctor_name": records.doctor_names(scene, which),
    }
    _write_first_visits(scene, records, which, registered, cases)
    months = _write_followups(scene, records, which, registered, cases)
    _write_closings(scene, records, which, registered, ended, cases, months)


def _write_first_visits(
    scene: Scene, records: Records, which: Array, registered: Array, cases: dict[str, pa.Array]
) -> None:
    draw = scene.draw
    count = len(which)
    day = registered + draw.integers(0, 3, count)
    topics = (
        "card", "storage", "course", "irregular", "reaction", "revisit", "outing", "habit",
        "contact",
    )  # fmt: skip
    scene.add(
        "tb_first_visit",
        records.institution[which],
        records.person[which],
        day * c.DAY + 41_000,
        {
            **cases,
            "followup_no": c.keys("", scene.serial("followup_no", count), 12),
            "followup_date": c.dates(day),
            "tb_method_code": c.constant("2", count),
            "tb_symptom_codes": c.pick(["1", "1,2", "2,4"], draw.integers(0, 3, count)),
            "has_single_room": c.flags(draw.random(count) < 0.7),
            "tb_ventilation_code": c.pick(["1", "2"], draw.integers(0, 2, count)),
            "drug_pickup_place": c.constant("结核病定点医院", count),
            **{
                f"{topic}_mastery_code": c.pick(["1", "2"], (draw.random(count) < 0.08).astype(int))
                for topic in topics
            },
            "next_followup_date": c.dates(day + 10),
        },
    )


def _write_followups(
    scene: Scene, records: Records, which: Array, registered: Array, cases: dict[str, pa.Array]
) -> Array:
    """Answers how many follow-ups each case had."""
    draw = scene.draw
    day = registered[:, None] + 30 * np.arange(1, _MONTHS + 1)
    day = day + draw.integers(-4, 5, day.shape)
    there = (draw.random(day.shape) < 0.94) & (day < scene.end - 1)
    row, month = np.nonzero(there)
    day = day[row, month]
    record, place, count = which[row], pa.array(row), len(row)
    scene.add(
        "tb_followup",
        records.institution[record],
        records.person[record],
        day * c.DAY + 41_000,
        {
            **{name: array.take(place) for name, array in cases.items()},
            "followup_no": c.keys("", scene.serial("followup_no", count), 12),
            "followup_date": c.dates(day),
            "treatment_month": c.numbers(month + 1),
            "tb_method_code": c.pick(["1", "2", "3"], draw.integers(0, 3, count)),
            "tb_sputum_code": c.pick(["2", "3"], draw.integers(0, 2, count)),
            "tb_symptom_codes": c.pick(["0", "1", "5"], draw.choice([0, 0, 1, 2], count)),
            "missed_doses": c.numbers(draw.choice([0, 0, 0, 1, 2], count)),
            "has_adverse_reaction": c.flags(draw.random(count) < 0.1),
            "has_complication": c.flags(draw.random(count) < 0.04),
            "tb_education_codes": c.constant("3,5,6", count),
            "next_followup_date": c.dates(day + 30),
        },
    )
    return np.asarray(there.sum(axis=1))


def _write_closings(
    scene: Scene,
    records: Records,
    which: Array,
    registered: Array,
    ended: Array,
    cases: dict[str, pa.Array],
    months: Array,
) -> None:
    chosen = np.flatnonzero(ended)
    record, place, count = which[chosen], pa.array(chosen), len(chosen)
    due = np.full(count, _MONTHS * 30)
    taken = due - scene.draw.integers(0, 20, count)
    day = registered[chosen] + _MONTHS * 30 + 2
    scene.add(
        "tb_closing",
        records.institution[record],
        records.person[record],
        day * c.DAY + 41_000,
        {
            "closing_no": c.keys("JA", scene.serial("closing_no", count), 12),
            "registration_no": cases["registration_no"].take(place),
            "record_no": cases["record_no"].take(place),
            "stopped_date": c.dates(day),
            "tb_stop_reason_code": c.constant("1", count),
            "due_visit_count": c.numbers(np.full(count, _MONTHS)),
            "visit_count": c.numbers(months[chosen]),
            "due_dose_count": c.numbers(due),
            "dose_count": c.numbers(taken),
            "dose_percent": c.decimals(np.rint(taken * 1000.0 / due), 1),
            "is_regular_medication": c.flags(taken * 10 >= due * 9),
            "doctor_name": cases["doctor_name"].take(place),
        },
    )
