"""Staging: a dataset's new rows from all systems, typed, mapped and checked, evaluated once.

Silver, quarantine and findings are all made from what is written here, because each further write
of a lazy frame evaluates everything again. A big delivery is taken in chunks of institutions, so
that no write holds more than some rows in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from collectors.registry import Aggregate, Registry, Source
from expectations.compile_spark import evaluate, quote
from expectations.suite import row_suite
from kanghu.lake import Lake
from spark_jobs.claims import SPLITTING, UNDECODED
from spark_jobs.delivered import META, MappedTable
from standards.catalogue import Catalogue, Dataset
from standards.projections.spark_schema import silver_schema

DATASETS_AT_ONCE = 2
"""A small dataset costs mostly planning, which takes one core."""
ROWS_A_CHUNK = 1_000_000
KEY = ("_institution", "_feed", "_source_key")


@dataclass(frozen=True)
class Delivery:
    """The bronze rows to carry: those of ``batches``, or with None every key's current row.

    ``hidden``: batches that later steps must not see yet. ``rows``: (system, table, institution)
    -> how many rows the log says they are.
    """

    batches: tuple[str, ...] | None
    hidden: tuple[str, ...]
    rows: Mapping[tuple[str, str, str], int]

    def has(self, system: str, table: str) -> bool:
        return any(key[:2] == (system, table) for key in self.rows)


@dataclass(frozen=True)
class Chunk:
    """Some institutions' rows of one dataset, or with ``parts`` > 1 one part of one's."""

    institutions: tuple[str, ...]
    part: int = 0
    parts: int = 1


def tables_of(registry: Registry, dataset: str) -> list[MappedTable]:
    """Every table of every system that feeds ``dataset``, with the sources that run it."""
    by_system: dict[str, list[Source]] = {}
    for source in registry.sources.values():
        by_system.setdefault(source.system, []).append(source)
    return [
        MappedTable(system, name, dataset, tuple(by_system.get(system.system, ())))
        for system in registry.systems.values()
        for name, table in system.tables.items()
        if dataset in table.maps or (dataset == UNDECODED and system.kind in SPLITTING)
    ]


def chunks(delivery: Delivery, tables: Sequence[MappedTable]) -> Iterator[Chunk]:
    """Cut what ``delivery`` holds for ``tables`` into pieces of bounded size."""
    named = {(one.system.system, one.table_name) for one in tables}
    named |= {(one.system.system, rule.table) for one in tables for rule in aggregates(one)}
    sizes: dict[str, int] = {}
    for (system, table, institution), rows in delivery.rows.items():
        if (system, table) in named and rows:
            sizes[institution] = sizes.get(institution, 0) + rows
    group: list[str] = []
    held = 0
    for institution, rows in sorted(sizes.items()):
        if rows > ROWS_A_CHUNK:
            parts = -(-rows // ROWS_A_CHUNK)
            yield from (Chunk((institution,), part, parts) for part in range(parts))
            continue
        if group and held + rows > ROWS_A_CHUNK:
            yield Chunk(tuple(group))
            group, held = [], 0
        group.append(institution)
        held += rows
    if group:
        yield Chunk(tuple(group))


def bronze_rows(
    session: SparkSession, lake: Lake, plan: MappedTable, delivery: Delivery, chunk: Chunk
) -> DataFrame:
    """The delivery's rows of one bronze table: one row a key, the newest.

    Where the map adds up a child table, rows whose children came in the delivery belong to it too.
    """
    current = _bronze(session, lake, plan.system.system, plan.table_name)
    current = current.where(f"_institution in ({_listed(chunk.institutions)})")
    if chunk.parts > 1:
        current = current.where(f"pmod(crc32(_source_key), {chunk.parts}) = {chunk.part}")
    if delivery.hidden:
        current = current.where(f"_batch_id not in ({_listed(delivery.hidden)})")
    if delivery.batches is None:
        return newest(current)
    rows = current.where(_of(delivery.batches))
    if len(delivery.batches) > 1:
        rows = newest(rows)
    for rule in aggregates(plan):
        if delivery.has(plan.system.system, rule.table):
            children = _bronze(session, lake, plan.system.system, rule.table)
            changed = children.where(_of(delivery.batches)).select(*KEY).distinct()
            # Every version of a changed child: it may have left its parent, or been deleted.
            parents = children.join(changed, on=list(KEY), how="left_semi").selectExpr(
                "_institution",
                *(f"trim(`{child}`) as `{parent}`" for child, parent in rule.by.items()),
            )
            keys = ["_institution", *rule.by.values()]
            summed = newest(current).join(parents.distinct(), on=keys, how="left_semi")
            rows = rows.unionByName(summed.join(rows.select(*KEY), list(KEY), "left_anti"))
    return rows


def aggregates(plan: MappedTable) -> list[Aggregate]:
    """The child tables that the map adds up."""
    rules = plan.mapping.columns.values() if plan.mapping else ()
    return [rule.aggregate for rule in rules if rule.aggregate is not None]


def children_of(
    session: SparkSession, lake: Lake, plan: MappedTable, delivery: Delivery
) -> Callable[[str], DataFrame | None]:
    """Table -> its current rows, in all institutions; None where the lake has no such table."""

    def current(table: str) -> DataFrame | None:
        if not lake.exists(lake.bronze(plan.system.system, table)):
            return None
        rows = _bronze(session, lake, plan.system.system, table)
        if delivery.hidden:
            rows = rows.where(f"_batch_id not in ({_listed(delivery.hidden)})")
        return newest(rows).where("_operation <> 'delete'")

    return current


def _bronze(session: SparkSession, lake: Lake, system: str, table: str) -> DataFrame:
    return session.read.format("delta").load(lake.bronze(system, table))


def _of(batches: Iterable[str]) -> str:
    return f"_batch_id in ({_listed(batches)})"


def newest(rows: DataFrame) -> DataFrame:
    """One row a key: of the latest batch (batch ids sort by time)."""
    return (
        rows.selectExpr(
            "*",
            f"row_number() over (partition by {', '.join(KEY)} order by _batch_id desc) as _nth",
        )
        .where("_nth = 1")
        .drop("_nth")
    )


def staged(
    session: SparkSession,
    lake: Lake,
    catalogue: Catalogue,
    dataset: Dataset,
    frames: Sequence[DataFrame],
    tables: Sequence[MappedTable],
) -> DataFrame:
    """Union of ``tables``' mapped frames -> silver's columns, ``_status``, ``_blocking``,
    ``_advisory``.

    ``_status``: ``silver``, ``quarantine``, or ``gone`` (withdrawn, or claimed elsewhere).
    """
    together = reduce(DataFrame.unionByName, frames)
    suite = row_suite(dataset.name, catalogue)
    checked = evaluate(
        together,
        dataset,
        suite,
        keep=(*META, "_state"),
        judged="_state in ('in', 'unclaimed')",
        catalogue=catalogue,
        filled={name for plan in tables if plan.mapping for name in plan.mapping.columns},
    )
    status = (
        "case when _state not in ('in', 'unclaimed') then 'gone' "
        "when _blocking <> '' then 'quarantine' else 'silver' end as _status"
    )
    columns = [column.name for column in dataset.columns]
    linked = with_resident(session, lake, dataset, checked)
    person = ["resident_id"] if dataset.person else []
    return linked.selectExpr(*META, *person, *columns, status, "_blocking", "_advisory")


def read_staging(session: SparkSession, dataset: Dataset, *paths: str) -> DataFrame:
    """What ``staged`` made, as written to ``paths``; a chunk without rows has no file to tell."""
    fields = [*silver_schema(dataset).fields]
    fields += [StructField(name, StringType()) for name in ("_status", "_blocking", "_advisory")]
    return session.read.schema(StructType(fields)).parquet(*paths)


def with_resident(
    session: SparkSession, lake: Lake, dataset: Dataset, rows: DataFrame
) -> DataFrame:
    """``rows`` with the ``resident_id`` that ``person_link`` knows; null where it knows none."""
    if not dataset.person:
        return rows
    path = lake.identity("person_link")
    if not lake.exists(path):
        return rows.selectExpr("*", "cast(null as string) as resident_id")
    links = session.read.format("delta").load(path)
    return rows.join(person_numbers(links, dataset), on=list(_link_keys(dataset)), how="left")


def person_numbers(links: DataFrame, dataset: Dataset) -> DataFrame:
    """The link's columns as ``dataset`` joins them: by its own row, or by the person's number."""
    if dataset.person == "self":
        mine = links.where(f"dataset = '{dataset.name}'")
        return mine.groupBy(*KEY).agg({"resident_id": "min"}).toDF(*KEY, "resident_id")
    numbered = links.where(f"number_kind = '{dataset.person}'")
    keys = _link_keys(dataset)
    return (
        numbered.groupBy("_institution", "number")
        .agg({"resident_id": "min"})
        .toDF(*keys, "resident_id")
    )


def _link_keys(dataset: Dataset) -> tuple[str, ...]:
    return KEY if dataset.person == "self" else ("_institution", dataset.person)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(map(quote, values))
