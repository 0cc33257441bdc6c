"""Departments and staff of every institution: who signs what the city's records show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.names import draw_given, draw_surnames, name_text
from simulator.plan import CityPlan

Array = np.ndarray[Any, Any]

SLOTS = 24
"""Places in an institution's staff list; primary institutions fill the first ``PRIMARY_SLOTS``."""

PRIMARY_SLOTS = 12

DEPARTMENTS = (
    ("A02", "全科医疗科", "1"),
    ("A03", "内科", "1"),
    ("A04", "外科", "1"),
    ("A05", "妇产科", "1"),
    ("A07", "儿科", "1"),
    ("A09", "儿童保健科", "1"),
    ("A10", "眼科", "1"),
    ("A11", "耳鼻咽喉科", "1"),
    ("A12", "口腔科", "1"),
    ("A13", "皮肤科", "1"),
    ("A50", "中医科", "1"),
    ("B01", "公共卫生科", "9"),
    ("A30", "医学检验科", "3"),
    ("A32", "医学影像科", "3"),
)
"""Class code (which is also the code that institutions use), name, type of department."""

# Which staff do what: places in the list.
DOCTORS = (0, 6)
PHARMACISTS = (6, 8)
PUBLIC_HEALTH = (8, 10)
NURSES = (10, 12)
LABORATORY = (18, 20)
IMAGING = (20, 22)

SLOT_DEPARTMENTS = (0, 1, 2, 3, 4, 10, 0, 0, 11, 11, 0, 1, 1, 3, 4, 9, 9, 3, 12, 12, 13, 13, 3, 9)
"""Department (place in ``DEPARTMENTS``) of each place in the staff list."""


@dataclass(frozen=True)
class Staff:
    """All institutions' staff, ``SLOTS`` places each: index = institution * SLOTS + place."""

    names: pa.Array
    sex: Array
    birth: Array

    def name(self, institution: Array, slots: tuple[int, int], which: Array) -> pa.Array:
        """Names of somebody of ``slots`` in each institution; ``which``: any numbers."""
        low, high = slots
        return self.names.take(pa.array(institution * SLOTS + low + which % (high - low)))

    def number(self, institution: Array, slots: tuple[int, int], which: Array) -> Array:
        """The staff numbers (unique in an institution) of the same people."""
        low, high = slots
        return 1000 + low + which % (high - low) + 0 * institution


def make_staff(plan: CityPlan) -> Staff:
    """The same staff for the same plan."""
    draw = np.random.default_rng([plan.seed, 363])
    count = len(plan.assignments) * SLOTS
    sex = np.where(draw.random(count) < 0.45, 1, 2)
    birth = draw.integers(0, 12_000, count)  # born 1970 to 2002
    year = 1970 + (birth / 365.2425).astype(np.int64)
    return Staff(name_text(draw_surnames(draw, count), *draw_given(draw, sex, year)), sex, birth)
