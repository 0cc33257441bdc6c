"""A site's official table takes the place of ours: seen first, kept with its history."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kanghu.errors import KanghuError
from standards.catalogue import ROOM, load_catalogue, read_catalogue
from standards.model import DataElement
from standards.official import ELEMENTS, accept, history, propose
from standards.tables import stop_at

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_proposed_accepted_and_in_force(tmp_path: Path, encoding: str) -> None:
    """Heads in Chinese or English, either encoding; our list of the sexes becomes theirs."""
    file = written(tmp_path / "gb.csv", "代码,名称\n0,未知\n1,男\n2,女\n3,其他\n", encoding)
    before = load_catalogue()
    proposal = propose(before, "GB2261.1", file, std_version="GB/T 2261.1-2030")
    told = {one.place: one.what for one in proposal.changes if not one.is_breaking}
    assert told["GB2261.1 3"] == "新代码:其他"
    assert told["GB2261.1 0"].startswith("名称由")
    gone = {one.dataset for one in proposal.changes if one.is_breaking}
    assert "patient" in gone  # code 9 is no more, and the list is closed

    site = tmp_path / "site"
    accept(proposal, site, NOW)
    after = read_catalogue(ROOM, stop_at, site).value_domains["GB2261.1"]
    assert {code: one.name_zh for code, one in after.codes.items()} == {
        "0": "未知",
        "1": "男",
        "2": "女",
        "3": "其他",
    }
    assert after.std_version == "GB/T 2261.1-2030"
    known = set(before.value_domains["GB2261.1"].codes["1"].aliases)
    assert known - {"男"} <= set(after.codes["1"].aliases)  # 男 is the name now


def test_the_replaced_table_is_kept_and_the_history_says_what_came(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for number, name in enumerate(("甲", "乙")):
        file = written(tmp_path / f"{name}.csv", f"code,name_zh\n1,{name}\n")
        proposal = propose(read_catalogue(ROOM, stop_at, site), "CV02.01.103", file)
        accept(proposal, site, NOW.replace(minute=number))
    first, second = history(site)
    assert (first[1], first[4], first[6], first[9]) == ("CV02.01.103", "甲.csv", "1", "")
    assert (second[4], second[6], second[8]) == ("乙.csv", "0", "1")
    with (site / "history" / second[9]).open(encoding="utf-8", newline="") as lines:
        assert [row["name_zh"] for row in csv.DictReader(lines)] == ["甲"]


def test_loading_the_same_again_changes_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    file = written(tmp_path / "list.csv", "code,name_zh\n1,甲\n2,乙\n")
    accept(propose(load_catalogue(), "CV02.01.103", file), site, NOW)
    again = propose(read_catalogue(ROOM, stop_at, site), "CV02.01.103", file)
    assert again.changes == ()


def test_elements_are_replaced_one_by_one(tmp_path: Path) -> None:
    known = load_catalogue()
    element = known.elements["DE01.00.010.00"]
    cells = [getattr(element, name) for name in type(element).__annotations__]
    cells[4], cells[8] = "AN..60", "WS/T 363-2023"
    head = ",".join(type(element).__annotations__)
    file = written(tmp_path / "elements.csv", f"{head}\n{','.join(cells)}\n")
    site = tmp_path / "site"
    proposal = propose(known, ELEMENTS, file)
    assert any("'AN..60'" in one.what for one in proposal.changes)
    accept(proposal, site, NOW)
    after = read_catalogue(ROOM, stop_at, site)
    assert after.elements["DE01.00.010.00"].format == "AN..60"
    assert len(after.elements) == len(known.elements)


@pytest.mark.parametrize(("cell", "value"), [(3, "S9"), (4, "5 chars"), (5, "NO.list")])
def test_a_table_that_would_break_the_catalogue_is_not_put_in_force(
    tmp_path: Path, cell: int, value: str
) -> None:
    """Every later command reads it, also the one that would mend it."""
    element = load_catalogue().elements["DE01.00.010.00"]
    cells = [getattr(element, name) for name in type(element).__annotations__]
    cells[cell] = value
    head = ",".join(type(element).__annotations__)
    file = written(tmp_path / "elements.csv", f"{head}\n{','.join(cells)}\n")
    site = tmp_path / "site"
    with pytest.raises(KanghuError):
        accept(propose(load_catalogue(), ELEMENTS, file), site, NOW)
    assert not site.exists()


@pytest.mark.parametrize(
    ("table", "text", "what"),
    [
        ("NO.such", "code,name_zh\n1,甲\n", "没有值域"),
        ("GB2261.1", "code\n1\n", "没有名称列"),
        ("GB2261.1", "序号,名称\n1,甲\n", "没有代码列"),
        ("GB2261.1", "code,name_zh\n1,甲\n1,乙\n", "重复"),
        ("GB2261.1", "code,name_zh\n,甲\n", "没有代码"),
        ("GB2261.1", "code,name_zh\n1,甲,x\n", "这一行有 3 格"),
        ("GB2261.1", "code,name_zh\n", "文件里没有代码"),
        (ELEMENTS, "identifier,name\n1,甲\n", "表头应为"),
        (ELEMENTS, f"{','.join(DataElement.__annotations__)}\n", "没有数据元"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_is_written(
    tmp_path: Path, table: str, text: str, what: str
) -> None:
    with pytest.raises(KanghuError, match=what) as caught:
        propose(load_catalogue(), table, written(tmp_path / "list.csv", text))
    assert caught.value.mend
    assert not (tmp_path / "site").exists()


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match="GB18030"):
        propose(load_catalogue(), "GB2261.1", written(tmp_path / "x.csv", "é", "latin-1"))
    with pytest.raises(KanghuError, match="读不了"):
        propose(load_catalogue(), "GB2261.1", tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("name", "table", "least"),
    [("icd10_cn_diagnosis.csv", "ICD-10", 30_000)],
)
def test_the_official_disease_list_loads(
    outside_data: Path, tmp_path: Path, name: str, table: str, least: int
) -> None:
    file = outside_data.parent / "standards" / name
    if not file.exists():
        pytest.skip("the official list is not here")
    site = tmp_path / "site"
    accept(propose(load_catalogue(), table, file, coverage="open"), site, NOW)
    codes = read_catalogue(ROOM, stop_at, site).value_domains[table].codes
    assert len(codes) > least
    assert "I10.x00" in codes
