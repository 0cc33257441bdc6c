"""What a person needs to see to decide who is who: contradictions, likely duplicates, and what
happened to a resident's id. Two people side by side are in beside.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from spark_jobs.identity import tables
from spark_jobs.identity.decision_store import Decision, PersonRow, read_decisions
from spark_jobs.identity.kept import load_decided
from spark_jobs.identity.model import (
    city_model,
)
from spark_jobs.identity.refer import People, prepare_rows, row_of, shown
from standards.catalogue import load_catalogue


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
    prepare_rows(people, load_catalogue(), city_model())
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
            tuple(shown(value, clear or "number" not in kind) for value in values),
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
            shown(one_name, clear),
            shown(other_name, clear),
            row_of(keys[0]),
            row_of(keys[1]),
            bits,
            pairs,
            bits >= model.threshold_weight,
        )
        for one, other, bits, keys, pairs, one_name, other_name in found
    ]


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
