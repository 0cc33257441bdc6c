"""Rules that look at other records: over silver, after identify, for every institution at once.

Their findings replace those of the same rules from earlier runs, so a record that has been mended,
or whose neighbour has, loses its finding. None of them blocks. Besides the datasets, the queries
of ``expectations/across/`` may read ``death`` (resident_id, death_date) and ``sex``
(_institution, patient_no, sex_code).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import BooleanType, IntegerType, StringType, StructField, StructType

from expectations.compile_spark import id_number_is_valid, masked, quote
from expectations.model import Expectation
from expectations.suite import all_expectations
from kanghu.engine import spark_session
from kanghu.lake import Lake
from kanghu.settings import Settings
from spark_jobs.findings import COLUMNS, SCHEMA, rule_table
from spark_jobs.replace_rows import ensure_table, partition_sizes, write_groups
from spark_jobs.staging import DATASETS_AT_ONCE, KEY
from standards.catalogue import Catalogue, Dataset, load_catalogue


@dataclass(frozen=True)
class AcrossResult:
    """``findings``: rule -> records that break it (only rules that any does)."""

    findings: dict[str, int]


_OFFENDER = ("_institution", "_feed", "_source_key", "_batch_id", "value")
_OFFENDER_SCHEMA = StructType(
    [
        *(StructField(name, StringType()) for name in _OFFENDER),
        StructField("number", IntegerType()),
    ]
)


def evaluate_across(settings: Settings) -> AcrossResult:
    """Evaluate every across rule; the caller holds the lease on silver."""
    catalogue, lake = load_catalogue(), Lake(settings.lake)
    session = spark_session(settings)
    ensure_table(lake, lake.findings, SCHEMA, "dataset")
    present = [name for name in catalogue.datasets if _has_rows(lake, lake.silver(name))]
    readable = {*present, *_create_views(session, lake, catalogue, present)}
    rules = [rule for rule in all_expectations() if rule.scope == "across"]

    def stage(name: str) -> dict[int, int]:
        mine = {
            number: rule
            for number, rule in enumerate(rules)
            if rule.dataset == name and set(_tables_read(rule, catalogue)) <= readable
        }
        return _stage(session, lake, catalogue, catalogue.dataset(name), mine) if mine else {}

    with ThreadPoolExecutor(DATASETS_AT_ONCE) as pool:
        staged = dict(zip(present, pool.map(stage, present), strict=True))
    found = {name: counts for name, counts in staged.items() if counts}
    _write(session, lake, rules, found)
    return AcrossResult(
        {rules[number].id: rows for counts in found.values() for number, rows in counts.items()}
    )


def _stage(
    session: SparkSession,
    lake: Lake,
    catalogue: Catalogue,
    dataset: Dataset,
    rules: Mapping[int, Expectation],
) -> dict[int, int]:
    """Write the records of ``dataset`` that break ``rules`` to staging; rule's number -> rows."""
    offenders = [
        _offenders(session, lake, catalogue, dataset, rule).selectExpr(
            *_OFFENDER, f"{number} as number"
        )
        for number, rule in rules.items()
    ]
    path = _staging(lake, dataset.name)
    reduce(DataFrame.unionByName, offenders).write.mode("overwrite").parquet(path)
    counted = _staged(session, path).groupBy("number").count().collect()
    return {int(row["number"]): int(row["count"]) for row in counted}


def _write(
    session: SparkSession,
    lake: Lake,
    rules: Sequence[Expectation],
    found: Mapping[str, Mapping[int, int]],
) -> None:
    """Put the new across findings in the place of the earlier ones, some datasets a commit."""
    findings = session.read.format("delta").load(lake.findings)
    earlier = f"rule in ({', '.join(quote(rule.id) for rule in rules)})"
    affected = {row["dataset"] for row in findings.where(earlier).select("dataset").collect()}
    sizes = partition_sizes(lake, lake.findings, "dataset")
    arriving = {name: sum(counts.values()) for name, counts in found.items()}
    for group in write_groups(sorted({*affected, *found}), sizes, arriving):
        chosen = f"dataset in ({', '.join(map(quote, group))})"
        kept = findings.where(chosen).where(f"not ({earlier})")
        rows = [kept.selectExpr(*_KEPT).select(*COLUMNS)]
        staged = [_staged(session, _staging(lake, name)) for name in group if name in found]
        if staged:
            named = reduce(DataFrame.unionByName, staged).join(
                rule_table(session, rules), on="number"
            )
            rows.append(named.selectExpr(*_AS_FINDING).select(*COLUMNS))
        (
            reduce(DataFrame.unionByName, rows)
            .write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", chosen)
            .save(lake.findings)
        )


def _staging(lake: Lake, dataset: str) -> str:
    return f"{lake.staging(dataset)}/across"


def _staged(session: SparkSession, path: str) -> DataFrame:
    return session.read.schema(_OFFENDER_SCHEMA).parquet(path)


_DATASET = "split_part(rule, '.', 1) as dataset"
"""Sail 0.7.2 cannot plan a write whose partition column it knows to be constant."""
_KEPT = (*(name for name in COLUMNS if name != "dataset"), _DATASET)
_AS_FINDING = (
    "_institution as institution",
    "_feed as feed",
    _DATASET,
    "_source_key as source_key",
    *("column", "rule", "dimension", "severity", "value", "message", "mend"),
    "_batch_id as batch_id",
)


