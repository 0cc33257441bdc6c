"""Restamp: silver rows whose resident has changed get the new ``resident_id``.

Identify may learn late that two numbers are one person, or that one number was two. Only
institutions that hold such a row are rewritten.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from kanghu.engine import spark_session
from kanghu.lake import Lake
from kanghu.settings import Settings
from spark_jobs.replace_rows import partition_sizes, replace_rows
from spark_jobs.staging import KEY, with_resident
from standards.catalogue import Dataset, load_catalogue


def restamp(settings: Settings) -> dict[str, int]:
    """Dataset -> rows that got another resident; the caller holds the lease on silver."""
    catalogue, lake = load_catalogue(), Lake(settings.lake)
    session = spark_session(settings)
    if not lake.exists(lake.identity("person_link")):
        return {}
    changed = {}
    for dataset in catalogue.datasets.values():
        if dataset.person and partition_sizes(lake, lake.silver(dataset.name), "_institution"):
            rows = _restamp(session, lake, dataset)
            if rows:
                changed[dataset.name] = rows
    return changed


def _restamp(session: SparkSession, lake: Lake, dataset: Dataset) -> int:
    path = lake.silver(dataset.name)
    silver = session.read.format("delta").load(path)
    linked = with_resident(
        session, lake, dataset, silver.withColumnRenamed("resident_id", "_before")
    )
    moved = linked.where("not (resident_id <=> _before)")
    counts = {
        str(row["_institution"]): int(row["count"])
        for row in moved.groupBy("_institution").count().collect()
    }
    if not counts:
        return 0
    staging = f"{lake.staging(dataset.name)}/restamp"
    moved.select(*silver.columns).write.mode("overwrite").parquet(staging)
    incoming: DataFrame = session.read.parquet(staging)
    replace_rows(
        session,
        lake,
        path,
        incoming=incoming,
        rows_in=counts,
        outgoing=incoming.select(*KEY),
        touched=counts,
        partition="_institution",
        keys=KEY,
    )
    return sum(counts.values())
