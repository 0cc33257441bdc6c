"""Every rule that the catalogue implies, on both engines: a clean record breaks none, and a record
with one fault breaks the rule of that fault and no other."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from expectations.compile_duckdb import judge, to_duckdb
from expectations.compile_spark import RECORD, UNIT, evaluate, id_number_is_valid
from expectations.from_catalogue import ICD10, PHONE
from expectations.model import Expectation
from expectations.rule_tables import hand_written
from expectations.suite import row_suite
from kanghu.lake import connect_duckdb
from standards.catalogue import load_catalogue
from tests.expectations.records import (
    clean_record,
    faulty_records,
    frame_of,
    hostile_records,
    id_number,
)

CATALOGUE = load_catalogue()


def failing(session: SparkSession, dataset: str, frame: object) -> dict[str, set[str]]:
    """Source key -> rules that the row breaks, as the compiled pass says."""
    suite = row_suite(dataset)
    judged = evaluate(frame, CATALOGUE.dataset(dataset), suite, keep=["_source_key"])  # type: ignore[arg-type]
    found: dict[str, set[str]] = {}
    for row in judged.collect():
        coded = [*row["_blocking"].split(RECORD), *row["_advisory"].split(RECORD)]
        found[row["_source_key"]] = {suite[int(one.split(UNIT)[0])].id for one in coded if one}
    return found


def failing_on_duckdb(frame: object, dataset: str) -> dict[str, int]:
    """Rule -> rows that break it, as DuckDB says."""
    suite = row_suite(dataset)
    counts: dict[str, int] = {}
    connection = duckdb_connection()
    connection.register("frame", frame.toArrow())  # type: ignore[attr-defined]
    rows = judge(connection, "frame", CATALOGUE, CATALOGUE.dataset(dataset), suite)
    sums = ", ".join(f'count(*) filter (where not "{rule.id}")' for rule in suite)
    for rule, count in zip(suite, rows.aggregate(sums).fetchone() or (), strict=True):
        if count:
            counts[rule.id] = count
    return counts


@cache
def duckdb_connection() -> duckdb.DuckDBPyConnection:
    """One for all tests: opening one with its extensions takes a third of a second."""
    return connect_duckdb()


@pytest.mark.requirement("S1-3.15.5.3.6")
@pytest.mark.parametrize("name", list(CATALOGUE.datasets))
def test_a_clean_record_passes_and_each_fault_is_found(session: SparkSession, name: str) -> None:
    dataset = CATALOGUE.dataset(name)
    draw = random.Random(name)
    faults = list(faulty_records(CATALOGUE, dataset, draw))
    clean = [clean_record(CATALOGUE, dataset, draw) for _ in range(5)]
    hostile = hostile_records(dataset)
    records = [*clean, *(fault.record for fault in faults), clean[0], *hostile]
    keys = [*(f"clean {n}" for n in range(5)), *(str(n) for n in range(len(faults))), "1#2"]
    keys += [f"hostile {n}" for n in range(len(hostile))]
    frame = frame_of(session, dataset, records, keys)

    found = failing(session, name, frame)
    assert {key: found[key] for key in keys[:5]} == {key: set() for key in keys[:5]}
    assert found["1#2"] == {f"{name}.key.duplicate"}
    for key, fault in zip(keys[5:], faults, strict=False):
        beside = {rule.id for rule in hand_written() if _reads(rule, fault.column)}
        if fault.rule.endswith(".range"):  # what is far out of range may lack digits too
            beside.add(fault.rule.removesuffix("range") + "precision")
        assert found[key] - beside == {fault.rule}, fault

    counts: dict[str, int] = defaultdict(int)
    for rules in found.values():
        for rule in rules:
            counts[rule] += 1
    assert failing_on_duckdb(frame, name) == counts


@pytest.mark.parametrize("name", ["patient", "front_page", "hypertension_followup"])
def test_columns_that_nothing_fills_are_left_out_without_a_difference(
    session: SparkSession, name: str
) -> None:
    """Only what must be filled can be wrong with a column that is null in every row."""
    dataset = CATALOGUE.dataset(name)
    draw = random.Random(name)
    filled = {*dataset.key, *(c.name for c in dataset.columns[::2])}
    records = [
        {column: value for column, value in fault.record.items() if column in filled}
        for fault in faulty_records(CATALOGUE, dataset, draw)
    ]
    frame = frame_of(session, dataset, records)
    suite = row_suite(name)
    told = [
        sorted(evaluate(frame, dataset, suite, keep=["_source_key"], filled=one).collect())
        for one in (None, filled)
    ]
    assert told[0] == told[1]
    assert any(
        "required" in suite[int(code.split(UNIT)[0])].id
        for row in told[0]
        for code in row["_advisory"].split(RECORD)
        if code
    )


def _reads(rule: Expectation, column: str) -> bool:
    """Whether a hand-written rule reads ``column``: one fault may then break it too."""
    return column in rule.expression


def test_every_rule_of_the_catalogue_is_broken_by_some_fault() -> None:
    """The test above would say nothing of a rule that no fault aims at."""
    for name, dataset in CATALOGUE.datasets.items():
        aimed = {fault.rule for fault in faulty_records(CATALOGUE, dataset, random.Random(1))}
        aimed |= {f"{name}.key.duplicate", f"{name}.row.unclaimed"}
        by_hand = {rule.id for rule in hand_written()}
        ruled = {column.name for column in dataset.columns if column.rules}
        rest = {
            rule.id
            for rule in row_suite(name)
            if rule.id not in aimed | by_hand
            and not (rule.check == "length" and rule.column in ruled)
        }
        assert rest == set(), name


def holds(expression: str, value: str | None) -> bool | None:
    found = duckdb.execute(
        f"select {to_duckdb(expression)} from (select $1::varchar as v)", [value]
    ).fetchone()
    return found[0] if found else None


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2024, 1, 1)),
    st.sampled_from("12"),
    st.integers(0, 17),
    st.integers(1, 9),
)
@settings(max_examples=25, deadline=None)
def test_id_numbers_with_one_wrong_digit_are_found(
    born: date, sex: str, place: int, shift: int
) -> None:
    """The check digit of GB 11643 catches every single wrong digit."""
    number = id_number(f"{born:%Y%m%d}", sex)
    assert holds(id_number_is_valid("v"), number) is True
    digit = "0123456789X".index(number[place])
    wrong = str((digit + shift) % 10)
    if wrong != number[place]:
        assert holds(id_number_is_valid("v"), number[:place] + wrong + number[place + 1 :]) is False


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010119900307002X", True),
        ("11010119900307002x", True),
        ("110101199003070020", False),
        ("11010119900307", False),
        ("110101900307002", False),
        ("010101199003070134", False),
        (None, None),
    ],
)
def test_id_numbers(number: str | None, valid: bool | None) -> None:
    assert holds(id_number_is_valid("v"), number) is valid


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("13800001234", True),
        ("+8613800001234", True),
        ("86-13800001234", True),
        ("0598-8223344", True),
        ("059888223344", True),
        ("8223344", True),
        ("12800001234", False),
        ("1380000123", False),
        ("不详", False),
        ("1223344", False),
    ],
)
def test_phones(text: str, good: bool) -> None:
    assert holds(f"regexp_like(v, '{PHONE}')", text) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        *((code, True) for code in ("I10", "I10.x00", "A00.000x001", "N61.x01", "K29.500")),
        *((code, True) for code in ("A01.000x005+J17.0*", "G63.2*", "I10.x00x002", "Z34.9")),
        *((code, False) for code in ("高血压", "10.1", "I1", "I10.", "i10", "I10.x00 ", "BNG050")),
    ],
)
def test_icd10(text: str, good: bool) -> None:
    assert holds(f"regexp_like(v, '{ICD10}')", text) is good
