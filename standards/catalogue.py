"""The catalogue as objects, read from the tables beside this file.

The tables are in the standards' own notation (WS 363 elements, WS 364 value domains, WS 365 and
WS 445 datasets): ``data_elements.csv``, ``value_domains/``, ``datasets/``. A column of a dataset
names its data element and says only what the dataset narrows. Everything else in Kanghu that
knows a field's name, type, format, value domain, unit or sensitivity projects it from here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TypeVar, get_args

from kanghu.settings import load_settings
from standards.model import (
    RULES,
    Catalogue,
    Code,
    Column,
    Coverage,
    DataElement,
    Dataset,
    DataType,
    Format,
    Group,
    Relation,
    Required,
    Rule,
    Sensitivity,
    Store,
    ValueDomain,
)
from standards.tables import Row, Tell, read_rows, stop_at, told

__all__ = [
    "Catalogue",
    "Code",
    "Column",
    "Coverage",
    "DataElement",
    "DataType",
    "Dataset",
    "Format",
    "Group",
    "Relation",
    "Required",
    "Rule",
    "Sensitivity",
    "ValueDomain",
    "load_catalogue",
]

ROOM = Path(__file__).resolve().parent

IDENTIFIER = r"DE0[1-9]\.\d{2}\.\d{3}\.\d{2}|KH\d{2}\.\d{3}\.\d{2}"
"""WS 363's own grammar, or a local identifier, so that nobody mistakes ours for the standard's."""

FIELD = r"HDSD\d{2}\.\d{2}\.\d{3}"
"""A field of a standard dataset (WS 445: HDSD00.02 to HDSD00.18)."""

_T = TypeVar("_T")

_ELEMENT = tuple(DataElement.__annotations__)
_DOMAIN = ("value_domain", "name_zh", "coverage", "std_version", "ignored", "note")
_CODE = tuple(Code.__annotations__)
_DATASET = (
    *("dataset", "group", "identifier", "name_zh", "key", "person", "event_time", "parents"),
    *("reported_by", "frequency", "forms", "version"),
)
_GROUP = tuple(Group.__annotations__)
_COLUMN = (
    *("column", "data_element", "field", "name_zh", "required", "repeats", "type", "format"),
    *("value_domain", "rule", "sensitivity"),
)


def load_catalogue(room: Path | None = None) -> Catalogue:
    """The product's catalogue with the site's own official tables over it, or that of ``room``.

    Read once a process and folder. Raises ``KanghuError`` naming the file and line that is wrong.
    """
    if room is not None:
        return _loaded(room, None)
    site = load_settings().standards
    return _loaded(ROOM, site if site.is_dir() else None)


@cache
def _loaded(room: Path, site: Path | None) -> Catalogue:
    return read_catalogue(room, stop_at, site)


def read_catalogue(room: Path, tell: Tell, site: Path | None = None) -> Catalogue:
    """Read the tables of ``room``, giving each wrong row to ``tell`` (and leaving it out).

    The tables of ``site`` (``kanghu standards load``) take the place of ours: its value domains
    whole, its data elements a row each.
    """
    domains = _value_domains(room, tell)
    elements = _elements(room, domains, tell)
    if site is not None and (site / "value_domains" / "value_domains.csv").exists():
        domains |= _value_domains(site, tell)
    if site is not None and (site / "data_elements.csv").exists():
        elements |= _elements(site, domains, tell)
    groups: dict[str, Group] = {}
    for row in read_rows(room / "datasets" / "groups.csv", _GROUP, tell):
        with told(tell):
            _check_choice(row, "store", Store)
            _add(groups, row["group"], Group(**row.cells), row)  # type: ignore[arg-type]
    catalogue = Catalogue(elements, domains, groups, {})
    rows = []
    for row in read_rows(room / "datasets" / "datasets.csv", _DATASET, tell):
        with told(tell):
            _add(catalogue.datasets, row["dataset"], _dataset(room, row, catalogue, tell), row)
            rows.append(row)
    for row in rows:
        with told(tell):
            _check_relations(catalogue, catalogue.datasets[row["dataset"]], row)
    return catalogue


def _value_domains(room: Path, tell: Tell) -> dict[str, ValueDomain]:
    found: dict[str, ValueDomain] = {}
    for row in read_rows(room / "value_domains" / "value_domains.csv", _DOMAIN, tell):
        with told(tell):
            _add(found, row["value_domain"], _value_domain(room, row, tell), row)
    return found


def _elements(room: Path, domains: dict[str, ValueDomain], tell: Tell) -> dict[str, DataElement]:
    found: dict[str, DataElement] = {}
    for row in read_rows(room / "data_elements.csv", _ELEMENT, tell):
        with told(tell):
            _add(found, row["identifier"], _element(row, domains), row)
    return found


def _add(found: dict[str, _T], name: str, thing: _T, row: Row) -> None:
    if name in found:
        row.fail(f"{name} 重复", "每个标识只写一行")
    found[name] = thing


def _element(row: Row, domains: dict[str, ValueDomain]) -> DataElement:
    if not re.fullmatch(IDENTIFIER, row["identifier"]):
        row.fail(
            f"数据元标识 {row['identifier']!r} 不合规则",
            "标准数据元写 DEnn.nn.nnn.nn;没有标准标识的写本地标识 KHnn.nnn.nn",
        )
    _check_choice(row, "type", DataType)
    _check_choice(row, "sensitivity", Sensitivity)
    _format(row, row["format"])
    _check_domain(row, row["value_domain"], domains)
    return DataElement(**row.cells)  # type: ignore[arg-type]


def _value_domain(room: Path, row: Row, tell: Tell) -> ValueDomain:
    _check_choice(row, "coverage", Coverage)
    path = room / "value_domains" / f"{row['value_domain']}.csv"
    codes: dict[str, Code] = {}
    if path.exists() or row["coverage"] != "open":
        for item in read_rows(path, _CODE, tell):
            code = Code(
                item["code"], item["name_zh"], item["parent"], tuple(item["aliases"].split())
            )
            with told(tell):
                _add(codes, code.code, code, item)
    return ValueDomain(
        identifier=row["value_domain"],
        name_zh=row["name_zh"],
        coverage=row["coverage"],  # type: ignore[arg-type]
        std_version=row["std_version"],
        codes=codes,
        ignored=tuple(row["ignored"].split()),
        note=row["note"],
    )


def _dataset(room: Path, row: Row, known: Catalogue, tell: Tell) -> Dataset:
    if row["group"] not in known.groups:
        row.fail(f"没有数据集分组 {row['group']!r}", "先在 datasets/groups.csv 里加这个分组")
    if not row["version"].isdigit():
        row.fail(f"版本 {row['version']!r} 不是数字", "第一版写 1;不兼容的改动加 1")
    path = room / "datasets" / row["group"] / f"{row['dataset']}.csv"
    columns: dict[str, Column] = {}
    for item in read_rows(path, _COLUMN, tell):
        with told(tell):
            _add(columns, item["column"], _column(row["dataset"], item, known), item)
    person = "" if row["person"] == "none" else row["person"]
    key = tuple(row["key"].split(","))
    for name in (*key, *([person] if person != "self" else []), row["event_time"]):
        if name and name not in columns:
            row.fail(f"数据集 {row['dataset']} 没有列 {name!r}", f"在 {path.name} 里加这一列")
    return Dataset(
        name=row["dataset"],
        group=row["group"],
        identifier=row["identifier"],
        name_zh=row["name_zh"],
        key=key,
        person=person,
        event_time=row["event_time"],
        relations=tuple(_relation(part) for part in row["parents"].split(";") if part),
        reported_by=row["reported_by"],
        frequency=row["frequency"],
        forms=tuple(row["forms"].split()),
        version=int(row["version"]),
        columns=tuple(columns.values()),
    )


def _column(dataset: str, row: Row, known: Catalogue) -> Column:
    element = known.elements.get(row["data_element"])
    if element is None:
        row.fail(f"没有数据元 {row['data_element']!r}", "先在 data_elements.csv 里加这个数据元")
    domain = row["value_domain"] or element.value_domain
    domain = "" if domain == "none" else domain
    _check_domain(row, domain, known.value_domains)
    _check_choice(row, "required", Required)
    for name, choices in (("type", DataType), ("sensitivity", Sensitivity)):
        if row[name]:
            _check_choice(row, name, choices)
    return Column(
        dataset=dataset,
        name=row["column"],
        element=element,
        field=_field(row),
        name_zh=row["name_zh"] or element.name_zh,
        required=row["required"],  # type: ignore[arg-type]
        repeats=row["repeats"] == "1",
        type=row["type"] or element.type,  # type: ignore[arg-type]
        format=_format(row, row["format"] or element.format),
        value_domain=domain,
        rules=tuple(_rule(row, text) for text in row["rule"].split()),
        sensitivity=row["sensitivity"] or element.sensitivity,  # type: ignore[arg-type]
    )


def _field(row: Row) -> str:
    if row["field"] and not re.fullmatch(FIELD, row["field"]):
        row.fail(
            f"数据集字段标识 {row['field']!r} 不合规则",
            "标准数据集的字段写 HDSDnn.nn.nnn;没有标准标识的空着",
        )
    return row["field"]


def _format(row: Row, text: str) -> Format:
    try:
        return Format.parse(text)
    except ValueError:
        row.fail(f"格式 {text!r} 不合标准写法", "例如 AN..50、N1、N..5,2、D8、DT15、T/F")


def _rule(row: Row, text: str) -> Rule:
    try:
        return Rule.parse(text)
    except ValueError:
        row.fail(f"没有规则 {text!r}", f"可用:{', '.join(RULES)};范围写成 range(下限,上限)")


def _relation(text: str) -> Relation:
    parent, _, columns = text.partition(":")
    column, _, parent_column = columns.partition("=")
    return Relation(parent, column, parent_column)


def _check_relations(catalogue: Catalogue, dataset: Dataset, row: Row) -> None:
    own = {column.name for column in dataset.columns}
    for relation in dataset.relations:
        parent = catalogue.datasets.get(relation.parent)
        theirs = {column.name for column in parent.columns} if parent else set()
        if relation.column not in own or relation.parent_column not in theirs:
            row.fail(
                f"{dataset.name} 的关系 {relation.parent}:{relation.column}"
                f"={relation.parent_column} 指向不存在的数据集或列",
                "写成 上级数据集:本集的列=上级的列",
            )


def _check_domain(row: Row, domain: str, domains: dict[str, ValueDomain]) -> None:
    if domain and domain not in domains:
        row.fail(
            f"没有值域 {domain!r}",
            "先在 value_domains/value_domains.csv 里登记;没有条目的登记为 open",
        )


def _check_choice(row: Row, name: str, choices: object) -> None:
    if row[name] not in get_args(choices):
        row.fail(f"{name} 不能是 {row[name]!r}", f"可用:{', '.join(get_args(choices))}")
