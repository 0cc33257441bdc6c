"""The scores of each quality date, kept in the lake: what last ranks and trends are made from.

dbt makes the marts anew each time and so forgets; this table does not. A month is a partition,
written whole: a second build of one day replaces that day, and a month is one file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import write_deltalake

from kanghu.lake import Lake, connect_duckdb

COLUMNS = {
    "quality_month": "varchar",
    "quality_date": "date",
    "level": "varchar",
    "organisation_code": "varchar",
    "subject_kind": "varchar",
    "subject": "varchar",
    "record_count": "bigint",
    "failing_count": "bigint",
    "score": "decimal(18,2)",
    "grade": "varchar",
    "rank": "integer",
}
"""Name -> type in DuckDB's words; ``quality_month`` (2026-11) is the partition."""


def remember(lake: Lake, marts: Path, day: date) -> None:
    """Put the scores of ``day`` out of ``marts`` (a closed DuckDB file) into the history."""
    month = f"{day:%Y-%m}"
    names = [name for name in COLUMNS if name != "quality_month"]
    with connect_duckdb() as connection:
        connection.execute(f"attach '{marts}' as marts (read_only)")
        parts = [f"select '{month}' as quality_month, {', '.join(names)} from marts.rpt_quality"]
        if lake.exists(lake.score_history):
            parts.append(
                f"select {', '.join(COLUMNS)} from delta_scan('{lake.score_history}') "
                f"where quality_month = '{month}' and quality_date <> date '{day}'"
            )
        rows = _ordered(connection, " union all ".join(parts))
        if rows.num_rows == 0:
            return
        is_there = lake.exists(lake.score_history)
        write_deltalake(
            lake.score_history,
            rows,
            mode="overwrite",
            predicate=f"quality_month = '{month}'" if is_there else None,
            partition_by=["quality_month"],
            storage_options=lake.storage_options(),
        )


def _ordered(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return connection.execute(
        f"select * from ({query}) order by quality_date, level, subject_kind, subject"
    ).to_arrow_table()
