"""Great Expectations and the compiler count the same; Data Docs show counts and no values."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from expectations.data_docs import write_data_docs
from expectations.from_catalogue import catalogue_expectations
from expectations.great_expectations_suite import as_great_expectations, failing_counts
from expectations.suite import row_suite
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from spark_jobs.findings import COLUMNS
from standards.catalogue import load_catalogue
from tests.expectations.examples import all_examples
from tests.expectations.records import Record, clean_record, faulty_records, frame_of
from tests.expectations.test_catalogue_rules import failing

CATALOGUE = load_catalogue()


DATASETS = ("patient", "outpatient_encounter", "front_page", "settlement")
"""Datasets whose rules, together, are of every kind that GX has a word for, and of the others."""


def generated(name: str) -> list[Record]:
    """A clean record, one with each fault of the catalogue, and the examples of the rules."""
    dataset = CATALOGUE.dataset(name)
    draw = random.Random(3)
    clean = clean_record(CATALOGUE, dataset, draw)
    records = [clean, *(fault.record for fault in faulty_records(CATALOGUE, dataset, draw))]
    return records + [
        {**clean, **values}
        for one in all_examples()
        if one.rule.dataset == name and one.rule.scope == "row"
        for values in (*one.passes, *one.fails)
    ]


@pytest.mark.parametrize("name", DATASETS)
def test_the_two_count_the_same(session: SparkSession, name: str) -> None:
    """GX on pandas, our compiler on the DataFrame engine: each rule's failing rows, to the row."""
    dataset = CATALOGUE.dataset(name)
    records = generated(name)
    keys = [*(str(number) for number in range(len(records) - 1)), "0#2"]
    frame = frame_of(session, dataset, records, keys)
    compiled = Counter(rule for rules in failing(session, name, frame).values() for rule in rules)
    with connect_duckdb() as connection:
        connection.register("frame", frame.toArrow())
        counted = failing_counts(connection, "frame", CATALOGUE, dataset, row_suite(name))
    assert len(counted) > 15
    assert counted == dict(compiled)


def test_every_type_of_expectation_that_is_used_was_compared() -> None:
    """No type of Great Expectations' is used anywhere that the test above does not break."""

    def kinds(name: str) -> dict[str, set[str]]:
        """Type of expectation -> the checks of ours that it says."""
        dataset = CATALOGUE.dataset(name)
        suite = as_great_expectations(CATALOGUE, dataset, row_suite(name))
        told: dict[str, set[str]] = defaultdict(set)
        for one, rule in zip(suite.expectations, row_suite(name), strict=True):
            told[type(one).__name__].add(rule.check)
        return told

    compared: dict[str, set[str]] = defaultdict(set)
    for name in DATASETS:
        for kind, checks in kinds(name).items():
            compared[kind] |= checks
    used: dict[str, set[str]] = defaultdict(set)
    for name in ("health_checkup", "maternal_handbook", "mental_followup", *DATASETS):
        for kind, checks in kinds(name).items():
            used[kind] |= checks
    assert set(compared) == set(used)
    assert len(used) == 5
    projected = {
        rule.check
        for dataset in CATALOGUE.datasets.values()
        for rule in catalogue_expectations(CATALOGUE, dataset)
        if rule.scope == "row"
    }
    assert projected <= {check for checks in compared.values() for check in checks}


def test_severities_keep_their_order_in_great_expectations() -> None:
    dataset = CATALOGUE.dataset("patient")
    suite = as_great_expectations(CATALOGUE, dataset, row_suite("patient"))
    told = {
        rule.severity: str(one.severity.value)
        for one, rule in zip(suite.expectations, row_suite("patient"), strict=True)
    }
    assert told == {"blocking": "critical", "error": "warning", "warning": "info"}


def test_data_docs_hold_counts_and_no_values(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Lake(settings.lake)
    people = {
        "_institution": ["H1"] * 4,
        "_feed": ["f"] * 4,
        "_source_key": ["1", "2", "3", "4"],
        "name": ["欧阳无忌"] * 4,
    }
    write_deltalake(lake.silver("patient"), pa.table(people), partition_by=["_institution"])
    finding = dict.fromkeys(COLUMNS, "欧阳无忌") | {
        "dataset": "patient",
        "rule": "patient.phone_no.required",
    }
    write_deltalake(lake.findings, pa.table({name: [value] for name, value in finding.items()}))
    first = write_data_docs(settings, tmp_path / "docs")
    write_data_docs(settings, tmp_path / "docs")

    assert "<td>4</td><td>" in first.read_text(encoding="utf-8")
    pages = "".join(page.read_text(encoding="utf-8") for page in first.parent.rglob("*.html"))
    assert "患者电话号码应当填写(patient.phone_no.required)" in pages
    assert "25% of 4 total" in pages
    assert "欧阳无忌" not in pages
    assert 'src="http' not in pages
    assert 'href="http' not in pages
    said = {one.name.split(".")[0] for one in caplog.records}
    assert "great_expectations" not in said
