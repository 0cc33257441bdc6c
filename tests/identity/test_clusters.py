"""From pairs to people: what may never meet does not, and order makes no difference."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.identity.clusters import Edges, cluster

ROWS = 9


def clusters(
    pairs: list[tuple[int, int, float]],
    identity: dict[int, int],
    unit: list[int] | None = None,
    apart: list[tuple[int, int]] | None = None,
) -> set[frozenset[int]]:
    size = len(unit) if unit else ROWS
    numbers = np.full(size, -1, dtype=np.int64)
    for at, number in identity.items():
        numbers[at] = number
    left, right, weight = (np.array([pair[i] for pair in pairs]) for i in range(3))
    edges = Edges(left.astype(np.int64), right.astype(np.int64), weight.astype(np.float64))
    never = np.array(apart or np.zeros((0, 2)), dtype=np.int64)
    found = cluster(np.array(unit or range(size), dtype=np.int64), numbers, edges, never)
    return {frozenset(np.flatnonzero(found == one).tolist()) for one in np.unique(found)}


def together(found: set[frozenset[int]], one: int, other: int) -> bool:
    return any({one, other} <= group for group in found)


pair = st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1), st.floats(5, 60))
people = st.dictionaries(st.integers(0, ROWS - 1), st.integers(0, 2), max_size=ROWS)


@settings(deadline=None)
@given(pairs=st.lists(pair, max_size=25), identity=people)
def test_two_numbers_never_meet(
    pairs: list[tuple[int, int, float]], identity: dict[int, int]
) -> None:
    for group in clusters(pairs, identity):
        assert len({identity[at] for at in group if at in identity}) <= 1


@settings(deadline=None)
@given(pairs=st.lists(pair, max_size=25), identity=people, draw=st.randoms())
def test_order_makes_no_difference(
    pairs: list[tuple[int, int, float]], identity: dict[int, int], draw: object
) -> None:
    turned = [(right, left, weight) for left, right, weight in pairs]
    draw.shuffle(turned)  # type: ignore[attr-defined]
    assert clusters(turned, identity) == clusters(pairs, identity)


@settings(deadline=None)
@given(pairs=st.lists(pair, max_size=25))
def test_without_numbers_people_are_what_hangs_together(
    pairs: list[tuple[int, int, float]],
) -> None:
    found = clusters(pairs, {})
    assert all(together(found, left, right) for left, right, _ in pairs)


def test_the_stronger_link_wins() -> None:
    found = clusters([(0, 1, 30.0), (1, 2, 20.0)], {0: 0, 2: 1})
    assert together(found, 0, 1)
    assert not together(found, 1, 2)


def test_a_row_that_fits_two_people_alike_stays_alone() -> None:
    found = clusters([(0, 1, 30.0), (1, 2, 29.0)], {0: 0, 2: 1})
    assert frozenset({1}) in found


def test_numbers_that_one_unit_carries_are_one_persons() -> None:
    found = clusters([(1, 2, 30.0)], {0: 0, 1: 1, 2: 0}, unit=[0, 0, 1])
    assert found == {frozenset({0, 1, 2})}


@settings(deadline=None)
@given(
    pairs=st.lists(pair, max_size=25),
    identity=people,
    apart=st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), max_size=6),
)
def test_rows_known_to_be_two_people_never_meet(
    pairs: list[tuple[int, int, float]], identity: dict[int, int], apart: list[tuple[int, int]]
) -> None:
    found = clusters(pairs, identity, apart=apart)
    assert not any(together(found, one, other) for one, other in apart if one != other)
    assert sum(map(len, found)) == ROWS
    for group in found:
        assert len({identity[at] for at in group if at in identity}) <= 1


def test_a_row_that_fits_two_kept_apart_stays_alone() -> None:
    assert frozenset({1}) in clusters([(0, 1, 30.0), (1, 2, 29.0)], {}, apart=[(0, 2)])
    found = clusters([(0, 1, 30.0), (1, 2, 20.0)], {}, apart=[(0, 2)])
    assert together(found, 0, 1)
    assert not together(found, 1, 2)


def test_who_is_parted_from_one_stays_with_the_others() -> None:
    pairs = [(0, 1, 30.0), (1, 2, 30.0), (0, 2, 30.0)]
    found = clusters(pairs, {}, apart=[(0, 2), (1, 2)])
    assert together(found, 0, 1)


def test_nobody() -> None:
    assert clusters([], {}) == {frozenset({at}) for at in range(ROWS)}
