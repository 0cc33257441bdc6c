"""``kanghu standards lint``: the whole catalogue read, and held against the house's own rules.

Reading finds what is malformed (identifiers, formats, missing domains, relations that point
nowhere); the rules here find what reads well and is still wrong: a name that says another kind
of value than the type does, codes longer than their column, an element that nobody uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from kanghu.errors import KanghuError
from standards.catalogue import ROOM, read_catalogue
from standards.model import Catalogue, Column, Dataset
from standards.published import ws363_elements, ws364_tables
from standards.wording import FREQUENCY, REPORTED_BY

DOMAIN_IDENTIFIER = (
    r"CV\d{2}\.\d{2}\.\d{3}|GB\d+(\.\d+)?(\.\w+)?|KH\.\w+|ICD-10|ICD-9-CM-3|WS218|CHS\.\w+"
)
_ENDINGS = {"_date": "D", "_at": "DT"}
_BOOLEAN = ("is_", "has_")


def lint(room: Path = ROOM) -> list[KanghuError]:
    """Everything wrong with the catalogue in ``room``, in the order of its tables."""
    problems: list[KanghuError] = []
    catalogue = read_catalogue(room, problems.append)
    for rule in RULES:
        problems += rule(catalogue)
    return problems


def _elements_are_known(catalogue: Catalogue) -> Iterator[KanghuError]:
    """An identifier that looks like the standard's must be the standard's (never made up)."""
    known = ws363_elements()
    for one in catalogue.elements.values():
        if one.identifier.startswith("DE") and one.identifier not in known:
            yield _element_problem(
                one.identifier,
                f"WS 363 里没有数据元 {one.identifier}",
                "没有标准标识的数据元写本地标识 KHnn.nnn.nn",
            )
        edition = "WS 363" if one.identifier.startswith("DE") else "KH-"
        if not one.std_version.startswith(edition):
            yield _element_problem(
                one.identifier,
                f"{one.identifier} 的版本写成 {one.std_version!r}",
                "标准数据元写标准的版本(WS 363-2011),本地数据元写 KH-1",
            )


def _value_domains_are_known(catalogue: Catalogue) -> Iterator[KanghuError]:
    known = ws364_tables()
    for identifier in catalogue.value_domains:
        where = f"value_domains/value_domains.csv {identifier}"
        if not re.fullmatch(DOMAIN_IDENTIFIER, identifier):
            yield KanghuError(
                what=f"值域标识 {identifier!r} 不合规则",
                where=where,
                rule="lint.value_domain_identifier",
                mend="标准值域写它自己的标识(CV、GB、WS);本地值域写 KH.英文名",
            )
        elif identifier.startswith("CV") and identifier not in known:
            yield KanghuError(
                what=f"WS 364 里没有值域表 {identifier}",
                where=where,
                rule="lint.value_domain_known",
                mend="没有标准标识的值域写成 KH.英文名",
            )


def _spellings_are_distinct(catalogue: Catalogue) -> Iterator[KanghuError]:
    """A spelling that means two codes, or a code and nothing, would map at random."""
    for domain in catalogue.value_domains.values():
        if domain.is_extract:
            continue
        meant: dict[str, set[str]] = {}
        for code in domain.codes.values():
            for spelling in {code.code, code.name_zh, *code.aliases}:
                meant.setdefault(spelling, set()).add(code.code)
        for spelling in domain.ignored:
            meant.setdefault(spelling, set()).add("")
        for spelling, codes in meant.items():
            if len(codes) > 1 and spelling not in domain.codes:
                yield KanghuError(
                    what=f"写法 {spelling!r} 指向多个代码:{', '.join(sorted(codes))}",
                    where=f"value_domains/{domain.identifier}.csv",
                    rule="lint.spelling_distinct",
                    mend="一种写法只能是一个代码的名称或别名",
                )


def _everything_is_used(catalogue: Catalogue) -> Iterator[KanghuError]:
    used = {
        column.element.identifier for one in catalogue.datasets.values() for column in one.columns
    }
    for identifier in catalogue.elements.keys() - used:
        yield _element_problem(
            identifier, f"没有数据集用到数据元 {identifier}", "删去这一行,或在数据集里用上它"
        )


def _elements_are_in_order(catalogue: Catalogue) -> Iterator[KanghuError]:
    for before, after in zip(catalogue.elements, list(catalogue.elements)[1:], strict=False):
        if after < before:
            yield _element_problem(
                after, f"{after} 排在 {before} 之后", "数据元按标识排序,便于查找"
            )


def _names_are_in_style(catalogue: Catalogue) -> Iterator[KanghuError]:
    for column in _columns(catalogue):
        name = column.name
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            yield _column_problem(
                column, "name_style", f"列名 {name!r} 不合规则", "用小写英文全词,以下划线相连"
            )
        for ending, kind in _ENDINGS.items():
            if name.endswith(ending) != (column.type == kind) and name.endswith(ending):
                yield _column_problem(
                    column,
                    "name_says_type",
                    f"列名以 {ending} 结尾,类型却是 {column.type}",
                    f"{ending} 的列类型应是 {kind}",
                )
        if name.startswith(_BOOLEAN) != (column.type == "L"):
            yield _column_problem(
                column,
                "name_says_type",
                f"列名 {name!r} 与类型 {column.type} 不符",
                "是否类(L)的列名以 is_ 或 has_ 开头,别的列不这样写",
            )


def _a_name_is_one_kind(catalogue: Catalogue) -> Iterator[KanghuError]:
    """The same column name holds the same kind of value wherever it stands."""
    first: dict[str, Column] = {}
    for column in _columns(catalogue):
        known = first.setdefault(column.name, column)
        if _kind(known) != _kind(column):
            yield _column_problem(
                column,
                "name_one_kind",
                f"列名 {column.name} 在 {known.dataset} 里是 {known.type},这里是 {column.type}",
                "换一个列名,或统一类型",
            )


def _codes_fit(catalogue: Catalogue) -> Iterator[KanghuError]:
    for column in _columns(catalogue):
        domain = catalogue.domain_of(column)
        if not domain or not domain.codes or not column.format.max_length:
            continue
        longest = max(domain.codes, key=len)
        if len(longest) > column.format.max_length:
            yield _column_problem(
                column,
                "codes_fit",
                f"值域 {domain.identifier} 的代码 {longest!r} 放不进格式 {column.format.text}",
                "放宽这一列的格式",
            )


def _coded_columns_have_a_list(catalogue: Catalogue) -> Iterator[KanghuError]:
    for column in _columns(catalogue):
        domain = catalogue.domain_of(column)
        if domain and not column.type.startswith("S"):
            yield _column_problem(
                column,
                "coded_is_text",
                f"有值域 {domain.identifier},类型却是 {column.type}",
                "代码是文本(S2、S3);数值列不写值域",
            )


def _ranges_run_upwards(catalogue: Catalogue) -> Iterator[KanghuError]:
    for column in _columns(catalogue):
        for rule in column.rules:
            if rule.name != "range":
                continue
            low, high = map(float, rule.arguments)
            if low >= high or column.type != "N":
                yield _column_problem(
                    column,
                    "range",
                    f"范围 {low:g} 至 {high:g} 不成立,或这一列不是数值",
                    "下限小于上限,且只用于数值列",
                )


def _datasets_hold_together(catalogue: Catalogue) -> Iterator[KanghuError]:
    for dataset in catalogue.datasets.values():
        for name in dataset.key:
            if dataset.column(name).required != "M":
                yield _dataset_problem(dataset, f"主键列 {name} 不是必填", "主键列的 required 写 M")
        if dataset.reported_by not in REPORTED_BY:
            yield _dataset_problem(
                dataset,
                f"reported_by 不能是 {dataset.reported_by!r}",
                f"可用:{', '.join(REPORTED_BY)}",
            )
        if dataset.frequency not in FREQUENCY:
            yield _dataset_problem(
                dataset,
                f"frequency 不能是 {dataset.frequency!r}",
                f"可用:{', '.join(FREQUENCY)}",
            )
        if dataset.event_time and dataset.column(dataset.event_time).type not in ("D", "DT"):
            yield _dataset_problem(
                dataset,
                f"发生时间 {dataset.event_time} 不是日期",
                "event_time 写一个日期(D)或日期时间(DT)列",
            )
        for relation in dataset.relations:
            parent = catalogue.dataset(relation.parent).column(relation.parent_column)
            if _kind(dataset.column(relation.column)) != _kind(parent):
                yield _dataset_problem(
                    dataset,
                    f"关系 {relation.column} = {relation.parent}.{relation.parent_column} "
                    "两边类型不同",
                    "统一两列的类型",
                )


def _names_are_distinct(catalogue: Catalogue) -> Iterator[KanghuError]:
    for one, other in combinations(catalogue.datasets.values(), 2):
        if one.name_zh == other.name_zh:
            yield _dataset_problem(
                other, f"与 {one.name} 同名:{one.name_zh}", "每个数据集有自己的中文名"
            )
        if one.identifier == other.identifier:
            yield _dataset_problem(
                other, f"与 {one.name} 同一标识:{one.identifier}", "每个数据集有自己的标识"
            )
    for dataset in catalogue.datasets.values():
        seen: dict[str, str] = {}
        for column in dataset.columns:
            if column.name_zh in seen:
                yield _column_problem(
                    column,
                    "name_distinct",
                    f"中文名 {column.name_zh!r} 与 {seen[column.name_zh]} 相同",
                    "在 name_zh 里写明各是什么",
                )
            seen[column.name_zh] = column.name


RULES: tuple[Callable[[Catalogue], Iterator[KanghuError]], ...] = (
    _elements_are_known,
    _value_domains_are_known,
    _spellings_are_distinct,
    _everything_is_used,
    _elements_are_in_order,
    _names_are_in_style,
    _a_name_is_one_kind,
    _codes_fit,
    _coded_columns_have_a_list,
    _ranges_run_upwards,
    _datasets_hold_together,
    _names_are_distinct,
)


def _columns(catalogue: Catalogue) -> Iterator[Column]:
    for dataset in catalogue.datasets.values():
        yield from dataset.columns


def _kind(column: Column) -> str:
    return "text" if column.type.startswith("S") else column.type


def _element_problem(identifier: str, what: str, mend: str) -> KanghuError:
    return KanghuError(what, f"data_elements.csv {identifier}", "lint.element", mend)


def _dataset_problem(dataset: Dataset, what: str, mend: str) -> KanghuError:
    return KanghuError(what, f"datasets/datasets.csv {dataset.name}", "lint.dataset", mend)


def _column_problem(column: Column, rule: str, what: str, mend: str) -> KanghuError:
    return KanghuError(what, f"{column.dataset}.{column.name}", f"lint.{rule}", mend)
