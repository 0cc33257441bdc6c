"""Newborns before they have a name, and names with digits: which child is never thrown away."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from spark_jobs.identity import link_file
from spark_jobs.identity.birth_names import read_marks, split_query
from tests.identity.silver import Row, id_number, lake_at, residents, row, run, write_silver

BORN = date(2025, 5, 6)
BOY: dict[str, Any] = {
    "sex_code": "1",
    "birth_date": BORN,
    "phone_no": "13912345678",
    "address_county": "三元区",
    "address_township": "洋溪镇",
    "address_village": "上坪村",
    "address_door": "12",
}
GIRL = BOY | {"sex_code": "2"}
MOTHER_ID = id_number("350402", date(1995, 2, 3), 22)


def named(name: str, **said: Any) -> dict[str, Any]:
    return BOY | {"name": name} | said


def split(name: str) -> tuple[str, str | None, str | None]:
    """(base, sex or None for an ordinary name, which) of a cleaned name."""
    (found,) = duckdb.execute(split_query("(select $1 as name)"), [name]).fetchall()
    _, base, mark, digits = found
    ((_, sex, which),) = read_marks([mark]) if mark else ((None, None, digits),)
    return base, sex, which


@pytest.mark.parametrize(
    ("name", "base", "sex", "which"),
    [
        ("王芳之子", "王芳", "1", None),
        ("王芳之女", "王芳", "2", None),
        ("王芳之子1", "王芳", "1", "1"),
        ("王芳之子02", "王芳", "1", "2"),
        ("王芳之1", "王芳", "", "1"),
        ("王芳之大女", "王芳", "2", "1"),
        ("王芳之小女", "王芳", "2", "小"),
        ("王芳之长子", "王芳", "1", "1"),
        ("王芳之次子", "王芳", "1", "2"),
        ("王芳之双A", "王芳", "", "1"),
        ("王芳之双胎B", "王芳", "", "2"),
        ("王芳双胎之二女", "王芳", "2", "2"),
        ("王芳之双胎之二子", "王芳", "1", "2"),
        ("王芳大双", "王芳", "", "1"),
        ("王芳小双", "王芳", "", "小"),
        ("王芳双1", "王芳", "", "1"),
        ("王芳老二", "王芳", "", "2"),
        ("王芳长子", "王芳", "1", "1"),
        ("王芳婴", "王芳", "", None),
        ("王芳男婴2", "王芳", "1", "2"),
        ("王芳三胞胎之三", "王芳", "", "3"),
        ("王芳女儿", "王芳", "2", None),
        ("王芳BB", "王芳", "", None),
        ("王芳BABY甲", "王芳", "", "1"),
        ("张婴", "张", "", None),
        ("张之女", "张", "2", None),
        ("欧阳小芳之子Ⅱ", "欧阳小芳", "1", "2"),
        # Real names that look a little like it.
        ("王羲之", "王羲之", None, None),
        ("王之涣", "王之涣", None, None),
        ("张之洞", "张之洞", None, None),
        ("张大双", "张大双", None, None),
        ("李英子", "李英子", None, None),
        ("陈子昂", "陈子昂", None, None),
        ("李成双", "李成双", None, None),
        ("王小女", "王小女", None, None),
        # A clerk's number behind a Chinese name; any other name keeps its digits.
        ("陈小明2", "陈小明", None, "2"),
        ("DB5C058A", "DB5C058A", None, None),
        ("LIMING2", "LIMING2", None, None),
        ("陈A1", "陈A1", None, None),
    ],
)
def test_what_a_name_says(name: str, base: str, sex: str | None, which: str | None) -> None:
    assert split(name) == (base, sex, which)


MOTHERS = st.sampled_from(["王芳", "李晓红", "欧阳丽", "陈静"])
MARKS = {
    "1": ["之子1", "之子一", "之大子", "之长子", "之子A", "之双胎1子", "之子(1)", "之子(大)"],
    "2": ["之子2", "之子二", "之次子", "之子B", "之双胎之二子", " 之 子 2", "之子２"],
    "3": ["之子3", "之子三", "之三子", "之子C", "三胞胎之三子"],
}


@given(
    mother=MOTHERS,
    children=st.permutations(sorted(MARKS)),
    draw=st.data(),
)
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_which_child_is_read_however_it_is_written(
    mother: str, children: list[str], draw: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two rows of each of three children, in two hospitals' spellings: three people."""
    rows, due = [], []
    for child, institution in itertools.product(children, ("I1", "I2")):
        mark = draw.draw(st.sampled_from(MARKS[child]))
        rows.append(row(f"{institution}{child}", institution=institution, **named(mother + mark)))
        due.append(child)
    lake = lake_at(tmp_path_factory.mktemp("births"))
    write_silver(lake, rows)
    run(lake)
    found = residents(lake)
    grouped = {child: {found[f"I1{child}"], found[f"I2{child}"]} for child in children}
    assert all(len(ids) == 1 for ids in grouped.values())
    assert len(set(found.values())) == len(children)


