"""ID numbers by GB 11643 and the sound and shape of names."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.identity import id_number as sql
from spark_jobs.identity.characters import shape, sound
from tests.identity.silver import id_number

births = st.dates(date(1900, 1, 1), date(2026, 1, 1))


def ask(expression: str, value: str | None) -> object:
    row = duckdb.execute(f"select {expression} from (select $1::varchar as number)", [value])
    return (row.fetchone() or (None,))[0]


def read(value: str | None) -> object:
    """The valid number that is written, step by step as prepare.py does."""
    for step in (sql.cleaned, sql.upgraded, sql.valid):
        value = ask(step("number"), value)  # type: ignore[assignment]
    return value


@given(birth=births, sequence=st.integers(1, 998))
@settings(max_examples=40, deadline=None)
def test_a_valid_number_and_what_it_says(birth: date, sequence: int) -> None:
    number = id_number("350402", birth, sequence)
    assert read(number) == number
    assert ask(sql.birth_date_of("number"), number) == birth
    assert ask(sql.sex_of("number"), number) == ("1" if sequence % 2 else "2")


@given(birth=births, place=st.integers(0, 16), step=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_any_one_wrong_digit_is_found(birth: date, place: int, step: int) -> None:
    number = id_number("350402", birth + timedelta(days=1), 57)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert read(wrong) is None


def test_fifteen_digits_become_eighteen() -> None:
    whole = id_number("350402", date(1968, 9, 3), 21)
    assert read(whole[:6] + whole[8:17]) == whole


@pytest.mark.parametrize(
    ("written", "is_valid"),
    [
        ("11010519491231002X", True),  # the example printed in GB 11643-1999
        ("11010519491231002x", True),
        (" 110105 19491231 002X ", True),
        ("１１０１０５１９４９１２３１００２Ｘ", True),
        ("440524188001010014", True),
        ("110105194912310021", False),
        ("110105194902300023", False),
        ("000000000000000000", False),
        ("350402********001X", False),
        ("", False),
        (None, False),
    ],
)
def test_written_forms(written: str | None, is_valid: bool) -> None:
    assert (read(written) is not None) == is_valid


@pytest.mark.parametrize(
    ("one", "other"), [("陈静", "程靖"), ("李莉", "李丽"), ("张珊", "章三"), ("林榕", "宁荣")]
)
def test_names_that_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("陈已", "陈己"), ("王末", "王未"), ("何清", "何晴")])
def test_names_that_look_alike(one: str, other: str) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(("one", "other"), [("陈静", "陈丽"), ("王芳", "汪芬"), ("张三", "李四")])
def test_names_that_do_not(one: str, other: str) -> None:
    assert sound(one) != sound(other)
    assert shape(one) != shape(other)
