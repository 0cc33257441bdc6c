"""One dataset's way from bronze to silver and quarantine.

A chunk is mapped, typed and checked once into staging; silver and quarantine are made from that. A
table whose mapping fails on the engine is left out and told; the dataset's other tables go on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from spark_jobs import quarantine
from spark_jobs.delivered import MappedTable
from spark_jobs.findings import StagedDataset
from spark_jobs.machine_errors import in_short, is_of_the_machine
from spark_jobs.mapping import mapped
from spark_jobs.replace_rows import ensure_table, replace_rows
from spark_jobs.staging import (
    KEY,
    Chunk,
    Delivery,
    bronze_rows,
    children_of,
    chunks,
    read_staging,
    staged,
)
from standards.catalogue import Catalogue, Dataset
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


@dataclass(frozen=True)
class FailedTable:
    """A bronze table that could not be carried into ``dataset`` (empty: into none)."""

    system: str
    table_name: str
    dataset: str
    error: str


class DatasetWork:
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
        self.seconds = 0.0
        self.paths: list[str] = []
        self.failed: list[FailedTable] = []

    def run(self) -> None:
        began = time.perf_counter()
        for number, chunk in enumerate(chunks(self.delivery, self.tables)):
            path = f"{self.lake.staging(self.dataset.name)}/{number:04d}"
            self._stage_what_can_be(chunk, path)
            if self.tables:
                self._carry(path)
                self.paths.append(path)
        self.seconds = time.perf_counter() - began

    @property
    def result(self) -> DatasetResult:
        name = self.dataset.name
        return DatasetResult(name, **self.rows, findings=self.findings, seconds=self.seconds)

    @property
    def staged(self) -> StagedDataset:
        return StagedDataset(self.dataset.name, tuple(self.paths), self.findings)

    @property
    def failed_feeds(self) -> set[str]:
        return {f"{one.system}.{one.table_name}" for one in self.failed}

    def _stage_what_can_be(self, chunk: Chunk, path: str) -> None:
        """Stage all tables, or where that fails those that do not fail alone."""
        if not self.tables or self._failure(self.tables, chunk, path) is None:
            return
        good = []
        for plan in self.tables:
            error = self._failure([plan], chunk, path)
            if error is None:
                good.append(plan)
            else:
                told_of = _mapping_failed(plan, error)
                self.failed.append(
                    FailedTable(
                        plan.system.system, plan.table_name, self.dataset.name, str(told_of)
                    )
                )
        self.tables = good
        if good:
            self._stage(good, chunk, path)

    def _failure(
        self, tables: Sequence[MappedTable], chunk: Chunk, path: str
    ) -> PySparkException | KanghuError | None:
        """What is wrong with the mapping of ``tables``, if anything is."""
        try:
            self._stage(tables, chunk, path)
        except (PySparkException, KanghuError) as error:
            if isinstance(error, PySparkException) and is_of_the_machine(error):
                raise
            return error
        return None

    def _stage(self, tables: Sequence[MappedTable], chunk: Chunk, path: str) -> None:
        frames = [
            mapped(
                bronze_rows(self.session, self.lake, plan, self.delivery, chunk),
                plan,
                self.dataset,
                children=children_of(self.session, self.lake, plan, self.delivery),
            )
            for plan in tables
        ]
        rows = staged(self.session, self.lake, self.catalogue, self.dataset, frames, tables)
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


def _mapping_failed(plan: MappedTable, error: PySparkException | KanghuError) -> KanghuError:
    if isinstance(error, KanghuError):
        return error
    return KanghuError(
        what=f"映射在计算时出错:{in_short(error)}",
        where=plan.where,
        rule="映射(docs/add-an-institution.md)",
        mend="改正这个映射后重新运行 kanghu run:这张表会从青铜层重做,一行不丢;别的表不受影响",
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
