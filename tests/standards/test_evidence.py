"""Every identifier that claims to be the standards' is in the evidence (skips without it)."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from standards.catalogue import ROOM, Catalogue, load_catalogue


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


def _names(identifier: str, subsets: set[str]) -> set[str]:
    """The subsets that a dataset's identifier (``WS 445.3-2014 西药处方、中药处方``) names."""
    return set(re.split(r"[、 ]", _plain(identifier))) & subsets


def _subset_datasets(catalogue: Catalogue, part: str, subset: str, subsets: set[str]) -> set[str]:
    """The datasets whose identifier names ``subset``, and those below them that name none: by a
    relation, or as a part of the same standard (``WS 445.10-2014 手术及操作``)."""
    found = {
        one.name
        for one in catalogue.datasets.values()
        if one.identifier.startswith(part + " ") and subset in _names(one.identifier, subsets)
    }
    others = [one for one in catalogue.datasets.values() if not _names(one.identifier, subsets)]
    found |= {one.name for one in others if one.identifier.startswith(part + " ")}
    while below := {
        one.name
        for one in others
        if one.name not in found and any(parent.parent in found for parent in one.relations)
    }:
        found |= below
    return found


def _plain(text: str) -> str:
    return text.translate(str.maketrans("（）", "()")).replace("24 h", "24h").strip()


def _deviations() -> dict[str, str]:
    with (ROOM / "crosswalk" / "ws445_deviations.csv").open(encoding="utf-8", newline="") as file:
        return {row["field"]: row["reason"] for row in csv.DictReader(file)}


def test_every_field_of_ws_445_stands_once(evidence: Path) -> None:
    """Each field of each subset is one column of the subset's dataset or a child of it, by the
    same element, or the deviation has a reason. A number that the evidence gives to two elements
    of a subset is two fields."""
    catalogue = load_catalogue()
    deviations = _deviations()
    wanted: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    with (evidence / "ws445_dataset_fields.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            field = (row["dataset_field_id"], row["de_identifier"])
            wanted[row["standard_part"], _plain(row["subset"])].add(field)
    subsets = {subset for _, subset in wanted}
    assert len(wanted) == len(subsets) == 58
    wrong: list[str] = []
    excused: set[str] = set()
    for (part, subset), fields in wanted.items():
        datasets = _subset_datasets(catalogue, part, subset, subsets)
        prefix = next(iter(fields))[0][:10]
        found = Counter(
            (column.field, column.element.identifier)
            for name in datasets
            for column in catalogue.dataset(name).columns
            if column.field.startswith(prefix)
        )
        for number, element in sorted(fields):
            if found[number, element] != 1:
                if number in deviations:
                    excused.add(number)
                else:
                    wrong.append(f"{subset} {number} {element}: {found[number, element]}")
    assert wrong == []
    assert excused == set(deviations)  # no excuse outlives its deviation


def test_no_field_of_ws_445_is_invented(evidence: Path) -> None:
    known = _column(evidence / "ws445_dataset_fields.csv", "dataset_field_id")
    columns = [c for one in load_catalogue().datasets.values() for c in one.columns]
    ours = {column.field for column in columns if column.field.startswith("HDSD00")}
    assert {field for field in ours if field[:10] <= "HDSD00.18"} - known == set()