def _offenders(
    session: SparkSession, lake: Lake, catalogue: Catalogue, dataset: Dataset, rule: Expectation
) -> DataFrame:
    if rule.check == "orphan":
        found = _orphans(session, lake, catalogue, dataset, rule)
    else:
        found = session.sql(rule.expression)
    if dataset.column(rule.column).sensitivity == "direct":
        shown = masked("coalesce(value, '')")
    else:
        shown = "coalesce(value, '')"
    return found.selectExpr(*_OFFENDER[:-1], f"{shown} as value")


def _orphans(
    session: SparkSession, lake: Lake, catalogue: Catalogue, dataset: Dataset, rule: Expectation
) -> DataFrame:
    """Rows whose parent is neither in silver nor in quarantine of the same institution.

    An institution that delivers no such parents at all is not judged: its system does not keep
    them, which no record of it can mend.
    """
    parent, _, parent_column = rule.expression.partition(".")
    known = session.sql(f"select _institution, {parent_column} as parent_key from {parent}")
    delivering = set(partition_sizes(lake, lake.silver(parent), "_institution"))
    quarantined = lake.quarantine(parent)
    if lake.exists(quarantined) and catalogue.dataset(parent).key == (parent_column,):
        held = session.read.format("delta").load(quarantined)
        known = known.unionByName(held.selectExpr("_institution", "_key as parent_key"))
        delivering |= set(partition_sizes(lake, quarantined, "_institution"))
    children = session.sql(
        f"select {', '.join(_OFFENDER[:-1])}, {rule.column} as value, {rule.column} as parent_key "
        f"from {dataset.name} where {rule.column} is not null "
        f"and _institution in ({', '.join(map(quote, sorted(delivering)))})"
    )
    return children.join(known, on=["_institution", "parent_key"], how="left_anti")


def _create_views(
    session: SparkSession, lake: Lake, catalogue: Catalogue, present: Sequence[str]
) -> list[str]:
    """A view for each dataset that silver holds rows of, and the two that are put together
    (answered)."""
    for name in present:
        dataset = catalogue.dataset(name)
        rows = session.read.format("delta").load(lake.silver(name))
        # Sail 0.7.2 reads a Delta instant as UTC's, whose date is not the city's; casts move it.
        rows = rows.selectExpr(
            *(name for name in rows.columns if name not in _instants(dataset)),
            *(f"cast({name} as timestamp) as {name}" for name in _instants(dataset)),
        )
        if name == "patient":
            rows = _with_valid_numbers(session, lake, rows)
        rows.createOrReplaceTempView(name)
    return create_derived_views(session, present)


def create_derived_views(session: SparkSession, present: Sequence[str]) -> list[str]:
    """``death`` and ``sex``, put together from the views of the datasets ``present``; which of
    the two there are."""
    made = []
    deaths = [
        # What is registered as a death counts more than a date on somebody's record.
        f"select resident_id, death_date, {int(name not in _DEATH_REGISTERS)} as grade "
        f"from {name} where resident_id is not null and death_date is not null "
        "and (birth_date is null or death_date >= birth_date)"
        for name in _PEOPLE
        if name in present
    ]
    if deaths:
        session.sql(
            "select resident_id, death_date from ("
            "select resident_id, death_date, row_number() over (partition by resident_id "
            f"order by grade, death_date desc) as nth from ({' union all '.join(deaths)}) as told"
            ") as ranked where nth = 1"
        ).createOrReplaceTempView("death")
        made.append("death")
    if "patient" in present:
        session.sql(_SEX).createOrReplaceTempView("sex")
        made.append("sex")
    return made


def _with_valid_numbers(session: SparkSession, lake: Lake, patients: DataFrame) -> DataFrame:
    """``patients`` with ``valid_id_no``, worked out once: two rules filter on it, and a filter on
    so long an expression takes Sail seconds to plan."""
    path = f"{lake.staging('patient')}/valid_numbers"
    valid = id_number_is_valid("id_no", "id_type_code")
    judged = patients.where("id_no is not null").selectExpr(*KEY, f"{valid} as valid_id_no")
    judged.write.mode("overwrite").parquet(path)
    fields = [*(StructField(name, StringType()) for name in KEY)]
    schema = StructType([*fields, StructField("valid_id_no", BooleanType())])
    return patients.join(session.read.schema(schema).parquet(path), on=list(KEY), how="left")


def _instants(dataset: Dataset) -> list[str]:
    return [column.name for column in dataset.columns if column.type == "DT"]


_DEATH_REGISTERS = ("death_registration", "child_death_report")
_PEOPLE = (*_DEATH_REGISTERS, "resident_record", "patient")

_SEX = """
select _institution, patient_no, min(told_sex_code) as sex_code
from (
    select
        _institution, patient_no,
        case
            when not coalesce(valid_id_no, false) then sex_code
            when replace(cast(birth_date as string), '-', '') <> substr(id_no, 7, 8) then sex_code
            when substr(id_no, 17, 1) in ('1', '3', '5', '7', '9') then '1'
            else '2'
        end as told_sex_code
    from patient
) as told
where told_sex_code in ('1', '2')
group by _institution, patient_no
having min(told_sex_code) = max(told_sex_code)
"""
"""The sex of a patient number: the ID number's where it is valid and the patient's own (a number of
another birth date is the spouse's or the mother's), else as recorded; nothing where the
institution's own systems disagree."""


def _tables_read(rule: Expectation, catalogue: Catalogue) -> list[str]:
    """The datasets, and views put together, that must be there for the rule to mean anything."""
    if rule.check == "orphan":
        return [rule.expression.partition(".")[0]]
    words = set(re.findall(r"(?:from|join)\s+(\w+)", rule.expression))
    return [word for word in words if word in catalogue.datasets or word in ("death", "sex")]


def _has_rows(lake: Lake, path: str) -> bool:
    return lake.exists(path) and bool(lake.table(path).file_uris())
