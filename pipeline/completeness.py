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

_MAINS = {
    "elder": "health_checkup",
    "hypertension": "hypertension_followup",
    "diabetes": "diabetes_followup",
    "mental": "mental_followup",
    "tcm": "tcm_constitution",
}
"""The dataset of a form on which items of the person's health record are asked: of those whom the
form is about, not of every resident."""


def for_dbt(catalogue: Catalogue, table: Path | None = None) -> list[dict[str, Any]]:
    """What the macro ``form_completeness`` needs, as a dbt var: a dict a dataset of a form."""
    asked = load_completeness(catalogue, table)
    of_record = {
        one.form: one for one in asked if one.form in _MAINS and one.dataset == "resident_record"
    }
    return [
        _for_dbt(one, catalogue, of_record.get(one.form))
        for one in asked
        if one not in of_record.values()
    ]


def _for_dbt(
    one: FormDataset, catalogue: Catalogue, of_record: FormDataset | None
) -> dict[str, Any]:
    dataset = catalogue.dataset(one.dataset)
    main = _MAINS.get(one.form)
    subject, subject_key = _subject(dataset)
    groups = [_group(name, items, "f") for name, items in one.groups.items()]
    if of_record is not None and one.dataset == main:
        groups = [
            *(_group(name, items, "r") for name, items in of_record.groups.items()),
            *groups,
        ]
    return {
        "form": one.form,
        "dataset": dataset.name,
        "dataset_zh": dataset.name_zh,
        "key": " || '|' || ".join(f"f.{column}" for column in dataset.key),
        "subject": subject,
        "subject_key": f"f.{subject_key}",
        "person": bool(dataset.person),
        "event": f"f.{dataset.event_time}" if dataset.event_time else "",
        "stage": _STAGES.get(dataset.name, "null"),
        "with_record": of_record is not None and one.dataset == main,
        "within": _within(dataset, main, catalogue),
        "groups": groups,
    }


def _group(name: str, items: tuple[tuple[str, str], ...], relation: str) -> dict[str, Any]:
    asked = [{"column": f"{relation}.{column}", "name": said} for column, said in items]
    return {"name": name, "asked": asked}


def _within(dataset: Dataset, main: str | None, catalogue: Catalogue) -> dict[str, str] | None:
    """The form's main dataset and the number by which a part (a drug, a stay) belongs to it."""
    if main is None or dataset.name == main:
        return None
    number = catalogue.dataset(main).key[0]
    if any(column.name == number for column in dataset.columns):
        return {"dataset": main, "column": number}
    return None


def _subject(dataset: Dataset) -> tuple[str, str]:
    if dataset.group == "mental":
        return "mental_registration", "registration_no"
    own = (dataset.person, *dataset.key)
    for subject, column in _SUBJECTS:
        if column in own:
            return subject, column
    return dataset.name, dataset.key[0]
