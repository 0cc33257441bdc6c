"""What the published standards contain, as far as public evidence tells: identifiers and names.

Not the catalogue itself, but what it is held against (``standards/lint.py``,
``standards/conformance.py``): every WS 363 element, every WS 364 table, every field of WS 445 and
the check-up fields of WS 365. The editions are those of 2011 and 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from standards.tables import read_rows

ROOM = Path(__file__).resolve().parent


@dataclass(frozen=True)
class PublishedElement:
    """A data element of WS 363 as the evidence has it."""

    identifier: str
    name_zh: str
    type: str
    format: str


@dataclass(frozen=True)
class PublishedField:
    """A field of a subset of WS 445; a part's subsets share field identifiers."""

    field: str
    part: str
    subset: str
    data_element: str
    name_zh: str


@dataclass(frozen=True)
class CheckupField:
    """A field of the check-up form (WS 365), which has no identifiers of its own in evidence."""

    table_zh: str
    data_element: str
    name_zh: str


@cache
def ws363_elements() -> dict[str, PublishedElement]:
    rows = read_rows(ROOM / "ws363.csv", tuple(PublishedElement.__annotations__))
    return {row["identifier"]: PublishedElement(**row.cells) for row in rows}


@cache
def ws364_tables() -> dict[str, str]:
    """Every value table of WS 364: identifier -> name."""
    rows = read_rows(ROOM / "ws364.csv", ("value_domain", "name_zh"))
    return {row["value_domain"]: row["name_zh"] for row in rows}


@cache
def ws445_fields() -> tuple[PublishedField, ...]:
    rows = read_rows(ROOM / "ws445.csv", tuple(PublishedField.__annotations__))
    return tuple(PublishedField(**row.cells) for row in rows)


@cache
def ws365_checkup_fields() -> tuple[CheckupField, ...]:
    rows = read_rows(ROOM / "ws365.csv", tuple(CheckupField.__annotations__))
    return tuple(CheckupField(**row.cells) for row in rows)
