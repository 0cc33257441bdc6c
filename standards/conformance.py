"""``kanghu standards conformance``: how much of WS 363, 364, 365 and 445 the catalogue carries.

Counted from the tables (S1-1.6-ws): which published elements and value tables are used, which
fields of each WS 445 subset and of the check-up form have a column, and where we deviate, with
the reason (``crosswalk/ws445_deviations.csv``). The published side is ``standards/published``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from standards.catalogue import ROOM
from standards.model import Catalogue, Dataset
from standards.published import (
    PublishedField,
    ws363_elements,
    ws364_tables,
    ws365_checkup_fields,
    ws445_fields,
)
from standards.tables import read_rows

CLASSES = {
    "DE01": "标识",
    "DE02": "人口学及社会经济学特征",
    "DE03": "健康危险因素",
    "DE04": "症状、体格检查与临床检查",
    "DE05": "医学诊断与评估",
    "DE06": "计划与干预",
    "DE07": "卫生费用",
    "DE08": "卫生机构、人员、药品与设备",
    "DE09": "卫生管理",
}
CHECKUP_GROUPS = ("checkup", "health_record")
"""Where the check-up form of WS 365 lies."""


@dataclass(frozen=True)
class Coverage:
    """One line of the account: of ``published`` things ``held`` are in the catalogue."""

    standard: str
    part: str
    published: int
    held: int
    missing: tuple[str, ...]
    deviations: tuple[str, ...]
    """``what: reason``; those without a reason are faults (``unexplained``)."""

    @property
    def share(self) -> float:
        return self.held / self.published if self.published else 1.0


def conformance(catalogue: Catalogue) -> list[Coverage]:
    """The account, standard by standard and part by part."""
    return [
        *_elements(catalogue),
        _value_tables(catalogue),
        _checkup(catalogue),
        *_subsets(catalogue),
    ]


def _elements(catalogue: Catalogue) -> list[Coverage]:
    """WS 363 by class. What the datasets do not use is not carried: it is no fault."""
    published = ws363_elements()
    account = []
    for prefix, name in CLASSES.items():
        known = {one for one in published if one.startswith(prefix)}
        deviations = []
        for identifier in sorted(known & catalogue.elements.keys()):
            ours, theirs = catalogue.elements[identifier], published[identifier]
            if (ours.type, ours.format) != (theirs.type, theirs.format):
                deviations.append(
                    f"{identifier} {ours.name_zh}:公布为 {theirs.type} {theirs.format},"
                    f"这里为 {ours.type} {ours.format}(公布的类型与格式自相矛盾)"
                )
        held = len(known & catalogue.elements.keys())
        account.append(
            Coverage("WS 363-2011", f"{prefix} {name}", len(known), held, (), tuple(deviations))
        )
    return account


def _value_tables(catalogue: Catalogue) -> Coverage:
    known = ws364_tables()
    held = [one for one in catalogue.value_domains.values() if one.identifier in known]
    without = tuple(f"{one.identifier} {one.name_zh}(条目未取得)" for one in held if not one.codes)
    filled = sum(bool(one.codes) for one in held)
    return Coverage("WS 364-2011", "数据集用到的值域表", len(held), filled, without, ())


def _checkup(catalogue: Catalogue) -> Coverage:
    """The check-up form by its elements: the evidence has no field identifiers of WS 365."""
    held = {
        column.element.identifier
        for one in catalogue.datasets.values()
        if one.group in CHECKUP_GROUPS
        for column in one.columns
    }
    wanted = {one.data_element: one for one in ws365_checkup_fields() if one.data_element}
    missing = [
        f"{identifier} {one.name_zh}({one.table_zh})"
        for identifier, one in wanted.items()
        if identifier not in held
    ]
    return Coverage(
        "WS 365-2011", "健康体检", len(wanted), len(wanted) - len(missing), tuple(missing), ()
    )


def _subsets(catalogue: Catalogue) -> list[Coverage]:
    """Each WS 445 subset by its fields: a field is one column of the subset's dataset, or of one
    below it, by the published element."""
    reasons = deviations()
    by_subset: dict[tuple[str, str], dict[tuple[str, str], PublishedField]] = {}
    for one in ws445_fields():
        fields = by_subset.setdefault((one.part, _plain(one.subset)), {})
        fields[one.field, one.data_element] = one
    subsets = {subset for _, subset in by_subset}
    account = []
    for (part, subset), fields in by_subset.items():
        datasets = _datasets_of(catalogue, part, subset, subsets)
        found = Counter(
            (column.field, column.element.identifier)
            for one in datasets
            for column in one.columns
            if column.field
        )
        missing, excused = [], []
        for place, one in fields.items():
            if found[place] == 1:
                continue
            if one.field in reasons:
                excused.append(f"{one.field} {one.name_zh}:{reasons[one.field]}")
            else:
                missing.append(f"{one.field} {one.name_zh}({one.data_element})")
        held = len(fields) - len(missing)
        account.append(Coverage(part, subset, len(fields), held, tuple(missing), tuple(excused)))
    return account


def subset_datasets(catalogue: Catalogue) -> dict[tuple[str, str], list[str]]:
    """(Part, subset) of WS 445 -> the datasets that carry it."""
    places = {(one.part, _plain(one.subset)) for one in ws445_fields()}
    subsets = {subset for _, subset in places}
    return {
        (part, subset): sorted(one.name for one in _datasets_of(catalogue, part, subset, subsets))
        for part, subset in sorted(places)
    }


@cache
def deviations() -> dict[str, str]:
    """WS 445 fields that we do not carry as published -> why."""
    rows = read_rows(ROOM / "crosswalk" / "ws445_deviations.csv", ("field", "reason"))
    return {row["field"]: row["reason"] for row in rows}


def _datasets_of(catalogue: Catalogue, part: str, subset: str, subsets: set[str]) -> list[Dataset]:
    """The datasets whose identifier names ``subset``, and those below them that name none: by a
    relation, or as a part of the same standard (``WS 445.10-2014 手术及操作``)."""
    found = {
        one.name: one
        for one in catalogue.datasets.values()
        if one.identifier.startswith(f"{part} ") and subset in _named(one.identifier, subsets)
    }
    others = [one for one in catalogue.datasets.values() if not _named(one.identifier, subsets)]
    found |= {one.name: one for one in others if one.identifier.startswith(f"{part} ")}
    while below := {
        one.name: one
        for one in others
        if one.name not in found and any(parent.parent in found for parent in one.relations)
    }:
        found |= below
    return list(found.values())


def _named(identifier: str, subsets: set[str]) -> set[str]:
    """The subsets that a dataset's identifier (``WS 445.3-2014 西药处方、中药处方``) names."""
    return set(re.split(r"[、 ]", _plain(identifier))) & subsets


def _plain(text: str) -> str:
    return text.translate(str.maketrans("（）", "()")).replace("24 h", "24h").strip()
