"""Replay: carry what bronze holds through again, after a mapping or a value domain was mended.

The newest version of each key is normalised anew, whether it lies in silver or in quarantine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from collectors.registry import Registry
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.normalise import NormaliseResult, carry
from spark_jobs.staging import Delivery


def replay(
    settings: Settings,
    registry: Registry,
    datasets: Sequence[str] | None = None,
    tables: Collection[tuple[str, str]] | None = None,
) -> NormaliseResult:
    """Normalise the current rows of ``datasets`` (default: all) from ``tables`` (system, table;
    default: all).

    The caller holds the lease on silver.
    """
    with connect(settings) as connection:
        open_batches = connection.execute(
            "select batch_id from kanghu.batch where state = 'open'"
        ).fetchall()
        landed = connection.execute(
            """
            select system, table_name, institution, sum(bronze_rows + deleted_rows)::bigint as rows
            from kanghu.feed_run join kanghu.batch using (batch_id)
            where feed_run.state = 'collected' and batch.state <> 'open'
            group by system, table_name, institution having sum(bronze_rows + deleted_rows) > 0
            """
        ).fetchall()
    rows = {
        (row["system"], row["table_name"], row["institution"]): int(row["rows"])
        for row in landed
        if tables is None or (row["system"], row["table_name"]) in tables
    }
    hidden = tuple(row["batch_id"] for row in open_batches)
    return carry(settings, registry, Delivery(None, hidden, rows), datasets)
