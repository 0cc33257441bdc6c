"""The city's organisations and regions as data: city -> counties -> institutions.

Scopes (law 6) resolve on this tree, the simulator peoples it, and every `_institution` in the
lake is one of its codes. The tables are ``access/organisations.csv`` (the 158 institutions of
the city's own list, requirement S1-1.0) and ``access/regions.csv`` (division codes after the
2021 change; 梅列区, merged then, stays as the list still names it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from standards.tables import read_rows

ACCESS = Path(__file__).resolve().parent / "access"

OrganisationKind = Literal["city", "county", "authority", "institution"]


@dataclass(frozen=True)
class Organisation:
    """A node of the tree; ``authority`` is the health commission, which treats nobody."""

    organisation_code: str
    name: str
    kind: OrganisationKind
    tier_code: str
    """1 municipal, 2 county, 3 primary (KH.institution_tier); empty above institutions."""
    parent_code: str
    region_code: str
    category: str
    note: str
    township_code: str
    """The township (regions.csv) where a primary institution stands; else empty."""


@dataclass(frozen=True)
class Region:
    """A division: ``level`` as in KH.region_level (2 city, 3 county, 4 township)."""

    region_code: str
    name: str
    level: str
    parent: str
    note: str


@cache
def load_organisations(folder: Path = ACCESS) -> dict[str, Organisation]:
    """Every organisation by code, in the list's order.

    Raises ``KanghuError`` with file and line for a code that is there twice, or a parent or
    region that is not there.
    """
    regions = load_regions(folder)
    found: dict[str, Organisation] = {}
    for row in read_rows(folder / "organisations.csv", tuple(Organisation.__annotations__)):
        one = Organisation(**row.cells)  # type: ignore[arg-type]
        if one.organisation_code in found:
            row.fail(f"机构代码 {one.organisation_code} 重复", "每个机构一个代码")
        if one.kind not in get_args(OrganisationKind):
            row.fail(f"没有机构种类 {one.kind!r}", f"可用:{', '.join(get_args(OrganisationKind))}")
        if one.parent_code not in found and one.kind != "city":
            row.fail(f"上级机构 {one.parent_code!r} 不在前面的行里", "先写上级,再写下级")
        for code in {one.region_code, one.township_code or one.region_code}:
            if code not in regions:
                row.fail(f"没有行政区划 {code!r}", "在 regions.csv 里补上")
        found[one.organisation_code] = one
    return found


@cache
def load_regions(folder: Path = ACCESS) -> dict[str, Region]:
    """Every region by code, parents first; raises ``KanghuError`` with file and line."""
    found: dict[str, Region] = {}
    for row in read_rows(folder / "regions.csv", tuple(Region.__annotations__)):
        one = Region(**row.cells)
        if one.region_code in found:
            row.fail(f"行政区划代码 {one.region_code} 重复", "每个区划一个代码")
        if one.parent and one.parent not in found:
            row.fail(f"上级区划 {one.parent!r} 不在前面的行里", "先写上级,再写下级")
        found[one.region_code] = one
    return found


def institutions(folder: Path = ACCESS) -> list[Organisation]:
    """The medical institutions alone, in the list's order."""
    return [one for one in load_organisations(folder).values() if one.kind == "institution"]


def within(code: str, scope: str, folder: Path = ACCESS) -> bool:
    """Whether the organisation ``code`` is ``scope`` itself or stands below it."""
    tree = load_organisations(folder)
    while code:
        if code == scope:
            return True
        code = tree[code].parent_code if code in tree else ""
    return False
