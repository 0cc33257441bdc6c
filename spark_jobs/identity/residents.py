"""Which resident a cluster is: known people keep their id, merges and splits become history.

A resident id is made once, from the first member's (institution, dataset, number), and never
changes hands: a merged one is retired for good. The oldest id survives a merge; after a split
the id stays with the larger part, or with the part whose it is by the decision that parted them.
"""

from __future__ import annotations

import base64
import hashlib

import duckdb
import pyarrow as pa

_ALPHABET = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)


def resident_id(institution: str, dataset: str, number: str, attempt: int = 0) -> str:
    """``R`` and 60 bits in Crockford's base 32, from the first member; ``attempt`` counts up
    where that id was already given to somebody."""
    said = "\x1f".join((institution, dataset, number, str(attempt) if attempt else ""))
    digest = hashlib.sha256(said.encode()).digest()[:10]
    return "R" + base64.b32encode(digest)[:12].translate(_ALPHABET).decode()


def assign(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each cluster its resident and say what happened.

    Reads ``live`` (row_id, cluster, first_row: the cluster's first member, linked_by), ``known``
    (row_id, resident_id: the links before), ``age`` (resident_id, run: every id ever given),
    ``decided_row``, ``source`` and ``number``. Makes ``assigned`` (row_id, resident_id, linked_by),
    ``event`` (resident_id, event, into_resident_id, decision_id: null where evidence did it) and
    ``successor`` (resident_id, into_resident_id) for ids retired now.
    """
    connection.execute(
        """
        -- Whose an id is by a new decision: the resident that a row was split from, or the side
        -- of an undone merge that bore it.
        create or replace temp table rightful as
        select distinct row_id, resident_id from decided_row
        where is_new and ((kind = 'same' and not is_active)
            or (kind = 'different' and is_active and side = 'right'));

        create or replace temp table overlap as
        select known.resident_id, live.cluster, count(*) as members,
            count(rightful.row_id) as rightful, min(row_id) as first_member
        from live join known using (row_id)
            left join rightful using (row_id, resident_id)
        group by known.resident_id, live.cluster;

        create or replace temp table main_part as
        select resident_id, cluster from overlap
        qualify row_number() over (
            partition by resident_id order by rightful desc, members desc, first_member
        ) = 1;

        create or replace temp table keeper as
        select cluster, resident_id from main_part join age using (resident_id)
        qualify row_number() over (partition by cluster order by run, resident_id) = 1;
        """
    )
    _create(connection)
    connection.execute(
        """
        create or replace temp table successor as
        select main_part.resident_id, keeper.resident_id as into_resident_id
        from main_part join keeper using (cluster)
        where main_part.resident_id <> keeper.resident_id;

        create or replace temp table assigned as
        select live.row_id, live.linked_by,
            coalesce(keeper.resident_id, created.resident_id) as resident_id
        from live left join keeper using (cluster) left join created using (cluster);

        create or replace temp table happened as
        select resident_id, 'created' as event, null::varchar as into_resident_id from created
        union all
        select resident_id, 'merged', into_resident_id from successor
        union all
        select overlap.resident_id, 'split',
            coalesce(keeper.resident_id, created.resident_id)
        from overlap
            join main_part on main_part.resident_id = overlap.resident_id
                and main_part.cluster <> overlap.cluster
            left join keeper on keeper.cluster = overlap.cluster
            left join created on created.cluster = overlap.cluster;
        """
    )
    _say_why(connection)


def _say_why(connection: duckdb.DuckDBPyConnection) -> None:
    """``event``: what ``happened``, with the new decision that speaks of those it happened to."""
    connection.execute(
        """
        create or replace temp table spoken as
        select decided_row.changed, known.resident_id as before, assigned.resident_id as now
        from decided_row join assigned using (row_id) left join known using (row_id)
        where is_new;

        create or replace temp table event as
        with parted as (
            select resident_id, 'split' as event, into_resident_id, max(changed) as decision_id
            from happened join spoken on spoken.before = happened.resident_id
            where event = 'split' group by resident_id, into_resident_id
        ),
        merged as (
            select resident_id, 'merged' as event, into_resident_id, max(one.changed) as decision_id
            from happened
                join spoken as one on one.before = happened.resident_id
                join spoken as other on other.changed = one.changed
                    and (other.before = into_resident_id or other.now = into_resident_id)
            where event = 'merged' group by resident_id, into_resident_id
        ),
        created as (
            select into_resident_id as resident_id, 'created' as event,
                null::varchar as into_resident_id, max(decision_id) as decision_id
            from parted group by all
        ),
        why as (from parted union all from merged union all from created)
        select happened.*, why.decision_id
        from happened left join why on why.resident_id = happened.resident_id
            and why.event = happened.event
            and why.into_resident_id is not distinct from happened.into_resident_id
        """
    )


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    """``created`` (cluster, resident_id): new ids, each tried against every id ever given."""
    firsts = connection.execute(
        """
        select cluster, source._institution, source.dataset,
            coalesce(min_by(number.number, number.rank), any_value(source._source_key)) as number
        from (select distinct cluster, first_row from live anti join keeper using (cluster))
            join source on source.row_id = first_row left join number on number.row_id = first_row
        group by cluster, first_row, source._institution, source.dataset order by first_row
        """
    ).fetchnumpy()
    given = {found for (found,) in connection.execute("select resident_id from age").fetchall()}
    ids: list[str] = []
    members = (firsts[name].tolist() for name in ("_institution", "dataset", "number"))
    for institution, dataset, number in zip(*members, strict=True):
        attempt = 0
        while (candidate := resident_id(institution, dataset, number, attempt)) in given:
            attempt += 1
        given.add(candidate)
        ids.append(candidate)
    made = pa.table(
        {
            "cluster": pa.array(firsts["cluster"], pa.int64()),
            "resident_id": pa.array(ids, pa.string()),
        }
    )
    connection.register("made", made)
    connection.execute("create or replace temp table created as from made")
    connection.unregister("made")
