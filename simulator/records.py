"""Resident health records with their histories, and households (WS 365).

About 92 of 100 residents have a record at their town's institution; who moves gets a second one
there, and the first is marked as moved out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.health import Health
from simulator.names import name_text
from simulator.patients import Views, address, make_views
from simulator.people import CHILD_ROLES, FATHER, HEAD, MOTHER, SPOUSE, id_text
from simulator.scene import Scene
from simulator.staffing import PUBLIC_HEALTH

Array = np.ndarray[Any, Any]

_WITH_RECORD = 0.92
_CARRIES_HOUSEHOLD = "household"


@dataclass
class Records:
    """Arrays by record; a person's second record (after a move) follows all first ones."""

    person: Array
    institution: Array
    created: Array
    until: Array
    """The day after which nothing is written into it: death, move away, end of the period."""
    again: Array
    """Whether it is the person's second record."""
    numbers: pa.Array
    doctor: Array

    def doctor_names(self, scene: Scene, which: Array) -> pa.Array:
        return scene.city.staff.name(self.institution[which], PUBLIC_HEALTH, self.doctor[which])


def make_records(scene: Scene, health: Health) -> Records:
    """Who has a record where, since when."""
    people, draw = scene.people, scene.draw
    count = len(people)
    chronic = health.hypertension | health.diabetes
    has = draw.random(count) < np.where(chronic, 0.99, _WITH_RECORD - 0.015)
    earliest = np.maximum(people.birth + 1, scene.start - 3900)
    old = draw.random(count) < 0.9
    latest = np.where(old, np.maximum(scene.start - 1, earliest + 1), scene.end - 1)
    gone = np.where(people.moved >= 0, people.moved, scene.end)
    gone = np.where(people.death >= 0, np.minimum(people.death, gone), gone)
    created = earliest + (draw.random(count) * np.maximum(latest - earliest, 1)).astype(np.int64)
    has &= created < gone
    first = np.flatnonzero(has)
    second = np.flatnonzero(has & (people.moved >= 0) & (draw.random(count) < 0.85))
    positions = np.array([one.position for one in scene.catchments])[people.catchment]
    person = np.concatenate([first, second])
    again = np.arange(len(person)) >= len(first)
    moved_in = people.moved[second] + draw.integers(1, 20, len(second))
    catchment = np.where(again, people.moved_to[person], positions[person])
    return Records(
        person=person,
        institution=scene.city.homes[catchment],
        created=np.concatenate([created[first], np.minimum(moved_in, scene.end - 1)]),
        until=np.where(again, scene.end, gone[person]),
        again=again,
        numbers=_record_numbers(scene, person, again, catchment),
        doctor=draw.integers(0, 2, len(person)),
    )


def _record_numbers(scene: Scene, person: Array, again: Array, catchment: Array) -> pa.Array:
    """Seventeen digits: the village's code and a number in it; for those who moved in later the
    township's code, a 9 and a number of their own."""
    people = scene.people
    codes = pa.array([v.code for one in scene.catchments for v in one.villages])
    starts = np.searchsorted(people.village, np.arange(len(codes)))
    in_village = person - starts[people.village[person]] + 1
    native = c.join(codes.take(pa.array(people.village[person])), c.keys("", in_village, 5))
    townships = pa.array([one.township for one in scene.city.plan.catchments])
    later = np.cumsum(again) + scene.number * 1000
    newcomer = c.join(townships.take(pa.array(catchment)), "9", c.keys("", later, 7))
    return pa.compute.if_else(pa.array(again), newcomer, native)


