"""Conservation (law 2), counted: bronze = silver + quarantine + superseded, feed by feed.

Each side is counted where it lies. Superseded comes from bronze alone (older versions, deletions,
void rows), less the older versions that silver still holds because the newest is in quarantine;
so a lost or doubled row shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from expectations.compile_spark import quote
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.delivered import MappedTable, cleaned, state_expression
from spark_jobs.replace_rows import partition_sizes, write_groups
from spark_jobs.staging import KEY


@dataclass(frozen=True)
class FeedCount:
    """One feed's rows of one dataset."""

    institution: str
    feed: str
    dataset: str
    bronze: int
    silver: int
    quarantine: int
    superseded: int

    @property
    def holds(self) -> bool:
        return self.bronze == self.silver + self.quarantine + self.superseded


def count_dataset(
    session: SparkSession,
    lake: Lake,
    dataset: str,
    tables: Sequence[MappedTable],
    institutions: Iterable[str],
    hidden: Sequence[str],
) -> list[FeedCount]:
    """Count the feeds of ``institutions`` in every layer; ``hidden`` batches are not seen yet.

    Some institutions at a time: counting holds every key that it counts.
    """
    sizes: dict[str, int] = {}
    for plan in tables:
        path = lake.bronze(plan.system.system, plan.table_name)
        for institution, rows in partition_sizes(lake, path, "_institution").items():
            sizes[institution] = sizes.get(institution, 0) + rows
    return [
        count
        for group in write_groups(sorted(institutions), sizes, {})
        for count in _count(session, lake, dataset, tables, group, hidden)
    ]


def _count(
    session: SparkSession,
    lake: Lake,
    dataset: str,
    tables: Sequence[MappedTable],
    institutions: Sequence[str],
    hidden: Sequence[str],
) -> list[FeedCount]:
    chosen = f"_institution in ({', '.join(map(quote, institutions))})"
    seen = f"_batch_id not in ({', '.join(map(quote, hidden))})" if hidden else "true"
    delivered = [_delivered(session, lake, plan).where(chosen).where(seen) for plan in tables]
    bronze = _versions(reduce(DataFrame.unionByName, delivered))
    silver_rows = session.read.format("delta").load(lake.silver(dataset)).where(chosen)
    silver = _counted(silver_rows)
    quarantine: dict[Place, int] = {}
    both: dict[Place, int] = {}
    if lake.exists(lake.quarantine(dataset)):
        held = session.read.format("delta").load(lake.quarantine(dataset)).where(chosen)
        quarantine = _counted(held)
        both = _counted(silver_rows.select(*KEY).join(held.select(*KEY), list(KEY), "left_semi"))
    return [
        FeedCount(
            *place,
            dataset,
            bronze=bronze.get(place, (0, 0))[0],
            silver=silver.get(place, 0),
            quarantine=quarantine.get(place, 0),
            superseded=bronze.get(place, (0, 0))[1] - both.get(place, 0),
        )
        for place in sorted({*bronze, *silver, *quarantine})
    ]


Place = tuple[str, str]
"""Institution, feed."""


def _delivered(session: SparkSession, lake: Lake, plan: MappedTable) -> DataFrame:
    bronze = session.read.format("delta").load(lake.bronze(plan.system.system, plan.table_name))
    rows = cleaned(bronze, plan, only_state=True)
    return rows.selectExpr(*KEY, "_batch_id", f"{state_expression(plan, rows.columns)} as _state")


def _versions(rows: DataFrame) -> dict[Place, tuple[int, int]]:
    """Rows that are meant for the dataset, and how many of them a newer row has superseded or
    withdrawn: all but the newest of a key, and that too unless it stays. A deletion is meant where
    any row of its key was."""
    by_key = rows.groupBy(*KEY).agg(
        F.expr("count_if(_state in ('in', 'void'))").alias("versions"),
        F.expr("count_if(_state = 'deleted')").alias("deletions"),
        F.expr("max_by(_state, _batch_id)").alias("newest"),
    )
    counted = (
        by_key.where("versions > 0")
        .groupBy("_institution", "_feed")
        .agg(
            F.expr("sum(versions + deletions)").alias("bronze"),
            F.expr("count_if(newest = 'in')").alias("staying"),
        )
    )
    return {
        (row["_institution"], row["_feed"]): (row["bronze"], row["bronze"] - row["staying"])
        for row in counted.collect()
    }


def _counted(rows: DataFrame) -> dict[Place, int]:
    counted = rows.groupBy("_institution", "_feed").count().collect()
    return {(row["_institution"], row["_feed"]): row["count"] for row in counted}


def save_counts(settings: Settings, batch_id: str, counts: Sequence[FeedCount]) -> None:
    """Keep the counts in ``kanghu.conservation``, where ``kanghu status`` reads them."""
    if not counts:
        return
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into kanghu.conservation
                (institution, feed, dataset, bronze, silver, quarantine, superseded, batch_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (institution, feed, dataset) do update
                set bronze = excluded.bronze, silver = excluded.silver,
                    quarantine = excluded.quarantine, superseded = excluded.superseded,
                    batch_id = excluded.batch_id
            """,
            [
                (
                    *(one.institution, one.feed, one.dataset, one.bronze, one.silver),
                    *(one.quarantine, one.superseded, batch_id),
                )
                for one in counts
            ],
        )
