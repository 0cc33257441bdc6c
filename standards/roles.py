"""Who may read what, as data: roles with their scope, and permissions (law 6).

``access/roles.csv`` says on which level of the organisation tree a role looks down from;
``access/permissions.csv`` how it sees each sensitivity in a dataset group or a layer. No row
means no. Trino's masks and filters, Superset's roles and the apps' defaults project from here
(``projections/column_masks.py`` is the first); acts of the apps have a table of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from kanghu.errors import KanghuError
from standards.catalogue import load_catalogue
from standards.model import Sensitivity
from standards.organisations import (
    ACCESS,
    Organisation,
    OrganisationKind,
    load_organisations,
    within,
)
from standards.tables import read_rows

ScopeLevel = Literal["city", "county", "institution", "department", "own"]
Sight = Literal["clear", "mask", "hide"]
LAYERS = ("bronze", "quarantine", "quality", "gold")
"""What a permission may name beside a dataset group (a group means its silver tables)."""

_SITS_AT: dict[ScopeLevel, tuple[OrganisationKind, ...]] = {
    "city": ("city", "authority"),
    "county": ("county",),
    "institution": ("institution",),
    "department": ("institution",),
    "own": ("institution",),
}


@dataclass(frozen=True)
class Permission:
    """How one role sees one dataset group or layer; what is ``none`` it always sees clearly."""

    role: str
    target: str
    direct: Sight
    quasi: Sight
    sensitive: Sight
    staff: Sight

    def sight(self, sensitivity: Sensitivity) -> Sight:
        if sensitivity == "none":
            return "clear"
        sights: dict[Sensitivity, Sight] = {
            "direct": self.direct,
            "quasi": self.quasi,
            "sensitive": self.sensitive,
            "staff": self.staff,
        }
        return sights[sensitivity]


@dataclass(frozen=True)
class Role:
    """A role with its scope level and permissions by target."""

    role: str
    name_zh: str
    scope: ScopeLevel
    note: str
    permissions: dict[str, Permission]


@dataclass(frozen=True)
class Scope:
    """The rows that somebody may see: of these organisations, and in them perhaps fewer.

    ``narrowed_to`` is ``department`` or ``own`` where only the reader's department's or the
    reader's own rows are meant; empty for the whole organisations.
    """

    organisations: frozenset[str]
    narrowed_to: Literal["", "department", "own"]


@cache
def load_roles(folder: Path = ACCESS) -> dict[str, Role]:
    """Every role by name; raises ``KanghuError`` with file and line."""
    found: dict[str, Role] = {}
    for row in read_rows(folder / "roles.csv", ("role", "name_zh", "scope", "note")):
        if row["role"] in found:
            row.fail(f"角色 {row['role']} 重复", "每个角色一行")
        if row["scope"] not in get_args(ScopeLevel):
            row.fail(f"没有范围 {row['scope']!r}", f"可用:{', '.join(get_args(ScopeLevel))}")
        found[row["role"]] = Role(**row.cells, permissions={})  # type: ignore[arg-type]
    targets = (*load_catalogue().groups, *LAYERS)
    for row in read_rows(folder / "permissions.csv", tuple(Permission.__annotations__)):
        role = found.get(row["role"])
        if role is None:
            row.fail(f"没有角色 {row['role']!r}", "先在 roles.csv 里加这个角色")
        if row["target"] not in targets:
            row.fail(f"没有数据集分组或层 {row['target']!r}", f"可用:{', '.join(targets)}")
        if row["target"] in role.permissions:
            row.fail(f"{row['role']} 对 {row['target']} 的权限重复", "合成一行")
        for name in ("direct", "quasi", "sensitive", "staff"):
            if row[name] not in get_args(Sight):
                row.fail(f"{name} 不能是 {row[name]!r}", f"可用:{', '.join(get_args(Sight))}")
        role.permissions[row["target"]] = Permission(**row.cells)  # type: ignore[arg-type]
    return found


def resolve_scope(role: str, organisation_code: str, folder: Path = ACCESS) -> Scope:
    """Which organisations' rows somebody with ``role`` at ``organisation_code`` may see.

    Raises ``KanghuError`` for an unknown role or organisation, and for a role held where its
    level does not stand (a county's role at an institution would see past its scope).
    """
    tree, roles = load_organisations(folder), load_roles(folder)
    where = f"{role} @ {organisation_code}"
    if role not in roles:
        raise KanghuError(f"没有角色 {role!r}", where, "access/roles.csv", "使用表里的角色")
    if organisation_code not in tree:
        raise KanghuError(
            f"没有机构 {organisation_code!r}", where, "access/organisations.csv", "使用表里的机构"
        )
    level, organisation = roles[role].scope, tree[organisation_code]
    if organisation.kind not in _SITS_AT[level]:
        raise KanghuError(
            f"角色 {roles[role].name_zh} 属于 {level} 一级,不能授给 {organisation.name}",
            where,
            "access/roles.csv",
            "换一个与机构同级的角色",
        )
    top = _city(tree) if level == "city" else organisation_code
    return Scope(
        organisations=frozenset(code for code in tree if within(code, top, folder)),
        narrowed_to=level if level in ("department", "own") else "",  # type: ignore[arg-type]
    )


def _city(tree: dict[str, Organisation]) -> str:
    return next(one.organisation_code for one in tree.values() if one.kind == "city")