def write_records(scene: Scene, records: Records, health: Health, has_view: Array) -> Views:
    """Rows of ``resident_record`` and ``household``. ``has_view``: see ``make_views``.

    Answers how each record shows its person.
    """
    people, draw = scene.people, scene.draw
    person, institution = records.person, records.institution
    count = len(person)
    keys = np.sort(person * 1000 + institution)
    views = make_views(scene, person, institution, records.created, keys)
    full = name_text(people.surname, people.first, people.second)
    age = (scene.end - people.birth[person]) / 365.2425
    with_household = scene.city.carries(_CARRIES_HOUSEHOLD)[institution]
    household_no = c.keys("F", people.household[person], 10)
    head = people.household[person] - people.number[person] + person
    known = np.isin(person * 1000 + institution, has_view) & (draw.random(count) < 0.8)
    death = people.death[person]
    dead = (death >= 0) & (records.until == death)
    left = (people.moved[person] >= 0) & ~views.moved & ~dead
    updated = np.maximum(records.created, scene.start) + draw.integers(0, 400, count)
    updated = np.where(dead, death + 5, np.where(left, people.moved[person] + 3, updated))
    updated = np.minimum(updated, scene.end - 1) * c.DAY + draw.integers(30_000, 60_000, count)
    draw_ = draw.random(count)
    columns = {
        "record_no": records.numbers,
        "patient_no": c.when(
            scene.city.patient_numbers(institution, people.number[person]), known
        ),
        "household_no": c.when(household_no, with_household & ~views.moved),
        "relation_to_head_code": _relation(scene, person),
        "name": views.name,
        "sex_code": c.numbers(people.sex[person]),
        "birth_date": c.dates(people.birth[person]),
        "id_no": views.id_no,
        "phone_no": views.phone,
        "contact_name": full.take(pa.array(head)),
        "contact_phone_no": c.numbers(people.phone[head]),
        "residence_type_code": c.pick(["1", "2"], (draw_ < 0.12).astype(int)),
        "ethnicity_code": c.pick(["01", "22"], (people.household[person] % 71 == 0).astype(int)),
        "abo_blood_code": c.pick(["1", "2", "3", "4", "5"], (person * 13) % 5),
        "rh_blood_code": c.pick(["2", "3"], (person * 7 % 10 > 7).astype(int)),
        "education_code": c.numbers(
            np.select([age < 7, age < 13, age < 40, age < 60],
                      [10, 8, 2 + person % 6, 7 + person % 2], 8 + person % 2)
        ),
        "occupation_code": c.numbers(
            np.where((age < 18) | (age > 70), 8, np.array([4, 4, 5, 3, 1, 2, 7])[person % 7])
        ),
        "marital_status_code": c.numbers(
            np.where(age < 22, 10, np.where(people.spouse[person] >= 0, 20,
                     np.where(age > 70, 30, 10)))
        ),
        "payment_code": c.pick(["1", "3", "7"], health.insurance[person]),
        "has_drug_allergy": c.flags(health.allergy[person] > 0),
        "has_exposure": c.flags(people.number[person] % 97 == 0),
        "disability_code": c.pick(
            ["1", "2", "3", "5"], np.where(person % 41 == 0, 1 + person % 3, 0)
        ),
        **address(scene, person, views.moved),
        "region_code": _village_codes(scene, person, views.moved),
        "doctor_name": records.doctor_names(scene, np.arange(count)),
        "surveyor_name": records.doctor_names(scene, np.arange(count)),
        "created_by": records.doctor_names(scene, np.arange(count)),
        "created_date": c.dates(records.created),
        "is_electronic": c.flags(draw_ > 0.03),
        "record_status_code": c.pick(["1", "3", "4"], np.where(dead, 2, np.where(left, 1, 0))),
        "moved_out_date": c.dates(people.moved[person], left),
        "death_date": c.dates(death, dead),
        "updated_at": c.instants(updated),
    }  # fmt: skip
    ids = scene.add("resident_record", institution, person, updated + 60, columns)
    views.log(scene.log, "resident_record", ids, np.arange(count), scene)
    _write_households(scene, records, full)
    _write_histories(scene, records, health)
    return views


def _relation(scene: Scene, person: Array) -> pa.Array:
    people = scene.people
    role, sex = people.role[person], people.sex[person]
    child = np.isin(role, CHILD_ROLES)
    parent = (role == FATHER) | (role == MOTHER)
    code = np.select(
        [role == HEAD, role == SPOUSE, child & (sex == 1), child, parent], [0, 1, 2, 3, 5], 8
    )
    return c.numbers(code)


def _village_codes(scene: Scene, person: Array, moved: Array) -> pa.Array:
    here = c.pick([v.code for one in scene.catchments for v in one.villages],
                  scene.people.village[person])  # fmt: skip
    there = c.pick([one.villages[0].code for one in scene.city.plan.catchments],
                   np.maximum(scene.people.moved_to[person], 0))  # fmt: skip
    return pa.compute.if_else(pa.array(moved), there, here)


