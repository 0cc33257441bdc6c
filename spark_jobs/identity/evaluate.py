"""How well people were told apart, pair by pair, against the truth.

A pair of rows counts as found when both have one resident (or cluster), as true when both are one
person. Only rows that are in both tables count.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class Evaluation:
    """Pairs: ``found`` by the links, ``true`` in truth, ``right`` both; and what follows."""

    found: int
    true: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def evaluate_identity(links: pa.Table, truth: pa.Table) -> Evaluation:
    """``links``: key columns and, last, the resident or cluster; ``truth``: the same key columns
    and, last, the person. Keys are joined by position; a key given twice counts once."""
    *keys, _ = links.column_names
    *true_keys, _ = truth.column_names
    if len(keys) != len(true_keys):
        raise ValueError("links and truth have keys of different length")
    names = [f"key_{place}" for place in range(len(keys))]
    connection = duckdb.connect()
    connection.register("links", links.rename_columns([*names, "found"]))
    connection.register("truth", truth.rename_columns([*names, "person"]))
    row = connection.execute(
        f"""
        with matched as (
            select distinct * from links join (select distinct * from truth)
            using ({", ".join(names)})
            where person is not null
        ),
        pairs(of, n) as (
            select 'found', count(*) from matched group by found
            union all select 'true', count(*) from matched group by person
            union all select 'right', count(*) from matched group by found, person
        )
        select coalesce(sum(n * (n - 1) // 2) filter (where of = 'found'), 0),
            coalesce(sum(n * (n - 1) // 2) filter (where of = 'true'), 0),
            coalesce(sum(n * (n - 1) // 2) filter (where of = 'right'), 0)
        from pairs
        """
    ).fetchone()
    assert row is not None
    return Evaluation(*(int(value) for value in row))
