"""What the catalogue is made of: elements, value domains, formats, rules, columns, datasets.

In the standards' own notation: WS 363 data elements, WS 364 value domains, WS 365 and WS 445
datasets. ``standards/catalogue.py`` reads these from the tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

DataType = Literal["S1", "S2", "S3", "L", "N", "D", "DT", "T", "BY"]
Required = Literal["M", "R", "O"]
Sensitivity = Literal["direct", "quasi", "sensitive", "staff", "none"]
"""``direct`` names a person (name, number, phone, door), ``quasi`` helps to (birth date, village),
``sensitive`` is health or habit, ``staff`` names somebody at work, who signs for what was done."""
Coverage = Literal["closed", "open", "extract"]


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


LIST_SEPARATOR = ","
"""Between the codes of a cell that holds several (a column that ``repeats``): ``1,3``."""


@dataclass(frozen=True)
class ValueDomain:
    """A code list (WS 364, GB). An open one warns of unknown codes where a closed one fails.

    An ``extract`` holds the usual codes of a list too long to carry (ICD-10): a code that it
    lacks says nothing, and the list must not be used to find unknown codes.
    """

    identifier: str
    name_zh: str
    coverage: Coverage
    std_version: str
    codes: dict[str, Code] = field(default_factory=dict, hash=False)
    ignored: tuple[str, ...] = ()
    """Spellings seen in the wild that say nothing (``-``, ``/``): neither code nor error."""
    note: str = ""

    @property
    def is_closed(self) -> bool:
        return self.coverage == "closed"

    @cached_property
    def list_pattern(self) -> str:
        """A regular expression for one or several codes in one cell, with ``LIST_SEPARATOR``.

        Without backslashes, which Spark and DuckDB read differently in a string.
        """
        one = "|".join(re.sub(r"([^\w-])", r"[\1]", code) for code in self.codes)
        return f"^({one})({LIST_SEPARATOR}({one}))*$"

    @property
    def is_extract(self) -> bool:
        return self.coverage == "extract"

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Every spelling that means a code (its name, its aliases) -> the code; not the codes."""
        return {
            spelling: one.code
            for one in self.codes.values()
            for spelling in (one.name_zh, *one.aliases)
            if spelling not in self.codes
        }


@dataclass(frozen=True)
class Format:
    """A format in the standards' notation: ``AN..50``, ``N1..3``, ``N..5,2``, ``D8``, ``T/F``."""

    text: str
    max_length: int | None
    """Characters, or digits of a number with its decimals; none where the standard sets none."""
    decimals: int

    @classmethod
    @cache
    def parse(cls, text: str) -> Format:
        """Raises ``ValueError`` for what is not in the standards' notation."""
        if text in ("D8", "DT15", "T6", "T/F", "BY"):
            return cls(text, None, 0)
        match = re.fullmatch(r"(?:AN|A|N)(\d+)?(?:\.\.(\d+))?(?:,(\d+))?", text)
        if not match:
            raise ValueError(f"{text!r} is no format")
        longest = match.group(2) or match.group(1)
        return cls(text, int(longest) if longest else None, int(match.group(3) or 0))


RULES: dict[str, int] = {"range": 2, "not_future": 0, "id_number": 0, "phone": 0, "icd10": 0}
"""The rules that a column may name, with how many arguments each takes."""


@dataclass(frozen=True)
class Rule:
    """A check on one column: ``range(50,300)``, ``not_future``, ``id_number``, ``phone``, ..."""

    name: str
    arguments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Raises ``ValueError`` for an undefined rule, or other arguments than it takes."""
        match = re.fullmatch(r"(\w+)(?:\(([^()]*)\))?", text)
        arguments = match.group(2) if match else None
        parts = tuple(part.strip() for part in arguments.split(",")) if arguments else ()
        if not match or RULES.get(match.group(1)) != len(parts):
            raise ValueError(f"{text!r} is no rule")
        return cls(match.group(1), parts)


@dataclass(frozen=True)
class Column:
    """A column of a dataset: its element, with what the dataset narrows already applied."""

    dataset: str
    name: str
    element: DataElement
    field: str
    """The standard's own identifier of this field in this dataset (``HDSD00.03.025``); empty
    where the evidence gives none. One element names many fields, so a field is more than it."""
    name_zh: str
    required: Required
    repeats: bool
    """Whether a cell may hold several values, with ``LIST_SEPARATOR`` between them."""
    type: DataType
    format: Format
    value_domain: str
    """The value domain's identifier; empty where the column takes none."""
    rules: tuple[Rule, ...]
    sensitivity: Sensitivity
    """The element's, unless the dataset says otherwise (the same element names a patient here
    and a doctor there)."""

    @property
    def unit(self) -> str:
        return self.element.unit


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
    forms: tuple[str, ...]
    """The city's forms and tables that this dataset holds (``B11``: forms.md of the tender)."""
    version: int
    """Counts the breaking changes: a column added leaves it, one renamed or retyped raises it."""
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


Store = Literal["population", "emr", "health_record", "master", "operations", "exchange"]
"""The stores that a city keeps: whole population, regional EMR, regional health record (the three
that L-16 names), and beside them master data, operations and what is merely passed on."""


@dataclass(frozen=True)
class Group:
    """A group of datasets: the folder they stand in, the store they belong to, who owns them."""

    group: str
    name_zh: str
    store: Store
    owner: str


@dataclass(frozen=True)
class Catalogue:
    """Everything that the tables say."""

    elements: dict[str, DataElement]
    value_domains: dict[str, ValueDomain]
    groups: dict[str, Group]
    datasets: dict[str, Dataset]

    def dataset(self, name: str) -> Dataset:
        try:
            return self.datasets[name]
        except KeyError:
            raise KeyError(f"the catalogue has no dataset {name!r}") from None

    def domain_of(self, column: Column) -> ValueDomain | None:
        return self.value_domains[column.value_domain] if column.value_domain else None
