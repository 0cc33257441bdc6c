"""What a role sees of a dataset, column by column: the masks that engines and apps apply.

A hidden column stays in the result as null, so that a saved query keeps working; a masked one
keeps what its reader needs: the two ends of a name or number, the year of a date, a stable
pseudonym for a number that joins tables, codes as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from standards.model import Column, Dataset
from standards.roles import Role, Sight

Mask = Literal["clear", "ends", "year", "pseudonym", "null"]


@dataclass(frozen=True)
class VisibleColumn:
    """One column with the mask that a role sees it through."""

    name: str
    mask: Mask


def visible_columns(role: Role, dataset: Dataset) -> tuple[VisibleColumn, ...]:
    """All columns of ``dataset`` with ``role``'s masks; empty where the role may not read it."""
    permission = role.permissions.get(dataset.group)
    if permission is None:
        return ()
    return tuple(
        VisibleColumn(column.name, _mask(column, permission.sight(column.sensitivity)))
        for column in dataset.columns
    )


def _mask(column: Column, sight: Sight) -> Mask:
    if sight == "clear":
        return "clear"
    if sight == "hide":
        return "null"
    if column.type in ("D", "DT"):
        return "year"
    if column.type in ("S2", "S3", "N", "L"):
        return "clear" if column.sensitivity == "quasi" else "null"
    if column.sensitivity in ("direct", "staff"):
        return "ends"
    return "pseudonym" if column.name.endswith("_no") else "null"
