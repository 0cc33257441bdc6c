"""Findings: what is wrong with which record and field, one row a rule that a record breaks.

Rows with nothing wrong carry an empty text in staging, so findings are made from few rows. They
are replaced by record: a record's findings are those of its newest version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from expectations.compile_spark import RECORD, UNIT
from expectations.model import Expectation
from expectations.suite import row_suite
from kanghu.lake import Lake
from spark_jobs.replace_rows import ROWS_A_WRITE, ensure_table, replace_rows
from spark_jobs.staging import read_staging
from standards.catalogue import Catalogue

COLUMNS = (
    *("institution", "feed", "dataset", "source_key", "column", "rule", "dimension", "severity"),
    *("value", "message", "mend", "batch_id"),
)
KEYS = ("institution", "feed", "source_key", "dataset")
SCHEMA = StructType([StructField(name, StringType()) for name in COLUMNS])


@dataclass(frozen=True)
class StagedDataset:
    """What staging holds of one dataset: the paths of its chunks, and how much is wrong in them."""

    dataset: str
    paths: tuple[str, ...]
    findings: int


def failed_rules(staging: DataFrame, failures: str) -> DataFrame:
    """Meta columns of ``staging``, ``number`` (in the suite), ``value`` and ``note``: one row a
    failure of the coded text ``failures``."""
    meta = ("_institution", "_feed", "_source_key", "_batch_id", "_row_hash")
    return (
        staging.where(f"{failures} <> ''")
        .selectExpr(*meta, f"explode(split({failures}, '{RECORD}')) as _failure")
        .selectExpr(
            *meta,
            f"cast(split_part(_failure, '{UNIT}', 1) as int) as number",
            f"split_part(_failure, '{UNIT}', 2) as value",
            f"split_part(_failure, '{UNIT}', 3) as note",
        )
    )


def rule_table(session: SparkSession, rules: Sequence[Expectation]) -> DataFrame:
    """The rules as a small table: their number here, and what a finding says of them."""
    return session.createDataFrame(
        pa.table(
            {
                "number": pa.array(range(len(rules)), pa.int32()),
                "rule": pa.array([one.id for one in rules]),
                "column": pa.array([one.column for one in rules]),
                "dimension": pa.array([one.dimension for one in rules]),
                "severity": pa.array([one.severity for one in rules]),
                "message": pa.array([one.message for one in rules]),
                "mend": pa.array([one.mend for one in rules]),
            }
        )
    )


def write_findings(
    session: SparkSession, lake: Lake, catalogue: Catalogue, staged: Iterable[StagedDataset]
) -> None:
    """Replace the findings of every record that staging holds: one write for all datasets, or a
    few where there are very many."""
    ensure_table(lake, lake.findings, SCHEMA, "dataset")
    group: list[StagedDataset] = []
    held = 0
    for one in staged:
        if group and held + one.findings > ROWS_A_WRITE:
            _write(session, lake, catalogue, group)
            group, held = [], 0
        group.append(one)
        held += one.findings
    if group:
        _write(session, lake, catalogue, group)


def _write(
    session: SparkSession, lake: Lake, catalogue: Catalogue, group: Sequence[StagedDataset]
) -> None:
    rules: list[Expectation] = []
    failures, records = [], []
    for one in group:
        staging = read_staging(session, catalogue.dataset(one.dataset), *one.paths)
        records.append(staging.selectExpr(*_RECORD, f"'{one.dataset}' as dataset"))
        if one.findings:
            coded = failed_rules(staging.selectExpr("*", f"{_BOTH} as _failures"), "_failures")
            # One numbering for all datasets of the group: Sail 0.7.2 cannot plan a write whose
            # partition column it knows to be constant, so the dataset comes with the rule.
            number = f"number + {len(rules)} as number"
            told = ("_batch_id as batch_id", number, "value", "note")
            failures.append(coded.selectExpr(*_RECORD, *told))
            rules += row_suite(one.dataset, catalogue)
    if failures:
        found = reduce(DataFrame.unionByName, failures)
        named = found.join(rule_table(session, rules), on="number").drop("dataset")
        made = {"dataset": "split_part(rule, '.', 1)", "message": MESSAGE}
        incoming = named.selectExpr(
            *(f"{made.get(name, f'`{name}`')} as `{name}`" for name in COLUMNS)
        )
    else:
        incoming = session.read.format("delta").load(lake.findings).where("false")
    replace_rows(
        session,
        lake,
        lake.findings,
        incoming=incoming,
        rows_in={one.dataset: one.findings for one in group},
        outgoing=reduce(DataFrame.unionByName, records),
        touched=[one.dataset for one in group],
        partition="dataset",
        keys=KEYS,
    )


MESSAGE = "case when note = '' then message else concat(message, ':', note) end"
"""A rule's message, with what is known of this failure alone."""

_RECORD = ("_institution as institution", "_feed as feed", "_source_key as source_key")
_BOTH = f"concat_ws('{RECORD}', nullif(_blocking, ''), nullif(_advisory, ''))"
