"""A suite as a Great Expectations 1.x suite: the same rules in the language others read.

Where Great Expectations has a word for a check (not null, set, length, between, regex) it judges
the value itself; the other rules are expressions, which DuckDB evaluates into a column of the
rule's id that must be true. Importing the library takes 9 to 14 s, so it is imported on use.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.compile_duckdb import judge
from expectations.from_catalogue import ICD10, PHONE, number_limit
from expectations.model import Expectation, Severity
from standards.catalogue import Catalogue, Dataset

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

_SEVERITY: dict[Severity, str] = {"blocking": "critical", "error": "warning", "warning": "info"}


def great_expectations() -> Any:
    """The library, which says nothing to anybody outside."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    # This logger of theirs asks for INFO by itself, so the parent's level does not hold it.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return great_expectations


def as_great_expectations(
    catalogue: Catalogue, dataset: Dataset, suite: Sequence[Expectation]
) -> gx.ExpectationSuite:
    """``suite`` (rules that one row decides) under the dataset's name; each expectation bears its
    rule's id, sentence and severity."""
    library = great_expectations()
    return library.ExpectationSuite(
        name=dataset.name,
        expectations=[_expectation(catalogue, dataset, rule) for rule in suite],
        meta={"dataset": dataset.name_zh, "identifier": dataset.identifier},
    )


def _expectation(catalogue: Catalogue, dataset: Dataset, rule: Expectation) -> Any:
    words = great_expectations().expectations
    said: dict[str, Any] = {
        "description": f"{rule.sentence}({rule.id})",
        "severity": _SEVERITY[rule.severity],
        "meta": {"rule": rule.id, "dimension": rule.dimension, "weight": rule.weight},
    }
    raw = f"raw_{rule.column}"
    match rule.check:
        case "required":
            return words.ExpectColumnValuesToNotBeNull(column=raw, **said)
        case "domain":
            domain = catalogue.domain_of(dataset.column(rule.column))
            codes = list(domain.codes) if domain else []
            if domain and dataset.column(rule.column).repeats:
                return words.ExpectColumnValuesToMatchRegex(
                    column=raw, regex=domain.list_pattern, **said
                )
            return words.ExpectColumnValuesToBeInSet(column=raw, value_set=codes, **said)
        case "length":
            longest = dataset.column(rule.column).format.max_length
            return words.ExpectColumnValueLengthsToBeBetween(column=raw, max_value=longest, **said)
        case "range":
            bounds = next(
                one.arguments for one in dataset.column(rule.column).rules if one.name == "range"
            )
            low, high = (float(bound) for bound in bounds)
            return words.ExpectColumnValuesToBeBetween(
                column=rule.column, min_value=low, max_value=high, **said
            )
        case "precision":
            limit = number_limit(dataset.column(rule.column))
            return words.ExpectColumnValuesToBeBetween(
                column=rule.column,
                min_value=None if limit is None else float(-limit),
                max_value=None if limit is None else float(limit),
                strict_min=True,
                strict_max=True,
                **said,
            )
        case "phone":
            return words.ExpectColumnValuesToMatchRegex(column=rule.column, regex=PHONE, **said)
        case "icd10":
            return words.ExpectColumnValuesToMatchRegex(column=rule.column, regex=ICD10, **said)
    return words.ExpectColumnValuesToBeInSet(column=rule.id, value_set=[True], **said)


def failing_counts(
    connection: duckdb.DuckDBPyConnection,
    frame: str,
    catalogue: Catalogue,
    dataset: Dataset,
    suite: Sequence[Expectation],
) -> dict[str, int]:
    """Rule -> rows of view ``frame`` that break it, as Great Expectations counts them (only rules
    that any row breaks). ``frame`` holds raw and typed columns; some ten thousand rows take 3 s."""
    library = great_expectations()
    context = library.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("batch")
        .add_dataframe_asset(dataset.name)
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": _as_pandas(judge(connection, frame, catalogue, dataset, suite))})
    )
    checked = batch.validate(
        as_great_expectations(catalogue, dataset, suite),
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
    )
    counts = {}
    for one in checked.results:
        if one.exception_info.get("raised_exception"):
            raise RuntimeError(f"{one.expectation_config.meta['rule']}: {one.exception_info}")
        failing = int(one.result.get("unexpected_count", 0))
        if failing:
            counts[str(one.expectation_config.meta["rule"])] = failing
    return counts


def _as_pandas(rows: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """A frame in which null is None (not NaN), and a decimal is a float."""
    frame = rows.df()
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = frame[name].where(frame[name].notna(), None)
    return frame
