"""Rows made people by all the evidence there is: what the city and ``kanghu link`` share."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from spark_jobs.identity import births
from spark_jobs.identity.clusters import NOBODY, Edges, Ints, cluster
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import quoted


@dataclass(frozen=True)
class Grouping:
    """``found``: the cluster of each row; ``left``, ``right``, ``by_number``: the pairs above the
    threshold, as positions of rows, and whether the ID number is their reason."""

    found: Ints
    left: Ints
    right: Ints
    by_number: Ints


def group(
    connection: duckdb.DuckDBPyConnection,
    model: LinkModel,
    rows: Ints,
    unit: Ints,
    *,
    sure: Edges | None = None,
    apart: Ints = NOBODY,
    lists: str = "",
) -> Grouping:
    """Cluster ``rows`` (sorted row ids) of ``person`` by ``pair``.

    ``unit`` as in ``cluster``; ``sure``: edges beside the evidence; ``apart`` (row ids, two
    columns): rows that never meet; ``lists`` as in ``births.apart``.
    """
    name = model.first_of("chinese_name")
    later = f"{quoted(_comparison_of(model, name))} = '{births.LATER_NAME}'" if name else "false"
    pairs = connection.execute(
        f"""
        select left_id, right_id, weight, rule = 'id_number' as by_number,
            rule <> 'id_number' and {later} as is_later_name
        from pair where weight >= {model.threshold_weight!r}
        """
    ).fetchnumpy()
    left, right = (np.searchsorted(rows, pairs[side]) for side in ("left_id", "right_id"))
    weight = np.asarray(pairs["weight"], dtype=np.float64)
    is_later = np.asarray(pairs["is_later_name"], dtype=bool)
    identity = _identities(connection, model)
    never = np.concatenate([births.apart(connection, model, lists), apart])
    never = np.searchsorted(rows, never).astype(np.int64)
    plain = Edges(left[~is_later], right[~is_later], weight[~is_later])
    found = cluster(unit, identity, plain if sure is None else plain + sure, never)
    if is_later.any():
        kinds = births.name_kinds(connection, model)
        edges = Edges(left[is_later], right[is_later], weight[is_later])
        found = births.join_later_names(found, identity, kinds, edges, never)
    return Grouping(found, left, right, np.asarray(pairs["by_number"], dtype=np.int64))


def codes(texts: pa.ChunkedArray) -> Ints:
    """A number for each distinct text; -1 for null."""
    encoded = texts.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    numbers: Ints = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _comparison_of(model: LinkModel, column: str) -> str:
    return next(name for name, c in model.comparisons.items() if c.columns[0] == column)


def _identities(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> Ints:
    own = "case when id_state = 2 then id18 end" if model.identifier() else "null::varchar"
    people = connection.execute(f"select {own} as own from person order by row_id")
    return codes(people.to_arrow_table()["own"])
