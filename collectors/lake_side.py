"""The lake's side of a comparison: the current version of each key, hashed from what is stored."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from collectors.readers import Checksum
from collectors.row_hash import duckdb_checksum, duckdb_hash, literal, quoted


def define_lake_rows(
    db: duckdb.DuckDBPyConnection,
    path: str | None,
    stored: Sequence[str],
    columns: Sequence[str],
    institutions: Sequence[str],
) -> None:
    """Make the view ``lake_rows(institution, key, row_hash)`` over the bronze table at ``path``
    (``None``: there is no such table yet).

    ``stored``: the table's columns; ``columns``: those that the feeds deliver now (one that the
    table lacks is null). Of each key the rows of its latest batch count, deletions left out; where
    a row of any batch stands twice, all the key's rows count, so that the double is seen.
    """
    if path is None:
        db.execute(
            "create or replace temp view lake_rows as select null::varchar as institution, "
            "null::varchar as key, null::varchar as row_hash where false"
        )
        return
    among = ", ".join(literal(name) for name in institutions)
    origin = f"delta_scan({literal(path)}) where _institution in ({among})"
    missing = "".join(f", null::varchar as {quoted(c)}" for c in columns if c not in stored)
    hashed = f"""
        select _institution as institution, _source_key as key, _batch_id as batch,
               _operation as operation, {duckdb_hash(columns)} as row_hash
        from (select *{missing} from {origin})
    """
    batches = db.execute(f"select count(distinct _batch_id) from {origin}").fetchone()
    if batches is not None and batches[0] <= 1:
        current = hashed
    else:
        db.execute(
            f"""
            create or replace temp table versions as
            select _institution as institution, _source_key as key, max(_batch_id) as latest,
                   count(*) > count(distinct _batch_id) as doubled
            from {origin} group by 1, 2 having count(*) > 1
            """
        )
        current = f"""
            select rows.* from ({hashed}) as rows left join versions using (institution, key)
            where versions.latest is null or versions.doubled or rows.batch = versions.latest
        """
    db.execute(
        "create or replace temp view lake_rows as select institution, key, row_hash "
        f"from ({current}) where operation <> 'delete'"
    )


def lake_checksums(db: duckdb.DuckDBPyConnection) -> dict[str, Checksum]:
    """Institution -> count and checksum of ``lake_rows``."""
    rows = db.execute(
        f"select institution, count(*), {duckdb_checksum('row_hash')} from lake_rows group by 1"
    ).fetchall()
    return {institution: Checksum(count, int(total)) for institution, count, total in rows}
