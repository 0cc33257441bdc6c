"""Who takes part in a programme, and when he is seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

GUARDIANS = ("1", "2", "3", "5")
"""Spouse, son, daughter, parents (GB/T 4761)."""


def age_on(scene: Scene, records: Records, day: Array, which: Array) -> Array:
    """Age in years of the persons of records ``which`` on ``day``."""
    return (day - scene.people.birth[records.person[which]]) / 365.2425


def enrol(scene: Scene, records: Records, dataset: str, able: Array, rate: float) -> Array:
    """Some records out of ``able`` whose institution carries ``dataset``: ``rate`` of them, one
    at least where there are any."""
    there = np.flatnonzero(able & scene.city.carries(dataset)[records.institution])
    count = min(len(there), max(1, round(rate * len(there))))
    return np.sort(scene.draw.permutation(there)[:count])


def relatives(scene: Scene, records: Records, which: Array) -> Array:
    """Place of somebody of the family who answers for each person: spouse, mother or head."""
    people = scene.people
    person = records.person[which]
    head = people.household[person] - people.number[person] + person
    someone = np.where(people.mother[person] >= 0, people.mother[person], head)
    return np.asarray(np.where(people.spouse[person] >= 0, people.spouse[person], someone))


def calendar(
    scene: Scene, begin: Array, until: Array, step: int, kept: float
) -> tuple[Array, Array, Array]:
    """Dates about every ``step`` days in the period, within ``begin`` and ``until``.

    ``kept``: share of the visits that take place. Answers index, day, and how many came before.
    """
    draw = scene.draw
    turns = max(1, (scene.end - scene.start) // step)
    spread = draw.integers(0, max(1, step // 3), (len(begin), turns))
    day = scene.start + np.arange(turns) * step + spread + step // 4
    there = (draw.random(day.shape) < kept) & (day > begin[:, None]) & (day < until[:, None])
    there &= day < scene.end - 1
    row, turn = np.nonzero(there)
    nth = there.cumsum(axis=1)[row, turn] - 1
    return row, day[row, turn], nth
