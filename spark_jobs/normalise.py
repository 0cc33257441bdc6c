"""Normalise: from delivered text to the catalogue's records, with everything checked in one pass.

For each dataset the rows of all systems are mapped, typed and checked once into staging; silver,
quarantine and findings are made from that. Every write replaces the rows of its keys, so a run
that was killed anywhere is simply run again (law 3), and every row ends in silver or in
quarantine, once (law 2). A record whose newest version does not pass keeps its last good version
in silver.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession

from collectors.registry import Registry
from kanghu.engine import spark_session
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs import quarantine
from spark_jobs.conservation import FeedCount, count_dataset, save_counts
from spark_jobs.delivered import DELIVERY_ERROR, MappedTable
from spark_jobs.findings import StagedDataset, write_findings
from spark_jobs.mapping import mapped
from spark_jobs.replace_rows import ensure_table, replace_rows
from spark_jobs.staging import (
    DATASETS_AT_ONCE,
    KEY,
    Chunk,
    Delivery,
    aggregates,
    bronze_rows,
    children_of,
    chunks,
    read_staging,
    staged,
    tables_of,
)
from standards.catalogue import Catalogue, Dataset, load_catalogue
from standards.projections.spark_schema import silver_schema


@dataclass(frozen=True)
class DatasetResult:
    """What one dataset's new rows became. ``gone``: withdrawn, or meant for another dataset."""

    dataset: str
    silver: int
    quarantine: int
    gone: int
    findings: int
    seconds: float


@dataclass
class NormaliseResult:
    """What a batch became, and where each feed that it touched now stands."""

    datasets: list[DatasetResult] = field(default_factory=list)
    counts: list[FeedCount] = field(default_factory=list)

    @property
    def bronze(self) -> int:
        return sum(one.bronze for one in self.counts)

    @property
    def silver(self) -> int:
        return sum(one.silver for one in self.counts)

    @property
    def quarantine(self) -> int:
        return sum(one.quarantine for one in self.counts)

    @property
    def superseded(self) -> int:
        return sum(one.superseded for one in self.counts)

    @property
    def differences(self) -> list[FeedCount]:
        """Feeds for which conservation does not hold; must be empty."""
        return [one for one in self.counts if not one.holds]


def normalise(
    settings: Settings,
    registry: Registry,
    batch_ids: Sequence[str],
    datasets: Iterable[str] | None = None,
) -> NormaliseResult:
    """Carry the rows of ``batch_ids`` (collected ones) into silver and quarantine.

    ``datasets``: only these (default: all). Raises ``KanghuError`` for a mapping that cannot be
    read. The caller holds the lease on silver.
    """
    delivery = Delivery(
        tuple(sorted(batch_ids)),
        _hidden(settings, batch_ids),
        _delivered_rows(settings, batch_ids),
    )
    return carry(settings, registry, delivery, datasets)


def carry(
    settings: Settings,
    registry: Registry,
    delivery: Delivery,
    datasets: Iterable[str] | None = None,
) -> NormaliseResult:
    """Normalise what ``delivery`` names; see ``normalise``."""
    catalogue, lake = load_catalogue(), Lake(settings.lake)
    session = spark_session(settings)
    result = NormaliseResult()
    staging: list[StagedDataset] = []

    def one(name: str) -> tuple[DatasetResult, StagedDataset, list[FeedCount]] | None:
        dataset = catalogue.dataset(name)
        tables = [one for one in tables_of(registry, name) if _is_touched(lake, delivery, one)]
        if not tables:
            return None
        ensure_table(lake, lake.silver(name), silver_schema(dataset), "_institution")
        work = _DatasetWork(session, lake, catalogue, dataset, tables, delivery)
        done, kept = work.run()
        if not work.touched:
            return done, kept, []
        known = [one for one in tables_of(registry, name) if _is_in_lake(lake, one)]
        return (
            done,
            kept,
            count_dataset(session, lake, name, known, work.touched, delivery.hidden),
        )

    with ThreadPoolExecutor(DATASETS_AT_ONCE) as pool:
        for outcome in pool.map(one, datasets if datasets is not None else catalogue.datasets):
            if outcome is not None:
                result.datasets.append(outcome[0])
                staging.append(outcome[1])
                result.counts += outcome[2]
    write_findings(session, lake, catalogue, staging)
    batches = delivery.batches or _all_batches(settings)
    save_counts(settings, max(batches, default=""), result.counts)
    return result


