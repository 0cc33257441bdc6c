"""The items that each programme form is checked for, against the tender that names them."""

from __future__ import annotations

import csv
import re

import pytest

from expectations.suite import all_expectations
from kanghu.settings import CHECKOUT
from standards.catalogue import load_catalogue

TABLE = CHECKOUT / "expectations" / "completeness.csv"
TENDER = CHECKOUT.parent / "shared" / "requirements" / "source_sanming.txt"
FORMS = (
    *("resident_record", "maternal", "child", "elder"),
    *("hypertension", "diabetes", "mental", "tcm"),
)
SECTIONS = re.compile(r"^3\.11\.(2\.3|3\.4|4\.4|5\.3|6\.4|7\.4|8\.3|9\.2|9\.3)")
MISPRINTS = {"引道": "阴道", "前囱": "前囟", "名 称": "名称"}


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_row_names_a_column_or_says_why_there_is_none() -> None:
    catalogue = load_catalogue()
    seen = set()
    for row in rows():
        assert row["form"] in FORMS, row
        assert re.fullmatch(r"S1-3\.11\.[2-9]\.\d", row["source"]), row
        if row["column"]:
            catalogue.dataset(row["dataset"]).column(row["column"])
        else:
            assert row["note"], row
        key = (row["source"], row["group_zh"], row["name_zh"], row["column"])
        assert key not in seen, row
        seen.add(key)
    assert {row["form"] for row in rows()} == set(FORMS)


def test_an_item_in_the_table_is_one_a_clean_record_may_lack_only_if_it_is_optional() -> None:
    """What the catalogue marks M or R has its ``required`` rule; the rest shows in lists only."""
    rules = {rule.id for rule in all_expectations()}
    catalogue = load_catalogue()
    held = 0
    for row in rows():
        column = catalogue.dataset(row["dataset"]).column(row["column"])
        if column.required != "O":
            assert f"{row['dataset']}.{row['column']}.required" in rules, row
            held += 1
    assert held > len(rows()) / 2


def named_in_the_tender() -> list[tuple[str, str]]:
    """(section, item) for each item that a list of those sections names."""
    if not TENDER.exists():
        pytest.skip("the tender's text is not here (it lies beside the checkout in CI)")
    found = []
    section = ""
    for line in TENDER.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"3\.\d+\.\d+(\.\d+)?", line)
        if heading:
            section = heading[0] if SECTIONS.match(line) else ""
            continue
        listed = re.search(r"(?:包含|包括)[::]?(.+)", line)
        if not section or "条件" in line or not listed:
            continue
        text = listed[1]
        for wrong, right in MISPRINTS.items():
            text = text.replace(wrong, right)
        text = re.sub(r"等+(内容)?[。;]?$|[。;]$", "", text)
        text = text.replace("(天数)是否外出", "(天数)、是否外出")
        text = text.replace("(目前)体质指数", "(目前)、体质指数")
        found += [(f"S1-{section}", one.strip()) for one in text.split("、") if one.strip()]
    return found


HEADINGS = {
    *("孕产妇相关信息", "既往病史", "孕产史以及检查情况", "第一次产前检查情况"),
    *("体格检查情况", "体格检查", "基本身份信息", "既往史", "治疗情况"),
    *("症状", "体征"),
}
"""Names of a group whose items the tender lists in a sentence of their own."""

AGES = re.compile(r"(内容有:)?\d+(月龄|岁)(随访情况)?")
"""Stages of one form, not items: values of its visit age code."""


def test_every_item_that_the_tender_names_is_in_the_table() -> None:
    table = rows()
    known = {(row["source"], row["name_zh"]) for row in table}
    known |= {(row["source"], row["group_zh"]) for row in table}
    named = named_in_the_tender()
    missing = [
        one
        for one in named
        if one not in known and one[1] not in HEADINGS and not AGES.fullmatch(one[1])
    ]
    assert missing == []
    assert len(named) > 400
