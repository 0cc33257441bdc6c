"""Expressions of mappings: what is made safe, and what is refused when the YAML is read."""

from __future__ import annotations

import pytest

from collectors.expression import Meaning, read_expression
from kanghu.errors import KanghuError

PLACE = "x.yml: tables.t.maps.patient.columns.name"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("cast(amount as decimal(18,4)) / 100", "number"),
        ("(a/b)/c % d", "number"),
        ("coalesce(price, amount / quantity)", "number"),
        ("case unit when '分' then a / 100 else a end", "number"),
        ("round(w / (h * h), 1)", "number"),
        ("concat(trim(a), '-', b, 5)", "text"),
        ("concat_ws(' ', replace(given, '~', ' '), upper(family))", "text"),
        ("substr(a, length(b) - 2)", "text"),
        ("if(a > 5, 'x', null)", "text"),
        ("cast(a as timestamp)", "text"),
        ("a in ('1', null) and not (b like 'x%' or c is null)", "flag"),
        ("a between 1 and 5 and is_dead", "flag"),
    ],
)
def test_what_is_safe_stays_as_it_is(text: str, meaning: Meaning) -> None:
    """Guards are not put around guards."""
    once = read_expression(text, meaning, PLACE).sql
    assert read_expression(once, meaning, PLACE).sql == once


def test_every_cast_and_every_division_is_guarded_at_any_depth() -> None:
    text = "cast((cast(a as int) / b) / (c % cast(d as double)) as decimal(9,2)) / 0"
    sql = read_expression(text, "number", PLACE).sql
    assert " CAST(" not in f" {sql.replace('TRY_CAST(', '')}"
    assert sql.count("NULLIF(") == sql.count(" / ") + sql.count(" % ") == 4


def test_a_column_is_a_number_in_arithmetic_and_where_it_meets_one() -> None:
    assert "DOUBLE" not in read_expression("a > b", "flag", PLACE).sql
    assert "DOUBLE" in read_expression("a > 10", "flag", PLACE).sql
    assert "DOUBLE" in read_expression("case when a > b then 1 else 2 end", "number", PLACE).sql


def test_columns_are_those_read() -> None:
    read = read_expression('case when "类 别" = 1 then `b` else concat(c, b) end', "text", PLACE)
    assert read.columns == ("类 别", "b", "c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cast(a as", "看不懂的表达式"),
        ("nosuchfunc(a)", "nosuchfunc"),
        ("sum(a)", "SUM"),
        ("row_number() over (order by a)", "ROW_NUMBER"),
        ("(select 1)", "SELECT"),
        ("a in (select b)", "清单"),
        ("1; drop table t", "DROP"),
        ("current_date", "CURRENT_DATE"),
        ("random()", "RANDOM"),
        ("cast(a as json)", "JSON"),
        ("cast(a as decimal(40, 2))", "DECIMAL"),
        ("cast(a as decimal(4, 5))", "DECIMAL"),
        ("cast(a as date) + 5", "不能做加减乘除"),
        ("a.b", "不是列名"),
        ("regexp_extract(a, '(', 1)", "不成立"),
        ("regexp_extract(a, 'x(?=y)', 0)", "不成立"),
        ("regexp_extract(a, '([(]x)', 2)", "第 2 个括号"),
        ("regexp_replace(a, b, 'x')", "要写成文字"),
        ("split_part(a, '-', 0)", "第 0 段"),
        ("left(a, b)", "要写成"),
        ("lpad(a, 100000000, '0')", "要写成"),
        ("a like b", "要写成文字"),
        ("a is b", "is 后面"),
    ],
)
def test_what_cannot_be_made_safe_is_refused_with_place_and_mend(text: str, said: str) -> None:
    with pytest.raises(KanghuError) as refused:
        read_expression(text, "text", PLACE)
    assert said in refused.value.what
    assert refused.value.where == PLACE
    assert refused.value.mend
