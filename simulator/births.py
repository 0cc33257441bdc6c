"""Births: delivery, newborn, screening before discharge, registration and certificate, as midwifery
hospitals enter them on the city's platform.

Newborns are called after their mothers (王芳之子) in some lists until they
have a name of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.names import name_text
from simulator.patients import address
from simulator.people import id_text
from simulator.pregnancies import (
    SYSTEM,
    Pregnancies,
    findings,
    gestation,
    homes_of,
)
from simulator.scene import Scene
from simulator.staffing import DOCTORS, NURSES

Array = np.ndarray[Any, Any]

OLDEST_DAYS = 7 * 365


@dataclass
class Children:
    """Arrays by child under seven: of the city's births, and those born before the period."""

    person: Array
    mother: Array
    """-1 where she does not live in the city."""
    birth: Array
    gestation: Array
    """Days."""
    weight: Array
    """Grams at birth."""
    length: Array
    """Tenths of a centimetre at birth."""
    level: Array
    """How tall and heavy for the age, in standard deviations."""
    home: Array
    hospital: Array
    pregnancy: Array
    """Place among the pregnancies, or -1."""
    order: Array
    """Place in the birth, from 0."""
    is_twin: Array
    number: Array

    def __len__(self) -> int:
        return len(self.person)

    def take(self, which: Array) -> Children:
        """Those of places ``which``."""
        return Children(**{name: part[which] for name, part in vars(self).items()})

    def newborns(self) -> pa.Array:
        return c.keys("XS", self.number, 12)

    def certificates(self) -> pa.Array:
        """Letter of the year's paper and nine digits."""
        return c.keys("X", self.number, 9)


