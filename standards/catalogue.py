"""The catalogue as objects, read from the tables beside this file.

The tables are in the standards' own notation (WS 363 elements, WS 364 value domains, WS 365 and
WS 445 datasets): ``data_elements.csv``, ``value_domains/``, ``datasets/``. A column of a dataset
names its data element and says only what the dataset narrows. Everything else in Kanghu that
knows a field's name, type, format, value domain, unit or sensitivity projects it from here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

ROOM = Path(__file__).resolve().parent

DataType = Literal["S1", "S2", "S3", "L", "N", "D", "DT", "T", "BY"]
Required = Literal["M", "R", "O"]
Sensitivity = Literal["direct", "quasi", "sensitive", "none"]


@dataclass(frozen=True)
class DataElement:
    """A data element (WS 363): what a value is, wherever it stands."""

    identifier: str
    column: str
    name_zh: str
    type: DataType
    format: str
    value_domain: str
    unit: str
    sensitivity: Sensitivity
    std_version: str


@dataclass(frozen=True)
class Code:
    """One code of a value domain; ``aliases`` are spellings seen in the wild."""

    code: str
    name_zh: str
    parent: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueDomain:
    """A code list (WS 364, GB). An open one warns of unknown codes where a closed one fails."""

    identifier: str
    name_zh: str
    is_closed: bool
    std_version: str
    codes: dict[str, Code] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Format:
    """A format in the standards' notation: ``AN..50``, ``N1..3``, ``N..5,2``, ``D8``, ``T/F``."""

    text: str
    max_length: int | None
    decimals: int

    @classmethod
    def parse(cls, text: str) -> Format:
        match = re.fullmatch(r"(?:AN|A|N)(\d+)?(?:\.\.(\d+))?(?:,(\d+))?", text)
        if not match:
            return cls(text, None, 0)
        longest = match.group(2) or match.group(1)
        return cls(text, int(longest) if longest else None, int(match.group(3) or 0))


@dataclass(frozen=True)
class Rule:
    """A check on one column: ``range(50,300)``, ``not_future``, ``id_number``, ``phone``, ..."""

    name: str
    arguments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Rule:
        name, _, rest = text.partition("(")
        arguments = tuple(part.strip() for part in rest.rstrip(")").split(",")) if rest else ()
        return cls(name, arguments)


@dataclass(frozen=True)
class Column:
    """A column of a dataset: its element, with what the dataset narrows already applied."""

    dataset: str
    name: str
    element: DataElement
    name_zh: str
    required: Required
    repeats: bool
    type: DataType
    format: Format
    value_domain: str
    """The value domain's identifier; empty where the column takes none."""
    rules: tuple[Rule, ...]

    @property
    def unit(self) -> str:
        return self.element.unit

    @property
    def sensitivity(self) -> Sensitivity:
        return self.element.sensitivity


@dataclass(frozen=True)
class Relation:
    """``child.column`` names a row of ``parent`` by its ``parent_column``, in one institution."""

    parent: str
    column: str
    parent_column: str


@dataclass(frozen=True)
class Dataset:
    """A dataset: one kind of record, with its key, its person and its columns.

    ``person`` says how a row finds its person: ``self`` (it identifies one: name, number, ...),
    the column that carries the source's own person number, or empty where no person is meant.
    """

    name: str
    group: str
    identifier: str
    name_zh: str
    key: tuple[str, ...]
    person: str
    event_time: str
    relations: tuple[Relation, ...]
    reported_by: str
    frequency: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    @property
    def person_columns(self) -> tuple[str, ...]:
        """The columns that carry the source's own person numbers, strongest first.

        For a ``self`` dataset: its key, or the patient number and the record number it carries.
        """
        names = ("patient_no", "record_no")
        if self.person == "":
            return ()
        if self.person != "self":
            return (self.person,)
        carried = tuple(name for name in names if any(c.name == name for c in self.columns))
        return carried or self.key


@dataclass(frozen=True)
class Catalogue:
    """Everything that the tables say."""

    elements: dict[str, DataElement]
    value_domains: dict[str, ValueDomain]
    datasets: dict[str, Dataset]

    def dataset(self, name: str) -> Dataset:
        try:
            return self.datasets[name]
        except KeyError:
            raise KeyError(f"the catalogue has no dataset {name!r}") from None

    def domain_of(self, column: Column) -> ValueDomain | None:
        return self.value_domains[column.value_domain] if column.value_domain else None


@cache
def load_catalogue(room: Path = ROOM) -> Catalogue:
    """Read the catalogue's tables; raises ``ValueError`` naming the file and line that is wrong."""
    elements = {row["identifier"]: _element(row) for row in _rows(room / "data_elements.csv")}
    domains = {
        row["value_domain"]: _value_domain(room, row)
        for row in _rows(room / "value_domains" / "value_domains.csv")
    }
    datasets = {
        row["dataset"]: _dataset(room, row, elements, domains)
        for row in _rows(room / "datasets" / "datasets.csv")
    }
    return Catalogue(elements, domains, datasets)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _element(row: dict[str, str]) -> DataElement:
    return DataElement(**row)  # type: ignore[arg-type]


def _value_domain(room: Path, row: dict[str, str]) -> ValueDomain:
    path = room / "value_domains" / f"{row['value_domain']}.csv"
    codes = {
        item["code"]: Code(
            item["code"], item["name_zh"], item["parent"], tuple(item["aliases"].split())
        )
        for item in (_rows(path) if path.exists() else ())
    }
    return ValueDomain(
        row["value_domain"],
        row["name_zh"],
        row["coverage"] == "closed",
        row["std_version"],
        codes,
    )


def _dataset(
    room: Path,
    row: dict[str, str],
    elements: dict[str, DataElement],
    domains: dict[str, ValueDomain],
) -> Dataset:
    path = room / "datasets" / row["group"] / f"{row['dataset']}.csv"
    columns = tuple(
        _column(row["dataset"], item, elements, domains, f"{path.name}:{line}")
        for line, item in enumerate(_rows(path), start=2)
    )
    relations = tuple(_relation(part) for part in row["parents"].split(";") if part)
    return Dataset(
        name=row["dataset"],
        group=row["group"],
        identifier=row["identifier"],
        name_zh=row["name_zh"],
        key=tuple(row["key"].split(",")),
        person="" if row["person"] == "none" else row["person"],
        event_time=row["event_time"],
        relations=relations,
        reported_by=row["reported_by"],
        frequency=row["frequency"],
        columns=columns,
    )


def _column(
    dataset: str,
    item: dict[str, str],
    elements: dict[str, DataElement],
    domains: dict[str, ValueDomain],
    where: str,
) -> Column:
    element = elements.get(item["data_element"])
    if element is None:
        raise ValueError(f"{where}: no data element {item['data_element']!r}")
    domain = item["value_domain"] or element.value_domain
    domain = "" if domain == "none" else domain
    if domain and domain not in domains:
        raise ValueError(f"{where}: no value domain {domain!r}")
    return Column(
        dataset=dataset,
        name=item["column"],
        element=element,
        name_zh=item["name_zh"] or element.name_zh,
        required=item["required"],  # type: ignore[arg-type]
        repeats=item["repeats"] == "1",
        type=item["type"] or element.type,  # type: ignore[arg-type]
        format=Format.parse(item["format"] or element.format),
        value_domain=domain,
        rules=tuple(Rule.parse(text) for text in item["rule"].split()),
    )


def _relation(text: str) -> Relation:
    parent, _, columns = text.partition(":")
    column, _, parent_column = columns.partition("=")
    return Relation(parent, column, parent_column)
