"""Expressions of a mapping (rule kinds arithmetic, string and ``where``) made safe for text.

They are SQL over delivered columns, all of which are text. Names may be bare, "quoted" or
`quoted`. Each part is brought to the kind that its place needs, always by ``try_cast``, and no
divisor is zero; so whatever is delivered, an expression gives a value or null, never an error that
stops a batch. What cannot be made safe (functions beyond ``functions.py``, subqueries, patterns
that do not compile) is refused when the mapping is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sqlglot import exp
from sqlglot.errors import SqlglotError

from collectors.expression_parts import (
    CASTS,
    Part,
    RefusedError,
    as_decimal,
    as_double,
    as_kind,
    as_place,
    attempt,
    check_group,
    common,
    is_sound,
    leaf,
    try_cast,
    written,
)
from collectors.functions import FUNCTIONS, NAMES, Kind, Want
from kanghu.errors import KanghuError

Meaning = Literal["text", "number", "flag"]
"""What the whole must give: text, a number (in which a column means its number), or whether."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)


@dataclass(frozen=True)
class Expression:
    """Spark SQL, and the delivered columns that it reads."""

    sql: str
    columns: tuple[str, ...]


@cache
def read_expression(text: str, meaning: Meaning, where: str) -> Expression:
    """Parse ``text`` and make it safe; raises ``KanghuError`` that names ``where`` it stands."""
    try:
        tree: exp.Expression = exp.maybe_parse(text.replace("`", '"'), dialect="duckdb")
        safe = _Safe(meaning).expression(tree)
    except (SqlglotError, RecursionError) as error:
        raise KanghuError(
            what=f"看不懂的表达式 {text!r}",
            where=where,
            mend="用 SQL 表达式,列名直接写或加双引号,文字用单引号,例如 cast(je as double) / 100",
        ) from error
    except RefusedError as error:
        raise KanghuError(
            what=f"表达式 {text!r}:{error.what}",
            where=where,
            rule="映射的表达式(docs/add-an-institution.md)",
            mend=error.mend,
        ) from error
    columns = tuple(dict.fromkeys(one.name for one in tree.find_all(exp.Column, bfs=False)))
    return Expression(safe.sql(dialect="spark", identify=True), columns)


