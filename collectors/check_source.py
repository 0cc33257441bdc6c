"""An institution's source file held against its system's, when both are read.

What a source says of its system must be there: tables, columns and lookups under ``differs``, and a
value for each parameter that the system's tables ask for. One message a source, however many tables
it concerns.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from collectors.model import Source, System, Table
from collectors.named import mentions, named_columns
from kanghu.errors import KanghuError

TO_FILL = "填"
"""How a parameter begins that ``source new`` left for a person to fill in."""

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)\}")
_GIVEN = "institution"


@dataclass(frozen=True)
class _Known:
    """Names that the system has; ``what`` they are, in Chinese."""

    what: str
    names: Collection[str]


def asked_parameters(system: System, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Parameter -> the tables whose ``from``, ``sql``, ``filter`` or query asks for it, but for the
    tables ``without``; ``institution`` is always given and is not among them."""
    asked: dict[str, list[str]] = {}
    for table_name, table in system.tables.items():
        if table_name not in without:
            for name in dict.fromkeys(_asked_by(table)):
                asked.setdefault(name, []).append(table_name)
    asked.pop(_GIVEN, None)
    return asked


def check_source(source: Source, system: System) -> None:
    """Raises ``KanghuError`` for the first thing in ``source`` that ``system`` does not have, with
    the names that are near it, or for the parameters without a value, all in one."""
    differs = source.differs
    where = f"sources/{source.source}.yml: differs"
    tables = _Known("表", system.tables)
    for name in differs.without:
        _check(system, tables, name, f"{where}.without")
    for table_name, renamed in differs.columns.items():
        place = f"{where}.columns.{table_name}"
        _check(system, tables, table_name, place)
        for own, column in renamed.items():
            if not _has_column(system, table_name, column):
                known = _Known(f"列({table_name})", _columns(system, table_name))
                _check(system, known, column, f"{place}.{own}")
    for lookup in differs.lookups:
        _check(system, _Known("对照", system.lookups), lookup, f"{where}.lookups")
    _check_parameters(source, system)


def _check(system: System, known: _Known, name: str, where: str) -> None:
    if name in known.names:
        return
    near = difflib.get_close_matches(name, list(known.names), n=5, cutoff=0.4)
    hint = f"相近的有 {'、'.join(near)}" if near else f"可用的有 {'、'.join(sorted(known.names))}"
    raise KanghuError(
        what=f"系统 {system.system} 没有{known.what} {name!r}",
        where=where,
        rule="differs",
        mend=f"改成系统文件里的名字,{hint};没有要说的就删去这一项",
    )


def _check_parameters(source: Source, system: System) -> None:
    asked = asked_parameters(system, source.differs.without)
    lacking = [
        name for name in asked if source.parameters.get(name, TO_FILL).strip().startswith(TO_FILL)
    ]
    if not lacking:
        return
    said = "、".join(f"{name}({len(asked[name])} 张表要用)" for name in lacking)
    unused = [name for name in source.parameters if name not in asked]
    hint = f";写着的 {'、'.join(unused)} 没有表用到,是不是写错了名字" if unused else ""
    raise KanghuError(
        what=f"参数还没有填:{said}",
        where=f"sources/{source.source}.yml: parameters",
        rule=f"systems/{system.system}.yml 的 from、sql、filter 里的 {{{lacking[0]}}}",
        mend=f"在 parameters 下写上 {'、'.join(lacking)}:本机构在这个系统里的值{hint}",
    )


def _asked_by(table: Table) -> Iterator[str]:
    query = table.options.get("query", {})
    texts = [table.source, table.sql or "", table.filter or ""]
    texts += [str(value) for value in query.values()] if isinstance(query, dict) else []
    for text in texts:
        yield from _PARAMETER.findall(text)


def _has_column(system: System, table_name: str, column: str) -> bool:
    if column in _columns(system, table_name):
        return True
    return any(mentions(text, column) for text in _expressions(system.tables[table_name]))


def _expressions(table: Table) -> Iterator[str]:
    for mapping in table.maps.values():
        yield mapping.where or ""
        for rule in mapping.columns.values():
            yield f"{rule.arithmetic or ''} {rule.string or ''}"


def _columns(system: System, table_name: str) -> set[str]:
    """Columns of the table that the system's file names outside expressions."""
    table = system.tables[table_name]
    names = {*table.key, *(table.columns or ())}
    if table.watermark:
        names.add(table.watermark.column)
    if table.void:
        names.add(table.void.column)
    for mapping in table.maps.values():
        for rule in mapping.columns.values():
            names |= named_columns(rule)
    for other in system.tables.values():
        for mapping in other.maps.values():
            for rule in mapping.columns.values():
                if rule.aggregate is not None and rule.aggregate.table == table_name:
                    names |= {*rule.aggregate.by, rule.aggregate.column} - {""}
    return names
