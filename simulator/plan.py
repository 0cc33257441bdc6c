"""Who is in the city before anybody is born: institutions, their systems, catchments, chunks.

Institutions are the city's own list (``standards/access``, requirement S1-1.0). Which vendor's
product an institution runs follows from its place in the list, so that every town has neighbours
that speak another dialect. Catchments share the residents among the primary institutions; a chunk
is some whole catchments, or some villages of a large one, so that millions of residents never lie
in memory at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from kanghu.errors import KanghuError
from simulator.events import COMMISSION
from simulator.names import village_names
from standards.organisations import Organisation, institutions, load_organisations, load_regions

_PRIMARY_CYCLE = [
    "jiwei_phis",
    "qingyun_his",
    "jiwei_phis",
    "yilian_clinic",
    "jiwei_phis",
    "kangjian_cloud",
    "jiwei_phis",
    "qingyun_his",
    "jiwei_phis",
    "baixing_files",
    "jiwei_phis",
    "yilian_clinic",
    "jiwei_phis",
    "qingyun_his",
    "jiwei_phis",
    "jiwei_phis",
    "yilian_clinic",
    "jiwei_phis",
    "qingyun_his",
    "jiwei_phis",
    "jiwei_phis",
]
"""Twenty-one places; 147 primary institutions are seven rounds of it."""

_CLOUD_INSTEAD = 18
"""In the first three rounds this place moved on from 青云HIS to the cloud (84+25+21+10+7)."""

FEWEST_INSTITUTIONS = 8

CHUNK_RESIDENTS = 5_000
"""Small catchments are gathered to about this many residents; a larger one is cut into villages."""

_VILLAGE_RESIDENTS = 1_000
"""About as many people as a village has; small catchments have three to eight smaller ones."""

_MOST_VILLAGES = 100
"""Their codes have two digits."""


@dataclass(frozen=True)
class Assignment:
    """An institution and the systems that it runs. ``tier``: 1 municipal, 2 county, 3 primary,
    empty for the health commission. ``county``: six digits."""

    institution: str
    name: str
    tier: str
    county: str
    systems: tuple[str, ...]


@dataclass(frozen=True)
class Village:
    """A village or neighbourhood: its 12-digit code, its name and its residents."""

    code: str
    name: str
    residents: int


@dataclass(frozen=True)
class Catchment:
    """A primary institution's people. ``first`` is the city-wide number of its first resident."""

    position: int
    """Place among the chosen primary institutions."""
    institution: str
    system: str
    county: str
    county_name: str
    township: str
    township_name: str
    villages: tuple[Village, ...]
    first: int

    @property
    def residents(self) -> int:
        return sum(village.residents for village in self.villages)


@dataclass(frozen=True)
class Part:
    """The people of one chunk: those of ``villages``, counted through all of ``catchments``."""

    group: int
    """Parts of one group make the same people and keep their own of them."""
    nth: int
    """Place in the group."""
    catchments: tuple[Catchment, ...]
    villages: range


@dataclass(frozen=True)
class CityPlan:
    """All that is fixed before a chunk is made; the same for the same arguments."""

    seed: int
    residents: int
    assignments: tuple[Assignment, ...]
    catchments: tuple[Catchment, ...]
    chunks: tuple[Part, ...]


def assignments(count: int | None = None) -> list[Assignment]:
    """The commission and every institution with its systems, in the list's order.

    ``count`` keeps that many institutions (8 at least) so that all ten systems are there: one
    municipal, one county, one of each primary product, then more towns.
    """
    city = load_organisations()[COMMISSION]
    everyone = [_assignment(one, position) for one, position in _with_primary_position()]
    chosen = everyone if count is None else _subset(everyone, count)
    return [Assignment(COMMISSION, city.name, "", city.region_code, ("weijian_master",)), *chosen]


def _with_primary_position() -> list[tuple[Organisation, int]]:
    primary = 0
    answer = []
    for one in institutions():
        answer.append((one, primary))
        primary += one.tier_code == "3"
    return answer


def _assignment(one: Organisation, position: int) -> Assignment:
    systems: tuple[str, ...]
    if one.tier_code == "1":
        systems = ("fuyou_his", "huayan_lis", "gongxiang_cda", "muying_mch")
    elif one.tier_code == "2":
        systems = ("fuyou_his", "huayan_lis", "muying_mch")
    else:
        turn, place = divmod(position, len(_PRIMARY_CYCLE))
        moved_on = place == _CLOUD_INSTEAD and turn < 3
        systems = ("kangjian_cloud" if moved_on else _PRIMARY_CYCLE[place], "muying_mch")
    return Assignment(one.organisation_code, one.name, one.tier_code, one.region_code, systems)


