"""Normalise: from delivered text to the catalogue's records, with everything checked in one pass.

For each dataset the rows of all systems are mapped, typed and checked once into staging; silver,
quarantine and findings are made from that. Every write replaces the rows of its keys, so a run
that was killed anywhere is simply run again (law 3), and every row ends in silver or in
quarantine, once (law 2). A record whose newest version does not pass keeps its last good version
in silver. A table whose mapping fails on the engine is left out and told; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from collectors.registry import Registry
from kanghu.engine import spark_session
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.conservation import (
    FeedCount,
    Uncounted,
    count_dataset,
    save_counts,
    uncounted,
)
from spark_jobs.dataset_work import DatasetResult, DatasetWork, FailedTable
from spark_jobs.delivered import DELIVERY_ERROR, MappedTable
from spark_jobs.findings import StagedDataset, write_findings
from spark_jobs.machine_errors import told
from spark_jobs.replace_rows import ensure_table
from spark_jobs.staging import (
    DATASETS_AT_ONCE,
    Delivery,
    aggregates,
    tables_of,
)
from standards.catalogue import load_catalogue
from standards.projections.spark_schema import silver_schema


@dataclass
class NormaliseResult:
    """What a batch became, and where each feed that it touched now stands. ``failed`` is to be
    carried again from bronze once it is mended."""

    datasets: list[DatasetResult] = field(default_factory=list)
    counts: list[FeedCount] = field(default_factory=list)
    failed: list[FailedTable] = field(default_factory=list)

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

    ``datasets``: only these (default: all). Raises ``KanghuError`` where the machine fails. The
    caller holds the lease on silver.
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
    result = NormaliseResult(failed=_refused(registry, delivery))
    staging: list[StagedDataset] = []

    def one(name: str) -> tuple[DatasetWork, list[FeedCount]] | None:
        dataset = catalogue.dataset(name)
        tables = [one for one in tables_of(registry, name) if _is_touched(lake, delivery, one)]
        if not tables:
            return None
        work = DatasetWork(session, lake, catalogue, dataset, tables, delivery)
        with told("规范化", f"数据集 {name}({dataset.name_zh})"):
            ensure_table(lake, lake.silver(name), silver_schema(dataset), "_institution")
            work.run()
            known = [
                one
                for one in tables_of(registry, name)
                if _is_in_lake(lake, one) and one.feed not in work.failed_feeds
            ]
            if not work.touched or not known:
                return work, []
            counts = count_dataset(session, lake, name, known, work.touched, delivery.hidden)
            return work, counts

    with ThreadPoolExecutor(DATASETS_AT_ONCE) as pool:
        for outcome in pool.map(one, datasets if datasets is not None else catalogue.datasets):
            if outcome is not None:
                work, counts = outcome
                result.datasets.append(work.result)
                result.failed += work.failed
                if work.paths:
                    staging.append(work.staged)
                result.counts += counts
    with told("规范化", "问题清单(quality/findings)"):
        write_findings(session, lake, catalogue, staging)
    batches = delivery.batches or _all_batches(settings)
    save_counts(settings, max(batches, default=""), result.counts)
    return result


def uncounted_in(
    settings: Settings, registry: Registry, batch_ids: Sequence[str], failed: Sequence[FailedTable]
) -> list[Uncounted]:
    """Feeds that ``batch_ids`` brought rows of and whose bronze rows are not all counted; tables in
    ``failed`` are told as such already."""
    left_out = {(one.system, one.table_name) for one in failed}
    tables: set[tuple[str, str]] = set()
    among: set[tuple[str, str]] = set()
    for name, table, institution in _delivered_rows(settings, batch_ids):
        system = registry.systems.get(name)
        known = system.tables.get(table) if system else None
        if known is not None and known.maps and (name, table) not in left_out:
            tables.add((name, table))
            among.add((institution, f"{name}.{table}"))
    return uncounted(settings, sorted(tables), _hidden(settings, batch_ids), among)


def _refused(registry: Registry, delivery: Delivery) -> list[FailedTable]:
    """Delivered tables of systems whose file cannot be taken now: they wait in bronze."""
    errors = {one.system: str(one.error) for one in registry.refused if not one.source}
    tables = {(system, table) for system, table, _ in delivery.rows}
    return [
        FailedTable(system, table, "", errors.get(system, f"系统 {system} 没有定义"))
        for system, table in sorted(tables)
        if system in registry.refused_systems
    ]


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
