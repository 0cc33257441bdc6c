"""Who is one person and who is not: the cases that life is full of, one tiny table each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.identity.silver import Row, id_number, lake_at, residents, row, run, write_silver

BORN = date(1990, 3, 14)
CHEN: dict[str, Any] = {
    "name": "陈小明",
    "sex_code": "1",
    "birth_date": BORN,
    "id_no": id_number("350402", BORN, 11),
    "phone_no": "13912345678",
    "address_county": "三元区",
    "address_township": "洋溪镇",
    "address_village": "上坪村",
    "address_door": "12",
}
HOME = {key: value for key, value in CHEN.items() if key.startswith(("address", "phone"))}
WIFE_BORN = date(1992, 7, 1)
WIFE = {
    **HOME,
    "name": "林丽",
    "sex_code": "2",
    "birth_date": WIFE_BORN,
    "id_no": id_number("350402", WIFE_BORN, 22),
}
BABY_BORN = date(2025, 5, 6)
BABY = {**HOME, "name": "陈晨", "sex_code": "1", "birth_date": BABY_BORN}
TWIN = {**CHEN, "name": "陈小红", "id_no": id_number("350402", BORN, 13)}
FAR = {
    "phone_no": "13700000123",
    "address_county": "大田县",
    "address_township": "太华镇",
    "address_village": "高星村",
}


def but(person: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**person, **changes}


ONE_PERSON = {
    "the same number": [CHEN, but(CHEN, phone_no=None, address_village=None)],
    "no number, the same phone": [CHEN, but(CHEN, id_no=None, address_village=None)],
    "no number, the same village": [CHEN, but(CHEN, id_no=None, phone_no=None)],
    "a number of fifteen digits": [CHEN, but(CHEN, id_no="350402900314011", **FAR)],
    "written with spaces and a small x": [
        but(CHEN, id_no=id_number("350402", BORN, 35)),
        but(CHEN, id_no="350402 19900314 035x", **FAR),
    ],
    "a homophone": [CHEN, but(CHEN, name="陈晓明", id_no=None)],
    "a homophone of the south": [but(CHEN, name="陈静"), but(CHEN, name="程靖", id_no=None)],
    "a similar character": [but(CHEN, name="陈未明"), but(CHEN, name="陈末明", id_no=None)],
    "changed given name, the same number": [CHEN, but(CHEN, name="陈大伟", **FAR)],
    "the other parent's surname, the same number": [CHEN, but(CHEN, name="林小明")],
    "moved, new phone, the same number": [CHEN, but(CHEN, **FAR)],
    "a slip in the name and a wrong check digit": [
        but(CHEN, name="罗银金"),
        but(CHEN, name="罗艮金", id_no=f"{CHEN['id_no'][:17]}5"),
    ],
    "a digit of the number mistyped": [CHEN, but(CHEN, id_no="350402199003140118")],
    "wrong birth date, the same number": [CHEN, but(CHEN, birth_date=date(1990, 8, 14))],
    "day and month swapped, no number": [
        but(CHEN, birth_date=date(1990, 3, 4), id_no=None),
        but(CHEN, birth_date=date(1990, 4, 3), id_no=None),
    ],
    "a child with its mother's number twice": [
        but(BABY, id_no=WIFE["id_no"]),
        but(BABY, id_no=WIFE["id_no"]),
    ],
    "a number that lost its end": [CHEN, but(CHEN, id_no="350402********0119")],
}

SEVERAL_PEOPLE = {
    "twins": [CHEN, TWIN],
    "twins without numbers": [but(CHEN, id_no=None), but(TWIN, id_no=None)],
    "twins, one without a number": [CHEN, but(TWIN, id_no=None)],
    "twins whose names sound alike": [
        but(CHEN, name="陈思怡"),
        but(TWIN, name="陈思仪"),
    ],
    "strangers of one name and birthday": [
        CHEN,
        but(CHEN, id_no=id_number("350421", BORN, 57), **FAR),
    ],
    "strangers, one without a number": [CHEN, but(CHEN, id_no=None, **FAR)],
    "a mother's number on her baby": [WIFE, but(BABY, id_no=WIFE["id_no"])],
    "numbers swapped between man and wife": [
        but(CHEN, id_no=WIFE["id_no"]),
        WIFE,
    ],
    "a family at one phone": [CHEN, WIFE, but(BABY, id_no=None)],
    "a father and a son of one name": [
        CHEN,
        but(CHEN, birth_date=date(2015, 3, 14), id_no=None),
    ],
    "two valid numbers": [CHEN, but(CHEN, id_no=id_number("350402", BORN, 15))],
    "no name to go by": [
        but(CHEN, name="不详", id_no=None, phone_no=None),
        but(CHEN, name="未知", id_no=None, phone_no=None),
    ],
}


def rows_of(people: list[dict[str, Any]]) -> list[Row]:
    return [row(str(at), institution=f"I{at}", **person) for at, person in enumerate(people)]


@pytest.mark.parametrize("case", ONE_PERSON)
def test_one_person(case: str, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_silver(lake, rows_of(ONE_PERSON[case]))
    run(lake)
    assert len(set(residents(lake).values())) == 1


@pytest.mark.parametrize("case", SEVERAL_PEOPLE)
def test_several_people(case: str, tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    people = SEVERAL_PEOPLE[case]
    write_silver(lake, rows_of(people))
    run(lake)
    assert len(set(residents(lake).values())) == len(people)


def test_swapped_numbers_do_not_join_a_family(tmp_path: Path) -> None:
    """Each has rows with the own number and one with the other's: two people, not one or four."""
    lake = lake_at(tmp_path)
    rows = rows_of([CHEN, WIFE, but(CHEN, id_no=WIFE["id_no"]), but(WIFE, id_no=CHEN["id_no"])])
    write_silver(lake, rows)
    run(lake)
    found = residents(lake)
    assert found["0"] == found["2"] != found["1"] == found["3"]


