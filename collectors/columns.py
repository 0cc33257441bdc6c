"""A feed's columns over time: which the mapping needs, and what change of them is an error.

A new column is fine and is kept. A column that the mapping needs and that is gone, or whose type
became another kind of thing, is an error that names the feed, the column and how to mend it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from collectors.named import mentions, named_columns
from collectors.readers import SourceColumn
from collectors.registry import Feed
from collectors.row_hash import bronze_column
from kanghu.errors import KanghuError

Family = Literal["integer", "decimal", "date", "instant", "boolean", "binary", "text"]

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"bool|bit$", "boolean"),
    (r"timestamp|datetime", "instant"),
    (r"date", "date"),
    (r"interval", "text"),
    (r"int|serial", "integer"),
    (r"numeric|decimal|number|real|float|double|money", "decimal"),
    (r"bytea|blob|binary", "binary"),
)


@cache
def family(type_name: str) -> Family:
    """What kind of thing a source's type is; lengths and widths do not matter."""
    lowered = type_name.lower()
    for pattern, name in _FAMILIES:
        if re.search(pattern, lowered):
            return name
    return "text"


def own_name(feed: Feed, column: str) -> str:
    """What this institution calls the system's ``column``."""
    different = feed.source.differs.columns.get(feed.table_name, {})
    return next((own for own, ours in different.items() if ours == column), column)


def needed_columns(feed: Feed, delivered: Sequence[str]) -> set[str]:
    """Delivered columns without which the feed's rows cannot be read or mapped.

    ``delivered``: the columns known so far; in an expression only names among them can be seen.
    """
    table = feed.table
    needed = {*table.key}
    if table.watermark:
        needed.add(table.watermark.column)
    if table.void:
        needed.add(table.void.column)
    different = feed.source.differs.columns.get(feed.table_name, {})
    ours = [different.get(name, name) for name in delivered]
    for mapping in table.maps.values():
        expressions = [mapping.where or ""]
        for rule in mapping.columns.values():
            needed |= named_columns(rule)
            expressions += [rule.arithmetic or "", rule.string or ""]
        text = " ".join(expressions)
        needed |= {name for name in ours if name in text and mentions(text, name)}
    return {own_name(feed, name) for name in needed}


def check_columns(
    feed: Feed,
    accepted: list[list[str]] | None,
    columns: Sequence[SourceColumn],
    *,
    sparse: bool = False,
) -> None:
    """Compare delivered ``columns`` with what was last ``accepted`` (name and source type).

    ``sparse``: the source leaves out what is empty, so an absence only counts where an unknown
    column came in its stead. Raises ``KanghuError`` when a needed one is missing or became another
    kind of thing.
    """
    known = dict(accepted or [])
    now = {column.name: column.type for column in columns}
    alike = {bronze_column(name): name for name in now}
    needed = {alike.get(name, name) for name in needed_columns(feed, [*known, *now])}
    missing = sorted(needed - now.keys())
    where = f"{feed.institution} {feed.name}"
    new = [name for name in now if name not in known]
    if missing and (not sparse or (accepted is not None and new)):
        likely = difflib.get_close_matches(missing[0], new or list(now), n=3, cutoff=0.5)
        hint = f";像是改名为 {'、'.join(likely)}" if likely else ""
        if new and not likely and known:
            hint = f";新出现的列有 {'、'.join(new[:5])}"
        raise KanghuError(
            what=f"来源缺少映射需要的列 {'、'.join(missing)}{hint}",
            where=f"{where}: {missing[0]}",
            rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}",
            mend="列改了名:在来源文件 differs.columns 里写 {新列名: 原列名};"
            "列真的没有了:改系统文件的映射。改好再运行,期间的行不会丢",
        )
    for name in sorted(needed & known.keys() & now.keys()):
        if _kind(known[name]) != _kind(now[name]):
            raise KanghuError(
                what=f"列 {name} 的类型由 {known[name]} 变成 {now[name]}",
                where=f"{where}: {name}",
                rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}",
                mend="核对映射(日期写法、对照表)是否仍然适用,改好后用 "
                "kanghu source check --accept 接受新类型再运行",
            )


def _kind(type_name: str) -> str:
    """Families whose texts look alike are one kind."""
    name = family(type_name)
    return "number" if name in ("integer", "decimal") else name
