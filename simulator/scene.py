"""What everything in a chunk is made in: the city, its period, its institutions, a chunk's draws.

Institutions are indices into ``City.assignments``; an index, not a code, runs through the arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.events import SYSTEM_DATASETS
from simulator.people import People
from simulator.plan import Assignment, Catchment, CityPlan, Part
from simulator.reference_tables import read_reference
from simulator.staffing import Staff, make_staff

Array = np.ndarray[Any, Any]

HOSPITAL_SYSTEM = "fuyou_his"
LABORATORY_SYSTEM = "huayan_lis"
DOCUMENT_SYSTEM = "gongxiang_cda"
_PATIENT_MODULUS = 99_999_989


@dataclass(frozen=True)
class City:
    """The fixed things. ``start`` and ``end`` are days; nothing happens on ``end`` or later."""

    plan: CityPlan
    start: int
    end: int

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        return self.plan.assignments

    @cached_property
    def codes(self) -> pa.Array:
        return pa.array([one.institution for one in self.assignments])

    @cached_property
    def names(self) -> pa.Array:
        return pa.array([one.name for one in self.assignments])

    @cached_property
    def tiers(self) -> Array:
        """1 municipal, 2 county, 3 primary, 0 the commission."""
        return np.array([int(one.tier or 0) for one in self.assignments])

    @cached_property
    def homes(self) -> Array:
        """The institution of each catchment of the plan."""
        place = {one.institution: number for number, one in enumerate(self.assignments)}
        return np.array([place[one.institution] for one in self.plan.catchments])

    @cached_property
    def county_hospitals(self) -> Array:
        """For each catchment, the county hospital where its people go: their own or the next."""
        hospitals = [n for n, one in enumerate(self.assignments) if one.tier == "2"]
        own = {self.assignments[n].county: n for n in hospitals}
        return np.array(
            [own.get(one.county, hospitals[one.position % len(hospitals)])
             for one in self.plan.catchments]
        )  # fmt: skip

    @cached_property
    def municipal_hospitals(self) -> Array:
        return np.array([n for n, one in enumerate(self.assignments) if one.tier == "1"])

    @cached_property
    def main_systems(self) -> pa.Array:
        return pa.array([one.systems[0] for one in self.assignments])

    @cached_property
    def staff(self) -> Staff:
        return make_staff(self.plan)

    def carries(self, dataset: str) -> Array:
        """Which institutions' main system carries a dataset."""
        return np.array([dataset in SYSTEM_DATASETS[one.systems[0]] for one in self.assignments])

    def patient_numbers(self, institution: Array, person: Array) -> pa.Array:
        """The number by which an institution knows a person: its own, telling nothing of others'.

        ``person``: city-wide numbers.
        """
        factor = 1_000_003 * (institution + 11) % _PATIENT_MODULUS
        return c.keys("", person * factor % _PATIENT_MODULUS, 10)


@dataclass
class ErrorLog:
    """Which row breaks what: parts of the truth about errors, one table a planting."""

    parts: list[pa.Table] = field(default_factory=list)

    def add(self, dataset: str, event_ids: pa.Array, column: str, kind: str, rule: str) -> None:
        """``rule`` without its dataset (``sex_code.domain``); empty where none is broken."""
        count = len(event_ids)
        if count:
            full = f"{dataset}.{rule}" if rule else ""
            texts = [dataset, column, kind, full]
            arrays = [c.constant(text, count) for text in texts]
            self.parts.append(
                pa.table(
                    [event_ids.cast(pa.string()), *arrays],
                    names=["event_id", "dataset", "column", "kind", "rule"],
                )
            )


@dataclass
class Scene:
    """One chunk in the making."""

    city: City
    number: int
    draw: np.random.Generator
    people: People
    part: Part
    log: ErrorLog = field(default_factory=ErrorLog)
    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def catchments(self) -> tuple[Catchment, ...]:
        return self.part.catchments

    @property
    def start(self) -> int:
        return self.city.start

    @property
    def end(self) -> int:
        return self.city.end

    @cached_property
    def person_ids(self) -> pa.Array:
        return c.keys("P", self.people.number, 9)

    def serial(self, kind: str, count: int) -> Array:
        """``count`` numbers of a kind that no other chunk gives, rising."""
        first = self.counts.get(kind, 0)
        self.counts[kind] = first + count
        return (self.number + 1) * 10_000_000 + first + np.arange(count)

    def add(
        self,
        dataset: str,
        institution: Array,
        person: Array | None,
        changed: Array,
        columns: Mapping[str, pa.Array],
        system: str | None = None,
    ) -> pa.Array:
        """Add rows where the institution's main system (or ``system``) carries the dataset.

        ``institution`` and ``person``: indices. ``changed``: seconds. Answers the event ids of
        all rows given, those left out too.
        """
        count = len(institution)
        event_ids = c.keys(f"{dataset}-", self.serial(dataset, count), 10)
        keep = np.ones(count, bool) if system else self.city.carries(dataset)[institution]
        if count == 0 or not keep.any():
            return event_ids
        place = pa.array(institution)
        meta = {
            "_institution": self.city.codes.take(place),
            "_system": c.constant(system, count) if system else self.city.main_systems.take(place),
            "_event_id": event_ids,
            "_changed_at": c.instants(np.minimum(changed, self.end * c.DAY - 1)),
        }
        if person is not None:
            meta["_person_id"] = self.person_ids.take(pa.array(person))
        table = c.canonical(dataset, meta, columns)
        self.tables.setdefault(dataset, []).append(
            table if keep.all() else table.filter(pa.array(keep))
        )
        return event_ids


def price_fen(table: str, column: str) -> Array:
    """Prices of a reference table in fen."""
    return np.array([round(float(row[column]) * 100) for row in read_reference(table)])
