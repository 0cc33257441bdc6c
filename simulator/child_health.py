"""Child health: handbook, visits to newborns, check-ups to the sixth year, eyes, children at risk
(国家基本公共卫生服务规范, 0~6岁儿童健康管理; growth by age: ``growth.csv``)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.births import Children, names_of
from simulator.patients import address
from simulator.people import id_text
from simulator.pregnancies import SYSTEM, Pregnancies, findings, gestation, quality_of
from simulator.reference_tables import read_reference
from simulator.scene import Scene
from simulator.staffing import PUBLIC_HEALTH

Array = np.ndarray[Any, Any]

_MONTH = 30.4375
_STAGES = np.array([1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72])
_EYE_STAGES = ["02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13"]
_FORMS = (
    ("infant_checkup", "infant_visit_age_code", 0, 4, "ET"),
    ("toddler_checkup", "toddler_visit_age_code", 4, 8, "YE"),
    ("preschool_checkup", "preschool_visit_age_code", 8, 12, "XQ"),
)
"""Dataset, its stage, the stages from and to, the prefix of its numbers."""
_HIGH_RISK = ("早产儿", "低出生体重儿")
_MOTHERS_NUMBER = 0.03
_WITH_NUMBER = 0.55


def write_children(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, children: Children
) -> None:
    """Handbooks of those under seven and what is written into them in the period."""
    people = scene.people
    dead = people.death[children.person]
    until = np.where(dead >= 0, dead, scene.end)
    created = children.birth + draw.integers(5, 35, len(children))
    has = draw.random(len(children)) < quality_of(scene, children.home, 0.96)
    has &= created < until
    kept = np.flatnonzero(has)
    cared, until, created = children.take(kept), until[kept], created[kept]
    numbers = c.keys("ETSC", cared.number, 12)
    _write_handbooks(scene, draw, pregnancies, cared, numbers, created)
    _write_newborn_visits(scene, draw, cared, numbers, until)
    _write_checkups(scene, draw, cared, numbers, until)
    _write_high_risk(scene, draw, cared, numbers, until)


def _add(
    scene: Scene,
    dataset: str,
    of: Children,
    numbers: pa.Array,
    day: Array,
    columns: dict[str, pa.Array],
) -> None:
    scene.add(
        dataset,
        of.home,
        of.person,
        day * c.DAY + 35_000 + 60 * (of.number % 400),
        {
            "child_handbook_no": numbers,
            "doctor_name": scene.city.staff.name(of.home, PUBLIC_HEALTH, of.person),
            **columns,
        },
        SYSTEM,
    )


def _write_handbooks(
    scene: Scene,
    draw: np.random.Generator,
    pregnancies: Pregnancies,
    of: Children,
    numbers: pa.Array,
    created: Array,
) -> None:
    people, count = scene.people, len(of)
    guardian = _guardians(scene, of)
    where = address(scene, of.person, np.zeros(count, bool))
    own = draw.random(count)
    mothers = (own < _MOTHERS_NUMBER) & (of.mother >= 0) & ~of.is_twin
    shown = mothers | (own > 1 - _WITH_NUMBER)
    owner = np.where(mothers, guardian, of.person)
    name = scene.city.names
    booked = pregnancies.handbooks() if len(pregnancies) else pa.array([""])
    with_book = of.pregnancy >= 0
    if len(pregnancies):
        with_book &= pregnancies.has_handbook[of.pregnancy]
        with_book &= pregnancies.home[of.pregnancy] == of.home
    signed = {
        **findings(draw, "child_handbook", count),
        "maternal_handbook_no": c.when(
            booked.take(pa.array(np.maximum(of.pregnancy, 0))), with_book
        ),
        "created_date": c.dates(created),
        "created_institution_name": name.take(pa.array(of.home)),
        "name": names_of(scene, of.person),
        "sex_code": c.numbers(people.sex[of.person]),
        "birth_date": c.dates(of.birth),
        "id_no": c.when(id_text(people.id_digits[owner]), shown),
        "birth_certificate_no": c.when(of.certificates(), of.pregnancy >= 0),
        "phone_no": c.numbers(people.phone[of.person]),
        **where,
        "registered_county": where["address_county"],
        "registered_township": where["address_township"],
        "mother_name": names_of(scene, guardian),
        "mother_id_no": id_text(people.id_digits[guardian]),
        "birth_weight_g": c.numbers(of.weight),
        "birth_length_cm": c.decimals(of.length, 1),
        "birth_gestational_weeks": c.numbers(of.gestation // 7),
        "gestational_extra_days": gestation(of.gestation)["gestational_extra_days"],
        "birth_condition_codes": c.pick(["1", "5"], of.is_twin.astype(int)),
        "delivery_institution_name": name.take(pa.array(of.hospital)),
        "is_multiple_birth": c.flags(of.is_twin),
    }
    ids = scene.add(
        "child_handbook",
        of.home,
        of.person,
        created * c.DAY + 33_000,
        {"child_handbook_no": numbers, **signed},
        SYSTEM,
    )
    same = people.birth[of.person] == people.birth[owner]
    scene.log.add(
        "child_handbook", ids.filter(pa.array(mothers & ~same)),
        "birth_date", "mothers_number", "birth_matches_id",
    )  # fmt: skip


def _guardians(scene: Scene, of: Children) -> Array:
    """The mother; where she does not live with the child, the head of the household."""
    people = scene.people
    head = people.household[of.person] - people.number[of.person] + of.person
    return np.where(of.mother >= 0, of.mother, head)


def _write_newborn_visits(
    scene: Scene, draw: np.random.Generator, of: Children, numbers: pa.Array, until: Array
) -> None:
    day = of.birth + draw.integers(5, 16, len(of))
    came = draw.random(len(of)) < quality_of(scene, of.home, 0.93)
    which = np.flatnonzero(came & (day >= scene.start) & (day < until))
    seen, day, count = of.take(which), day[which], len(which)
    age = day - seen.birth
    _add(
        scene,
        "newborn_visit",
        seen,
        numbers.take(pa.array(which)),
        day,
        {
            **findings(draw, "newborn_visit", count),
            "visit_no": c.keys("XF", scene.serial("XF", count), 12),
            "visited_date": c.dates(day),
            "age_days": c.numbers(age),
            "current_weight_kg": c.decimals((seen.weight + 22 * (age - 5)) // 10, 2),
            "length_cm": c.decimals(seen.length + age // 2, 1),
            "milk_ml_per_time": c.numbers(draw.choice([50, 60, 70, 80, 90], count)),
            "milk_times_per_day": c.numbers(draw.integers(7, 11, count)),
            "stool_times_per_day": c.numbers(draw.integers(2, 7, count)),
            "temperature_celsius": c.decimals(draw.integers(363, 372, count), 1),
            "pulse_per_min": c.numbers(draw.normal(134, 9, count).clip(105, 165)),
            "respiration_per_min": c.numbers(draw.normal(43, 3, count).clip(34, 55)),
            "fontanelle_width_cm": c.decimals(draw.integers(14, 23, count), 1),
            "fontanelle_length_cm": c.decimals(draw.integers(14, 23, count), 1),
            "next_visit_date": c.dates(seen.birth + 30),
        },
    )


def grown(column: str, sex: Array, months: Array) -> Array:
    """The reference's median (``weight_g``, ``length_mm``, ``head_mm``) at these months."""
    rows = read_reference("growth")
    at = [float(row["months"]) for row in rows]
    boy = np.interp(months, at, [float(row[f"boy_{column}"]) for row in rows])
    girl = np.interp(months, at, [float(row[f"girl_{column}"]) for row in rows])
    return np.where(sex == 1, boy, girl)


