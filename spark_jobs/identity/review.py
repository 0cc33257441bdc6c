"""What a person needs to see before deciding who is who: contradictions, likely duplicates, two
people side by side with the evidence, and what happened to a resident's id.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from collectors.profile import masked
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from spark_jobs.identity import tables
from spark_jobs.identity.best import RESIDENT_COLUMNS
from spark_jobs.identity.compare import levels
from spark_jobs.identity.decisions import Decision, PersonRow, Side, read_decisions
from spark_jobs.identity.kept import load_decided
from spark_jobs.identity.model import (
    Comparison,
    LinkModel,
    city_model,
    level_labels,
    level_parameters,
)
from spark_jobs.identity.prepare import prepare, quoted
from spark_jobs.identity.refer import People
from spark_jobs.identity.rows import ROW_ID, read_person_rows
from standards.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True)
class Conflict:
    """``kind``: id_numbers, sexes, birth_dates (one resident's rows contradict), shared_number
    (several residents' rows carry one valid number). ``values``: what is said, masked."""

    kind: str
    residents: tuple[str, ...]
    values: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Candidate:
    """Two residents who may be one person, by the strongest pair of their rows."""

    left_resident: str
    right_resident: str
    left_name: str
    right_name: str
    left_row: PersonRow
    right_row: PersonRow
    weight: float
    pairs: int
    is_above: bool
    """The evidence would do, but a row fits two people about as well, or there are two children."""


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


@dataclass(frozen=True)
class Happened:
    """An event of a resident's history."""

    at: str
    event: str
    resident_id: str
    into_resident_id: str | None
    reason: str
    decision_id: int | None
    batch_id: str


def conflicts(settings: Settings, *, limit: int = 100, clear: bool = False) -> list[Conflict]:
    """People whose rows contradict, those with most rows first."""
    people = People(settings)
    connection = people.connection
    _prepared(people, load_catalogue(), city_model())
    connection.execute(
        """
        create or replace temp table said as
        select distinct resident_id, person.* from link join person using (row_id)
        where row_hash is not null
        """
    )
    of_one = " union all ".join(
        f"""
        select '{kind}' as kind, [resident_id] as residents,
            list_sort(list(distinct cast({value} as varchar))) as said, count(*) as n
        from said where {value} is not null group by resident_id having count(distinct {value}) > 1
        """
        for kind, value in (
            ("id_numbers", "(case when id_state = 2 then id18 end)"),
            ("sexes", "sex_code"),
            ("birth_dates", "birth_date"),
        )
    )
    found = connection.execute(
        f"""
        {of_one}
        union all
        select 'shared_number', list_sort(list(distinct resident_id)), [id18], count(*)
        from said where id18 is not null group by id18 having count(distinct resident_id) > 1
        order by n desc, kind, residents limit {int(limit)}
        """
    ).fetchall()
    return [
        Conflict(
            kind,
            tuple(residents),
            tuple(_shown(value, clear or "number" not in kind) for value in values),
            rows,
        )
        for kind, residents, values, rows in found
    ]


def candidates(settings: Settings, *, limit: int = 50, clear: bool = False) -> list[Candidate]:
    """Likely duplicates that nobody has decided about, strongest first.

    Residents with two different own ID numbers are none; rows that were decided to be two people
    are none.
    """
    people, model = People(settings), city_model()
    connection = people.connection
    if not tables.load(connection, people.lake, "evidence", "evidence"):
        return []
    tables.load(connection, people.lake, "resident", "resident")
    load_decided(connection, read_decisions(settings), 0)
    found = connection.execute(
        f"""
        with live as (
            select row_id, any_value(resident_id) as resident_id,
                any_value([dataset, _institution, _feed, _source_key]) as key
            from link where row_hash is not null group by row_id
        ),
        different as (
            select l.row_id as one, r.row_id as other
            from decided_row as l join decided_row as r using (decision_id)
            where l.kind = 'different' and l.is_active and l.side <> r.side
        ),
        pair as (
            select l.resident_id as one, r.resident_id as other, l.key as one_key,
                r.key as other_key, weight
            from evidence join live as l on l.row_id = left_id
                join live as r on r.row_id = right_id
                left join different on one = left_id and other = right_id
            where l.resident_id <> r.resident_id and different.one is null
        ),
        turned as (
            select least(one, other) as one, greatest(one, other) as other, weight,
                case when one < other then one_key else other_key end as one_key,
                case when one < other then other_key else one_key end as other_key
            from pair
        )
        select one, other, max(weight) as bits, arg_max([one_key, other_key], weight) as keys,
            count(*) as pairs, any_value(l.name) as one_name, any_value(r.name) as other_name
        from turned join resident as l on l.resident_id = one
            join resident as r on r.resident_id = other
        where coalesce(l.id_no = r.id_no, true)
        group by one, other order by bits desc, one, other limit {int(limit)}
        """
    ).fetchall()
    return [
        Candidate(
            one,
            other,
            _shown(one_name, clear),
            _shown(other_name, clear),
            _row(keys[0]),
            _row(keys[1]),
            bits,
            pairs,
            bits >= model.threshold_weight,
        )
        for one, other, bits, keys, pairs, one_name, other_name in found
    ]


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
    _prepared(people, catalogue, model, only="wanted_row")
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
        _row(best["left_key"]),
        _row(best["right_key"]),
        fields,
        prior,
        prior + sum(one.weight for one in fields),
        model.threshold_weight,
        spoken,
    )


def history(settings: Settings, resident_id: str) -> tuple[list[Happened], list[Decision]]:
    """What happened to a resident's id, in order, and the decisions that named it."""
    people = People(settings)
    if not tables.load(people.connection, people.lake, "history", "history"):
        raise KanghuError("还没有归并过居民", str(people.lake.root), mend="先 kanghu run")
    known = [name for name, *_ in people.connection.execute("describe history").fetchall()]
    why = "reason, decision_id" if "reason" in known else "'evidence', null"
    found = people.connection.execute(
        f"""
        select strftime("at", '%Y-%m-%d %H:%M:%S'), event, resident_id, into_resident_id, {why},
            batch_id
        from history where resident_id = $1 or into_resident_id = $1 order by "at", run, event
        """,
        [resident_id],
    ).fetchall()
    if not found:
        raise KanghuError("没有这位居民", resident_id, mend="核对编号:R 后十二位字母和数字")
    named = [
        d
        for d in read_decisions(settings).decisions
        if resident_id in {d.left.resident_id, d.right.resident_id}
    ]
    return [Happened(*one) for one in found], named


def _prepared(people: People, catalogue: Catalogue, model: LinkModel, only: str = "") -> None:
    columns = tuple(dict.fromkeys([*model.columns(), *RESIDENT_COLUMNS]))
    read_person_rows(people.connection, people.lake, catalogue, columns, "", only=only)
    prepare(people.connection, "source", model)


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
            texts.append(_shown(str(value), clear or not is_direct))
    return " ".join(texts)


def _shown(text: str | None, clear: bool) -> str:
    return text or "" if clear else masked(text or "")


def _speaks_of(decision: Decision, rows: set[PersonRow]) -> bool:
    return bool(rows & {*decision.left.rows, *decision.right.rows})


def _row(key: list[str]) -> PersonRow:
    dataset, institution, feed, source_key = key
    return PersonRow(institution, feed, source_key, dataset)