ONE_CHILD = {
    "numbered alike": [named("王芳之子1"), named("王芳之长子")],
    "no number, one birth": [named("王芳之子"), named("王芳(之子)")],
    "sex only on one": [named("王芳之婴"), named("王芳之子")],
    "its later name": [named("王芳之子"), named("陈晨", mother_name="王芳")],
    "its later name, the mother misspelt": [named("王芳之子"), named("陈晨", mother_name="王方")],
    "its later name twice": [
        named("王芳之子"),
        named("陈晨", mother_name="王芳"),
        named("陈晨", phone_no="13700000123", id_no=id_number("350402", BORN, 15)),
        named("陈晨", mother_name="王芳", id_no=id_number("350402", BORN, 15)),
    ],
    "a number says more than a mark": [
        named("王芳之子1", id_no=id_number("350402", BORN, 15)),
        named("王芳之子2", id_no=id_number("350402", BORN, 15)),
    ],
    "a clerk's digit": [named("陈小明2"), named("陈小明")],
    "a name too long for one is no second child's": [
        named("王芳之子"),
        named("陈晨", mother_name="王芳"),
        named("重复" * 26, mother_name="王芳"),
    ],
}

SEVERAL_CHILDREN = {
    "numbered": [named("王芳之子1"), named("王芳之子2")],
    "numbered, the mother's number on both": [
        named("王芳之子1", id_no=MOTHER_ID),
        named("王芳之子2", id_no=MOTHER_ID),
    ],
    "a girl and a boy": [named("王芳之子"), GIRL | {"name": "王芳之女"}],
    "a girl and a boy, sex not said": [
        named("王芳之子", sex_code=None),
        named("王芳之女", sex_code=None),
    ],
    "elder and younger": [named("王芳之大女"), named("王芳之小女")],
    "a pair": [named("王芳大双"), named("王芳小双")],
    "letters": [named("王芳之双A"), named("王芳之双B")],
    "one of several, and one that may be any": [named("王芳之子1"), named("王芳之子")],
    "the mother and her child": [
        named("王芳", birth_date=date(1995, 2, 3), id_no=MOTHER_ID),
        named("王芳之子", id_no=MOTHER_ID),
    ],
    "another mother of one phone": [named("王芳之子"), named("李芳之子")],
    "twins named later, one newborn's row": [
        named("王芳之子"),
        named("陈晨", mother_name="王芳"),
        named("陈曦", mother_name="王芳"),
    ],
    "two newborns, one named": [
        named("王芳之子1"),
        named("王芳之子2"),
        named("陈晨", mother_name="王芳"),
    ],
    "named, and one of several": [named("王芳之子1"), named("陈晨", mother_name="王芳")],
    "no marks, but the birth is known to be of several": [
        named("王芳之子"),
        named("王芳之子", address_door=None),
        named("王芳之子2", phone_no=None, address_door=None, address_village=None),
        named("陈晨", mother_name="王芳"),
    ],
    "another sex than the newborn's": [
        named("王芳之女", sex_code=None),
        named("陈晨", mother_name="王芳"),
    ],
    "another mother's child": [named("王芳之子"), named("陈晨", mother_name="李丽")],
    "no phone and no door": [
        named("王芳之子"),
        named("陈晨", mother_name="王芳", phone_no=None, address_door=None),
    ],
    "two mothers of one name, one day": [
        named("王芳之子1", phone_no=None, address_village=None, address_door=None),
        named("王芳之子1"),
    ],
    "two numbers, two children": [
        named("王芳之子", id_no=id_number("350402", BORN, 17)),
        named("陈晨", mother_name="王芳", id_no=id_number("350402", BORN, 15)),
    ],
    "a clerk's two of one name": [named("陈小明1"), named("陈小明2")],
    "no name at all": [named("之子", address_door=None), named("婴儿1", address_door=None)],
}


