"""What the database readers share: a feed's relation, its filter, its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from collectors.registry import Feed
from kanghu.errors import KanghuError

_SHARED = re.compile(r"\s*(\"[^\"]+\"|[\w.]+)\s*=\s*'\{(\w+)\}'\s*")


@dataclass(frozen=True)
class Relation:
    """What a feed selects from.

    ``text``: a table's or view's name, or a query in brackets; ``filter``: a condition or empty.
    ``owner_column`` and ``owner``: set where the filter only picks one institution's rows out of a
    shared table, so that many institutions can be read at once.
    """

    text: str
    filter: str
    owner_column: str = ""
    owner: str = ""


def relation(feed: Feed) -> Relation:
    """The relation of a feed of kind ``table`` or ``sql``, parameters put in."""
    if feed.system.kind == "sql":
        if not feed.table.sql:
            raise KanghuError(
                what="sql 类系统的表没有写查询",
                where=f"systems/{feed.system.system}.yml: tables.{feed.table_name}.sql",
                mend="补上 sql",
            )
        text = f"({with_parameters(feed, feed.table.sql).rstrip().rstrip(';')})"
    else:
        text = with_parameters(feed, feed.table.source or feed.table_name)
    condition = feed.table.filter or ""
    shared = _SHARED.fullmatch(condition)
    if shared:
        owner = with_parameters(feed, "{" + shared.group(2) + "}")
        return Relation(text, with_parameters(feed, condition), shared.group(1), owner)
    return Relation(text, with_parameters(feed, condition))


def with_parameters(feed: Feed, text: str) -> str:
    """Put in ``{institution}`` and the source's own parameters for ``{name}``.

    Between single quotes a value is text, with its own quotes doubled; elsewhere it may only be a
    name or a number, so that no source reads more than its system's file says.
    """
    known = {"institution": feed.institution, **feed.source.parameters}

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in known:
            raise KanghuError(
                what=f"参数 {name} 没有值",
                where=f"{feed.institution} {feed.name}",
                rule=name,
                mend=f"在来源 {feed.source.source} 的 parameters 下写上 {name}",
            )
        is_quoted = text.count("'", 0, match.start()) % 2 == 1
        if is_quoted:
            return known[name].replace("'", "''")
        if not re.fullmatch(r"[\w.-]+", known[name]):
            raise KanghuError(
                what=f"参数 {name} 的值 {known[name]!r} 不能直接写进查询",
                where=f"{feed.institution} {feed.name}",
                rule=name,
                mend=f"在系统文件里给它加单引号:'{{{name}}}';不加引号的只能是名字或数字",
            )
        return known[name]

    return re.sub(r"\{([A-Za-z_]\w*)\}", value, text)
