"""Value domains: codes, spellings and what is ignored never overlap, so mapping is certain."""

from __future__ import annotations

import re

import pytest

from standards.catalogue import ValueDomain, load_catalogue

DOMAINS = load_catalogue().value_domains
HELD = [one for one in DOMAINS.values() if one.codes]


@pytest.mark.parametrize("domain", HELD, ids=lambda one: one.identifier)
def test_a_spelling_means_one_code(domain: ValueDomain) -> None:
    seen: dict[str, str] = {}
    for code in domain.codes.values():
        for spelling in {code.code, code.name_zh, *code.aliases}:
            assert spelling
            assert seen.setdefault(spelling, code.code) == code.code, spelling
    assert not set(domain.ignored) & set(seen)
    assert set(domain.spellings.values()) <= set(domain.codes)


@pytest.mark.parametrize("domain", HELD, ids=lambda one: one.identifier)
def test_parents_are_codes_and_lead_upwards(domain: ValueDomain) -> None:
    for code in domain.codes.values():
        if code.parent:
            assert code.parent in domain.codes
            assert domain.codes[code.parent].parent != code.code


def test_a_closed_list_has_codes_and_an_empty_one_says_why() -> None:
    for domain in DOMAINS.values():
        if domain.coverage in ("closed", "extract"):
            assert domain.codes, domain.identifier
        elif not domain.codes:
            assert domain.note, domain.identifier


@pytest.mark.parametrize(
    ("domain", "spelling", "code"),
    [
        ("GB2261.1", "男", "1"),
        ("GB2261.1", "F", "2"),
        ("GB3304", "汉", "01"),
        ("GB3304", "HA", "01"),
        ("GB3304", "畲族", "22"),
        ("GB3304", "1", "01"),
        ("GB2261.2", "离异", "40"),
        ("KH.education", "初中文化", "7"),
        ("CV04.50.020", "Rh阳性", "2"),
        ("CV06.00.228", "每日三次", None),  # tid is not in the list: nothing may stand for it
        ("CV06.00.102", "静滴", "405"),
    ],
)
def test_what_field_systems_write_is_known(domain: str, spelling: str, code: str | None) -> None:
    assert DOMAINS[domain].spellings.get(spelling) == code


def test_the_icd_extract_covers_what_the_city_needs() -> None:
    extract = DOMAINS["ICD-10"]
    assert extract.is_extract
    assert not extract.is_closed
    assert len(extract.codes) >= 300
    shape = re.compile(r"[A-Z]\d{2}\.(\d|x)\d{2}")
    assert all(shape.fullmatch(code) for code in extract.codes)
    chapters = {code[0] for code in extract.codes}
    assert chapters >= set("ABCDEFGHIJKLMNOPQRSTVWXZ")
    for code in ("I10.x00", "E11.900", "J06.900", "I63.900", "N40.x00", "C61.x00", "O80.900"):
        assert code in extract.codes