def rows_of(people: list[dict[str, Any]]) -> list[Row]:
    return [row(str(at), institution=f"I{at}", **person) for at, person in enumerate(people)]


@pytest.mark.parametrize("case", ONE_CHILD)
def test_one_child(case: str, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_silver(lake, rows_of(ONE_CHILD[case]))
    run(lake)
    assert len(set(residents(lake).values())) == 1


@pytest.mark.parametrize("case", SEVERAL_CHILDREN)
def test_several_children(case: str, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    people = SEVERAL_CHILDREN[case]
    write_silver(lake, rows_of(people))
    run(lake)
    assert len(set(residents(lake).values())) == len(people)


def test_a_boy_and_a_girl_each_find_their_name(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    girl = GIRL | {"name": "陈曦", "mother_name": "王芳"}
    people = [
        named("王芳之子"),
        GIRL | {"name": "王芳之女"},
        named("陈晨", mother_name="王芳"),
        girl,
    ]
    write_silver(lake, rows_of(people))
    run(lake)
    found = residents(lake)
    assert found["0"] == found["2"] != found["1"] == found["3"]


def test_a_boys_birth_name_is_not_a_girls_though_one_row_does_not_say(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    girl = GIRL | {"name": "陈晨", "mother_name": "王芳"}
    write_silver(lake, rows_of([named("王芳之子"), girl, girl | {"sex_code": None}]))
    run(lake)
    found = residents(lake)
    assert found["0"] != found["1"] == found["2"]


def test_a_third_row_never_brings_two_children_together(tmp_path: Path) -> None:
    """Each hospital's twins have numbers of their own; a row that may be either is neither."""
    lake = lake_at(tmp_path)
    twins = [row("a", **named("王芳之子")), row("b", **named("王芳之子"))]
    either = row("c", institution="I2", **named("王芳之婴"))
    write_silver(lake, [*twins, either])
    run(lake)
    assert len(set(residents(lake).values())) == 3


def test_a_resident_bears_the_later_name(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    newborn = [row(f"n{at}", institution=f"I{at}", **named("王芳之子")) for at in range(3)]
    write_silver(lake, [*newborn, row("k", **named("陈晨", mother_name="王芳"))])
    run(lake)
    (said,) = lake.table(lake.identity("resident")).to_pyarrow_table().to_pylist()
    assert (said["name"], said["person_rows"]) == ("陈晨", 4)


def test_nonsense_names_with_digits_stay_apart(tmp_path: Path) -> None:
    """Names that are no Chinese names keep their digits: nobody is lost among nine birthdays."""
    draw = np.random.default_rng(1)
    names = np.unique([f"{number:08x}" for number in draw.integers(0, 16**8, 6_000)])
    lines = [f"{name},20000{1 + at % 9}0{1 + at % 9},男" for at, name in enumerate(names)]
    path = tmp_path / "people.csv"
    path.write_text("姓名,出生日期,性别\n" + "\n".join(lines) + "\n", encoding="utf-8")
    assert link_file(path, None, tmp_path / "out").clusters == len(names)