def make_children(scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies) -> Children:
    """Everybody under seven on the period's last day, or at death."""
    people = scene.people
    person = np.flatnonzero(people.birth > scene.end - OLDEST_DAYS)
    count = len(person)
    mother, birth = people.mother[person], people.birth[person]
    key = np.where(mother >= 0, mother * 100_000 + birth, -1 - person)
    known = pregnancies.mother * 100_000 + pregnancies.delivery
    order_of = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order_of], key), max(len(known) - 1, 0))
    candidate = order_of[place] if len(known) else np.full(count, -1)
    matched = known[candidate] == key if len(known) else np.zeros(count, bool)
    pregnancy = np.where(matched, candidate, -1)
    again = np.r_[False, key[1:] == key[:-1]][:count]
    # A last one for those of no pregnancy, whose place is -1.
    begun = np.append(pregnancies.last_menses, 0)[pregnancy]
    delivered_at = np.append(pregnancies.hospital, 0)[pregnancy]
    drawn = np.clip(draw.normal(275, 8, count), 245, 290).astype(np.int64)
    days = np.where(matched, birth - begun, drawn)
    level = draw.normal(0, 0.9, count)
    boy = people.sex[person] == 1
    weight = 3250 + 60 * boy + (days - 276) * 24 + 340 * level + draw.normal(0, 120, count)
    weight = np.rint(weight.clip(900, 4900) / 10).astype(np.int64) * 10
    home = homes_of(scene, person)
    positions = np.array([one.position for one in scene.catchments])[people.catchment[person]]
    hospital = np.where(matched, delivered_at, scene.city.county_hospitals[positions])
    return Children(
        person=person,
        mother=mother,
        birth=birth,
        gestation=days,
        weight=weight,
        length=(495 + (weight - 3250) // 60).clip(330, 560),
        level=level,
        home=home,
        hospital=hospital,
        pregnancy=pregnancy,
        order=again.astype(np.int64),
        is_twin=people.is_twin[person],
        number=scene.serial("newborn", count),
    )


def write_births(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, children: Children
) -> tuple[Children, Array]:
    """Deliveries of the period and their children; answers these and their seconds of birth."""
    born = children.take(np.flatnonzero(children.pregnancy >= 0))
    seconds = born.birth * c.DAY + draw.integers(600, c.DAY - 600, len(born))
    first = np.r_[True, born.pregnancy[1:] != born.pregnancy[:-1]][: len(born)]
    # Twins are born a few minutes apart, on the same day.
    start = np.maximum.accumulate(np.where(first, np.arange(len(born)), 0))
    seconds = seconds[start] // 60 * 60
    seconds = np.where(first, seconds, np.minimum(seconds + 480, (born.birth + 1) * c.DAY - 60))
    _write_deliveries(scene, draw, pregnancies, born.take(np.flatnonzero(first)), seconds[first])
    _write_newborns(scene, draw, pregnancies, born, seconds)
    _write_registrations(scene, draw, pregnancies, born, seconds)
    return born, seconds


def names_of(scene: Scene, person: Array) -> pa.Array:
    """Names; null for -1."""
    people = scene.people
    some = np.maximum(person, 0)
    return c.when(
        name_text(people.surname[some], people.first[some], people.second[some]), person >= 0
    )


def early_names(scene: Scene, draw: np.random.Generator, born: Children, share: float) -> pa.Array:
    """The child's name, or for ``share`` of those born alone the mother's with 之子 or 之女."""
    called = (draw.random(len(born)) < share) & ~born.is_twin & (born.mother >= 0)
    kind = c.pick(["之子", "之女"], (scene.people.sex[born.person] == 2).astype(int))
    after = c.join(names_of(scene, born.mother), kind)
    return pa.compute.if_else(pa.array(called), after, names_of(scene, born.person))


def add_birth(
    scene: Scene,
    dataset: str,
    born: Children,
    person: Array,
    seconds: Array,
    columns: dict[str, pa.Array],
) -> None:
    """Rows of the hospital, written two hours after ``seconds``."""
    scene.add(dataset, born.hospital, person, seconds + 7200, columns, SYSTEM)


def hospitals(scene: Scene, born: Children) -> pa.Array:
    """Names of the hospitals where they were born."""
    return scene.city.names.take(pa.array(born.hospital))


def _write_deliveries(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, born: Children, at: Array
) -> None:
    people, count = scene.people, len(born)
    of = pregnancies.take(born.pregnancy)
    scarred = of.factors[:, 2]
    way = np.where(scarred | (draw.random(count) < 0.31), 3, 1 + (draw.random(count) < 0.02))
    add_birth(
        scene,
        "delivery",
        born,
        of.mother,
        at,
        {
            **findings(draw, "delivery", count),
            "delivery_no": of.deliveries(),
            "maternal_handbook_no": c.when(of.handbooks(), of.has_handbook),
            "name": names_of(scene, of.mother),
            "id_no": id_text(people.id_digits[of.mother]),
            "birth_date": c.dates(people.birth[of.mother]),
            "age_years": c.numbers((born.birth - people.birth[of.mother]) // 365.25),
            "gravidity": c.numbers(of.gravidity),
            "parity": c.numbers(of.parity + of.children),
            **gestation(born.gestation),
            "delivered_at": c.instants(at),
            "delivery_way_code": c.numbers(way),
            "newborn_count": c.numbers(of.children),
            "total_bleeding_ml": c.numbers(
                draw.normal(np.where(way == 3, 330, 240), 60, count).clip(80, 900)
            ),
            "diagnosis_name": c.pick(["头位顺产", "剖宫产分娩"], (way == 3).astype(int)),
            "midwife_name": scene.city.staff.name(born.hospital, DOCTORS, of.mother),
            "institution_name": hospitals(scene, born),
        },
    )


def _fetus_order(born: Children) -> pa.Array:
    return c.numbers(np.where(born.is_twin, 2 + born.order, 1))


def _write_newborns(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, born: Children, at: Array
) -> None:
    people, count = scene.people, len(born)
    of = pregnancies.take(born.pregnancy)
    one = np.where(draw.random(count) < 0.03, draw.integers(4, 8, count), 9 + (born.number % 3 > 0))
    add_birth(
        scene,
        "delivery_newborn",
        born,
        born.person,
        at,
        {
            **findings(draw, "delivery_newborn", count),
            "newborn_no": born.newborns(),
            "delivery_no": of.deliveries(),
            "name": early_names(scene, draw, born, 0.3),
            "mother_name": names_of(scene, of.mother),
            "mother_id_no": id_text(people.id_digits[of.mother]),
            "phone_no": c.numbers(people.phone[of.mother]),
            "fetus_order_code": _fetus_order(born),
            "sex_code": c.numbers(people.sex[born.person]),
            "birth_date": c.dates(born.birth),
            "born_at": c.instants(at),
            "birth_weight_g": c.numbers(born.weight),
            "birth_length_cm": c.decimals(born.length, 1),
            "birth_head_cm": c.decimals(340 + (born.weight - 3250) // 80, 1),
            "apgar_1_score": c.numbers(one),
            "apgar_5_score": c.numbers(np.minimum(10, one + 2)),
        },
    )


def _write_registrations(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, born: Children, at: Array
) -> None:
    people, count = scene.people, len(born)
    of = pregnancies.take(born.pregnancy)
    father = of.husband
    where = address(scene, of.mother, np.zeros(count, bool))
    home = c.join(*where.values())
    signed = scene.city.staff.name(born.hospital, DOCTORS, of.mother)
    shared = {
        "newborn_no": born.newborns(),
        "name": names_of(scene, born.person),
        "sex_code": c.numbers(people.sex[born.person]),
        "birth_date": c.dates(born.birth),
        "born_at": c.instants(at),
        "birth_weight_g": c.numbers(born.weight),
        "birth_length_cm": c.decimals(born.length, 1),
        "delivery_institution_name": hospitals(scene, born),
        "midwife_name": signed,
        "mother_name": names_of(scene, of.mother),
        "mother_birth_date": c.dates(people.birth[of.mother]),
        "mother_id_no": id_text(people.id_digits[of.mother]),
        "father_name": names_of(scene, father),
        "father_id_no": c.when(id_text(people.id_digits[np.maximum(father, 0)]), father >= 0),
    }
    registration = c.keys("CS", born.number, 12)
    add_birth(
        scene,
        "birth_registration",
        born,
        born.person,
        at + c.DAY,
        {
            **findings(draw, "birth_registration", count),
            **shared,
            "registration_no": registration,
            "gestational_weeks": c.numbers(born.gestation // 7),
            "fetus_order_code": _fetus_order(born),
            "registered_date": c.dates(np.minimum(born.birth + 1, scene.end - 1)),
        },
    )
    issued = at + draw.integers(5, 45, count) * c.DAY
    issued = issued // c.DAY * c.DAY + draw.integers(32_000, 60_000, count)
    which = np.flatnonzero((draw.random(count) < 0.97) & (issued < scene.end * c.DAY))
    place = pa.array(which)
    some, mothers = born.take(which), of.mother[which]
    columns = {
        **shared,
        "registration_no": registration,
        "family_address": home,
        "recipient_name": shared["mother_name"],
        "recipient_id_no": shared["mother_id_no"],
        "mother_ethnicity_code": c.pick(
            ["01", "22"], (people.household[of.mother] % 71 == 0).astype(int)
        ),
        "institution_name": shared["delivery_institution_name"],
        "issued_at": c.instants(issued),
        **gestation(born.gestation),
    }
    add_birth(
        scene,
        "birth_certificate",
        some,
        some.person,
        issued[which],
        {
            **findings(draw, "birth_certificate", len(which)),
            **{name: column.take(place) for name, column in columns.items()},
            "birth_certificate_no": some.certificates(),
            "issuer_name": scene.city.staff.name(some.hospital, NURSES, mothers),
        },
    )