def _subset(everyone: list[Assignment], count: int) -> list[Assignment]:
    if count < FEWEST_INSTITUTIONS:
        raise KanghuError(
            what=f"机构数 {count} 太少",
            where="--institutions",
            mend=f"至少 {FEWEST_INSTITUTIONS} 家,才能包含全部十种系统",
        )
    kinds: set[tuple[str, tuple[str, ...]]] = set()
    wanted: list[Assignment] = []
    others: list[Assignment] = []
    for one in everyone:
        kind = (one.tier, one.systems)
        (others if kind in kinds else wanted).append(one)
        kinds.add(kind)
    others.sort(key=lambda one: one.tier != "3")  # more towns before more hospitals
    chosen = {one.institution for one in (wanted + others)[:count]}
    return [one for one in everyone if one.institution in chosen]


def plan_city(seed: int, residents: int, count: int | None = None) -> CityPlan:
    """Share ``residents`` among the primary institutions and their villages; number everybody.

    ``count``: how many institutions take part (all by default).
    """
    chosen = assignments(count)
    primary = [one for one in chosen if one.tier == "3"]
    draw = np.random.default_rng([seed, 158])
    weights = draw.gamma(6.0, 1.0, len(primary))
    shares = _share(residents, weights)
    tree, regions = load_organisations(), load_regions()
    catchments: list[Catchment] = []
    neighbours: Counter[str] = Counter()
    first = 0
    for position, (one, share) in enumerate(zip(primary, shares, strict=True)):
        township = tree[one.institution].township_code
        villages = _villages(draw, township, neighbours[township], share)
        neighbours[township] += 1
        catchments.append(
            Catchment(
                position=position,
                institution=one.institution,
                system=one.systems[0],
                county=one.county,
                county_name=regions[one.county].name,
                township=township,
                township_name=regions[township].name,
                villages=villages,
                first=first,
            )
        )
        first += share
    return CityPlan(seed, residents, tuple(chosen), tuple(catchments), tuple(_chunks(catchments)))


def _share(total: int, weights: np.ndarray[Any, Any]) -> list[int]:
    """Whole shares of ``total`` in proportion to ``weights``; they add up to it."""
    edges = np.rint(np.concatenate([[0.0], weights.cumsum()]) / weights.sum() * total)
    return [int(n) for n in np.diff(edges)]


def _villages(
    draw: np.random.Generator, township: str, neighbours: int, share: int
) -> tuple[Village, ...]:
    count = max(int(draw.integers(3, 9)), min(share // _VILLAGE_RESIDENTS, _MOST_VILLAGES))
    names = village_names(draw, count)
    residents = _share(share, draw.gamma(4.0, 1.0, count))
    # Two institutions may share a township: the hundreds of the village code keep them apart.
    return tuple(
        Village(f"{township}{200 + neighbours * 100 + number}", name, residents[number])
        for number, name in enumerate(names)
    )


def _chunks(catchments: Sequence[Catchment]) -> list[Part]:
    return [
        Part(group, nth, gathered, villages)
        for group, gathered in enumerate(_groups(catchments))
        for nth, villages in enumerate(_cut(gathered))
    ]


def _groups(catchments: Sequence[Catchment]) -> list[tuple[Catchment, ...]]:
    groups: list[tuple[Catchment, ...]] = []
    gathered: list[Catchment] = []
    people = 0
    for one in catchments:
        if gathered and people + one.residents > CHUNK_RESIDENTS:
            groups.append(tuple(gathered))
            gathered, people = [], 0
        gathered.append(one)
        people += one.residents
    return [*groups, tuple(gathered)] if gathered else groups


def _cut(catchments: tuple[Catchment, ...]) -> list[range]:
    """Villages that make up a chunk each: all of them, but for a catchment that is too large."""
    sizes = [village.residents for one in catchments for village in one.villages]
    cuts, people = [0], 0
    for place, size in enumerate(sizes):
        if people and people + size > CHUNK_RESIDENTS:
            cuts.append(place)
            people = 0
        people += size
    return [range(*edge) for edge in pairwise([*cuts, len(sizes)])]
