"""Every identifier that claims to be the standards' is in the evidence (skips without it)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from standards.catalogue import ROOM, load_catalogue


@pytest.fixture
def evidence(outside_data: Path) -> Path:
    folder = outside_data.parent / "standards"
    if not folder.is_dir():
        pytest.skip("the standards' evidence is not here")
    return folder


def _column(path: Path, *names: str) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[name] for row in csv.DictReader(file) for name in names}


def test_no_data_element_is_invented(evidence: Path) -> None:
    known = _column(evidence / "data_elements.csv", "identifier")
    known |= _column(evidence / "ws445_dataset_fields.csv", "de_identifier")
    ours = {one for one in load_catalogue().elements if one.startswith("DE")}
    assert ours - known == set()


def test_a_data_element_has_the_standards_type_and_format(evidence: Path) -> None:
    with (evidence / "data_elements.csv").open(encoding="utf-8", newline="") as file:
        known = {row["identifier"]: row for row in csv.DictReader(file)}
    differing = {
        element.identifier
        for element in load_catalogue().elements.values()
        if (row := known.get(element.identifier))
        and (element.type, element.format) != (row["data_type"], row["format"])
    }
    # The evidence's S for 身高 (N4..5,1) is a slip of N, that for DE06.00.306.00 (AN..100) of S1.
    assert differing == {"DE04.10.167.00", "DE06.00.306.00"}


def test_no_value_table_is_invented(evidence: Path) -> None:
    known = _column(evidence / "value_tables_index.csv", "table_id")
    ours = {one for one in load_catalogue().value_domains if one.startswith("CV")}
    assert ours - known == set()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("GB2261.1", "GB/T 2261.1-2003"),
        ("GB2261.2", "GB/T 2261.2-2003"),
        ("GB2261.4", "GB/T 2261.4-2003"),
        ("GB3304", "GB 3304-1991"),
        ("GB4761.one", "GB/T 4761-2008(一位)"),
        ("GB4761", "GB/T 4761-2008"),
        ("GB2659", "GB/T 2659-2000"),
        ("GB4658", "GB/T 4658-2006"),
        ("CV02.01.101", "CV02.01.101"),
        ("CV02.01.205", "CV02.01.205"),
        ("CV02.01.202", "CV02.01.202"),
        ("CV04.50.005", "CV04.50.005"),
        ("CV04.50.021", "CV04.50.021"),
        ("CV05.01.038", "CV05.01.038"),
        ("CV05.01.040", "CV05.01.040"),
        ("CV05.10.021", "CV05.10.021"),
        ("CV05.10.023", "CV05.10.023"),
        ("CV06.00.101", "CV06.00.101"),
        ("CV06.00.102", "CV06.00.102"),
        ("CV06.00.103", "CV06.00.103"),
        ("CV06.00.223", "CV06.00.223"),
        ("CV06.00.217", "CV06.00.217"),
        ("CV06.00.226", "CV06.00.226"),
        ("CV06.00.227", "CV06.00.227"),
        ("CV06.00.228", "CV06.00.228"),
        ("CV07.10.003", "CV07.10.003"),
        ("CV07.10.005", "CV07.10.005"),
        ("CV08.50.002", "CV08.50.002"),
        ("CV09.00.403", "CV09.00.403"),
    ],
)
def test_a_standard_list_is_complete(evidence: Path, ours: str, theirs: str) -> None:
    with (evidence / "value_sets.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"].zfill(4) for row in csv.DictReader(file) if row["table_id"] == theirs}
    assert codes == {code.zfill(4) for code in load_catalogue().value_domains[ours].codes}


def test_the_icd_extract_says_what_the_list_says(evidence: Path) -> None:
    with (evidence / "icd10_cn_diagnosis.csv").open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["name_zh"] for row in csv.DictReader(file)}
    for code in load_catalogue().value_domains["ICD-10"].codes.values():
        assert names[code.code] == code.name_zh


@pytest.mark.parametrize(
    ("ours", "theirs", "columns"),
    [
        ("ws363.csv", "data_elements.csv", {"identifier": "identifier", "format": "format"}),
        ("ws364.csv", "value_tables_index.csv", {"value_domain": "table_id"}),
        (
            "ws445.csv",
            "ws445_dataset_fields.csv",
            {"field": "dataset_field_id", "data_element": "de_identifier", "name_zh": "name_zh"},
        ),
        (
            "ws365.csv",
            "health_exam_fields.csv",
            {"data_element": "de_identifier", "name_zh": "name_zh"},
        ),
    ],
)
def test_what_we_hold_as_published_is_what_the_evidence_says(
    evidence: Path, ours: str, theirs: str, columns: dict[str, str]
) -> None:
    def rows(path: Path, names: Iterable[str]) -> Counter[tuple[str, ...]]:
        with path.open(encoding="utf-8", newline="") as file:
            return Counter(tuple(row[name] for name in names) for row in csv.DictReader(file))

    held = rows(ROOM / "published" / ours, columns.keys())
    assert held == rows(evidence / theirs, columns.values())
