"""Which columns of which relations a query's columns are made of (sqlglot's scopes, no engine).

Only values are followed: a column that merely filters, joins or orders says nothing of what another
holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

DIALECT = "duckdb"
Origin = tuple[str, str]
"""(relation as the query names it, ``schema.table``; column)."""


def columns_made_of(sql: str, schema: MappingSchema) -> dict[str, tuple[str, tuple[Origin, ...]]]:
    """Output column -> (its expression, the columns of relations that it takes values from).

    Raises ``sqlglot.errors.SqlglotError`` for what cannot be parsed, or names no known column.
    """
    tree: Any = qualify(
        parse_one(sql, dialect=DIALECT),
        schema=schema,
        dialect=DIALECT,
        quote_identifiers=False,
        identify=False,
    )
    root = build_scope(tree)
    if root is None:
        return {}
    found: dict[tuple[int, str], frozenset[Origin]] = {}
    return {
        name: (
            _expression_text(root, name),
            tuple(sorted(_origins(root, name, found))),
        )
        for name in tree.named_selects
    }


def _expression_text(scope: Scope, name: str) -> str:
    chosen = next(_selected(scope, name), None)
    if chosen is None:
        return ""
    bare = chosen.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
    return bare.unalias().sql(dialect=DIALECT)


def _origins(
    scope: Scope, name: str, found: dict[tuple[int, str], frozenset[Origin]]
) -> frozenset[Origin]:
    place = (id(scope), name)
    if place not in found:
        found[place] = frozenset()  # a recursive query comes by here again
        found[place] = frozenset(_look(scope, name, found))
    return found[place]


def _look(
    scope: Scope, name: str, found: dict[tuple[int, str], frozenset[Origin]]
) -> Iterator[Origin]:
    if scope.set_operation_scopes:
        position = _names(scope).index(name)
        for part in scope.set_operation_scopes:
            yield from _origins(part, _names(part)[position], found)
        return
    for chosen in _selected(scope, name):
        for column in chosen.find_all(exp.Column):
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield f"{source.db}.{source.name}", column.name
            elif isinstance(source, Scope) and column.name in _names(source):
                yield from _origins(source, column.name, found)
        for inner in scope.subquery_scopes:
            if any(node is inner.expression for node in chosen.walk()):
                for output in _names(inner):
                    yield from _origins(inner, output, found)


def _names(scope: Scope) -> list[str]:
    query = scope.expression
    return list(query.named_selects) if isinstance(query, exp.Query) else []


def _selected(scope: Scope, name: str) -> Iterator[Any]:
    if isinstance(scope.expression, exp.Query):
        yield from (one for one in scope.expression.selects if one.alias_or_name == name)