class _Safe:
    """Rewrites an expression from its leaves upward. New nodes are made, so that nothing is
    skipped, at whatever depth, and what is safe already is left as it is."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning

    def expression(self, tree: exp.Expression) -> exp.Expression:
        return as_kind(self.part(tree), self.meaning)

    def part(self, node: exp.Expression) -> Part:
        if isinstance(node, exp.Paren):
            inner = self.part(node.this)
            return Part(exp.Paren(this=inner.tree), inner.kind)
        if isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Column):
            return leaf(node)
        if isinstance(node, exp.Cast):  # a TryCast is a Cast
            return self._cast(node)
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod | exp.Neg):
            return self._arithmetic(node)
        if isinstance(node, exp.And | exp.Or | exp.Not):
            return Part(self._of_flags(node), "flag")
        if isinstance(node, (*_COMPARISONS, exp.Between, exp.In)):
            return Part(self._comparison(node), "flag")
        if isinstance(node, exp.Is | exp.Like | exp.ILike):
            return Part(self._test(node), "flag")
        if isinstance(node, exp.Case | exp.If):
            return self._branches(node)
        if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least | exp.Nullif):
            return self._alike(node)
        if isinstance(node, exp.Concat | exp.ConcatWs | exp.DPipe):
            return Part(self._joined(node), "text")
        return self._call(node)

    def _cast(self, node: exp.Cast) -> Part:
        to = node.to
        kind = CASTS.get(to.this)
        if kind is None or not is_sound(to):
            raise RefusedError(
                f"不能转换成 {to.sql(dialect='duckdb')}",
                "可以转换成 int, bigint, double, decimal(18,4), text, date, timestamp, boolean",
            )
        return Part(try_cast(self.part(node.this), to, kind), kind)

    def _arithmetic(self, node: exp.Expression) -> Part:
        """In double precision, which no sum or product overflows; whole numbers stay whole."""
        children = _operands(node)
        if isinstance(node, exp.Div | exp.Mod):
            children[1] = _unguarded(children[1])
        parts = [self.part(child) for child in children]
        for one in parts:
            if one.kind in ("date", "instant", "flag"):
                raise RefusedError(
                    "日期、时间和是否不能做加减乘除", "日期加减天数用 date_add,先用 year 等取出数字"
                )
        numbers = [as_double(one) for one in parts]
        if isinstance(node, exp.Neg):
            made: exp.Expression = exp.Neg(this=numbers[0])
        elif isinstance(node, exp.Div | exp.Mod):
            guarded = exp.Nullif(this=numbers[1], expression=exp.Literal.number(0))
            made = type(node)(this=numbers[0], expression=guarded)
        else:
            made = type(node)(this=numbers[0], expression=numbers[1])
        if not isinstance(node, exp.Div) and all(one.kind == "whole" for one in parts):
            return Part(attempt(exp.Paren(this=made), "bigint"), "whole")
        return Part(made, "number")

    def _of_flags(self, node: exp.Expression) -> exp.Expression:
        flags = [as_kind(self.part(child), "flag") for child in _operands(node)]
        return type(node)(this=flags[0], **({"expression": flags[1]} if len(flags) > 1 else {}))

    def _comparison(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Between):
            children = [node.this, node.args["low"], node.args["high"]]
        elif isinstance(node, exp.In):
            if not node.expressions:
                raise RefusedError("in 后面只能写值的清单", "写成 lb in ('1', '2')")
            children = [node.this, *node.expressions]
        else:
            children = [node.this, node.expression]
        parts = [self.part(child) for child in children]
        kind = common([one.kind for one in parts], prefer="number")
        if self.meaning == "number" and all(isinstance(one, exp.Column) for one in children):
            kind = "number"
        first, *rest = (as_kind(one, kind) for one in parts)
        if isinstance(node, exp.Between):
            return exp.Between(this=first, low=rest[0], high=rest[1])
        if isinstance(node, exp.In):
            return exp.In(this=first, expressions=rest)
        return type(node)(this=first, expression=rest[0])

    def _test(self, node: exp.Expression) -> exp.Expression:
        negate = {"negate": True} if node.args.get("negate") else {}
        if isinstance(node, exp.Is):
            tested = self.part(node.this)
            if isinstance(node.expression, exp.Boolean):
                tested = Part(as_kind(tested, "flag"), "flag")
            elif not isinstance(node.expression, exp.Null):
                raise RefusedError("is 后面只能写 null、true 或 false", "比较两列用 =")
            return exp.Is(this=tested.tree, expression=node.expression.copy(), **negate)
        words = written(node.expression, "words")
        return type(node)(this=as_kind(self.part(node.this), "text"), expression=words, **negate)

    def _branches(self, node: exp.Expression) -> Part:
        whens = node.args["ifs"] if isinstance(node, exp.Case) else [node]
        last = node.args.get("default" if isinstance(node, exp.Case) else "false")
        results = [self.part(when.args["true"]) for when in whens]
        results += [self.part(last)] if last is not None else []
        kind = self._kind_of(results)
        values = [as_kind(one, kind) for one in results]
        conditions = [self._condition(node, when) for when in whens]
        ifs = [
            exp.If(this=condition, true=value)
            for condition, value in zip(conditions, values, strict=False)
        ]
        return Part(exp.Case(ifs=ifs, default=values[-1] if last is not None else None), kind)

    def _condition(self, node: exp.Expression, when: exp.Expression) -> exp.Expression:
        subject = node.this if isinstance(node, exp.Case) else None
        if subject is None:
            return as_kind(self.part(when.this), "flag")
        sides = (exp.Paren(this=one.copy()) for one in (subject, when.this))
        return self._comparison(exp.EQ(this=next(sides), expression=next(sides)))

    def _alike(self, node: exp.Expression) -> Part:
        if isinstance(node, exp.Nullif):
            parts = [self.part(node.this), self.part(node.expression)]
            kind = common([one.kind for one in parts], prefer="number")
            first, second = (as_kind(one, kind) for one in parts)
            return Part(exp.Nullif(this=first, expression=second), kind)
        parts = [self.part(child) for child in (node.this, *node.expressions)]
        kind = self._kind_of(parts)
        first, *rest = (as_kind(one, kind) for one in parts)
        if not rest:
            return Part(first, kind)
        return Part(type(node)(this=first, expressions=rest), kind)

    def _kind_of(self, parts: Sequence[Part]) -> Kind:
        """Of parts that stand for one value: in arithmetic a number wherever one can be."""
        kinds = [one.kind for one in parts]
        return common(kinds, prefer="number" if self.meaning == "number" else "text")

    def _joined(self, node: exp.Expression) -> exp.Expression:
        texts = [as_kind(self.part(child), "text") for child in _operands(node)]
        if isinstance(node, exp.DPipe):
            return exp.DPipe(this=texts[0], expression=texts[1], safe=True)
        if isinstance(node, exp.ConcatWs):
            kept = {name: flag for name, flag in node.args.items() if name != "expressions"}
            return exp.ConcatWs(**kept, expressions=texts)
        # In DuckDB's concat null is nothing.
        texts = [one if _is_never_null(one) else _or_nothing(one) for one in texts]
        return exp.Concat(expressions=texts, safe=True)

    def _call(self, node: exp.Expression) -> Part:
        function = FUNCTIONS.get(type(node))
        if function is None:
            name = node.name if isinstance(node, exp.Anonymous) else node.sql(dialect="duckdb")
            raise RefusedError(f"不认识或不能用的函数、写法 {name[:60]}", f"能用的有:{NAMES}")
        given = {
            name: value for name, value in node.args.items() if isinstance(value, exp.Expression)
        }
        if unknown := set(given) - set(function.wants):
            raise RefusedError(
                f"{function.name} 的参数 {'、'.join(sorted(unknown))} 不能用",
                f"只用 {function.name} 的前 {len(function.wants)} 个参数",
            )
        made = {name: self._argument(value, function.wants[name]) for name, value in given.items()}
        kept = {name: value for name, value in node.args.items() if name not in given}
        if isinstance(node, exp.RegexpExtract):
            check_group(node)
            if not isinstance(made["this"], exp.Column):  # Sail 0.7.2 fails over left() and md5()
                made["this"] = exp.Cast(this=made["this"], to=exp.DataType.build("text"))
        return Part(type(node)(**{**kept, **made}), function.gives)

    def _argument(self, node: exp.Expression, want: Want) -> exp.Expression:
        if want in ("words", "pattern", "length", "place"):
            return written(node, want)
        part = self.part(node)
        if want == "number":
            return as_decimal(part)
        if want == "whole":
            return as_place(part)
        return as_kind(part, "date" if want == "date" else "text")


def _operands(node: exp.Expression) -> list[exp.Expression]:
    if isinstance(node, exp.Concat | exp.ConcatWs):
        return list(node.expressions)
    return [one for one in (node.this, node.args.get("expression")) if one is not None]


def _unguarded(divisor: exp.Expression) -> exp.Expression:
    """A divisor without the guard that it will get anyway."""
    if isinstance(divisor, exp.Nullif) and divisor.expression.name == "0":
        return divisor.this
    return divisor


def _is_never_null(text: exp.Expression) -> bool:
    if isinstance(text, exp.Coalesce):
        text = text.expressions[-1]
    return isinstance(text, exp.Literal)


def _or_nothing(text: exp.Expression) -> exp.Expression:
    return exp.Coalesce(this=text, expressions=[exp.Literal.string("")])
