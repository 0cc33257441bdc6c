"""A dry run: how a sample of one feed would fare, without writing anything.

The same plan as normalise's, over rows that were read from the source and never landed.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from collectors.registry import Feed, Registry
from collectors.row_hash import bronze_column
from expectations.compile_spark import RECORD, UNIT
from expectations.model import Severity
from expectations.suite import row_suite
from kanghu.engine import spark_session
from kanghu.lake import Lake
from kanghu.settings import Settings
from spark_jobs.delivered import MappedTable
from spark_jobs.mapping import mapped
from spark_jobs.staging import staged
from standards.catalogue import load_catalogue


@dataclass(frozen=True)
class TrialFinding:
    """A rule that rows of the sample break, and how many do."""

    rule: str
    severity: Severity
    rows: int
    message: str


@dataclass(frozen=True)
class DryRunResult:
    """How the sample's rows would fare in one dataset. ``rows``: those meant for it."""

    dataset: str
    rows: int
    passing: int
    findings: list[TrialFinding]


def dry_run(
    settings: Settings, registry: Registry, feed: Feed, sample: pa.Table
) -> list[DryRunResult]:
    """Map and check ``sample`` (text columns under the source's names), a result a dataset."""
    del registry  # a feed carries its system and source; the argument keeps the steps' shape
    catalogue = load_catalogue()
    results = []
    for name in feed.table.maps:
        rows = trial_rows(settings, feed, sample, name)
        found = rows.select("_status", "_blocking", "_advisory").collect()
        meant = [row for row in found if row["_status"] != "gone"]
        suite = row_suite(name, catalogue)
        broken = Counter(
            int(failure.split(UNIT)[0])
            for row in meant
            for coded in (row["_blocking"], row["_advisory"])
            for failure in coded.split(RECORD)
            if failure
        )
        results.append(
            DryRunResult(
                dataset=name,
                rows=len(meant),
                passing=sum(row["_status"] == "silver" for row in meant),
                findings=[
                    TrialFinding(suite[n].id, suite[n].severity, rows, suite[n].message)
                    for n, rows in broken.most_common()
                ],
            )
        )
    return results


def trial_rows(settings: Settings, feed: Feed, sample: pa.Table, dataset_name: str) -> DataFrame:
    """``sample`` mapped and checked for a dataset, as ``staged`` answers it; ``_source_key`` is a
    row's place in the sample."""
    catalogue = load_catalogue()
    session = spark_session(settings)
    columns: dict[str, pa.Array] = {
        "_institution": pa.array([feed.institution] * sample.num_rows),
        "_feed": pa.array([feed.name] * sample.num_rows),
        "_source_key": pa.array([str(number) for number in range(sample.num_rows)]),
        "_batch_id": pa.array([f"trial-{uuid.uuid4().hex[:8]}"] * sample.num_rows),
        "_row_hash": pa.array([""] * sample.num_rows),
        "_operation": pa.array(["upsert"] * sample.num_rows),
        "_landed_at": pa.array([None] * sample.num_rows, pa.timestamp("us", tz="UTC")),
    }
    for name in sample.column_names:
        if not name.startswith("_") or name == "_delivery_error":
            columns[bronze_column(name)] = sample.column(name).cast(pa.string())
    # With its schema: from a table without rows the engine cannot tell one.
    kinds = [
        StructField(name, TimestampType() if name == "_landed_at" else StringType())
        for name in columns
    ]
    bronze = session.createDataFrame(pa.table(columns), schema=StructType(kinds))
    dataset = catalogue.dataset(dataset_name)
    plan = MappedTable(feed.system, feed.table_name, dataset_name, (feed.source,))
    frame = mapped(bronze, plan, dataset)
    return staged(session, Lake(settings.lake), catalogue, dataset, [frame], [plan])
