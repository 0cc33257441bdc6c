"""Parts of a mapping's expression: each with its kind, and how one becomes another kind without
ever failing (``try_cast``, by way of text or of a decimal where no engine has a straight way).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
from sqlglot import exp

from collectors.functions import Kind, Want

_NUMBERS = ("number", "whole")
_WRITTEN: dict[Kind, str] = {"whole": "bigint", "date": "date", "instant": "timestamptz"}
_TYPE = exp.DataType.Type
CASTS: dict[object, Kind] = {
    **dict.fromkeys((_TYPE.TINYINT, _TYPE.SMALLINT, _TYPE.INT, _TYPE.BIGINT), "whole"),
    **dict.fromkeys((_TYPE.FLOAT, _TYPE.DOUBLE, _TYPE.DECIMAL), "number"),
    **dict.fromkeys((_TYPE.TEXT, _TYPE.VARCHAR, _TYPE.CHAR), "text"),
    **dict.fromkeys((_TYPE.TIMESTAMP, _TYPE.TIMESTAMPNTZ, _TYPE.TIMESTAMPTZ), "instant"),
    _TYPE.DATE: "date",
    _TYPE.BOOLEAN: "flag",
}
_MOST_DIGITS = 38
_LONGEST = 10_000


@dataclass(frozen=True)
class Part:
    """A part that cannot fail, and the kind of what it gives."""

    tree: exp.Expression
    kind: Kind


class RefusedError(Exception):
    """Why a part cannot be taken, in Chinese: what, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def leaf(node: exp.Expression) -> Part:
    if isinstance(node, exp.Column):
        if node.table or not isinstance(node.this, exp.Identifier):
            raise RefusedError(
                f"{node.sql(dialect='duckdb')} 不是列名", '列名里有点号时加双引号:"a.b"'
            )
        return Part(node.copy(), "text")
    if isinstance(node, exp.Null):
        return Part(node.copy(), "nothing")
    if isinstance(node, exp.Boolean):
        return Part(node.copy(), "flag")
    if node.is_string:
        return Part(node.copy(), "text")
    if node.name.isdigit() and len(node.name) <= 9:
        return Part(node.copy(), "whole")
    return Part(attempt(exp.Literal.string(node.name), "double"), "number")


def common(kinds: Sequence[Kind], *, prefer: Literal["text", "number"]) -> Kind:
    """The kind in which values of several kinds meet. Where text meets another kind, that is text
    with ``prefer`` text, and the other kind with ``prefer`` number (as in a comparison)."""
    known = {kind for kind in kinds if kind != "nothing"}
    if known == {"number", "whole"}:
        return "number"
    if known == {"date", "instant"}:
        return "instant"
    others = known - {"text"} if prefer == "number" else known
    if others in ({"number", "whole"}, {"whole"}) and len(known) > 1:
        return "number"  # a text's number may have decimals
    if len(others) == 1:
        return others.pop()
    return "text" if known else "nothing"


def as_kind(part: Part, kind: Kind) -> exp.Expression:
    if kind == "number":  # doubles only: where they meet decimals, engines make all decimals
        return as_double(part)
    if part.kind in (kind, "nothing") or kind == "nothing":
        return part.tree
    if kind == "text":
        return exp.Cast(this=part.tree, to=exp.DataType.build("text"))
    if kind == "flag":
        return attempt(_text(part), "boolean")
    return attempt(part.tree if part.kind == "instant" else _text(part), _WRITTEN[kind])


def as_double(part: Part) -> exp.Expression:
    if part.kind == "nothing" or _is_cast_to(part.tree, "double"):
        return part.tree
    if part.kind in _NUMBERS:
        return attempt(part.tree, "double")
    return attempt(as_decimal(part), "double")


