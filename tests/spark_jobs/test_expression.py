"""Whatever text is delivered, an expression gives a value or null: never an error on the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from collectors.expression import Meaning, read_expression
from tests.spark_jobs.tiny_bronze import TinyLake, registry_of, system

HOSTILE = (
    *(None, "", " ", "abc", "张三", "0", "-1", "5", "1.50", "1e3", "1e308", "-0.0", "nan", "inf"),
    *("9223372036854775807", "-9223372036854775808", "9" * 38, "9" * 60, "0." + "0" * 40 + "1"),
    *("2024-02-30", "2024-02-29", "0000-00-00", "9999-12-31 23:59:59", "true", "t", "[", "\\", "%"),
    *("'", '"', "$1", "\x00", "\u3000", "😀", "x" * 5000),
)

COLUMNS = st.sampled_from(["a", "b", "c"])
NUMBERS = st.sampled_from(["0", "1", "2.5", "100", "99999999999999999999", "1e300", "0.0001"])
WORDS = st.sampled_from(["''", "'abc'", "'5'", "'2024-02-29'", "'it''s'", "'类别'", "null"])
TYPES = st.sampled_from(
    ["int", "bigint", "double", "decimal(18,4)", "decimal(38,10)", "text", "date", "timestamp"]
)
PATTERNS = st.sampled_from(["'([0-9]+)'", "'^.*[:/]'", "'a|(b)'", "'[^x]'"])


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    condition = st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["=", "<>", "<", ">="]), inner),
        st.builds("{} is not null".format, inner),
        st.builds("{} in ({}, 5, 'x')".format, inner, inner),
        st.builds("{} between {} and 10".format, inner, inner),
        st.builds("{} like 'a%'".format, inner),
        st.builds("regexp_like({}, {})".format, inner, PATTERNS),
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner),
        st.builds("(-{})".format, inner),
        st.builds("cast({} as {})".format, inner, TYPES),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("nullif({}, {})".format, inner, inner),
        st.builds("greatest({}, {})".format, inner, inner),
        st.builds("case when {} then {} else {} end".format, condition, inner, inner),
        st.builds("case {} when {} then {} end".format, inner, inner, inner),
        st.builds("concat({}, '-', {})".format, inner, inner),
        st.builds("concat_ws('|', {}, {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("substr({}, {})".format, inner, inner),
        st.builds("substr({}, 2, 3)".format, inner),
        st.builds("left({}, 3)".format, inner),
        st.builds("lpad({}, 6, '0')".format, inner),
        st.builds("split_part({}, '-', 2)".format, inner),
        st.builds("regexp_extract({}, {}, 0)".format, inner, PATTERNS),
        st.builds("regexp_replace({}, {}, 'y')".format, inner, PATTERNS),
        st.builds("replace({}, {}, 'z')".format, inner, inner),
        st.builds("round({}, 2)".format, inner),
        st.builds("floor({})".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("length({})".format, inner),
        st.builds("strpos({}, {})".format, inner, inner),
        st.builds("md5({})".format, inner),
        two.map(lambda pair: f"if({pair[0]} = 1, {pair[1]}, null)"),
    )


EXPRESSIONS = st.recursive(st.one_of(COLUMNS, NUMBERS, WORDS), _deeper, max_leaves=8)


def _sums_dates(text: str) -> bool:
    try:
        read_expression(text, "text", "here")
    except Exception:
        return True
    return False


@pytest.fixture(scope="module")
def hostile(session: SparkSession) -> DataFrame:
    size = len(HOSTILE)
    columns = {
        "a": list(HOSTILE),
        "b": [HOSTILE[(7 * place + 3) % size] for place in range(size)],
        "c": [HOSTILE[(11 * place + 5) % size] for place in range(size)],
    }
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return session.createDataFrame(table).cache()


@given(
    texts=st.lists(EXPRESSIONS, min_size=10, max_size=10),
    meaning=st.sampled_from(["text", "number", "flag"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_expression_fails_over_any_text(
    hostile: DataFrame, texts: list[str], meaning: Meaning
) -> None:
    read = [read_expression(one, meaning, "here").sql for one in texts if not _sums_dates(one)]
    made = {"number": "try_cast(({}) as decimal(18,4))", "flag": "coalesce({}, false)"}
    columns = [made.get(meaning, "cast({} as string)").format(one) for one in read]
    if columns:
        found = hostile.selectExpr(*columns).toArrow()
        assert found.num_rows == len(HOSTILE)


CASES: tuple[tuple[str, dict[str, str], str | None], ...] = (
    ("cast(amount as decimal(18,4)) / 100", {"amount": "1234"}, "12.3400"),
    ("cast(amount as decimal(18,4)) / 100", {"amount": "abc"}, None),
    ("(a / b) / c", {"a": "12", "b": "3", "c": "2"}, "2.0000"),
    ("(a / b) / c", {"a": "12", "b": "0", "c": "2"}, None),
    ("(a / b) / c", {"a": "12", "b": "3", "c": "0"}, None),
    ("5 / (a - a)", {"a": "1"}, None),
    ("a % 0", {"a": "1"}, None),
    ("a % 7", {"a": "15"}, "1.0000"),
    ("if(u = '分', a / 100, a)", {"u": "分", "a": "250"}, "2.5000"),
    ("if(u = '分', a / 100, a)", {"u": "元", "a": "250"}, "250.0000"),
    ("a * 99999999999999999999", {"a": "5"}, None),
)


def test_a_bad_value_gives_null_and_a_finding_that_names_it(lake: TinyLake) -> None:
    """One table a case, all in one batch: none of them stops another."""
    tables: dict[str, Any] = {}
    rows: dict[str, list[dict[str, str | None]]] = {}
    for number, (expression, row, _) in enumerate(CASES):
        columns = {
            "prescription_no": "id",
            "patient_no": "id",
            "prescription_kind_code": {"constant": "3"},
            "prescribed_at": "rq",
            "amount_yuan": {"arithmetic": expression},
        }
        tables[f"t{number}"] = {"key": ["id"], "maps": {"prescription": {"columns": columns}}}
        rows[f"t{number}"] = [{"id": str(number), "rq": "2024-03-05", **row}]
    result = lake.normalise(registry_of(system(tables)), lake.deliver(rows))
    assert result.differences == []

    amounts = dict(lake.silver("prescription", "prescription_no", "amount_yuan"))
    rule = "prescription.amount_yuan.format"
    said = {
        key: value
        for key, found, value in lake.findings("source_key", "rule", "value")
        if found == rule
    }
    for number, (_, row, expected) in enumerate(CASES):
        assert amounts[str(number)] == (Decimal(expected) if expected else None), number
        assert said.get(str(number)) == (None if expected else " ".join(row.values())), number
