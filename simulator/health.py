"""Each resident's health and habits: what checks, follow-ups and visits will find.

Prevalence by age as surveys of Chinese adults give it; readings of one person move around that
person's own level, which treatment brings down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.people import People

Array = np.ndarray[Any, Any]


@dataclass
class Health:
    """Arrays by person. ``*_day``: when it was found (a day; meaningless without the disease)."""

    hypertension: Array
    hypertension_day: Array
    diabetes: Array
    diabetes_day: Array
    systolic: Array
    diastolic: Array
    sugar: Array
    """Usual fasting glucose in tenths of mmol/L."""
    height: Array
    """Tenths of a centimetre."""
    weight: Array
    """Tenths of a kilogram."""
    adherence: Array
    """0 good, 1 middling, 2 bad."""
    smokes: Array
    """Cigarettes a day."""
    drinks: Array
    """Alcohol, liang a day."""
    allergy: Array
    """Row of the allergen list, 0 for none."""
    insurance: Array
    """0 employees', 1 residents', 2 none."""

    def pressure(self, draw: np.random.Generator, person: Array, day: Array) -> tuple[Array, Array]:
        """Systolic and diastolic reading of each person on some day, always apart by 20."""
        season = 3 * np.cos(2 * np.pi * (day % 365) / 365)  # higher in winter
        systolic = self.systolic[person] + draw.normal(0, 7, len(person)) + season
        systolic = np.rint(systolic).clip(92, 208).astype(np.int64)
        diastolic = self.diastolic[person] + draw.normal(0, 5, len(person)) + season / 2
        diastolic = np.rint(diastolic).clip(52, 118).astype(np.int64)
        return systolic, np.minimum(diastolic, systolic - 20)

    def glucose(self, draw: np.random.Generator, person: Array) -> Array:
        """A fasting reading, tenths of mmol/L."""
        spread = np.where(self.diabetes[person], 9, 3)
        value = self.sugar[person] + draw.normal(0, 1, len(person)) * spread
        return np.rint(value).clip(36, 190).astype(np.int64)


def make_health(draw: np.random.Generator, people: People, end: int) -> Health:
    """Health of these people as of ``end``."""
    count = len(people)
    age = (end - people.birth) / 365.2425
    high = draw.random(count) < np.interp(
        age, [25, 40, 50, 60, 70, 80], [0.0, 0.08, 0.2, 0.36, 0.5, 0.56]
    )
    sweet = draw.random(count) < np.interp(
        age, [28, 40, 50, 60, 70, 85], [0.0, 0.03, 0.07, 0.13, 0.16, 0.15]
    ) * np.where(high, 1.5, 0.8)
    found = end - draw.integers(30, 4000, count)
    found_sugar = end - draw.integers(30, 3500, count)
    adult = people.birth + 18 * 366
    systolic = 112 + 0.22 * np.clip(age - 20, 0, 70) + draw.normal(0, 6, count) + high * 13
    height = np.where(people.sex == 1, 1690, 1575) + draw.normal(0, 58, count)
    height -= np.clip(age - 50, 0, 50) * 1.6
    height = np.where(age < 18, np.interp(age, [0, 1, 4, 10, 18], [500, 760, 1030, 1400, 1680])
                      + draw.normal(0, 30, count), height)  # fmt: skip
    mass = draw.normal(23.4, 2.9, count) + high * 0.9 + sweet * 0.6
    mass = np.where(age < 18, np.interp(age, [0, 2, 6, 18], [14, 16.5, 15.5, 21]), mass)
    height = np.rint(height.clip(450, 1950)).astype(np.int64)
    weight = np.rint(mass.clip(13, 38) * (height / 1000) ** 2 * 10).astype(np.int64)
    man = people.sex == 1
    return Health(
        hypertension=high,
        hypertension_day=np.maximum(found, adult),
        diabetes=sweet,
        diabetes_day=np.maximum(found_sugar, adult),
        systolic=systolic,
        diastolic=70 + draw.normal(0, 4, count) + high * 7 + 0.05 * np.clip(age - 20, 0, 40),
        sugar=np.where(sweet, 72 + draw.gamma(2.0, 6.0, count), 52 + draw.normal(0, 3, count)),
        height=height,
        weight=weight,
        adherence=draw.choice(3, count, p=[0.62, 0.27, 0.11]),
        smokes=np.where(man & (age > 18) & (draw.random(count) < 0.44),
                        draw.integers(3, 30, count), 0),
        drinks=np.where(man & (age > 20) & (draw.random(count) < 0.35),
                        draw.integers(1, 5, count), 0),
        allergy=np.where(draw.random(count) < 0.03, draw.integers(1, 5, count), 0),
        insurance=draw.choice(3, count, p=[0.22, 0.76, 0.02]),
    )  # fmt: skip
