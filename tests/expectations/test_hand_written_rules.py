"""Each hand-written rule with examples that pass and that fail: those that one row decides on both
engines, those that look at other records on the DataFrame engine."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.functions import expr

from expectations.compile_spark import id_number_is_valid
from expectations.rule_tables import hand_written
from expectations.suite import all_expectations, suite_for
from spark_jobs.across import create_derived_views
from standards.catalogue import load_catalogue
from standards.projections.spark_schema import silver_schema
from tests.expectations.examples import DECODED_BY_THE_READER, all_examples
from tests.expectations.records import clean_record, frame_of
from tests.expectations.test_catalogue_rules import failing, failing_on_duckdb

CATALOGUE = load_catalogue()
ROW = [one for one in all_examples() if one.rule.scope == "row"]
ACROSS = [one for one in all_examples() if one.rule.scope == "across"]


@pytest.mark.requirement("S1-3.15.5.3.6")
@pytest.mark.parametrize("name", sorted({one.rule.dataset for one in ROW}))
def test_examples_of_a_row(session: SparkSession, name: str) -> None:
    """Consistency within a record, one of the six quality checks."""
    dataset = CATALOGUE.dataset(name)
    clean = clean_record(CATALOGUE, dataset, random.Random(1))
    cases = [
        (one.rule.id, values, broken)
        for one in ROW
        if one.rule.dataset == name
        for broken, examples in ((False, one.passes), (True, one.fails))
        for values in examples
    ]
    unknown = {column for _, values, _ in cases for column in values} - set(clean)
    assert unknown == set()
    frame = frame_of(session, dataset, [{**clean, **values} for _, values, _ in cases])
    found = failing(session, name, frame)
    for number, (rule, values, broken) in enumerate(cases):
        assert (rule in found[str(number)]) == broken, (rule, values)
    counts = failing_on_duckdb(frame, name)
    assert sum(counts.values()) == sum(len(rules) for rules in found.values())


@pytest.mark.parametrize("name", sorted({one.rule.id for one in ACROSS}))
def test_examples_across_records(session: SparkSession, name: str) -> None:
    (example,) = (one for one in ACROSS if one.rule.id == name)
    for scene in (*example.passes, *example.fails):
        present = list(scene["records"])
        for dataset, rows in scene["records"].items():
            view = session.createDataFrame(silver_rows(dataset, rows))
            instants = [c.name for c in CATALOGUE.dataset(dataset).columns if c.type == "DT"]
            for instant in instants:  # as across reads them
                view = view.withColumn(instant, expr(f"cast({instant} as timestamp)"))
            if dataset == "patient":
                valid = f"{id_number_is_valid('id_no', 'id_type_code')} as valid_id_no"
                view = view.selectExpr("*", valid)
            view.createOrReplaceTempView(dataset)
        create_derived_views(session, present)
        blamed = sorted(
            row["_source_key"] for row in session.sql(example.rule.expression).collect()
        )
        assert blamed == scene.get("blamed", []), scene
    assert all("blamed" not in scene for scene in example.passes)
    assert all(scene["blamed"] for scene in example.fails)


def silver_rows(dataset: str, rows: list[dict[str, Any]]) -> pa.Table:
    """``rows`` as silver types them; ``key`` is the source's key, what they leave out is null."""
    given = {"_institution": "H1", "_feed": "his.t", "_batch_id": "b1", "_row_hash": "h"}
    columns = {}
    known = {"key"}
    for field in silver_schema(CATALOGUE.dataset(dataset)).fields:
        name = "key" if field.name == "_source_key" else field.name
        known.add(name)
        told = (row.get(name, given.get(name)) for row in rows)
        texts = pa.array([None if one is None else str(one) for one in told], pa.string())
        match field.dataType.simpleString():
            case "bigint":
                kind = pa.int64()
            case "date":
                kind = pa.date32()
            case "timestamp":
                kind = pa.timestamp("us")
            case "boolean":
                kind = pa.bool_()
            case "string":
                kind = pa.string()
            case _:
                kind = pa.decimal128(18, 4)
        values = texts.cast(kind)
        if kind == pa.timestamp("us"):
            values = pc.assume_timezone(values, "Asia/Shanghai")
        columns[field.name] = values
    assert {name for row in rows for name in row} <= known
    return pa.table(columns)


def test_every_rule_has_examples_of_both_kinds() -> None:
    shown = {one.rule.id for one in all_examples() if one.passes and one.fails}
    assert {rule.id for rule in hand_written()} - shown == {DECODED_BY_THE_READER}
    assert len(shown) >= 150


def test_rules_say_what_a_person_needs() -> None:
    identifiers = [rule.id for rule in all_expectations()]
    assert len(identifiers) == len(set(identifiers))
    for rule in all_expectations():
        assert rule.id.startswith(f"{rule.dataset}."), rule
        assert rule.sentence, rule
        assert rule.message, rule
        assert rule.mend, rule
        assert rule.source, rule
        assert rule.weight > 0, rule
        assert rule.severity in ("blocking", "error", "warning"), rule
        if rule.column:
            CATALOGUE.dataset(rule.dataset).column(rule.column)
    assert all(rule.severity != "blocking" for rule in all_expectations() if rule.scope == "across")


def test_a_suite_has_the_catalogues_rules_before_the_hand_written() -> None:
    suite = [rule.id for rule in suite_for("patient")]
    assert suite[:3] == [
        *("patient.key.duplicate", "patient.row.unclaimed", "patient.patient_no.required"),
    ]
    assert {rule.id for rule in hand_written() if rule.dataset == "patient"} == set(suite[-5:])
