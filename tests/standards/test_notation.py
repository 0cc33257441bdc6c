"""Formats and rules in the standards' notation: what is written is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.catalogue import Format, Rule
from standards.model import RULES

LENGTH = st.integers(1, 9999)


@given(st.sampled_from(["AN", "A", "N"]), LENGTH, LENGTH, st.integers(0, 9), st.booleans())
def test_a_length_range_and_decimals_are_read_back(
    letters: str, low: int, high: int, decimals: int, is_up_to: bool
) -> None:
    text = f"{letters}{'' if is_up_to else low}..{high}{f',{decimals}' if decimals else ''}"
    read = Format.parse(text)
    assert (read.text, read.max_length, read.decimals) == (text, high, decimals)


@given(st.sampled_from(["AN", "A", "N"]), LENGTH)
def test_a_fixed_length_is_the_longest(letters: str, length: int) -> None:
    assert Format.parse(f"{letters}{length}").max_length == length


@pytest.mark.parametrize("text", ["D8", "DT15", "T/F"])
def test_dates_and_flags_have_no_length(text: str) -> None:
    assert Format.parse(text) == Format(text, None, 0)


@given(st.text(max_size=12))
def test_anything_else_is_refused_or_read_whole(text: str) -> None:
    try:
        read = Format.parse(text)
    except ValueError:
        return
    assert read.text == text
    assert read.decimals == 0 or "," in text


@given(st.sampled_from(sorted(RULES)), st.data())
def test_a_rule_with_its_arguments_is_read_back(name: str, data: st.DataObject) -> None:
    arguments = tuple(str(data.draw(st.integers(-99999, 99999))) for _ in range(RULES[name]))
    text = f"{name}({','.join(arguments)})" if arguments else name
    assert Rule.parse(text) == Rule(name, arguments)


@pytest.mark.parametrize(
    "text",
    ["range", "range(1)", "range(1,2,3)", "range(1,2", "not_future(1)", "soon", "", "phone "],
)
def test_a_rule_that_nobody_defined_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rule"):
        Rule.parse(text)
