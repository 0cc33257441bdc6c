"""Quarantine: the newest version of each record that could not pass, as delivered, with reasons.

The delivered columns are read again from bronze for the failing rows only: the rows that pass
never pay for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from expectations.compile_spark import quote
from expectations.suite import row_suite
from kanghu.lake import BRONZE_COLUMNS, Lake, connect_duckdb
from kanghu.settings import Settings
from spark_jobs.delivered import META, MappedTable
from spark_jobs.findings import MESSAGE, failed_rules, rule_table
from standards.catalogue import Catalogue, Dataset

COLUMNS = (*META, "_key", "_reasons", "_delivered")
SCHEMA = StructType([StructField(name, StringType()) for name in COLUMNS])
"""``_key``: the dataset's own key as far as it was given, so that records which refer to one in
quarantine are not called orphans."""


def quarantine_frame(
    session: SparkSession,
    lake: Lake,
    catalogue: Catalogue,
    dataset: Dataset,
    staging: DataFrame,
    tables: Sequence[MappedTable],
    failing: dict[str, set[str]],
) -> DataFrame:
    """The failing rows of ``staging`` as quarantine holds them. ``failing``: feed -> the
    institutions that have any."""
    mine = staging.where("_status = 'quarantine'")
    rules = rule_table(session, row_suite(dataset.name, catalogue))
    reasons = (
        failed_rules(mine, "_blocking")
        .join(rules, on="number", how="inner")
        .selectExpr(*META, "rule", "column", "value", f"{MESSAGE} as message", "mend")
        .selectExpr(*META, "struct(rule, column, value, message, mend) as reason")
        .groupBy(*META)
        .agg({"reason": "collect_list"})
        .toDF(*META, "reasons")
        .selectExpr(*META, "to_json(sort_array(reasons)) as _reasons")
    )
    keys = ", ".join(f"cast({name} as string)" for name in dataset.key)
    keyed = mine.selectExpr(*META, f"concat_ws('|', {keys}) as _key")
    rows = keyed.join(reasons, on=list(META))
    delivered = [
        _delivered(session, lake, plan, rows, failing[plan.feed])
        for plan in tables
        if plan.feed in failing
    ]
    return reduce(DataFrame.unionByName, delivered)


def _delivered(
    session: SparkSession,
    lake: Lake,
    plan: MappedTable,
    rows: DataFrame,
    institutions: set[str],
) -> DataFrame:
    """``rows`` of one feed with their delivered columns as one JSON object each.

    Joined first and made JSON after: JSON of a million rows takes Sail some seconds.
    """
    bronze = session.read.format("delta").load(lake.bronze(plan.system.system, plan.table_name))
    names = [f"`{name}`" for name in bronze.columns if name not in BRONZE_COLUMNS]
    content = f"to_json(struct({', '.join(names)}))" if names else "'{}'"
    here = f"_institution in ({', '.join(map(quote, sorted(institutions)))})"
    mine = rows.where(here).where(f"_feed = {quote(plan.feed)}")
    joined = mine.join(bronze.where(here).drop("_feed", "_row_hash"), on=list(VERSION))
    return joined.selectExpr(*META, "_key", "_reasons", f"{content} as _delivered").select(*COLUMNS)


VERSION = ("_institution", "_source_key", "_batch_id")
"""What names one version of a record within one bronze table."""


@dataclass(frozen=True)
class QuarantineCount:
    """How many rows of one feed one rule keeps in quarantine."""

    dataset: str
    institution: str
    feed: str
    rule: str
    rows: int


@dataclass(frozen=True)
class QuarantinedRow:
    """One row that could not pass. ``reasons``: rule, column, value (masked), message, mend."""

    dataset: str
    institution: str
    feed: str
    source_key: str
    batch_id: str
    reasons: list[dict[str, str]]
    delivered: dict[str, str]


def quarantine_summary(settings: Settings, dataset: str | None = None) -> list[QuarantineCount]:
    """Rows in quarantine by dataset, institution, feed and rule; a row counts at each of its
    rules. The most first."""
    lake = Lake(settings.lake)
    counts: list[QuarantineCount] = []
    with connect_duckdb() as connection:
        for name in _quarantined(lake, dataset):
            found = connection.execute(
                f"""
                with reason as (
                    select _institution, _feed,
                           unnest(from_json(_reasons, '["json"]')) ->> 'rule' as rule
                    from delta_scan('{lake.quarantine(name)}')
                )
                select _institution, _feed, rule, count(*) from reason group by all
                """
            ).fetchall()
            counts += [QuarantineCount(name, *row) for row in found]
    return sorted(counts, key=lambda one: (-one.rows, one.dataset, one.institution, one.rule))


def quarantine_rows(
    settings: Settings,
    dataset: str,
    institution: str | None = None,
    rule: str | None = None,
    limit: int = 20,
) -> list[QuarantinedRow]:
    """Rows in quarantine, in the order of their keys."""
    lake = Lake(settings.lake)
    if not _quarantined(lake, dataset):
        return []
    with connect_duckdb() as connection:
        found = connection.execute(
            f"""
            select _institution, _feed, _source_key, _batch_id, _reasons, _delivered
            from delta_scan('{lake.quarantine(dataset)}')
            where ($institution is null or _institution = $institution)
              and ($rule is null or contains(_reasons, '"rule":"' || $rule || '"'))
            order by _institution, _feed, _source_key limit $limit
            """,
            {"institution": institution, "rule": rule, "limit": limit},
        ).fetchall()
    return [
        QuarantinedRow(
            dataset, institution, feed, key, batch, json.loads(reasons), json.loads(delivered)
        )
        for institution, feed, key, batch, reasons, delivered in found
    ]


def _quarantined(lake: Lake, dataset: str | None) -> list[str]:
    from standards.catalogue import load_catalogue

    names = [dataset] if dataset else list(load_catalogue().datasets)
    return [name for name in names if lake.exists(lake.quarantine(name))]
