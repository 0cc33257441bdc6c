"""The person rows of silver: every row of a dataset that identifies somebody, as one table."""

from __future__ import annotations

import duckdb

from kanghu.lake import Lake
from spark_jobs.identity.prepare import quoted
from standards.catalogue import Catalogue, Dataset

ROW_ID = (
    "cast(md5_number_lower(concat_ws(chr(31), dataset, _institution, _feed, _source_key)) "
    ">> 1 as bigint)"
)
"""SQL: a person row's number, by its key."""


def read_person_rows(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    catalogue: Catalogue,
    columns: tuple[str, ...],
    version: str,
    *,
    only: str = "",
) -> None:
    """Make ``source`` and ``number`` from silver.

    ``source``: row_id (bigint, of dataset, institution, feed and key), dataset, _institution,
    _feed, _source_key, said_at (text: when the row was last true), ``columns`` (null where a
    dataset lacks one) and row_hash (changes with all that identity reads, and with ``version``).
    ``number``: row_id, _institution, number_kind, number, rank (1 for the strongest): every
    number by which the institution's other records may name the row's person. ``only``: a table
    of the row_ids wanted (default: all).
    """
    datasets = [d for d in catalogue.datasets.values() if d.person == "self"]
    parts = [part for d in datasets if (part := _rows_of(connection, lake, d, columns))]
    if not parts:
        columns_sql = ", ".join(f"null::varchar as {quoted(column)}" for column in columns)
        parts = [
            f"select null::varchar as dataset, null::varchar as _institution, "
            f"null::varchar as _feed, null::varchar as _source_key, null::varchar as said_at, "
            f"{columns_sql}, "
            f"null::varchar[] as kinds, null::varchar[] as numbers where false"
        ]
    connection.execute(
        f"""
        create or replace temp table source as
        select {ROW_ID} as row_id, *,
            cast(hash({", ".join(quoted(column) for column in columns)}, said_at, numbers,
                '{version}') >> 1 as bigint) as row_hash
        from ({" union all ".join(parts)})
        {f"where {ROW_ID} in (select row_id from {only})" if only else ""};

        create or replace temp table number as
        select row_id, _institution, kinds[place] as number_kind, trim(numbers[place]) as number,
            place as rank
        from source, (select unnest(range(1, 5)) as place)
        where trim(numbers[place]) <> '';
        """
    )


def _rows_of(
    connection: duckdb.DuckDBPyConnection, lake: Lake, dataset: Dataset, columns: tuple[str, ...]
) -> str:
    path = lake.silver(dataset.name)
    if not lake.exists(path):
        return ""
    table = lake.table(path)
    present = {field.name for field in table.schema().fields}
    view = f"silver_{dataset.name}"
    connection.register(view, table.to_pyarrow_dataset())
    kinds = list(dict.fromkeys([*dataset.person_columns, *dataset.key]))
    kinds = [kind for kind in kinds if kind in present]

    def read(column: str) -> str:
        if column not in present:
            return f"null::varchar as {quoted(column)}"
        return f"cast({quoted(column)} as varchar) as {quoted(column)}"

    times = [c for c in ("updated_at", dataset.event_time) if c in present]
    texts = ", ".join(f"cast({time} as varchar)" for time in times)
    said_at = f"coalesce({texts})" if times else "null::varchar"
    return f"""
        select '{dataset.name}' as dataset, _institution, _feed, _source_key, {said_at} as said_at,
            {", ".join(read(column) for column in columns)},
            [{", ".join(f"'{kind}'" for kind in kinds)}] as kinds,
            [{", ".join(f"cast({quoted(kind)} as varchar)" for kind in kinds)}] as numbers
        from {view}
    """
