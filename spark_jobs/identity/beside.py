"""Two residents or rows side by side, field by field, with what each agreement is worth."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from spark_jobs.identity.compare import levels
from spark_jobs.identity.decision_store import Decision, PersonRow, Side, read_decisions
from spark_jobs.identity.model import (
    Comparison,
    LinkModel,
    city_model,
    level_labels,
    level_parameters,
)
from spark_jobs.identity.prepare import quoted
from spark_jobs.identity.refer import People, prepare_rows, row_of, shown
from spark_jobs.identity.rows import ROW_ID
from standards.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True)
class Field:
    """One comparison of a pair: what each row says (masked unless asked), the level, its bits."""

    name: str
    left: str
    right: str
    agreement: str
    weight: float


@dataclass(frozen=True)
class SideBySide:
    """The strongest pair of rows between two residents (or rows). ``weight`` and ``threshold`` in
    bits; ``decisions``: those in force that speak of both."""

    left: Side
    right: Side
    left_row: PersonRow
    right_row: PersonRow
    fields: tuple[Field, ...]
    prior: float
    weight: float
    threshold: float
    decisions: tuple[Decision, ...]


def side_by_side(settings: Settings, one: str, other: str, *, clear: bool = False) -> SideBySide:
    """Two residents or rows, field by field, by the strongest pair of their rows."""
    people, model, catalogue = People(settings), city_model(), load_catalogue()
    left, right = people.side(one), people.side(other)
    mine = set(left.rows) if one.startswith("R") else {people.row(one)}
    others = set(right.rows) if other.startswith("R") else {people.row(other)}
    if others - mine:
        others -= mine
    connection = people.connection
    _wanted(connection, mine | others)
    prepare_rows(people, catalogue, model, only="wanted_row")
    _wanted(connection, mine, "left_row")
    _wanted(connection, others, "right_row")
    found = connection.execute(_pairs_query(connection, model)).fetchall()
    if not found:
        raise KanghuError("两边是同一行", f"{one} 与 {other}", mend="给两位居民或两行")
    heads = [name for name, *_ in connection.description or []]
    best = dict(zip(heads, found[0], strict=True))
    labels, bits = level_labels(), _bits(model)
    fields = tuple(
        Field(
            name,
            _said(best, _own_columns(comparison), "l", catalogue, clear),
            _said(best, _own_columns(comparison), "r", catalogue, clear),
            labels.get((comparison.kind, best[f"level_{name}"]), "缺失"),
            bits[name].get(best[f"level_{name}"], 0.0),
        )
        for name, comparison in model.comparisons.items()
    )
    spoken = tuple(
        d
        for d in read_decisions(settings).decisions
        if d.is_active and _speaks_of(d, mine) and _speaks_of(d, others)
    )
    prior = math.log2(model.prior / (1 - model.prior))
    return SideBySide(
        left,
        right,
        row_of(best["left_key"]),
        row_of(best["right_key"]),
        fields,
        prior,
        prior + sum(one.weight for one in fields),
        model.threshold_weight,
        spoken,
    )


def _wanted(
    connection: duckdb.DuckDBPyConnection, rows: Iterable[PersonRow], name: str = "wanted_row"
) -> None:
    keys = [(r.dataset, r.institution, r.feed, r.source_key) for r in sorted(rows)]
    heads = ("dataset", "_institution", "_feed", "_source_key")
    columns = (pa.array(column, pa.string()) for column in zip(*keys, strict=True))
    connection.register("keys", pa.table(dict(zip(heads, columns, strict=True))))
    connection.execute(
        f"create or replace temp table {name} as "
        f"select {ROW_ID} as row_id, [dataset, _institution, _feed, _source_key] as key from keys"
    )
    connection.unregister("keys")


def _pairs_query(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> str:
    """SQL: every pair of a left and a right row, strongest first, with the level of each
    comparison. The levels and weights are those that Splink is given (compare.py)."""
    described = [name for name, *_ in connection.execute("describe person").fetchall()]
    sides = ", ".join(
        f"{side}.{quoted(name)} as {quoted(f'{name}_{side}')}"
        for name in described
        for side in ("l", "r")
    )
    reached, weighed = [], []
    bits = _bits(model)
    for name, comparison in model.comparisons.items():
        *tried, last = levels(comparison)
        cases = " ".join(f"when {level.sql} then '{level.name}'" for level in tried)
        reached.append(f"case {cases} else '{last.name}' end as {quoted(f'level_{name}')}")
        values = " ".join(f"when '{level}' then {bit!r}" for level, bit in bits[name].items())
        weighed.append(f"case {quoted(f'level_{name}')} {values} else 0 end")
    return f"""
        with pair as (
            select left_row.key as left_key, right_row.key as right_key, {sides}
            from left_row join person as l using (row_id), right_row join person as r
                on r.row_id = right_row.row_id
            where l.row_id <> r.row_id
        ),
        levelled as (select *, {", ".join(reached)} from pair)
        from levelled order by {" + ".join(weighed)} desc, left_key, right_key limit 1
    """


def _bits(model: LinkModel) -> dict[str, dict[str, float]]:
    """The weight of each level of each comparison; a missing one without m and u says nothing."""
    stated = level_parameters()
    return {
        name: {
            level.name: math.log2(comparison.m.get(level.name, m) / comparison.u.get(level.name, u))
            for level in levels(comparison)
            if (found := stated.get((comparison.kind, level.name)))
            for m, u in [found]
        }
        for name, comparison in model.comparisons.items()
    }


def _own_columns(comparison: Comparison) -> tuple[str, ...]:
    """The columns it is about; names and numbers only look at others beside."""
    beside = comparison.kind in {"chinese_name", "id_number"}
    return comparison.columns[:1] if beside else comparison.columns


def _said(
    best: dict[str, Any], columns: tuple[str, ...], side: str, catalogue: Catalogue, clear: bool
) -> str:
    """What a row says in the columns of a comparison, direct identifiers masked unless asked."""
    texts = []
    for column in columns:
        value = best[f"{column}_{side}"]
        if value is not None:
            is_direct = catalogue.dataset("patient").column(column).sensitivity == "direct"
            texts.append(shown(str(value), clear or not is_direct))
    return " ".join(texts)


def _speaks_of(decision: Decision, rows: set[PersonRow]) -> bool:
    return bool(rows & {*decision.left.rows, *decision.right.rows})
