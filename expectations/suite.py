"""A dataset's suite: its catalogue's expectations and the hand-written ones, in one order."""

from __future__ import annotations

from functools import cache

from expectations.from_catalogue import catalogue_expectations
from expectations.model import Expectation
from expectations.rule_tables import hand_written
from standards.catalogue import Catalogue, load_catalogue


def suite_for(dataset: str, catalogue: Catalogue | None = None) -> tuple[Expectation, ...]:
    """All expectations of ``dataset``: catalogue first, then by hand; ids are unique."""
    known = catalogue or load_catalogue()
    projected = catalogue_expectations(known, known.dataset(dataset))
    return (*projected, *(rule for rule in hand_written() if rule.dataset == dataset))


def row_suite(dataset: str, catalogue: Catalogue | None = None) -> tuple[Expectation, ...]:
    """The part of the suite that one row alone decides, as normalise evaluates it."""
    return tuple(rule for rule in suite_for(dataset, catalogue) if rule.scope == "row")


@cache
def all_expectations() -> tuple[Expectation, ...]:
    """Every rule of every dataset of the product's catalogue."""
    return tuple(rule for name in load_catalogue().datasets for rule in suite_for(name))
