"""A dataset's suite: its catalogue's expectations and the hand-written ones, in one order.

Hand-written rules are rows of ``rules.csv``; those that look at other records (scope ``across``)
have their query in ``across/<id>.sql``.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from expectations.from_catalogue import catalogue_expectations
from expectations.model import Expectation
from standards.catalogue import Catalogue, load_catalogue

ROOM = Path(__file__).resolve().parent


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


@cache
def hand_written(room: Path = ROOM) -> tuple[Expectation, ...]:
    """The rows of ``rules.csv``; raises ``ValueError`` for a row that cannot be a rule."""
    with (room / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(_rule(room, row) for row in csv.DictReader(lines))


def _rule(room: Path, row: dict[str, str]) -> Expectation:
    expression = row["expression"]
    if row["scope"] == "across":
        expression = (room / "across" / f"{row['id']}.sql").read_text(encoding="utf-8")
    if not expression or not row["id"].startswith(f"{row['dataset']}."):
        raise ValueError(f"rules.csv: {row['id']!r} has no expression, or another dataset's id")
    return Expectation(
        **{**row, "weight": int(row["weight"]), "expression": expression}  # type: ignore[arg-type]
    )
