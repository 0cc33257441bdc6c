"""The statements by which PostgreSQL is read: one feed's rows, or many institutions' at once."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.sql import Literal

from collectors.columns import family, own_name
from collectors.readers import INSTITUTION, Request, SourceColumn
from collectors.readers.statements import Relation
from collectors.registry import Feed
from collectors.row_hash import quoted
from kanghu.errors import KanghuError


def where_all(*conditions: str) -> str:
    """A where clause of the conditions that are not empty."""
    given = [f"({one})" for one in conditions if one]
    return f" where {' and '.join(given)}" if given else ""


def shared_table(
    requests: Sequence[Request],
    abouts: Sequence[Relation],
    columns: tuple[SourceColumn, ...],
    names: str,
) -> str:
    """Rows of many institutions out of one table, each since its own watermark."""
    feed = requests[0].feed
    values = [
        (about.owner, request.feed.institution, request.since)
        for request, about in zip(requests, abouts, strict=True)
    ]
    rows = ", ".join(f"({', '.join(map(text_literal, row))})" for row in values)
    statement = (
        f"select o.institution as {INSTITUTION}, {names} from {abouts[0].text} as q "
        f"join (values {rows}) as o(code, institution, since) "
        f"on q.{abouts[0].owner_column}::text = o.code"
    )
    if requests[0].since is None:
        return statement
    earliest = _earliest(feed, columns, [request.since or "" for request in requests])
    return (
        f"{statement} where ({at_or_after(feed, columns, text_literal(earliest))}) "
        f"and ({at_or_after(feed, columns, 'o.since')})"
    )


def _earliest(feed: Feed, columns: tuple[SourceColumn, ...], values: list[str]) -> str:
    if family(_watermark_type(feed, columns)) in ("integer", "decimal"):
        return min(values, key=float)
    return min(values)


def at_or_after(feed: Feed, columns: tuple[SourceColumn, ...], since: str) -> str:
    """The condition for rows from the watermark ``since`` (an expression of text) on."""
    assert feed.table.watermark is not None
    type_name = _watermark_type(feed, columns)
    column = f"q.{quoted(_watermark_column(feed))}"
    return f"{column} >= {since}::{type_name} or {column} is null"


def _watermark_type(feed: Feed, columns: tuple[SourceColumn, ...]) -> str:
    name = _watermark_column(feed)
    for column in columns:
        if column.name == name:
            return column.type
    raise KanghuError(
        what=f"水位列 {name} 不在来源里",
        where=f"{feed.institution} {feed.name}",
        rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}.watermark",
        mend=f"来源现有的列:{', '.join(column.name for column in columns)}",
    )


def _watermark_column(feed: Feed) -> str:
    assert feed.table.watermark is not None
    return own_name(feed, feed.table.watermark.column)


def text_literal(value: str | None) -> str:
    """A literal of type text."""
    return f"{Literal(value).as_string()}::text" if value is not None else "null::text"
