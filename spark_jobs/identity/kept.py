"""What holds rows together or apart before any evidence: person numbers, and people's decisions."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from spark_jobs.identity.clusters import Edges, Ints, components
from spark_jobs.identity.decision_store import Decided
from spark_jobs.identity.grouping import codes
from spark_jobs.identity.rows import ROW_ID

_SURE_BITS = 1e6
"""More than any evidence: an institution's own number."""


@dataclass(frozen=True)
class Kept:
    """``unit`` (one a row): rows never parted. ``sure``: edges that yield to ``apart`` only;
    ``apart``: row ids, two columns. ``decided``: positions of rows that a decision joined."""

    unit: Ints
    sure: Edges
    apart: Ints
    decided: Ints


def load_decided(connection: duckdb.DuckDBPyConnection, decided: Decided, applied: int) -> None:
    """``decided_row``: decision_id, kind, side, resident_id, is_active, changed, is_new (not yet
    among the ``applied``), row_id."""
    connection.register("said", decided.table())
    connection.execute(
        f"""
        create or replace temp table decided_row as
        select decision_id, kind, side, resident_id, is_active, changed,
            changed > {applied} as is_new, {ROW_ID} as row_id
        from said
        """
    )
    connection.unregister("said")


def keep_together(connection: duckdb.DuckDBPyConnection, rows: Ints) -> Kept:
    """Units of ``rows`` (sorted row ids) from ``number`` and ``decided_row``.

    Rows that carry one person number in one institution are one unit, and so are rows decided to
    be one person. Where a unit would hold two rows decided to be two people, the decision is the
    stronger: only the rows that decisions join stay a unit, and numbers become sure edges.
    """
    same = _decided_pairs(connection, rows)
    number = _number_pairs(connection, rows)
    both = np.concatenate([same, number])
    unit = components(len(rows), both[:, 0], both[:, 1])
    apart = _apart(connection)
    place = np.searchsorted(rows, apart)
    torn = np.unique(unit[place[:, 0]][unit[place[:, 0]] == unit[place[:, 1]]])
    inside = number[np.isin(unit[number[:, 0]], torn)]
    if len(torn):
        firm = number[~np.isin(unit[number[:, 0]], torn)]
        both = np.concatenate([same, firm])
        unit = components(len(rows), both[:, 0], both[:, 1])
    sure = Edges(inside[:, 0], inside[:, 1], np.full(len(inside), _SURE_BITS))
    return Kept(unit, sure, apart, np.unique(same))


def _decided_pairs(connection: duckdb.DuckDBPyConnection, rows: Ints) -> Ints:
    found = connection.execute(
        """
        select min(row_id) over (partition by decision_id) as one, row_id as other
        from decided_row semi join person using (row_id) where kind = 'same' and is_active
        """
    ).fetchnumpy()
    return np.searchsorted(rows, np.column_stack([found["one"], found["other"]])).astype(np.int64)


def _number_pairs(connection: duckdb.DuckDBPyConnection, rows: Ints) -> Ints:
    """Each row with the next that carries one of its numbers."""
    numbers = connection.execute(
        "select row_id, concat_ws(chr(31), _institution, number_kind, number) as owner from number"
    ).to_arrow_table()
    place = np.searchsorted(rows, numbers["row_id"].to_numpy())
    owner = codes(numbers["owner"])
    order = np.lexsort((place, owner))
    place, owner = place[order], owner[order]
    following = owner[1:] == owner[:-1]
    return np.column_stack([place[:-1][following], place[1:][following]]).astype(np.int64)


def _apart(connection: duckdb.DuckDBPyConnection) -> Ints:
    found = connection.execute(
        """
        with different as (
            select decision_id, side, row_id
            from decided_row semi join person using (row_id)
            where kind = 'different' and is_active
        )
        select l.row_id as one, r.row_id as other
        from different as l join different as r using (decision_id)
        where l.side = 'left' and r.side = 'right'
        """
    ).fetchnumpy()
    return np.column_stack([found["one"], found["other"]]).astype(np.int64)
