"""From evidence to people: clusters of rows, their residents, and the links that say so."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from spark_jobs.identity.clusters import Edges, Ints, cluster, components
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.residents import assign


def make_people(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """``live`` (a row's cluster and its first number), then residents by ``assign``."""
    connection.execute(
        """
        create or replace temp table node as
        select row_id, row_number() over (order by row_id) - 1 as place,
            case when id_state = 2 then dense_rank() over (order by id18) end as identity
        from person
        """
    )
    place, identity = _columns(
        connection, "select place, coalesce(identity, -1) from node order by place"
    )
    rows, owner = _columns(
        connection,
        """
        select node.place, dense_rank() over (order by _institution, number_kind, number) - 1
        from number join node using (row_id)
        """,
    )
    numbers = int(owner.max()) + 1 if len(owner) else 0
    joined = components(len(place) + numbers, rows, owner + len(place))[: len(place)]
    unit = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    left, right, weight = _columns(
        connection,
        f"""
        select l.place, r.place, weight from pair
            join node as l on l.row_id = left_id join node as r on r.row_id = right_id
        where weight >= {model.threshold_weight!r}
        """,
    )
    found = cluster(unit, identity, Edges(left, right, weight.astype(np.float64)))
    connection.register("found", pa.table({"place": place, "cluster": found, "unit": unit}))
    connection.execute(
        """
        create or replace temp table clustered as
        select row_id, cluster, unit from node join found using (place);
        create or replace temp table live as
        select row_id, cluster, unit, source._institution as institution, source.dataset,
            coalesce(number.number, source._source_key) as number
        from clustered join source using (row_id)
            left join number on number.row_id = clustered.row_id and number.rank = (
                select min(rank) from number as own where own.row_id = clustered.row_id);
        create or replace temp table known as
        select distinct row_id, resident_id from link_before;
        create or replace temp table age as
        select resident_id, run from committed where event = 'created';
        """
    )
    connection.unregister("found")
    assign(connection)


def make_links(connection: duckdb.DuckDBPyConnection, batch_id: str) -> None:
    """``link``: ``person_link`` as it will be."""
    connection.execute(
        """
        create or replace temp table reason as
        with inside as (
            select left_id, right_id, rule from pair
                join live as l on l.row_id = left_id
                join live as r on r.row_id = right_id and r.cluster = l.cluster
        ), ends as (
            select left_id as row_id, rule from inside
            union all select right_id, rule from inside
        ), numbered as (
            select row_id, count(*) over (partition by unit) > 1 as shared from live
        )
        select live.row_id,
            case when bool_or(ends.rule = 'id_number') then 'id_number'
                when any_value(numbered.shared) then 'person_number'
                when count(ends.rule) > 0 then 'similarity' else 'alone' end as linked_by
        from live join numbered using (row_id) left join ends using (row_id)
        group by live.row_id;
        """
    )
    connection.execute(
        """
        create or replace temp table link_now as
        select source._institution, _feed, _source_key, source.dataset,
            coalesce(number_kind, 'source_key') as number_kind,
            coalesce(number.number, _source_key) as number,
            resident_id, linked_by, row_id, row_hash
        from source
            join assigned using (row_id) join reason using (row_id)
            join (select row_id, row_hash from person) using (row_id)
            left join number using (row_id);

        create or replace temp table link_gone as
        with gone as (select * from link_before anti join person using (row_id)),
        sharing as (
            select gone.row_id, min(link_now.resident_id) as resident_id
            from gone join link_now using (_institution, number_kind, number)
            group by gone.row_id
        )
        select _institution, _feed, _source_key, dataset, number_kind, number,
            coalesce(sharing.resident_id, successor.into_resident_id, gone.resident_id)
                as resident_id,
            linked_by, row_id, null::bigint as row_hash
        from gone left join sharing using (row_id)
            left join successor on successor.resident_id = gone.resident_id;
        """
    )
    connection.execute(
        """
        create or replace temp table link as
        with together as (from link_now union all by name from link_gone)
        select together._institution, _feed, _source_key, dataset, number_kind, number,
            together.resident_id, together.linked_by,
            case when link_before.resident_id = together.resident_id
                and link_before.linked_by = together.linked_by
                and link_before.row_hash is not distinct from together.row_hash
                then link_before.batch_id else $batch_id end as batch_id,
            row_id, together.row_hash
        from together left join link_before
            using (row_id, number_kind, number, _feed, _source_key, dataset)
        order by together._institution, dataset, _feed, _source_key, number_kind
        """,
        {"batch_id": batch_id},
    )


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[Ints]:
    return list(connection.execute(query).fetchnumpy().values())
