"""Expressions of a mapping (rule kinds arithmetic, string and ``where``) made safe for text.

They are SQL over delivered columns, all of which are text. Names may be bare, "quoted" or
`quoted`. A cast that fails gives null instead of stopping the batch, a division by zero too, and
in ``arithmetic`` a column means its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kanghu.errors import KanghuError

Meaning = Literal["text", "number"]


@dataclass(frozen=True)
class Expression:
    """Spark SQL, and the delivered columns that it reads."""

    sql: str
    columns: tuple[str, ...]


@cache
def read_expression(text: str, meaning: Meaning, where: str) -> Expression:
    """Parse ``text``; raises ``KanghuError`` that names ``where`` it stands."""
    try:
        tree = sqlglot.parse_one(text.replace("`", '"'), dialect="duckdb")
    except SqlglotError as error:
        raise KanghuError(
            what=f"看不懂的表达式 {text!r}",
            where=where,
            mend="用 SQL 表达式,列名直接写或加双引号,文字用单引号,例如 cast(je as double) / 100",
        ) from error
    columns = tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))
    safe = tree.transform(_safe)
    if meaning == "number":
        safe = safe.transform(_number)
    return Expression(safe.sql(dialect="spark", identify=True), columns)


def _safe(node: exp.Expression) -> exp.Expression:
    if type(node) is exp.Cast:
        return exp.TryCast(this=node.this, to=node.to, safe=True)
    if isinstance(node, exp.Div):
        return exp.Div(
            this=node.this,
            expression=exp.Nullif(this=node.expression, expression=exp.Literal.number(0)),
            typed=False,
            safe=False,
        )
    return node


def _number(node: exp.Expression) -> exp.Expression:
    inside_cast = isinstance(node.parent, exp.Cast | exp.TryCast)
    if isinstance(node, exp.Column) and not inside_cast:
        return exp.TryCast(this=node.copy(), to=exp.DataType.build("double"), safe=True)
    return node
