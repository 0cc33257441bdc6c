"""What newborns are screened for before they leave the hospital: hearing, inherited disorders of
metabolism, heart defects (S1-2.4.14, S1-2.4.15)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.births import Children, add_birth, early_names, hospitals, names_of
from simulator.people import id_text
from simulator.pregnancies import Pregnancies, findings
from simulator.scene import Scene
from simulator.staffing import DOCTORS, NURSES

Array = np.ndarray[Any, Any]


def write_screenings(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, born: Children, at: Array
) -> None:
    """``at``: seconds of birth."""
    people = scene.people
    dead = people.death[born.person]
    alive = np.where(dead >= 0, dead, scene.end)
    for dataset, coverage, hours in (
        ("hearing_screening", 0.96, (48, 90)),
        ("metabolic_screening", 0.98, (73, 120)),
        ("chd_screening", 0.97, (12, 60)),
    ):
        after = draw.integers(*hours, len(born))
        when = at + after * 3600
        came = (draw.random(len(born)) < coverage) & (when // c.DAY < alive)
        which = np.flatnonzero(came)
        some, count = born.take(which), len(which)
        mother = pregnancies.mother[some.pregnancy]
        hospital = hospitals(scene, some)
        columns = {
            **findings(draw, dataset, count),
            "newborn_no": some.newborns(),
            "name": early_names(scene, draw, some, 0.25),
            "mother_name": names_of(scene, mother),
            "mother_id_no": id_text(people.id_digits[mother]),
            "phone_no": c.numbers(people.phone[mother]),
            "sex_code": c.numbers(people.sex[some.person]),
            "birth_date": c.dates(some.birth),
            "institution_name": hospital,
        }
        signed = scene.city.staff.name(some.hospital, DOCTORS, mother)
        special = _SPECIAL[dataset]
        columns |= special(scene, draw, some, when[which], after[which], hospital, signed)
        add_birth(scene, dataset, some, some.person, when[which], columns)


def _hearing(
    scene: Scene, draw: np.random.Generator, some: Children, at: Array, hours: Array,
    hospital: pa.Array, signed: pa.Array,
) -> dict[str, pa.Array]:  # fmt: skip
    fails = draw.random((2, len(some))) < 0.05
    return {
        "screening_no": c.keys("TL", some.number, 12),
        "hearing_stage_code": c.constant("1", len(some)),
        "screened_date": c.dates(at // c.DAY),
        "age_days": c.numbers(at // c.DAY - some.birth),
        "left_hearing_code": c.numbers(1 + fails[0]),
        "right_hearing_code": c.numbers(1 + fails[1]),
        "doctor_name": signed,
    }


def _metabolic(
    scene: Scene, draw: np.random.Generator, some: Children, at: Array, hours: Array,
    hospital: pa.Array, signed: pa.Array,
) -> dict[str, pa.Array]:  # fmt: skip
    thyroid = np.where(draw.random(len(some)) < 0.004, 3, 1)
    enzyme = np.where(draw.random(len(some)) < 0.015, 3, 1)  # common in the south
    return {
        "metabolic_screening_no": c.keys("DX", some.number, 12),
        "delivery_institution_name": hospital,
        "sampled_at": c.instants(at),
        "sampled_by": scene.city.staff.name(some.hospital, NURSES, some.person),
        "sampling_institution_name": hospital,
        "tsh_mu_l": c.decimals(np.where(thyroid == 3, 3600, draw.integers(80, 700, len(some))), 2),
        "ch_result_code": c.numbers(thyroid),
        "g6pd_result_code": c.numbers(enzyme),
        "total_result_code": c.numbers(np.maximum(thyroid, enzyme)),
    }


def _heart(
    scene: Scene, draw: np.random.Generator, some: Children, at: Array, hours: Array,
    hospital: pa.Array, signed: pa.Array,
) -> dict[str, pa.Array]:  # fmt: skip
    right = draw.integers(950, 1000, len(some)) // 10
    foot = np.minimum(right + draw.integers(-1, 2, len(some)), 99)
    murmur = np.where(draw.random(len(some)) < 0.02, 2, np.where(some.number % 23 == 0, 1, 0))
    return {
        "chd_screening_no": c.keys("XX", some.number, 12),
        "delivery_institution_name": hospital,
        "screened_at": c.instants(at),
        "age_hours": c.numbers(hours),
        "murmur_code": c.numbers(murmur),
        "right_hand_spo2_percent": c.numbers(right),
        "foot_spo2_percent": c.numbers(foot),
        "chd_result_code": c.numbers(1 + (murmur >= 2)),
        "doctor_name": signed,
    }


_SPECIAL = {
    "hearing_screening": _hearing,
    "metabolic_screening": _metabolic,
    "chd_screening": _heart,
}