def as_decimal(part: Part) -> exp.Expression:
    """What is no number in it (nan, inf, too big) is null: it would round to something."""
    if part.kind == "nothing" or _is_cast_to(part.tree, f"decimal({_MOST_DIGITS}, 10)"):
        return part.tree
    tree = part.tree if part.kind in _NUMBERS else _text(part)
    return attempt(tree, f"decimal({_MOST_DIGITS}, 10)")


def as_place(part: Part) -> exp.Expression:
    is_written = isinstance(part.tree, exp.Literal) and part.kind == "whole"
    if is_written or _is_cast_to(part.tree, "int"):
        return part.tree
    return attempt(as_double(part), "int")


def _text(part: Part) -> exp.Expression:
    return as_kind(part, "text")


def attempt(tree: exp.Expression, to: str | exp.DataType) -> exp.Expression:
    return exp.TryCast(this=tree, to=exp.DataType.build(to), safe=True)


def try_cast(part: Part, to: exp.DataType, kind: Kind) -> exp.Expression:
    """``part`` as ``to``; between kinds that no engine casts, by way of text."""
    if kind == "text":
        return _text(part)
    direct = {"number": _NUMBERS, "whole": _NUMBERS, "date": ("instant",), "instant": ("date",)}
    is_direct = part.kind in ("text", "nothing", kind) or part.kind in direct.get(kind, ())
    tree = part.tree if is_direct else _text(part)
    return attempt(tree, _WRITTEN[kind] if kind == "instant" else to.copy())


def _is_cast_to(tree: exp.Expression, to: str) -> bool:
    return isinstance(tree, exp.TryCast) and tree.to.is_type(to)


def is_sound(to: exp.DataType) -> bool:
    """Whether a type's digits are such that both engines have it."""
    sizes = [int(one.name) for one in to.expressions if one.name.isdigit()]
    if to.this != _TYPE.DECIMAL:
        return not to.args.get("nested")
    digits, decimals = [*sizes, 18, 3][:2] if not sizes else [*sizes, 0][:2]
    return 1 <= digits <= _MOST_DIGITS and decimals <= digits


def written(node: exp.Expression, want: Want) -> exp.Expression:
    """An argument that must stand in the mapping itself, checked now."""
    if want in ("words", "pattern"):
        if not (isinstance(node, exp.Literal) and node.is_string):
            raise RefusedError(f"{node.sql(dialect='duckdb')} 要写成文字", "用单引号把文字写出来")
        if want == "pattern":
            _check_pattern(node.name)
        return node.copy()
    positive = node.this if isinstance(node, exp.Neg) else node
    is_whole = isinstance(positive, exp.Literal) and positive.name.isdigit()
    number = int(positive.name) * (-1 if positive is not node else 1) if is_whole else None
    if number is None or abs(number) > _LONGEST or (want == "length" and number < 0):
        raise RefusedError(
            f"{node.sql(dialect='duckdb')} 要写成 0 至 {_LONGEST} 的整数", "长度和位数直接写数字"
        )
    if want == "place" and number == 0:
        raise RefusedError("第 0 段不存在", "从 1 数起;从末尾数用 -1")
    return node.copy()


def _check_pattern(pattern: str) -> None:
    """Compile ``pattern`` by RE2, whose syntax both engines share."""
    try:
        with duckdb.connect() as connection:
            connection.execute("select regexp_matches('', $1)", [pattern])
    except duckdb.Error as error:
        raise RefusedError(
            f"正则表达式 {pattern!r} 不成立({str(error).splitlines()[0]})",
            "检查括号和方括号是否成对;不能用 (?=…) 之类的环视和反向引用",
        ) from error


def check_group(node: exp.RegexpExtract) -> None:
    group = node.args.get("group")
    outside_classes = re.sub(r"\\.|\[(\\.|[^\]\\])*\]", "", node.expression.name)
    groups = len(re.findall(r"\((?!\?)|\(\?P?<", outside_classes))
    if group is not None and int(group.name) > groups:
        raise RefusedError(
            f"正则表达式 {node.expression.name!r} 没有第 {group.name} 个括号", "从左数括号,整体是 0"
        )
