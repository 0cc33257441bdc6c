"""Pregnancies of the city's mothers: who, since when, watched over by whom, with which risks.

They follow from the births that the city already has, and from women who are pregnant on the last
day. Gestation, early booking and coverage are those of a county in Fujian: births at 39 to 40
weeks, 6 in 100 before 37, handbooks before week 13 for 90 in 100; institutions differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.reference_tables import read_reference
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

SYSTEM = "muying_mch"
GREEN, INFECTION = 1, 5
_YEAR = 365.2425
_YOUNGEST, _OLDEST = 17, 48
_HOSPITAL_OF_CITY = 0.15
"""Share of births in a municipal hospital, not the county's."""


@dataclass
class Pregnancies:
    """Arrays by pregnancy; days from 1970-01-01, places in the chunk, indices of institutions."""

    mother: Array
    husband: Array
    """-1 where the city knows none."""
    last_menses: Array
    delivery: Array
    """The day of birth; the city's end or later where she is still pregnant."""
    children: Array
    """How many are born (0 where none is yet)."""
    home: Array
    hospital: Array
    booked: Array
    """The day of the handbook."""
    has_handbook: Array
    gravidity: Array
    parity: Array
    """Births before this one."""
    factors: Array
    """By pregnancy and row of ``pregnancy_risk_factors.csv``: whether she has it."""
    colour: Array
    """1 green to 4 red; 5 where an infectious disease is all there is."""
    number: Array
    """City-wide, of handbook and delivery."""

    def __len__(self) -> int:
        return len(self.mother)

    def take(self, which: Array) -> Pregnancies:
        """Those of places ``which``."""
        return Pregnancies(**{name: part[which] for name, part in vars(self).items()})

    def handbooks(self) -> pa.Array:
        """Numbers of the handbooks, one for the whole city platform."""
        return c.keys("YC", self.number, 12)

    def deliveries(self) -> pa.Array:
        return c.keys("FM", self.number, 12)

    def infected(self) -> Array:
        colours = np.array([int(row["colour"]) for row in read_reference("pregnancy_risk_factors")])
        return np.asarray(self.factors[:, colours == INFECTION].any(axis=1))


def quality_of(scene: Scene, institution: Array, mean: float) -> Array:
    """The share of services that an institution gives in time; the same in every chunk."""
    plan = scene.city.plan
    spread = np.random.default_rng([plan.seed, 2701]).normal(0, 0.035, len(plan.assignments))
    return np.asarray(np.clip(mean + spread[institution], 0.6, 0.995))


def homes_of(scene: Scene, person: Array) -> Array:
    """The primary institution where each person lives."""
    positions = np.array([one.position for one in scene.catchments])
    return np.asarray(scene.city.homes[positions[scene.people.catchment[person]]])


def make_pregnancies(scene: Scene, draw: np.random.Generator) -> Pregnancies:
    """All that ended in the period, and those that go on after it."""
    people = scene.people
    child = np.flatnonzero((people.mother >= 0) & (people.birth >= scene.start))
    key, first, children = np.unique(
        people.mother[child] * 100_000 + people.birth[child], return_index=True, return_counts=True
    )
    mother, delivery = people.mother[child][first], key % 100_000
    expecting = _expecting(scene, draw, mother)
    mother = np.concatenate([mother, expecting])
    days = np.concatenate([delivery, draw.integers(scene.end, scene.end + 230, len(expecting))])
    children = np.concatenate([children, np.zeros(len(expecting), np.int64)])
    age = (days - people.birth[mother]) / _YEAR
    settled = (people.moved[mother] < 0) & (people.death[mother] < 0) & ~people.is_stranger[mother]
    kept = np.flatnonzero(settled & (age >= _YOUNGEST) & (age < _OLDEST))
    mother, days, children = mother[kept], days[kept], children[kept]
    count = len(mother)
    gestation = np.where(
        draw.random(count) < 0.06, draw.integers(210, 259, count), draw.normal(276, 6.5, count)
    ).astype(np.int64)
    gestation = np.clip(gestation - 16 * (children > 1), 200, 292)
    last_menses = days - gestation
    home = homes_of(scene, mother)
    early = draw.random(count) < quality_of(scene, home, 0.90)
    weeks = np.where(early, draw.integers(6, 13, count), draw.integers(13, 27, count))
    booked = last_menses + 7 * weeks + draw.integers(0, 6, count)
    parity = np.zeros(count, np.int64)
    for place, (who, day) in enumerate(zip(mother, days, strict=True)):
        parity[place] = ((people.mother == who) & (people.birth < day)).sum()
    catchment = people.catchment[mother]
    positions = np.array([one.position for one in scene.catchments])[catchment]
    city = scene.city.municipal_hospitals
    county = scene.city.county_hospitals[positions]
    far = draw.random(count) < _HOSPITAL_OF_CITY
    hospital = np.where(far, city[mother % len(city)], county) if len(city) else county
    factors, colour = _risks(scene, draw, mother, days, children, parity)
    return Pregnancies(
        mother=mother,
        husband=people.spouse[mother],
        last_menses=last_menses,
        delivery=days,
        children=children,
        home=home,
        hospital=hospital,
        booked=booked,
        has_handbook=(draw.random(count) < 0.975) & (booked < scene.end) & (booked < days - 7),
        gravidity=1 + parity + (draw.random(count) < 0.3),
        parity=parity,
        factors=factors,
        colour=colour,
        number=scene.serial("pregnancy", count),
    )


def _expecting(scene: Scene, draw: np.random.Generator, mothers: Array) -> Array:
    """Women who are pregnant on the last day: about as many as give birth in seven months."""
    people = scene.people
    age = (scene.end - people.birth) / _YEAR
    able = (people.sex == 2) & (people.spouse >= 0) & (age > 21) & (age < 41)
    able[mothers] = False
    wanted = int(0.3 * len(mothers))
    return np.sort(draw.permutation(np.flatnonzero(able))[:wanted])


def _risks(
    scene: Scene,
    draw: np.random.Generator,
    mother: Array,
    day: Array,
    children: Array,
    parity: Array,
) -> tuple[Array, Array]:
    rows = read_reference("pregnancy_risk_factors")
    share = np.array([int(row["per_thousand"]) for row in rows]) / 1000
    has = draw.random((len(mother), len(rows))) < share
    codes = [row["risk_factor_code"] for row in rows]
    has[:, codes.index("Y01")] = (day - scene.people.birth[mother]) / _YEAR >= 35
    has[:, codes.index("Y03")] &= parity > 0
    has[:, codes.index("Y04")] = children > 1
    colours = np.array([int(row["colour"]) for row in rows])
    ranked = np.where(has & (colours != INFECTION), colours, GREEN).max(axis=1, initial=GREEN)
    infected = has[:, colours == INFECTION].any(axis=1)
    return has, np.where((ranked == GREEN) & infected, INFECTION, ranked)


def findings(draw: np.random.Generator, dataset: str, count: int) -> dict[str, pa.Array]:
    """What a form's boxes say where nothing else decides: the usual, seldom the other
    (``mother_and_child_findings.csv``)."""
    answer = {}
    for row in read_reference("mother_and_child_findings"):
        if row["dataset"] == dataset:
            other = draw.random(count) * 1000 < int(row["per_thousand"])
            answer[row["column"]] = c.pick([row["usual"], row["other"]], other.astype(int))
    return answer


def gestation(days: Array) -> dict[str, pa.Array]:
    """Weeks and days of gestation on a form."""
    return {
        "gestational_weeks": c.numbers(days // 7),
        "gestational_extra_days": c.numbers(days % 7),
    }