class _DatasetWork:
    """One dataset's way from bronze to silver and quarantine."""

    def __init__(
        self,
        session: SparkSession,
        lake: Lake,
        catalogue: Catalogue,
        dataset: Dataset,
        tables: Sequence[MappedTable],
        delivery: Delivery,
    ) -> None:
        self.session, self.lake, self.catalogue = session, lake, catalogue
        self.dataset, self.tables, self.delivery = dataset, tables, delivery
        self.touched: set[str] = set()
        self.rows = {"silver": 0, "quarantine": 0, "gone": 0}
        self.findings = 0

    def run(self) -> tuple[DatasetResult, StagedDataset]:
        began = time.perf_counter()
        paths = []
        for number, chunk in enumerate(chunks(self.delivery, self.tables)):
            path = f"{self.lake.staging(self.dataset.name)}/{number:04d}"
            self._stage(chunk, path)
            self._carry(path)
            paths.append(path)
        name = self.dataset.name
        seconds = time.perf_counter() - began
        return (
            DatasetResult(name, **self.rows, findings=self.findings, seconds=seconds),
            StagedDataset(name, tuple(paths), self.findings),
        )

    def _stage(self, chunk: Chunk, path: str) -> None:
        frames = [
            mapped(
                bronze_rows(self.session, self.lake, plan, self.delivery, chunk),
                plan,
                self.dataset,
                children=children_of(self.session, self.lake, plan, self.delivery),
            )
            for plan in self.tables
        ]
        rows = staged(self.session, self.lake, self.catalogue, self.dataset, frames)
        rows.write.mode("overwrite").parquet(path)

    def _carry(self, path: str) -> None:
        staging = read_staging(self.session, self.dataset, path)
        silver: dict[str, int] = {}
        held: dict[str, int] = {}
        failing: dict[str, set[str]] = {}
        touched: set[str] = set()
        for row in _outcomes(staging).collect():
            institution, feed, status = row["_institution"], row["_feed"], row["_status"]
            touched.add(institution)
            self.rows[status] += row["rows"]
            self.findings += row["findings"]
            if status == "silver":
                silver[institution] = silver.get(institution, 0) + row["rows"]
            elif status == "quarantine":
                held[institution] = held.get(institution, 0) + row["rows"]
                failing.setdefault(feed, set()).add(institution)
        self.touched |= touched
        self._write_silver(staging, silver, touched)
        self._write_quarantine(staging, held, failing, touched)

    def _write_silver(self, staging: DataFrame, rows_in: dict[str, int], touched: set[str]) -> None:
        names = [field.name for field in silver_schema(self.dataset).fields]
        only = "case when _status = 'quarantine' then _batch_id end as _only"
        replace_rows(
            self.session,
            self.lake,
            self.lake.silver(self.dataset.name),
            incoming=staging.where("_status = 'silver'").select(*names),
            rows_in=rows_in,
            outgoing=staging.selectExpr(*KEY, only),
            touched=touched,
            partition="_institution",
            keys=KEY,
            version="_batch_id",
        )

    def _write_quarantine(
        self,
        staging: DataFrame,
        rows_in: dict[str, int],
        failing: dict[str, set[str]],
        touched: set[str],
    ) -> None:
        path = self.lake.quarantine(self.dataset.name)
        if failing:
            ensure_table(self.lake, path, quarantine.SCHEMA, "_institution")
            incoming = quarantine.quarantine_frame(
                self.session,
                self.lake,
                self.catalogue,
                self.dataset,
                staging,
                self.tables,
                failing,
            )
        elif self.lake.exists(path):
            incoming = self.session.read.format("delta").load(path).where("false")
        else:
            return
        replace_rows(
            self.session,
            self.lake,
            path,
            incoming=incoming,
            rows_in=rows_in,
            outgoing=staging.select(*KEY),
            touched=touched,
            partition="_institution",
            keys=KEY,
        )


def _outcomes(staging: DataFrame) -> DataFrame:
    """Rows and findings by institution, feed and status."""
    failures = " + ".join(
        f"case when {name} = '' then 0 else size(split({name}, '\x1e')) end"
        for name in ("_blocking", "_advisory")
    )
    return (
        staging.selectExpr("_institution", "_feed", "_status", f"{failures} as _failures")
        .groupBy("_institution", "_feed", "_status")
        .agg({"*": "count", "_failures": "sum"})
        .toDF("_institution", "_feed", "_status", "rows", "findings")
    )


def _is_touched(lake: Lake, delivery: Delivery, plan: MappedTable) -> bool:
    """Whether the delivery brings rows of the table, or of a child table that its map adds up."""
    names = (plan.table_name, *(rule.table for rule in aggregates(plan)))
    is_new = any(delivery.has(plan.system.system, name) for name in names)
    return is_new and _is_in_lake(lake, plan)


def _is_in_lake(lake: Lake, plan: MappedTable) -> bool:
    """Whether bronze has the table; one without a map counts if it has undecodable parts."""
    path = lake.bronze(plan.system.system, plan.table_name)
    if not lake.exists(path):
        return False
    if plan.mapping is not None:
        return True
    return any(field.name == DELIVERY_ERROR for field in lake.table(path).schema().fields)


def _hidden(settings: Settings, batch_ids: Sequence[str]) -> tuple[str, ...]:
    """Batches that are not complete, or complete and not in this run."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select batch_id from kanghu.batch where state = 'open' "
            "or (state in ('collected', 'identified') and batch_id <> all(%s))",
            (list(batch_ids),),
        ).fetchall()
    return tuple(row["batch_id"] for row in rows)


def _delivered_rows(
    settings: Settings, batch_ids: Sequence[str]
) -> dict[tuple[str, str, str], int]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select system, table_name, institution, "
            "sum(bronze_rows + deleted_rows)::bigint as landed "
            "from kanghu.feed_run where batch_id = any(%s) and state = 'collected' "
            "group by system, table_name, institution having sum(bronze_rows + deleted_rows) > 0",
            (list(batch_ids),),
        ).fetchall()
    return {(row["system"], row["table_name"], row["institution"]): row["landed"] for row in rows}


def _all_batches(settings: Settings) -> tuple[str, ...]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select batch_id from kanghu.batch where state <> 'open'"
        ).fetchall()
    return tuple(row["batch_id"] for row in rows)
