"""The organisation tree: all 158 institutions, each where it belongs."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from kanghu.errors import KanghuError
from standards.organisations import (
    ACCESS,
    institutions,
    load_organisations,
    load_regions,
    within,
)


@pytest.mark.requirement("S1-1.0")
def test_all_158_institutions_are_there_with_their_categories() -> None:
    found = institutions()
    assert len(found) == 158
    assert Counter(one.category for one in found) == {
        "市属医疗机构": 2,
        "县级医疗机构": 9,
        "基层医疗机构": 147,
    }
    tiers = {"市属医疗机构": "1", "县级医疗机构": "2", "基层医疗机构": "3"}
    assert all(one.tier_code == tiers[one.category] for one in found)
    assert len({one.name for one in found}) == 158


def test_codes_have_ten_characters_and_begin_with_the_region() -> None:
    for one in institutions():
        assert len(one.organisation_code) == 10
        assert one.organisation_code.startswith(one.region_code)


def test_twelve_counties_stand_under_one_city() -> None:
    tree = load_organisations()
    assert [one.organisation_code for one in tree.values() if one.kind == "city"] == ["350400"]
    counties = [one for one in tree.values() if one.kind == "county"]
    assert len(counties) == 12
    assert all(within(one.organisation_code, "350400") for one in tree.values())


def test_a_county_holds_its_own_institutions_and_not_a_municipal_branch() -> None:
    branch = next(one for one in institutions() if one.name.endswith("皮肤病医院宁化分院"))
    assert branch.region_code == "350424"
    assert not within(branch.organisation_code, "350424")
    assert within("3504240059", "350424")
    assert not within("3504240059", "350425")
    assert not within("no such organisation", "350400")


def test_every_primary_institution_stands_in_a_township_of_its_county() -> None:
    regions = load_regions()
    for one in institutions():
        if one.tier_code == "3":
            assert regions[one.township_code].parent == one.region_code


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("regions.csv", "350424,重复县,3,350400,", "重复"),
        ("regions.csv", "359999,无上级,3,999999,", "上级区划"),
        ("organisations.csv", "350424,重复,county,,350400,350424,,,", "重复"),
        ("organisations.csv", "x,无上级,county,,999999,350424,,,", "上级机构"),
        ("organisations.csv", "x,无区划,county,,350400,999999,,,", "行政区划"),
        ("organisations.csv", "x,种类,shop,,350400,350424,,,", "机构种类"),
        ("organisations.csv", "x,少格", "格"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(
    tmp_path: Path, table: str, line: str, message: str
) -> None:
    for path in ACCESS.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / table).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with (tmp_path / table).open(encoding="utf-8", newline="") as file:
        last = len(list(csv.reader(file)))
    with pytest.raises(KanghuError, match=message) as caught:
        load_organisations(tmp_path)
    assert f"{table}:{last}" in caught.value.where
