"""Who is admitted to a hospital, why and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.reference_tables import read_reference
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_STAYS_A_YEAR = 0.045
_OLDEST = 111


@dataclass
class Stays:
    """Arrays by stay."""

    person: Array
    institution: Array
    admitted: Array
    discharged: Array
    """Seconds; later than the period's end for those still lying there."""
    age: Array
    kind: Array
    """Row of ``reference/stays.csv``."""
    numbers: pa.Array
    doctor: Array

    def is_out(self, scene: Scene) -> Array:
        return self.discharged < scene.end * c.DAY


@cache
def _chances() -> Array:
    rows = read_reference("stays")
    ages = np.arange(_OLDEST)[:, None]
    low = np.array([int(row["age_from"]) for row in rows])
    high = np.array([int(row["age_to"]) for row in rows])
    sex = np.array([int(row["sex_code"] or 0) for row in rows])
    weights = np.array([[float(row[f"weight_{p}"]) for row in rows] for p in ("mch", "skin")])
    fits = ((ages >= low) & (ages <= high))[None, None]
    by_sex = np.stack([(sex == 0) | (sex == one) for one in (1, 2)])[None, :, None, :]
    return (weights[:, None, None, :] * fits * by_sex).cumsum(axis=-1)


def make_stays(scene: Scene) -> Stays:
    """Who is admitted where and why. Nobody is twice in a bed at once."""
    people, draw, city = scene.people, scene.draw, scene.city
    first = np.maximum(scene.start, people.birth + 1)
    last = np.where(people.death >= 0, people.death, scene.end)
    age = (scene.end - people.birth) / 365.2425
    woman = (people.sex == 2) & (age > 19) & (age < 45)
    need = np.select([woman, age < 6, age > 60], [2.2, 2.0, 0.9], 0.4) * _STAYS_A_YEAR
    there = (draw.random(len(people)) < need * 2) & (last - first > 20)
    person = np.flatnonzero(there)
    count = len(person)
    span = (last - first)[person]
    day = first[person] + (draw.random(count) * np.maximum(span - 16, 1)).astype(np.int64)
    late = draw.random(count) < 0.02
    day = np.where(late & (last[person] == scene.end), scene.end - draw.integers(1, 4, count), day)
    years = ((day - people.birth[person]) / 365.2425).astype(np.int64)
    positions = np.array([one.position for one in scene.catchments])[people.catchment[person]]
    skin = draw.random(count) < 0.2
    chances = _chances()[skin.astype(int), people.sex[person] - 1, np.clip(years, 0, _OLDEST - 1)]
    keep = np.flatnonzero(chances[:, -1] > 0)
    chances = chances[keep]
    kind = (draw.random(len(keep))[:, None] * chances[:, -1:] >= chances).sum(axis=1)
    person, day, years, skin = person[keep], day[keep], years[keep], skin[keep]
    rows = read_reference("stays")
    usual = np.array([int(row["days"]) for row in rows])[kind]
    days = np.maximum(1, usual + draw.integers(-2, 4, len(keep)))
    institution = np.where(
        skin,
        draw.choice(city.municipal_hospitals, len(keep)),
        city.county_hospitals[positions[keep]],
    )
    admitted = day * c.DAY + draw.integers(8 * 3600, 20 * 3600, len(keep))
    return Stays(
        person=person,
        institution=institution,
        admitted=admitted,
        discharged=(day + days) * c.DAY + draw.integers(8 * 3600, 11 * 3600, len(keep)),
        age=years,
        kind=kind,
        numbers=c.keys("", scene.serial("stay_no", len(keep)), 12),
        doctor=draw.integers(0, 6, len(keep)),
    )
