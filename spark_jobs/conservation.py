"""Conservation (law 2), counted: bronze = silver + quarantine + superseded, feed by feed.

Each side is counted where it lies. Superseded comes from bronze alone (older versions, deletions,
void rows), less the older versions that silver still holds because the newest is in quarantine;
so a lost or doubled row shows as a difference. What is counted of bronze is claims
(``claims.py``); that each row of the Delta tables is among them is counted too, against the number
of rows that the tables themselves say they have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from expectations.compile_spark import quote
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.claims import claimed_before, is_first, state_expression
from spark_jobs.delivered import MappedTable, cleaned
from spark_jobs.replace_rows import partition_sizes, write_groups
from spark_jobs.staging import KEY


@dataclass(frozen=True)
class FeedCount:
    """One feed's rows of one dataset. ``shared``: rows that another dataset of the feed, one before
    this in its maps, counts too; so over a feed's datasets ``bronze`` less ``shared`` is the number
    of rows of its bronze table."""

    institution: str
    feed: str
    dataset: str
    bronze: int
    silver: int
    quarantine: int
    superseded: int
    shared: int = 0

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
    counted = {plan.feed for plan in tables}
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
            bronze=bronze.get(place, (0, 0, 0))[0],
            silver=silver.get(place, 0),
            quarantine=quarantine.get(place, 0),
            superseded=bronze.get(place, (0, 0, 0))[1] - both.get(place, 0),
            shared=bronze.get(place, (0, 0, 0))[2],
        )
        for place in sorted({*bronze, *silver, *quarantine})
        if place[1] in counted  # a feed whose table cannot be counted now keeps its last count
    ]


Place = tuple[str, str]
"""Institution, feed."""


def _delivered(session: SparkSession, lake: Lake, plan: MappedTable) -> DataFrame:
    bronze = session.read.format("delta").load(lake.bronze(plan.system.system, plan.table_name))
    rows = cleaned(bronze, plan, only_state=True)
    return rows.selectExpr(
        *KEY,
        "_batch_id",
        f"{state_expression(plan, rows.columns)} as _state",
        f"{claimed_before(plan, rows.columns)} as _before",
        f"{str(is_first(plan, plan.dataset)).lower()} as _first",
    )


def _versions(rows: DataFrame) -> dict[Place, tuple[int, int, int]]:
    """Rows that the dataset claims; how many of them a newer row has superseded or withdrawn (all
    but the newest of a key, and that too unless it stays); and how many are shared. A deletion is
    claimed, and shared, where any row of its key was; the first dataset claims one of an unknown
    key."""
    by_key = rows.groupBy(*KEY).agg(
        F.expr("count_if(_state in ('in', 'void', 'unclaimed'))").alias("versions"),
        F.expr("count_if(_state = 'deleted')").alias("deletions"),
        F.expr("max_by(_state, _batch_id)").alias("newest"),
        F.expr("count_if(_before)").alias("before"),
        F.expr("bool_and(_first and _state = 'deleted')").alias("unknown"),
        F.expr("count_if(_before and _state <> 'elsewhere')").alias("shared"),
    )
    counted = (
        by_key.where("versions > 0 or unknown")
        .groupBy("_institution", "_feed")
        .agg(
            F.expr("sum(versions + deletions)").alias("bronze"),
            F.expr("count_if(newest in ('in', 'unclaimed'))").alias("staying"),
            F.expr("sum(shared + case when before > 0 then deletions else 0 end)").alias("shared"),
        )
    )
    return {
        (row["_institution"], row["_feed"]): (
            row["bronze"],
            row["bronze"] - row["staying"],
            row["shared"],
        )
        for row in counted.collect()
    }


def _counted(rows: DataFrame) -> dict[Place, int]:
    counted = rows.groupBy("_institution", "_feed").count().collect()
    return {(row["_institution"], row["_feed"]): row["count"] for row in counted}


@dataclass(frozen=True)
class Uncounted:
    """A feed whose bronze table has other rows than its datasets count: a fault of ours."""

    institution: str
    feed: str
    rows: int
    counted: int


def uncounted(
    settings: Settings,
    tables: Iterable[tuple[str, str]],
    hidden: Sequence[str],
    among: Collection[tuple[str, str]] | None = None,
) -> list[Uncounted]:
    """Hold the kept counts of ``tables`` (system, table) against what their Delta tables have,
    counted by another engine and without a look at any mapping. ``among``: only these feeds
    (institution, feed), of which all datasets were just counted."""
    with connect(settings) as connection:
        kept = connection.execute(
            "select institution, feed, sum(bronze - shared)::bigint as counted "
            "from kanghu.conservation group by institution, feed"
        ).fetchall()
    counted = {(row["institution"], row["feed"]): int(row["counted"]) for row in kept}
    lake = Lake(settings.lake)
    gaps = []
    with connect_duckdb() as connection:
        for system, table in tables:
            rows = connection.execute(
                "select _institution, _feed, count(*) "
                f"from delta_scan('{lake.bronze(system, table)}') "
                "where not list_contains($hidden, _batch_id) group by all order by all",
                {"hidden": list(hidden)},
            ).fetchall()
            gaps += [
                Uncounted(institution, feed, number, counted.get((institution, feed), 0))
                for institution, feed, number in rows
                if number != counted.get((institution, feed), 0)
                and (among is None or (institution, feed) in among)
            ]
    return gaps


def save_counts(settings: Settings, batch_id: str, counts: Sequence[FeedCount]) -> None:
    """Keep the counts in ``kanghu.conservation``, where ``kanghu status`` reads them."""
    if not counts:
        return
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into kanghu.conservation
                (institution, feed, dataset, bronze, silver, quarantine, superseded, shared,
                 batch_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (institution, feed, dataset) do update
                set bronze = excluded.bronze, silver = excluded.silver,
                    quarantine = excluded.quarantine, superseded = excluded.superseded,
                    shared = excluded.shared, batch_id = excluded.batch_id
            """,
            [
                (
                    *(one.institution, one.feed, one.dataset, one.bronze, one.silver),
                    *(one.quarantine, one.superseded, one.shared, batch_id),
                )
                for one in counts
            ],
        )