def _write_checkups(
    scene: Scene, draw: np.random.Generator, of: Children, numbers: pa.Array, until: Array
) -> None:
    due = of.birth[:, None] + np.ceil(_STAGES * _MONTH).astype(np.int64)
    late = draw.integers(0, np.where(_STAGES < 12, 12, 25), (len(of), len(_STAGES)))
    day = due + late
    there = draw.random(day.shape) < quality_of(scene, of.home, 0.91)[:, None]
    there &= (day >= scene.start) & (day < until[:, None])
    row, stage = np.nonzero(there)
    day = day[row, stage]
    for dataset, column, first, after, prefix in _FORMS:
        which = np.flatnonzero((stage >= first) & (stage < after))
        seen, on = of.take(row[which]), day[which]
        columns = _measured(scene, draw, dataset, seen, on)
        code = _STAGES[stage[which]] // (12 if dataset == "preschool_checkup" else 1)
        columns[column] = c.numbers(code)
        columns["visit_no"] = c.keys(prefix, scene.serial(prefix, len(which)), 12)
        _add(scene, dataset, seen, numbers.take(pa.array(row[which])), on, columns)
    looked = np.flatnonzero(draw.random(len(row)) < 0.93)
    _write_eyes(scene, draw, of, numbers, row[looked], stage[looked], day[looked])


