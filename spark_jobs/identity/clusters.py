"""From pairs to people: connected components, then repair where a component would hold two
valid ID numbers that contradict each other, or two rows that are known to be two people.

The result is a function of the rows and their pairs alone: the order of either, and the batches
they came in, make no difference.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NOBODY = np.zeros((0, 2), dtype=np.int64)
"""No two rows are known to be two people."""

_AMBIGUOUS_BITS = 3.0
"""A row without a number of its own that fits two people about as well is left to neither."""


@dataclass(frozen=True)
class Edges:
    """Pairs above the threshold, as positions of rows; ``weight`` in bits."""

    left: Ints
    right: Ints
    weight: Floats

    def __add__(self, other: Edges) -> Edges:
        return Edges(
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
            np.concatenate([self.weight, other.weight]),
        )


def cluster(unit: Ints, identity: Ints, edges: Edges, apart: Ints = NOBODY) -> Ints:
    """The cluster of each row, as an arbitrary number.

    ``unit`` (one a row, 0..n): rows that carry one person number in one institution share it and
    are never parted. ``identity`` (one a row): which valid and consistent ID number the row
    carries, or -1. Two numbers never meet in one cluster, unless one unit carries both: its
    institution corrected the number, so both are that person's. ``apart`` (two columns): rows
    that never meet either, unless in one unit.
    """
    units = int(unit.max()) + 1 if len(unit) else 0
    number = _numbers(unit, identity, units)
    left, right, weight = _between_units(unit, edges)
    component = _components(units, left, right)
    numbered = number >= 0
    distinct = np.unique(np.column_stack([component[numbered], number[numbered]]), axis=0)
    owners, holders = np.unique(distinct[:, 0], return_counts=True)
    foes = unit[apart]
    foes = foes[foes[:, 0] != foes[:, 1]]
    torn = component[foes[:, 0]][component[foes[:, 0]] == component[foes[:, 1]]]
    broken = np.isin(component, np.concatenate([owners[holders > 1], torn]))
    inside = broken[left]
    if inside.any():
        kept = _repair(
            left[inside], right[inside], weight[inside], number, foes[broken[foes[:, 0]]]
        )
        whole = ~inside
        component = _components(
            units, np.concatenate([left[whole], kept[0]]), np.concatenate([right[whole], kept[1]])
        )
    return component[unit]


def components(size: int, left: Ints, right: Ints) -> Ints:
    """The connected component of each of ``size`` things."""
    return _components(size, left, right)


def _components(size: int, left: Ints, right: Ints) -> Ints:
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _numbers(unit: Ints, identity: Ints, units: int) -> Ints:
    """The ID number of each unit (or -1); numbers that one unit carries together are one."""
    held = identity >= 0
    if not held.any():
        return np.full(units, -1, dtype=np.int64)
    pairs = np.unique(np.column_stack([unit[held], identity[held]]), axis=0)
    identities = int(identity.max()) + 1
    joined = _components(identities + units, pairs[:, 1], pairs[:, 0] + identities)
    number = np.full(units, -1, dtype=np.int64)
    number[pairs[:, 0]] = joined[pairs[:, 1]]
    return number


def _between_units(unit: Ints, edges: Edges) -> tuple[Ints, Ints, Floats]:
    """The edges between different units, each pair of units once, by its strongest evidence."""
    ends = np.sort(np.column_stack([unit[edges.left], unit[edges.right]]), axis=1)
    order = np.lexsort((-edges.weight, ends[:, 1], ends[:, 0]))
    ends, weight = ends[order], edges.weight[order]
    first = np.ones(len(ends), dtype=bool)
    first[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    chosen = first & (ends[:, 0] != ends[:, 1])
    return ends[chosen, 0], ends[chosen, 1], weight[chosen]


def _repair(
    left: Ints, right: Ints, weight: Floats, number: Ints, apart: Ints
) -> tuple[Ints, Ints]:
    """The edges to keep: strongest first, never joining two numbers or two units of ``apart``,
    none that is ambiguous."""
    order = np.lexsort((right, left, -weight))
    foes = _foes(apart)
    held: dict[int, set[int]] = {}
    hostile: dict[int, tuple[set[int], set[int]]] = {}
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        found = parent.setdefault(node, node)
        while found != parent[found]:
            parent[found] = parent[parent[found]]
            found = parent[found]
        return found

    def members_and_foes(node: int) -> tuple[set[int], set[int]]:
        return hostile.get(node) or ({node} if node in foes else set(), set(foes.get(node, ())))

    undecided = _ambiguous(left, right, weight, number)
    unfit = _between_foes(left, right, weight, foes)
    kept: list[int] = []
    for at in order:
        one, other = int(left[at]), int(right[at])
        if (one in undecided and number[other] >= 0) or (other in undecided and number[one] >= 0):
            continue
        here, there = root(one), root(other)
        if here == there or (one, other) in unfit:
            continue
        mine = held.get(here, {int(number[one])} - {-1})
        others = held.get(there, {int(number[other])} - {-1})
        if mine and others and mine != others:
            continue
        (members, against), (more, also) = members_and_foes(here), members_and_foes(there)
        if against & more:
            continue
        parent[there] = here
        held[here] = mine | others
        hostile[here] = (members | more, against | also)
        kept.append(int(at))
    return left[kept], right[kept]


def _foes(apart: Ints) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for one, other in apart.tolist():
        found[one].add(other)
        found[other].add(one)
    return found


def _between_foes(
    left: Ints, right: Ints, weight: Floats, foes: dict[int, set[int]]
) -> set[tuple[int, int]]:
    """Edges of a unit that fits two units kept apart about as well: it is left to neither."""
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for at in np.flatnonzero(np.isin(left, list(foes)) | np.isin(right, list(foes))).tolist():
        one, other = int(left[at]), int(right[at])
        if other not in foes.get(one, ()):
            near[one][other] = near[other][one] = float(weight[at])
    unfit: set[tuple[int, int]] = set()
    for node, reached in near.items():
        torn = {other for other in reached if foes.get(other, set()) & reached.keys()}
        if not torn:
            continue
        best = max(torn, key=lambda other: (reached[other], -other))
        second = max(reached[other] for other in foes[best] & torn)
        if reached[best] - second < _AMBIGUOUS_BITS:
            unfit |= {(min(node, other), max(node, other)) for other in torn}
    return unfit


def _ambiguous(left: Ints, right: Ints, weight: Floats, number: Ints) -> set[int]:
    best: dict[int, dict[int, float]] = defaultdict(dict)
    for one, other in ((left, right), (right, left)):
        for at in np.flatnonzero((number[one] < 0) & (number[other] >= 0)):
            reached = best[int(one[at])]
            whose = int(number[other[at]])
            reached[whose] = max(reached.get(whose, -np.inf), float(weight[at]))

    def torn(reached: dict[int, float]) -> bool:
        first, *rest = sorted(reached.values(), reverse=True)
        return bool(rest) and first - rest[0] < _AMBIGUOUS_BITS

    return {node for node, reached in best.items() if torn(reached)}
