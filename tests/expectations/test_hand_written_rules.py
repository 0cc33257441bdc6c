"""Each hand-written rule with a case that breaks it and one that keeps it, on both engines."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import SparkSession

from expectations.suite import all_expectations, hand_written, suite_for
from standards.catalogue import load_catalogue
from tests.expectations.cases import CASES
from tests.expectations.records import clean_record, frame_of
from tests.expectations.test_catalogue_rules import failing, failing_on_duckdb

CATALOGUE = load_catalogue()
DECODED_BY_THE_READER = "exchange_message.message.unreadable"
"""Judged by what the reader said of a part: tests/spark_jobs/test_normalise.py."""


@pytest.mark.requirement("S1-3.15.5.3.6")
@pytest.mark.parametrize("name", sorted({rule.partition(".")[0] for rule, _, _ in CASES}))
def test_cases(session: SparkSession, name: str) -> None:
    """Consistency within a record, one of the six quality checks."""
    dataset = CATALOGUE.dataset(name)
    cases = [case for case in CASES if case[0].startswith(f"{name}.")]
    clean = clean_record(CATALOGUE, dataset, random.Random(1))
    records = [{**clean, **values} for _, *both in cases for values in both]
    frame = frame_of(session, dataset, records)
    found = failing(session, name, frame)
    for number, (rule, broken, kept) in enumerate(cases):
        assert rule in found[str(2 * number)], (rule, broken)
        assert rule not in found[str(2 * number + 1)], (rule, kept)
    counts = failing_on_duckdb(frame, name)
    assert sum(counts.values()) == sum(len(rules) for rules in found.values())


def test_every_rule_that_a_row_decides_has_a_case() -> None:
    by_hand = {rule.id for rule in hand_written() if rule.scope == "row"}
    assert by_hand - {DECODED_BY_THE_READER} == {rule for rule, _, _ in CASES}
    assert len(hand_written()) >= 30


def test_rules_say_what_a_person_needs() -> None:
    identifiers = [rule.id for rule in all_expectations()]
    assert len(identifiers) == len(set(identifiers))
    for rule in all_expectations():
        assert rule.id.startswith(f"{rule.dataset}."), rule
        assert rule.sentence, rule
        assert rule.message, rule
        assert rule.mend, rule
        assert rule.weight > 0, rule
        if rule.column:
            CATALOGUE.dataset(rule.dataset).column(rule.column)
    assert all(rule.severity != "blocking" for rule in all_expectations() if rule.scope == "across")


def test_a_suite_has_the_catalogues_rules_before_the_hand_written() -> None:
    suite = [rule.id for rule in suite_for("patient")]
    assert suite[:3] == [
        *("patient.key.duplicate", "patient.row.unclaimed", "patient.patient_no.required"),
    ]
    assert suite[-2:] == ["patient.id_number_shared", "patient.name_without_digits"]