def _measured(
    scene: Scene, draw: np.random.Generator, dataset: str, seen: Children, day: Array
) -> dict[str, pa.Array]:
    count, sex = len(seen), scene.people.sex[seen.person]
    months = ((day - seen.birth) / _MONTH).astype(np.int64)
    exact = (day - seen.birth) / _MONTH
    level = seen.level + draw.normal(0, 0.15, count)
    weight = np.rint(grown("weight_g", sex, exact) * (1 + 0.11 * level) / 10)
    length = np.rint(grown("length_mm", sex, exact) * (1 + 0.036 * level))
    grade = np.select([level < -1.9, level > 1.9], [3, 1], 2)
    high = "height" if dataset == "preschool_checkup" else "length"
    blood = np.rint(draw.normal(118, 9, count).clip(85, 145))
    columns = {
        **findings(draw, dataset, count),
        "visited_date": c.dates(day),
        "weight_kg": c.decimals(weight, 2),
        "weight_grade_code": c.numbers(grade),
        f"{high}_cm": c.decimals(length, 1),
        f"{high}_grade_code": c.numbers(grade),
        "physique_code": c.numbers(np.select([level < -1.9, level > 1.9], [2, 5], 1)),
        "next_visit_date": c.dates(day + np.where(months < 12, 90, 182)),
    }
    if dataset == "preschool_checkup":
        teeth = np.where(months < 70, 20, 22)
        columns |= {
            "age_years": c.numbers(months // 12),
            "left_vision": c.decimals(draw.integers(46, 51, count), 1),
            "right_vision": c.decimals(draw.integers(46, 51, count), 1),
            "teeth_count": c.numbers(teeth),
            "caries_count": c.numbers(draw.choice([0, 0, 0, 1, 2], count)),
            "haemoglobin_g_l": c.numbers(blood),
        }
        return columns
    columns["age_months"] = c.numbers(months)
    columns["outdoor_hours_per_day"] = c.numbers(draw.integers(1, 4, count))
    if dataset == "toddler_checkup":
        columns |= {
            "teeth_count": c.numbers(np.clip((months - 6) * 7 // 10, 2, 20)),
            "caries_count": c.numbers(draw.choice([0, 0, 0, 0, 1], count)),
            "haemoglobin_g_l": c.numbers(blood),
        }
    else:
        head = grown("head_mm", sex, exact) * (1 + 0.02 * level)
        columns["head_cm"] = c.decimals(np.rint(head), 1)
        columns["haemoglobin_g_l"] = c.numbers(blood, months >= 6)
    return columns


def _write_eyes(
    scene: Scene,
    draw: np.random.Generator,
    of: Children,
    numbers: pa.Array,
    row: Array,
    stage: Array,
    day: Array,
) -> None:
    seen, count = of.take(row), len(row)
    _add(
        scene,
        "child_eye_screening",
        seen,
        numbers.take(pa.array(row)),
        day,
        {
            **findings(draw, "child_eye_screening", count),
            "screening_no": c.keys("YB", scene.serial("YB", count), 12),
            "eye_stage_code": c.pick(_EYE_STAGES, stage),
            "screened_date": c.dates(day),
            "age_months": c.numbers((day - seen.birth) / _MONTH),
            "institution_name": scene.city.names.take(pa.array(seen.home)),
        },
    )


def _write_high_risk(
    scene: Scene, draw: np.random.Generator, of: Children, numbers: pa.Array, until: Array
) -> None:
    """Born too early or too light: registered, and seen each quarter of the first year."""
    early, light = of.gestation < 259, of.weight < 2500
    day = of.birth + 32 + of.number % 9
    which = np.flatnonzero((early | light) & (day >= scene.start) & (day < until))
    watched, begun, count = of.take(which), day[which], len(which)
    handbook = numbers.take(pa.array(which))
    kind = np.where(early[which], 0, 1)
    case = c.keys("GE", watched.number, 12)
    made = findings(draw, "high_risk_child", count)
    _add(
        scene,
        "high_risk_child",
        watched,
        handbook,
        begun,
        {
            **made,
            "high_risk_child_no": case,
            "high_risk_kind_code": c.pick(["5", "6"], kind),
            "registered_date": c.dates(begun),
            "sign_description": c.pick(_HIGH_RISK, kind),
            "mother_name": names_of(scene, _guardians(scene, watched)),
            "managing_institution_name": scene.city.names.take(pa.array(watched.home)),
        },
    )
    days = begun[:, None] + 91 * np.arange(1, 5)
    there = (days < until[which][:, None]) & (draw.random(days.shape) < 0.88)
    row, turn = np.nonzero(there)
    seen, on = watched.take(row), days[row, turn]
    exact = (on - seen.birth) / _MONTH
    sex = scene.people.sex[seen.person]
    _add(
        scene,
        "high_risk_child_followup",
        seen,
        handbook.take(pa.array(row)),
        on,
        {
            **findings(draw, "high_risk_child_followup", len(row)),
            "followup_no": c.keys("GS", scene.serial("GS", len(row)), 12),
            "high_risk_child_no": case.take(pa.array(row)),
            "followup_date": c.dates(on),
            "age_months": c.numbers(exact),
            "weight_kg": c.decimals(
                grown("weight_g", sex, exact) * (0.94 + 0.1 * seen.level) // 10, 2
            ),
            "length_cm": c.decimals(np.rint(grown("length_mm", sex, exact) * 0.98), 1),
        },
    )
