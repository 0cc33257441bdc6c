"""A system's mapping, checked when its YAML is read: what would fail on the engine is refused here.

Whatever a mapping names must exist: datasets, columns, lookups, child tables, functions, letters of
a date pattern, time zones. So one institution's slip is told with its place in the file, and never
stops a run half-way.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from collectors.expression import read_expression
from collectors.model import ColumnMap, System, Table
from kanghu.errors import KanghuError
from standards.catalogue import Catalogue

NOT_PATTERNS = ("iso", "epoch_millis", "epoch_seconds")
"""What ``date`` may say instead of a pattern."""

_WIDEST = {"y": 4, "M": 4, "d": 2, "H": 2, "h": 2, "m": 2, "s": 2, "S": 9, "a": 1} | {
    **dict.fromkeys("XxZ", 3)
}
"""Letter of a date pattern -> how often it may stand in a row; Spark and Sail read these alike."""
_PATTERN_PARTS = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|.", re.DOTALL)
_SCALE = re.compile(r"-?\d{1,6}([.]\d{1,6})?")
_MOST_DAYS = 36_525


def check_system(system: System, catalogue: Catalogue, path: Path) -> None:
    """Raises ``KanghuError`` for the first thing in ``system`` that cannot work."""
    if system.time_zone not in _time_zones():
        raise KanghuError(
            what=f"没有时区 {system.time_zone!r}",
            where=f"{path.name}: time_zone",
            mend="写 IANA 时区名,例如 Asia/Shanghai 或 UTC",
        )
    for table_name, table in system.tables.items():
        for dataset_name, mapping in table.maps.items():
            where = f"{path.name}: tables.{table_name}.maps.{dataset_name}"
            if dataset_name not in catalogue.datasets:
                raise KanghuError(
                    what=f"目录里没有数据集 {dataset_name!r}",
                    where=where,
                    mend="数据集名见 kanghu dictionary",
                )
            if mapping.where is not None:
                read_expression(mapping.where, "flag", f"{where}.where")
            known = {column.name for column in catalogue.dataset(dataset_name).columns}
            for column, rule in mapping.columns.items():
                if column not in known:
                    raise KanghuError(
                        what=f"数据集 {dataset_name} 没有列 {column!r}",
                        where=where,
                        mend=f"可用的列:{', '.join(sorted(known))}",
                    )
                _check_rule(system, table, rule, f"{where}.{column}")


def _check_rule(system: System, table: Table, rule: ColumnMap, where: str) -> None:
    if rule.lookup is not None and rule.lookup not in system.lookups:
        raise KanghuError(
            what=f"用到的对照 {rule.lookup!r} 没有定义",
            where=where,
            mend=f"在 lookups 下补上 {rule.lookup}",
        )
    if rule.arithmetic is not None:
        read_expression(rule.arithmetic, "number", where)
    if rule.string is not None:
        read_expression(rule.string, "text", where)
    for pattern in (rule.date,) if isinstance(rule.date, str) else rule.date or ():
        _check_pattern(pattern, where)
    if rule.scale is not None and not _SCALE.fullmatch(rule.scale):
        raise KanghuError(
            what=f"scale {rule.scale!r} 不是一个系数",
            where=where,
            mend='写成小数,整数和小数各不超过 6 位,例如 "0.01"',
        )
    if rule.date_add is not None and abs(rule.date_add.days) > _MOST_DAYS:
        raise KanghuError(
            what=f"date_add 加 {rule.date_add.days} 天超过一百年", where=where, mend="检查 days"
        )
    if rule.aggregate is not None:
        _check_aggregate(system, table, rule, where)


def _check_aggregate(system: System, table: Table, rule: ColumnMap, where: str) -> None:
    assert rule.aggregate is not None
    parts = rule.aggregate
    child = system.tables.get(parts.table)
    if child is None:
        raise KanghuError(
            what=f"aggregate 的表 {parts.table!r} 不在这个系统里",
            where=where,
            mend=f"可用的表:{', '.join(system.tables)}",
        )
    if not parts.column and parts.function != "count":
        raise KanghuError(
            what=f"aggregate 的 {parts.function} 没有写 column",
            where=where,
            mend="写上要汇总的列;只有 count 可以不写",
        )
    sides = ((child, [*parts.by, parts.column]), (table, [*parts.by.values()]))
    for one, names in sides:
        missing = [name for name in names if name and one.columns and name not in one.columns]
        if missing or not parts.by:
            raise KanghuError(
                what=f"aggregate 用到的列没有定义:{'、'.join(missing) or 'by'}",
                where=where,
                mend="by 写 {子表的列: 本表的列},都要在各自的 columns 里",
            )


def _check_pattern(pattern: str, where: str) -> None:
    if pattern in NOT_PATTERNS:
        return
    for part in _PATTERN_PARTS.finditer(pattern):
        letter, text = part.group(1), part.group(0)
        if letter and letter not in _WIDEST:
            said = f"日期格式 {pattern!r} 里的字母 {letter} 不能用"
        elif letter and len(text) > _WIDEST[letter]:
            said = f"日期格式 {pattern!r} 里的 {text} 太长,最多 {_WIDEST[letter]} 个 {letter}"
        elif text in "'[]{}#\\":
            said = f"日期格式 {pattern!r} 里的 {text} 不能单独用"
        else:
            continue
        raise KanghuError(
            what=said,
            where=where,
            rule="date",
            mend=f"用 yyyy MM dd HH mm ss 等({' '.join(_WIDEST)}),文字直接写或放在成对的单引号里,"
            f"或写 {'、'.join(NOT_PATTERNS)}",
        )
    if not any(part.group(1) for part in _PATTERN_PARTS.finditer(pattern)):
        raise KanghuError(
            what=f"日期格式 {pattern!r} 里没有年月日",
            where=where,
            rule="date",
            mend="例如 yyyyMMdd",
        )


@cache
def _time_zones() -> frozenset[str]:
    """Regions and UTC; abbreviations (EST) mean different things to different engines."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")
