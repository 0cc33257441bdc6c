"""A suite on DuckDB: the same expressions as on Spark, carried over by sqlglot.

For batches that fit one machine: what Great Expectations is given, and the second opinion that
tests hold against the compiler's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb
import sqlglot

from expectations.compile_spark import (
    extra_columns,
    validity_expressions,
    value_expressions,
)
from expectations.model import Expectation
from standards.catalogue import Catalogue, Dataset


def judge(
    connection: duckdb.DuckDBPyConnection,
    frame: str,
    catalogue: Catalogue,
    dataset: Dataset,
    suite: Sequence[Expectation],
) -> duckdb.DuckDBPyRelation:
    """The rows of view ``frame`` (raw and typed columns, as the compiler takes them) with the
    typed columns and, for each rule of ``suite``, a column of its id: true, false or null."""
    raw = [f"raw_{column.name}" for column in dataset.columns]
    raw += [f"raw_{name}" for name in extra_columns(dataset)]
    made = [*value_expressions(catalogue, dataset), *validity_expressions(dataset)]
    values = ", ".join([*raw, *(to_duckdb(expression) for expression in made)])
    rules = ", ".join(f'({to_duckdb(rule.expression)}) as "{rule.id}"' for rule in suite)
    return connection.sql(f"select *, {rules} from (select {values} from {frame}) as valued")


@cache
def to_duckdb(expression: str) -> str:
    """A Spark SQL expression (with or without its alias) in DuckDB's dialect."""
    return sqlglot.transpile(expression, read="spark", write="duckdb")[0]