def test_a_row_that_fits_two_strangers_is_left_to_neither(tmp_path: Path) -> None:
    bare = but(CHEN, id_no=None, phone_no=None, address_village=None, address_door=None)
    stranger = but(CHEN, id_no=id_number("350421", BORN, 57), phone_no="13700000123")
    lake = lake_at(tmp_path)
    write_silver(lake, rows_of([CHEN, stranger, bare]))
    run(lake)
    assert len(set(residents(lake).values())) == 3


def test_a_number_in_one_institution_is_one_person(tmp_path: Path) -> None:
    """The registry and the laboratory of one hospital; the number was even corrected there."""
    corrected = but(CHEN, id_no=id_number("350402", BORN, 15))
    rows = [
        row("A1", **CHEN),
        row("lis-7", patient_no="A1", name="陈某", sex_code="1", birth_date=BORN),
        row("R1", "resident_record", **corrected, patient_no="A1"),
        row("A1x", institution="I2", **corrected),
    ]
    rows[1] = {**rows[1], "_feed": "lis.patient", "_source_key": "pid|7"}
    lake = lake_at(tmp_path)
    write_silver(lake, rows)
    result = run(lake)
    assert len(set(residents(lake).values())) == 1
    assert result.by_rule == {"id_number": 2, "person_number": 2}


def test_numbers_of_two_institutions_are_two_numbers(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_silver(lake, [row("7", **CHEN), row("7", institution="I2", **WIFE)])
    assert run(lake).residents == 2


def test_what_is_said_of_a_resident(tmp_path: Path) -> None:
    """Most rows decide the name, the latest its phone and address; an alien number is not said."""
    early = but(CHEN, name="陈晓明", id_no=WIFE["id_no"], registered_at="2024-01-01 08:00:00")
    late = but(CHEN, id_no=None, registered_at="2026-01-01 08:00:00")
    late |= {"phone_no": "13800138001", "address_village": "下坪村"}
    lake = lake_at(tmp_path)
    write_silver(lake, rows_of([early, CHEN, late]))
    run(lake)
    (said,) = lake.table(lake.identity("resident")).to_pyarrow_table().to_pylist()
    assert said["name"] == "陈小明"
    assert said["id_no"] == CHEN["id_no"]
    assert said["phone_no"] == "13800138001"
    assert said["address_village"] == "下坪村"
    assert said["person_rows"] == 3
