"""What a programme's form must say, item by item: ``expectations/completeness.csv`` for dbt.

One row an item: ``form`` (``resident_record``, ``maternal``, …), the form's and the content group's
Chinese names as the tender prints them, the ``dataset`` and ``column`` that hold the item, its
Chinese name, ``source`` and ``note``. The lists of missing items are made from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanghu.settings import CHECKOUT
from standards.catalogue import Catalogue, Dataset
from standards.tables import read_rows

TABLE = CHECKOUT / "expectations" / "completeness.csv"
_COLUMNS = ("form", "form_zh", "group_zh", "dataset", "column", "name_zh", "source", "note")


@dataclass(frozen=True)
class FormDataset:
    """A dataset of a form, with its items (column, Chinese name) by content group."""

    form: str
    dataset: str
    groups: Mapping[str, tuple[tuple[str, str], ...]]

    @property
    def item_count(self) -> int:
        return sum(len(items) for items in self.groups.values())


def load_completeness(catalogue: Catalogue, table: Path | None = None) -> list[FormDataset]:
    """The forms' datasets with their items, in the table's order.

    An item without a column is one that the catalogue cannot tell (its ``note`` says why) and is
    left out. Raises ``KanghuError`` for a dataset or column that the catalogue does not have.
    """
    place = table or TABLE
    if not place.exists():  # nothing is asked of any form
        return []
    found: dict[tuple[str, str], dict[str, list[tuple[str, str]]]] = {}
    for row in read_rows(place, _COLUMNS):
        if not row["column"]:
            continue
        if row["dataset"] not in catalogue.datasets:
            row.fail(f"目录里没有数据集 {row['dataset']!r}", "改正 dataset")
        known = {column.name for column in catalogue.dataset(row["dataset"]).columns}
        if row["column"] not in known:
            row.fail(f"数据集 {row['dataset']} 没有列 {row['column']!r}", "改正 column")
        groups = found.setdefault((row["form"], row["dataset"]), {})
        items = groups.setdefault(row["group_zh"], [])
        if row["column"] not in {column for column, _ in items}:
            items.append((row["column"], row["name_zh"]))
    return [
        FormDataset(form, dataset, {name: tuple(items) for name, items in groups.items()})
        for (form, dataset), groups in found.items()
    ]


_STAGES = {
    "newborn_visit": "0",
    "infant_checkup": "try_cast(infant_visit_age_code as integer)",
    "toddler_checkup": "try_cast(toddler_visit_age_code as integer)",
    "preschool_checkup": "12 * try_cast(preschool_visit_age_code as integer)",
    "tcm_child_guidance": "try_cast(tcm_child_age_code as integer)",
}
"""The month of age that a child's form is for."""

_SUBJECTS = (
    ("maternal_handbook", "maternal_handbook_no"),
    ("child_handbook", "child_handbook_no"),
    ("resident_record", "record_no"),
)
"""Whose name a form bears: the first of these whose number it carries as its person's."""


def for_dbt(catalogue: Catalogue, table: Path | None = None) -> list[dict[str, Any]]:
    """What the macro ``form_completeness`` needs, as a dbt var: a dict a dataset of a form."""
    return [
        _for_dbt(one, catalogue.dataset(one.dataset))
        for one in load_completeness(catalogue, table)
    ]


def _for_dbt(one: FormDataset, dataset: Dataset) -> dict[str, Any]:
    subject, subject_key = _subject(dataset)
    return {
        "form": one.form,
        "dataset": dataset.name,
        "dataset_zh": dataset.name_zh,
        "key": " || '|' || ".join(dataset.key),
        "subject": subject,
        "subject_key": subject_key,
        "person": bool(dataset.person),
        "event": dataset.event_time,
        "stage": _STAGES.get(dataset.name, "null"),
        "count": one.item_count,
        "groups": [
            {
                "name": name,
                "asked": [{"column": column, "name": said} for column, said in items],
            }
            for name, items in one.groups.items()
        ],
    }


def _subject(dataset: Dataset) -> tuple[str, str]:
    if dataset.group == "mental":
        return "mental_registration", "registration_no"
    own = (dataset.person, *dataset.key)
    for subject, column in _SUBJECTS:
        if column in own:
            return subject, column
    return dataset.name, dataset.key[0]
