"""Yearly check-ups of the old and the chronically ill (the check-up form of the norm).

Those who are 65 get the whole form: self care, mind and mood, skin to ankles, what is known of
their organs (norm: one service a year from 65; S1-3.11.5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.health import Health
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_LATEST_ENTRY = 12
"""Days after the service by which forms are in the system; what is later is planted."""


@dataclass
class Checkups:
    """Arrays by check-up of those who were 65 then."""

    record: Array
    day: Array
    numbers: pa.Array
    depends: Array
    """Whether the person cannot do everything for himself."""
    forgets: Array
    """Whether the screening of the mind was positive."""
    sad: Array
    """Whether the screening of the mood was positive."""


def body_mass_index(weight: Array, height: Array) -> Array:
    """In hundredths, of tenths of kilograms and of centimetres."""
    return np.rint(weight * 10.0 / (height / 1000.0) ** 2).astype(np.int64)


def entered(scene: Scene, day: Array) -> pa.Array:
    """When a form of that day was typed in: mostly at once, always within two weeks."""
    delay = scene.draw.integers(0, _LATEST_ENTRY, len(day)) * (scene.draw.random(len(day)) < 0.4)
    return c.dates(np.minimum(day + delay, np.maximum(scene.end - 1, day)))


def write_checkups(scene: Scene, records: Records, health: Health, invited: Array) -> Checkups:
    """One a calendar year of the period for the old and the chronically ill who come."""
    draw, people = scene.draw, scene.people
    first = np.array([scene.start], "datetime64[D]").astype("datetime64[Y]").astype(int)[0]
    last = np.array([scene.end - 1], "datetime64[D]").astype("datetime64[Y]").astype(int)[0]
    years = np.arange(first, last + 1)
    begins = years.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    ends = (years + 1).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    begins, ends = np.maximum(begins, scene.start), np.minimum(ends, scene.end)
    which = np.flatnonzero(invited)
    spread = draw.random((len(which), len(years)))
    day = begins + (spread * (ends - begins)).astype(np.int64)
    comes = draw.random(day.shape) < 0.74 * (ends - begins) / 365
    comes &= (day > records.created[which][:, None]) & (day < records.until[which][:, None])
    row, year = np.nonzero(comes)
    record, day = which[row], day[row, year]
    person = records.person[record]
    count = len(record)
    systolic, diastolic = health.pressure(draw, person, day)
    weight = health.weight[person] + draw.integers(-20, 21, count)
    height = health.height[person]
    sugar = health.glucose(draw, person)
    abnormal = (systolic >= 140) | (sugar >= 70) | (draw.random(count) < 0.2)
    old = day - people.birth[person] >= 65 * 366
    numbers = c.keys("", scene.serial("checkup_no", count), 12)
    luck = draw.random((3, count))
    found = draw.random((20, count))
    depends, forgets, sad = luck[0] < 0.1, luck[1] < 0.05, luck[2] < 0.04

    def normal(mean: float, spread: float, low: float, high: float) -> Array:
        return np.rint(draw.normal(mean, spread, count).clip(low, high)).astype(np.int64)

    scene.add(
        "health_checkup",
        records.institution[record],
        person,
        day * c.DAY + 46_000 + 60 * (record % 200),
        {
            "checkup_no": numbers,
            "record_no": records.numbers.take(pa.array(record)),
            "checked_date": c.dates(day),
            "doctor_name": records.doctor_names(scene, record),
            "symptom_codes": c.constant("1", count),
            "temperature_celsius": c.decimals(normal(364, 2, 355, 371), 1),
            "pulse_per_min": c.numbers(normal(75, 8, 50, 120)),
            "respiration_per_min": c.numbers(normal(18, 1.5, 14, 24)),
            "left_systolic_mmhg": c.numbers(systolic),
            "left_diastolic_mmhg": c.numbers(diastolic),
            "right_systolic_mmhg": c.numbers(systolic + draw.integers(-4, 5, count)),
            "right_diastolic_mmhg": c.numbers(diastolic + draw.integers(-3, 4, count)),
            "height_cm": c.decimals(height, 1),
            "weight_kg": c.decimals(weight, 1),
            "waist_cm": c.decimals(normal(830, 80, 600, 1200), 1),
            "bmi": c.decimals(body_mass_index(weight, height), 2),
            "self_rated_health_code": c.numbers(draw.choice([1, 2, 2, 3], count), old),
            "self_care_code": c.numbers(np.where(depends, 2, 1), old),
            "cognition_screen_code": c.numbers(np.where(forgets, 2, 1), old),
            "emotion_screen_code": c.numbers(np.where(sad, 2, 1), old),
            "exercise_frequency_code": c.numbers(draw.choice([1, 2, 3, 4], count)),
            "exercise_minutes": c.numbers(draw.choice([0, 20, 30, 60], count)),
            "smoking_status_code": c.numbers(np.where(health.smokes[person] > 0, 3, 1)),
            "cigarettes_per_day": c.numbers(health.smokes[person]),
            "drinking_frequency_code": c.numbers(np.where(health.drinks[person] > 0, 3, 1)),
            "alcohol_liang_per_day": c.numbers(health.drinks[person]),
            "left_vision": c.decimals(normal(46, 3, 30, 52), 1),
            "right_vision": c.decimals(normal(46, 3, 30, 52), 1),
            "hearing_code": c.numbers(np.where(draw.random(count) < 0.1, 2, 1)),
            "motor_function_code": c.numbers(np.where(draw.random(count) < 0.05, 2, 1)),
            "heart_rate_per_min": c.numbers(normal(75, 8, 50, 120)),
            "heart_rhythm_code": c.numbers(np.where(draw.random(count) < 0.06, 2, 1)),
            "oedema_code": c.numbers(np.where(draw.random(count) < 0.04, 4, 1)),
            "haemoglobin_g_l": c.decimals(normal(1360, 150, 700, 1900), 1),
            "leukocyte_10e9_l": c.decimals(normal(66, 16, 25, 180), 1),
            "platelet_10e9_l": c.numbers(normal(225, 55, 60, 600)),
            "urine_protein_code": c.numbers(np.where(draw.random(count) < 0.06, 3, 1)),
            "urine_glucose_code": c.numbers(np.where(sugar > 100, 3, 1)),
            "fasting_glucose_mmol_l": c.decimals(sugar, 1),
            "hba1c_percent": c.decimals(45 + (sugar - 45) // 3, 1, health.diabetes[person]),
            "alt_u_l": c.decimals(normal(240, 120, 50, 2000), 1),
            "ast_u_l": c.decimals(normal(240, 90, 60, 1500), 1),
            "albumin_g_l": c.decimals(normal(445, 35, 280, 560), 1),
            "total_bilirubin_umol_l": c.decimals(normal(125, 45, 30, 600), 1),
            "creatinine_umol_l": c.decimals(normal(690, 170, 250, 4000), 1),
            "urea_mmol_l": c.decimals(normal(52, 15, 15, 250), 1),
            "total_cholesterol_mmol_l": c.decimals(normal(480, 95, 220, 1000), 2),
            "triglyceride_mmol_l": c.decimals(normal(16, 7, 4, 90), 1),
            "ldl_mmol_l": c.decimals(normal(285, 75, 80, 700), 2),
            "hdl_mmol_l": c.decimals(normal(132, 28, 60, 260), 2),
            "is_ecg_abnormal": c.flags(draw.random(count) < 0.18),
            "is_chest_xray_abnormal": c.flags(draw.random(count) < 0.08),
            "is_ultrasound_abnormal": c.flags(draw.random(count) < 0.2),
            "is_abnormal": c.flags(abnormal),
            "abnormal_description": c.pick(
                ["血压偏高", "空腹血糖偏高"], (sugar >= 70).astype(int), abnormal
            ),
            "guidance_code": c.numbers(np.where(abnormal, 2, 1)),
            "skin_code": c.numbers(np.where(found[0] < 0.03, 6, 1), old),
            "sclera_code": c.numbers(np.where(found[1] < 0.02, 3, 1), old),
            "lymph_node_code": c.numbers(np.where(found[2] < 0.01, 4, 1), old),
            "has_barrel_chest": c.flags(found[3] < 0.03, old),
            "is_breath_sound_abnormal": c.flags(found[4] < 0.04, old),
            "is_rale_abnormal": c.flags(found[5] < 0.03, old),
            "has_murmur": c.flags(found[6] < 0.05, old),
            "has_abdominal_tenderness": c.flags(found[7] < 0.02, old),
            "has_abdominal_mass": c.flags(found[8] < 0.01, old),
            "has_hepatomegaly": c.flags(found[9] < 0.01, old),
            "has_splenomegaly": c.flags(found[10] < 0.01, old),
            "has_shifting_dullness": c.flags(found[11] < 0.005, old),
            "dorsalis_pedis_code": c.numbers(
                np.where(found[12] < 0.05, 2, 1), old | health.diabetes[person]
            ),
            "urine_ketone_code": c.numbers(np.where(found[13] < 0.02, 3, 1), old),
            "urine_blood_code": c.numbers(np.where(found[14] < 0.05, 3, 1), old),
            "cerebrovascular_problem_codes": c.numbers(np.where(found[15] < 0.06, 2, 1), old),
            "kidney_problem_codes": c.numbers(np.where(found[16] < 0.02, 5, 1), old),
            "heart_problem_codes": c.numbers(np.where(found[17] < 0.08, 4, 1), old),
            "vessel_problem_codes": c.numbers(np.where(found[18] < 0.02, 4, 1), old),
            "eye_problem_codes": c.numbers(np.where(found[19] < 0.12, 4, 1), old),
            "risk_control_codes": c.pick(
                ["3,4", "1,3,4", "3,4,5"],
                np.where(health.smokes[person] > 0, 1, np.where(abnormal, 2, 0)),
                old & (found[0] < 0.95),
            ),
            "recorded_by": records.doctor_names(scene, record),
            "entered_date": entered(scene, day),
        },
    )
    chosen = np.flatnonzero(old)
    return Checkups(
        record[chosen],
        day[chosen],
        numbers.take(pa.array(chosen)),
        depends[chosen],
        forgets[chosen],
        sad[chosen],
    )
