"""From evidence to people: clusters of rows, their residents, and the links that say so."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from spark_jobs.identity.grouping import group
from spark_jobs.identity.kept import keep_together
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.residents import assign

_REASONS = np.array(["alone", "similarity", "person_number", "id_number", "decision"])
"""Why a row is with the others of its resident; the strongest that holds."""


def make_people(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Cluster the rows and give each cluster its resident.

    A row that left silver hands its resident on to the rows that carry its number.
    Reads ``person``, ``number``, ``pair``, ``decided_row``, ``link_before`` and ``committed``;
    makes ``live`` (row_id, cluster, first_row, linked_by) and what ``assign`` makes.
    """
    rows = connection.execute("select row_id from person order by row_id").fetchnumpy()["row_id"]
    kept = keep_together(connection, rows)
    unit = kept.unit
    grouped = group(
        connection,
        model,
        rows,
        unit,
        sure=kept.sure,
        apart=kept.apart,
        lists="_institution, _feed, dataset",
    )
    found, left, right = grouped.found, grouped.left, grouped.right
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    inside = found[left] == found[right]
    reason = (np.bincount(unit)[unit] > 1).astype(np.int64) * 2
    reason[kept.decided] = 4
    for strength, chosen in ((1, inside), (3, inside & grouped.by_number.astype(bool))):
        for side in (left[chosen], right[chosen]):
            reason[side] = np.maximum(reason[side], strength)
    live = pa.table(
        {
            "row_id": rows,
            "cluster": inverse,
            "first_row": rows[first[inverse]],
            "linked_by": pa.DictionaryArray.from_arrays(pa.array(reason), _REASONS.tolist()),
        }
    )
    connection.register("found", live)
    connection.execute(
        """
        create or replace temp table live as
        select * replace (cast(linked_by as varchar) as linked_by) from found;
        create or replace temp table known as
        select row_id, resident_id from link_before semi join live using (row_id)
        union
        select number.row_id, gone.resident_id
        from link_before as gone join number using (_institution, number_kind, number)
        where gone.row_id not in (select row_id from live);
        create or replace temp table age as
        select resident_id, run from committed where event = 'created';
        """
    )
    connection.unregister("found")
    assign(connection)


def make_links(connection: duckdb.DuckDBPyConnection, batch_id: str) -> None:
    """``link``: ``person_link`` as it will be.

    A row that left silver keeps its numbers: they follow a live row that carries one of them, or
    the resident that its own was merged into.
    """
    connection.execute(
        """
        create or replace temp table link_now as
        select source._institution, _feed, _source_key, source.dataset,
            coalesce(number_kind, 'source_key') as number_kind,
            coalesce(number.number, _source_key) as number,
            resident_id, linked_by, row_id, row_hash
        from source join assigned using (row_id) left join number using (row_id);

        create or replace temp table link_gone as
        with gone as (select * from link_before anti join source using (row_id)),
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
        select _institution, _feed, _source_key, dataset, together.number_kind, together.number,
            together.resident_id, together.linked_by,
            case when before.resident_id = together.resident_id
                and before.linked_by = together.linked_by
                and before.row_hash is not distinct from together.row_hash
                then before.batch_id else $batch_id end as batch_id,
            together.row_id, together.row_hash
        from together left join (
            select row_id, number_kind, number, resident_id, linked_by, row_hash, batch_id
            from link_before
        ) as before on before.row_id = together.row_id
            and before.number_kind = together.number_kind and before.number = together.number
        """,
        {"batch_id": batch_id},
    )
