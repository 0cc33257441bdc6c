"""Every check type of OHDSI's Data Quality Dashboard: those that apply find one seeded fault each,
at its record and column; of the others the table says why not."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from expectations.rule_tables import ROOM
from expectations.suite import all_expectations
from kanghu.settings import Settings
from spark_jobs.across import evaluate_across
from standards.catalogue import load_catalogue
from tests.expectations.examples import all_examples
from tests.expectations.records import clean_record, faulty_records, frame_of
from tests.expectations.test_catalogue_rules import failing
from tests.spark_jobs.test_across import silver
from tests.spark_jobs.tiny_bronze import TinyLake

CATALOGUE = load_catalogue()
with (ROOM / "ohdsi_checks.csv").open(encoding="utf-8", newline="") as lines:
    CHECKS = list(csv.DictReader(lines))
RULES = {rule.id: rule for rule in all_expectations()}
APPLYING = [row for row in CHECKS if row["applies"] == "yes"]

PUBLISHED = (
    *("cdmTable", "measurePersonCompleteness", "measureConditionEraCompleteness"),
    *("measureObservationPeriodOverlap", "cdmField", "isRequired", "cdmDatatype", "isPrimaryKey"),
    *("isForeignKey", "fkDomain", "fkClass", "isStandardValidConcept"),
    *("measureValueCompleteness", "standardConceptRecordCompleteness"),
    *("sourceConceptRecordCompleteness", "sourceValueCompleteness", "plausibleValueLow (field)"),
    *("plausibleValueHigh (field)", "plausibleTemporalAfter", "plausibleDuringLife"),
    *("withinVisitDates", "plausibleAfterBirth", "plausibleBeforeDeath"),
    *("plausibleStartBeforeEnd", "plausibleValueLow (concept)", "plausibleValueHigh (concept)"),
    *("plausibleGender", "plausibleGenderUseDescendants", "plausibleUnitConceptIds"),
)
"""OMOP_CDM_Check_Descriptions.csv of the dashboard, with the concept checks of its 5.4 tables."""


def test_every_check_type_is_judged() -> None:
    assert sorted(row["check"] for row in CHECKS) == sorted(PUBLISHED)
    for row in CHECKS:
        if row["applies"] == "yes":
            assert row["example_rule"] in RULES, row
            assert row["rule_kind"], row
        else:
            assert row["applies"] == "no", row
            assert row["why"], row
    page = Path("docs/quality.md").read_text(encoding="utf-8")
    assert all(f"| `{name.split(' ')[0]}`" in page for name in PUBLISHED)


def seeded(rule: str) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """A clean record of the rule's dataset, and one with a fault that the rule is about."""
    dataset = CATALOGUE.dataset(RULES[rule].dataset)
    clean = clean_record(CATALOGUE, dataset, random.Random(1))
    if RULES[rule].check == "duplicate":
        return clean, clean
    for example in all_examples():
        if example.rule.id == rule:
            return {**clean, **example.passes[0]}, {**clean, **example.fails[0]}
    for fault in faulty_records(CATALOGUE, dataset, random.Random(1)):
        if fault.rule == rule:
            return clean, fault.record
    raise AssertionError(rule)


SEEDED = {row["example_rule"] for row in APPLYING if RULES[row["example_rule"]].scope == "row"}


@pytest.mark.parametrize("name", sorted({RULES[rule].dataset for rule in SEEDED}))
def test_a_seeded_fault_is_found_at_its_record(session: SparkSession, name: str) -> None:
    rules = sorted(rule for rule in SEEDED if RULES[rule].dataset == name)
    records, keys, due = [], [], {}
    for number, rule in enumerate(rules):
        repeated = RULES[rule].check == "duplicate"
        records += seeded(rule)
        keys += [f"{number}", f"{number}#2" if repeated else f"{number} faulty"]
        due[rule] = {keys[-1]}
    dataset = CATALOGUE.dataset(name)
    found = failing(session, name, frame_of(session, dataset, records, keys))
    assert {rule: {key for key, broken in found.items() if rule in broken} for rule in rules} == due


def test_a_seeded_orphan_is_found_at_its_record(settings: Settings) -> None:
    """The other checks that look at other records are among the examples of hand-written rules."""
    across = {row["example_rule"] for row in APPLYING if RULES[row["example_rule"]].scope != "row"}
    shown = {one.rule.id for one in all_examples()}
    assert across - shown == {"outpatient_encounter.patient_no.orphan"}
    lake = TinyLake(settings)
    silver(lake, "patient", {"_source_key": "p", "patient_no": "P1"})
    silver(
        lake,
        "outpatient_encounter",
        {"_source_key": "of somebody", "patient_no": "P1"},
        {"_source_key": "of nobody", "patient_no": "P3"},
    )
    evaluate_across(lake.settings)
    assert lake.findings("source_key", "column", "rule") == [
        ("of nobody", "patient_no", "outpatient_encounter.patient_no.orphan")
    ]
