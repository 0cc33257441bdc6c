"""The tables of hand-written rules, read with a clear error for each row that cannot be a rule.

``rules.csv``: a rule a row. ``patterns.csv``: what several datasets ask alike, and
``patterned.csv``: for which dataset and column. ``thresholds.csv``: the numbers that they name in
braces (``{due_date_tolerance_days}``), beside those of the indicators (``{late_entry_days}``). A
rule that looks at other records has its query in ``across/<id>.sql``, a pattern in
``patterns/<check>.sql``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import sqlglot
from sqlglot import exp

from expectations.model import WEIGHTS, Dimension, Expectation, Scope, Severity
from kanghu.errors import KanghuError
from kanghu.settings import load_settings
from standards.catalogue import Catalogue, Dataset, load_catalogue
from standards.indicators import load_parameters

ROOM = Path(__file__).resolve().parent

_RULES = (
    *("id", "dataset", "column", "sentence", "dimension", "severity", "weight", "scope"),
    *("expression", "message", "mend", "source"),
)
_PATTERNS = (
    *("check", "scope", "dimension", "severity", "sentence", "message", "mend", "expression"),
)
_PATTERNED = ("check", "dataset", "column", "source", "arguments")
_THRESHOLDS = ("id", "value", "unit", "source", "sentence")
_MOST_WEIGHT = 10


@cache
def hand_written(room: Path = ROOM) -> tuple[Expectation, ...]:
    """Every rule of the tables in ``room``; ``KanghuError`` names file, line and what to mend."""
    catalogue = load_catalogue()
    thresholds = read_thresholds(room)
    known: dict[str, str] = {}
    rules = []
    for where, rule in (*_rules(room), *_patterned(room, catalogue)):
        said = _filled(rule, thresholds, where)
        if said.id in known:
            raise _error(where, f"规则编号 {said.id} 已在{known[said.id]}用过", "换一个编号")
        known[said.id] = where
        _check(said, catalogue, where)
        rules.append(said)
    return tuple(rules)


def read_thresholds(room: Path = ROOM) -> dict[str, str]:
    """Threshold -> its number, as text: those of ``thresholds.csv``, and the numbers that the
    indicators count by too (standards/indicators/parameters.csv, a site's own values over them)."""
    shared = load_parameters(load_settings().sources)
    numbers = {name: one.value for name, one in shared.items() if _is_number(one.value)}
    for where, row in _read(room / "thresholds.csv", _THRESHOLDS):
        if not _is_number(row["value"]):
            raise _error(where, f"界值 {row['id']} 的 value 不是数字:{row['value']!r}", "写成数字")
        if row["id"] in numbers:
            mend = "删去一行;指标也用的数写在 standards/indicators/parameters.csv"
            raise _error(where, f"界值 {row['id']} 写了两次", mend)
        numbers[row["id"]] = row["value"]
    return numbers


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+([.][0-9]+)?", text) is not None


def _rules(room: Path) -> Iterator[tuple[str, Expectation]]:
    for where, row in _read(room / "rules.csv", _RULES):
        if row["scope"] == "across":
            row["expression"] = _query(room / "across" / f"{row['id']}.sql", where)
        if not row["weight"].isdigit() or not 0 < int(row["weight"]) <= _MOST_WEIGHT:
            raise _error(where, f"weight 不是 1 到 {_MOST_WEIGHT} 的整数:{row['weight']!r}", "改正")
        yield where, Expectation(**{**row, "weight": int(row["weight"])})  # type: ignore[arg-type]


def _patterned(room: Path, catalogue: Catalogue) -> Iterator[tuple[str, Expectation]]:
    patterns = {row["check"]: row for _, row in _read(room / "patterns.csv", _PATTERNS)}
    for where, row in _read(room / "patterned.csv", _PATTERNED):
        pattern = patterns.get(row["check"])
        if pattern is None:
            raise _error(where, f"没有 {row['check']!r} 这种规则", "先写进 patterns.csv")
        dataset = _dataset(catalogue, row["dataset"], where)
        column = row["column"] or dataset.event_time
        names = {
            "dataset": dataset.name,
            "dataset_zh": dataset.name_zh,
            "column": column,
            "column_zh": _column_zh(dataset, column, where),
            "event_time": dataset.event_time,
            **dict(one.split("=", 1) for one in row["arguments"].split(";") if one),
        }
        expression = pattern["expression"]
        if pattern["scope"] == "across":
            expression = _query(room / "patterns" / f"{row['check']}.sql", where)
        rule = Expectation(
            id=f"{dataset.name}.{row['check']}",
            dataset=dataset.name,
            column=column,
            sentence=pattern["sentence"],
            dimension=pattern["dimension"],  # type: ignore[arg-type]
            severity=pattern["severity"],  # type: ignore[arg-type]
            weight=WEIGHTS.get(pattern["severity"], 1),
            message=pattern["message"],
            mend=pattern["mend"],
            scope=pattern["scope"],  # type: ignore[arg-type]
            expression=expression,
            source=row["source"],
        )
        yield where, _filled(rule, names, where, leave=True)


def _read(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """(where, row) for each row; ``where`` is file and line."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != columns:
            raise _error(path.name, "表头不对", f"表头应当是 {','.join(columns)}")
        for row in reader:
            where = f"{path.name} 第 {reader.line_num} 行"
            if None in row or None in row.values():
                raise _error(where, "列数与表头不同", "含逗号的文字要用双引号括起来")
            yield where, row


def _query(path: Path, where: str) -> str:
    if not path.exists():
        raise _error(where, f"没有查询文件 {path.parent.name}/{path.name}", "补上这个文件")
    return path.read_text(encoding="utf-8")


_BRACES = re.compile(r"\{([a-z][a-z_0-9]*)\}")


def _filled(
    rule: Expectation, names: Mapping[str, str], where: str, *, leave: bool = False
) -> Expectation:
    """``rule`` with ``names`` in the place of braces; an unknown one is left, or refused."""

    def named(found: re.Match[str]) -> str:
        if found[1] in names:
            return names[found[1]]
        if leave:
            return found[0]
        raise _error(where, f"没有界值 {found[1]}", "写进 thresholds.csv,或改正名字")

    return replace(
        rule,
        sentence=_BRACES.sub(named, rule.sentence),
        message=_BRACES.sub(named, rule.message),
        mend=_BRACES.sub(named, rule.mend),
        expression=_BRACES.sub(named, rule.expression),
    )


def _check(rule: Expectation, catalogue: Catalogue, where: str) -> None:
    dataset = _dataset(catalogue, rule.dataset, where)
    if rule.column:
        _column_zh(dataset, rule.column, where)
    if not rule.id.startswith(f"{rule.dataset}."):
        raise _error(where, f"规则编号 {rule.id} 不以数据集名 {rule.dataset}. 开头", "改编号")
    for field, words in (("dimension", Dimension), ("severity", Severity), ("scope", Scope)):
        if getattr(rule, field) not in get_args(words):
            known = "、".join(get_args(words))
            raise _error(where, f"{field} 没有 {getattr(rule, field)!r}", f"只能是 {known}")
    for field in ("sentence", "message", "mend", "source", "expression"):
        if not getattr(rule, field).strip():
            raise _error(where, f"{rule.id} 的 {field} 是空的", f"填写 {field}")
    if rule.scope == "across" and rule.blocks:
        raise _error(where, f"{rule.id} 要看别的记录,不能隔离(blocking)", "改为 error 或 warning")
    _check_expression(rule, dataset, where)


def _check_expression(rule: Expectation, dataset: Dataset, where: str) -> None:
    try:
        tree = sqlglot.parse_one(rule.expression, read="spark")
    except sqlglot.errors.SqlglotError as fault:
        told = str(fault).splitlines()[0]
        raise _error(where, f"{rule.id} 的表达式读不懂:{told}", "改正 SQL(Spark 的写法)") from fault
    if rule.scope == "across":
        if not isinstance(tree, exp.Query):
            raise _error(where, f"{rule.id} 不是一个查询", "写成 select … from …")
        answered = set(tree.named_selects)
        wanted = {"_institution", "_feed", "_source_key", "_batch_id", "value"}
        if answered != wanted:
            said = "、".join(sorted(wanted))
            raise _error(where, f"{rule.id} 的查询答的列不对", f"应当答 {said}")
        return
    names = {column.name for column in dataset.columns}
    readable = names | {f"raw_{name}" for name in names} | {"raw_delivery_error"}
    readable |= {
        f"valid_{column.name}"
        for column in dataset.columns
        if any(one.name == "id_number" for one in column.rules)
    }
    for column in tree.find_all(exp.Column):
        if column.name not in readable:
            raise _error(where, f"{rule.id} 读了 {dataset.name} 没有的列 {column.name}", "改正列名")


def _dataset(catalogue: Catalogue, name: str, where: str) -> Dataset:
    if name not in catalogue.datasets:
        raise _error(where, f"没有数据集 {name!r}", "改成目录 datasets.csv 里的名字")
    return catalogue.dataset(name)


def _column_zh(dataset: Dataset, name: str, where: str) -> str:
    for column in dataset.columns:
        if column.name == name:
            return column.name_zh
    raise _error(where, f"{dataset.name} 没有列 {name!r}", "改成目录里这个数据集的列名")


def _error(where: str, what: str, mend: str) -> KanghuError:
    return KanghuError(what=what, where=f"expectations/{where}", rule="expectations", mend=mend)
