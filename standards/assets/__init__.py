"""Data assets, declared as data: the tags that records and residents bear (``tags.csv``), and the
families of dictionaries (``families.csv``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from standards.catalogue import Catalogue
from standards.tables import Row, read_rows

ROOM = Path(__file__).resolve().parent
Subject = Literal["resident", "record"]
AS_OF = "as_of_date"
"""In a tag's expression: the day that the marts stand for (``dim_resident.as_of_date``)."""


@dataclass(frozen=True)
class Tag:
    """``expression``: DuckDB SQL over the dataset's columns; true where the row bears the tag."""

    tag: str
    subject: Subject
    """Whether it says something of the person (``resident``) or only of the row (``record``)."""
    sentence: str
    dataset: str
    expression: str


@dataclass(frozen=True)
class Family:
    """A family of dictionaries (L-17: materials, operations, prices, diseases, allergens, common
    value sets; drugs beside them) and the datasets that hold its entries."""

    family: str
    name_zh: str
    datasets: tuple[str, ...]


def load_families(catalogue: Catalogue) -> tuple[Family, ...]:
    """Every family; raises ``KanghuError`` for a dataset that the catalogue lacks."""
    found = []
    for row in read_rows(ROOM / "families.csv", tuple(Family.__annotations__)):
        datasets = tuple(row["datasets"].split())
        for name in datasets:
            if name not in catalogue.datasets:
                row.fail(f"没有数据集 {name!r}", "写目录里有的数据集,用空格隔开")
        found.append(Family(row["family"], row["name_zh"], datasets))
    return tuple(found)


def load_tags(catalogue: Catalogue, path: Path | None = None) -> tuple[Tag, ...]:
    """Every tag; raises ``KanghuError`` with file and line for one that cannot be counted."""
    found: dict[str, Tag] = {}
    for row in read_rows(path or ROOM / "tags.csv", tuple(Tag.__annotations__)):
        _check(row, catalogue)
        if row["tag"] in found:
            row.fail(f"标签 {row['tag']} 重复", "每个标签只写一行")
        found[row["tag"]] = Tag(**row.cells)  # type: ignore[arg-type]
    return tuple(found.values())


def _check(row: Row, catalogue: Catalogue) -> None:
    if row["subject"] not in get_args(Subject):
        row.fail(f"subject 不能是 {row['subject']!r}", f"可用:{', '.join(get_args(Subject))}")
    dataset = catalogue.datasets.get(row["dataset"])
    if dataset is None:
        row.fail(f"没有数据集 {row['dataset']!r}", "用 kanghu dictionary 查数据集的名字")
    if row["subject"] == "resident" and not dataset.person:
        row.fail(f"{dataset.name} 的记录不指明个人", "把 subject 写成 record,或换一个数据集")
    try:
        tree = sqlglot.parse_one(row["expression"], dialect="duckdb")
    except SqlglotError:
        row.fail(
            f"看不懂的表达式 {row['expression']!r}", "写 DuckDB 的条件,例如 systolic_mmhg >= 140"
        )
    known = {one.name for one in dataset.columns} | {AS_OF}
    unknown = sorted({one.name for one in tree.find_all(exp.Column)} - known)
    if unknown:
        row.fail(f"{dataset.name} 没有列 {'、'.join(unknown)}", f"只用它的列和 {AS_OF}")