def _write_households(scene: Scene, records: Records, full: pa.Array) -> None:
    """One household file for each family in which somebody has a (first) record."""
    people, draw = scene.people, scene.draw
    head_of = people.household[records.person] - people.number[records.person] + records.person
    native = people.moved_to[records.person] < 0
    native |= records.until < scene.end
    head = np.unique(head_of)
    institution = scene.city.homes[
        np.array([one.position for one in scene.catchments])[people.catchment[head]]
    ]
    size = np.bincount(
        np.searchsorted(head, head_of[np.isin(head_of, head)]), minlength=len(head)
    ).clip(1, 9)
    created = np.full(len(people), scene.end - 1)
    np.minimum.at(created, head_of, records.created)
    count = len(head)
    day = np.maximum(created[head], people.birth[head] + 1)
    changed = np.maximum(day, scene.start) * c.DAY + 40_000
    scene.add(
        "household",
        institution,
        head,
        changed,
        {
            "household_no": c.keys("F", people.number[head], 10),
            "head_name": full.take(pa.array(head)),
            "head_id_no": id_text(people.id_digits[head]),
            "phone_no": c.numbers(people.phone[head]),
            **address(scene, head, np.zeros(count, bool)),
            "member_count": c.numbers(size),
            "kitchen_exhaust_code": c.numbers(draw.choice([2, 2, 3, 4, 1], count)),
            "fuel_code": c.numbers(draw.choice([1, 1, 3, 5, 2], count)),
            "drinking_water_code": c.numbers(draw.choice([1, 1, 1, 3, 2], count)),
            "toilet_code": c.numbers(draw.choice([1, 1, 1, 2, 5], count)),
            "livestock_pen_code": c.numbers(draw.choice([1, 1, 2, 4], count)),
            "created_date": c.dates(day),
        },
    )


def _write_histories(scene: Scene, records: Records, health: Health) -> None:
    people, draw = scene.people, scene.draw
    person = records.person
    count = len(person)
    age = (scene.end - people.birth[person]) / 365.2425
    luck = draw.random((6, count))

    def rows(dataset: str, chosen: Array, columns: dict[str, pa.Array]) -> None:
        where = np.flatnonzero(chosen)
        place = pa.array(where)
        scene.add(
            dataset,
            records.institution[where],
            person[where],
            np.maximum(records.created[where], scene.start) * c.DAY + 41_000,
            {
                "history_no": c.keys("", scene.serial("history_no", len(where)), 12),
                "record_no": records.numbers.take(place),
                **{name: array.take(place) for name, array in columns.items()},
            },
        )

    early = people.birth[person] + (luck[5] * (records.created - people.birth[person])).astype(int)
    for sick, code, name, day in (
        (health.hypertension[person], "2", "高血压", health.hypertension_day[person]),
        (health.diabetes[person], "3", "2型糖尿病", health.diabetes_day[person]),
        ((luck[0] < 0.05) & (age > 45), "4", "冠心病", early),
        ((luck[1] < 0.02) & (age > 50), "7", "脑卒中", early),
    ):
        rows(
            "past_disease",
            sick,
            {
                "disease_code": c.constant(code, count),
                "disease_name": c.constant(name, count),
                "confirmed_date": c.dates(day),
            },
        )
    surgery = c.pick(["阑尾切除术", "剖宫产术", "胆囊切除术", "骨折内固定术"], person % 4)
    surgery = pa.compute.if_else(
        pa.array((people.sex[person] == 1) & (person % 4 == 1)), "疝修补术", surgery
    )
    date = c.dates(early)
    rows(
        "surgery_history",
        (luck[1] > 0.94) & (age > 20),
        {"surgery_name": surgery, "occurred_date": date},
    )
    rows(
        "trauma_history",
        luck[2] < 0.03,
        {
            "trauma_name": c.pick(["前臂骨折", "头部外伤", "踝部骨折"], person % 3),
            "occurred_date": date,
        },
    )
    rows(
        "transfusion_history",
        (luck[2] > 0.992) & (age > 18),
        {
            "transfusion_reason": c.pick(
                ["手术输血", "产后出血"], (people.sex[person] == 2) & (person % 2 == 0)
            ),
            "occurred_date": date,
        },
    )
    rows(
        "family_history",
        luck[3] < 0.11,
        {
            "relative_code": c.pick(["1", "2", "3"], person % 3),
            "disease_code": c.pick(["2", "3", "7"], person % 5 % 3),
            "disease_name": c.pick(["高血压", "糖尿病", "脑卒中"], person % 5 % 3),
        },
    )
    allergen = np.maximum(health.allergy[person] - 1, 0)
    rows(
        "allergy_history",
        health.allergy[person] > 0,
        {
            "allergen_code": c.pick(["2", "3", "4", "5"], allergen),
            "allergen_name": c.pick(["青霉素", "磺胺", "链霉素", "头孢类"], allergen),
            "occurred_date": c.dates(early, luck[4] < 0.5),
        },
    )
    rows(
        "exposure_history",
        (people.number[person] % 97 == 0) & (age > 25),
        {
            "exposure_code": c.pick(["2", "3", "4"], person % 3),
            "exposure_years": c.numbers(1 + person % 20),
        },
    )  # fmt: skip
