"""The catalogue holds together, and a mistake in a table is named by file and line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kanghu.errors import KanghuError
from standards.catalogue import load_catalogue
from standards.wording import FREQUENCY, REPORTED_BY, rule_text
from tests.standards.rooms import copy_of_catalogue

CATALOGUE = load_catalogue()
PATIENTS_AND_FAMILY = {
    *("name", "contact_name", "mother_name", "head_name"),
    *("guardian_name", "informant_name", "patient_or_guardian_name", "patient_signature_name"),
    *("applicant_name", "asker_name", "recipient_name"),
    *("father_name", "husband_name", "spouse_name", "guardian_name", "new_name"),
    *("family_contact_name", "consent_signed_by", "applicant_name", "recipient_name"),
    *("mail_recipient_name",),
}
"""Columns that name who is treated, or a relative; every other name is of somebody at work."""
COLUMNS = [column for one in CATALOGUE.datasets.values() for column in one.columns]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return copy_of_catalogue(tmp_path / "standards")


def test_keys_are_mandatory_and_persons_are_columns() -> None:
    for dataset in CATALOGUE.datasets.values():
        assert all(dataset.column(name).required == "M" for name in dataset.key), dataset.name
        assert all(dataset.column(name) for name in dataset.person_columns)
        assert dataset.group in CATALOGUE.groups
        assert dataset.frequency in FREQUENCY
        assert dataset.reported_by in REPORTED_BY


def test_the_same_column_name_means_the_same_type_everywhere() -> None:
    types: dict[str, set[str]] = {}
    for column in COLUMNS:
        kind = "text" if column.type.startswith("S") else column.type
        types.setdefault(column.name, set()).add(kind)
    assert {name for name, kinds in types.items() if len(kinds) > 1} == set()


def test_every_rule_has_words_and_a_range_runs_upwards() -> None:
    for column in COLUMNS:
        for rule in column.rules:
            assert rule_text(rule, column.unit)
            if rule.name == "range":
                low, high = map(float, rule.arguments)
                assert low < high


def test_whoever_signs_is_staff_and_whoever_is_treated_is_direct() -> None:
    """One element names them all (DE02.01.039.00): the dataset says whom it means."""
    named = [column for column in COLUMNS if column.element.identifier == "DE02.01.039.00"]
    assert {column.sensitivity for column in named} == {"staff", "direct"}
    for column in named:
        in_care = CATALOGUE.dataset(column.dataset).group != "master"
        if in_care and column.name in PATIENTS_AND_FAMILY:
            assert column.sensitivity == "direct", f"{column.dataset}.{column.name}"
        else:
            assert column.sensitivity == "staff", f"{column.dataset}.{column.name}"
    for column in COLUMNS:
        if column.name in ("id_no", "phone_no", "address_door") and column.dataset not in (
            "institution",
        ):
            assert column.sensitivity == "direct", f"{column.dataset}.{column.name}"


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("data_elements.csv", "DE99.00.001.00,x,名,S1,AN..5,,,none,WS", "数据元标识"),
        ("data_elements.csv", "KH99.001.00,x,名,S9,AN..5,,,none,KH-1", "type"),
        ("data_elements.csv", "KH99.001.00,x,名,S1,5 chars,,,none,KH-1", "格式"),
        ("data_elements.csv", "KH99.001.00,x,名,S1,AN..5,,,secret,KH-1", "sensitivity"),
        ("data_elements.csv", "KH99.001.00,x,名,S3,N1,NO.domain,,none,KH-1", "值域"),
        ("data_elements.csv", "KH00.001.00,x,名,S1,AN..5,,,none,KH-1", "重复"),
        ("datasets/person/patient.csv", "x,KH99.999.00,,,O,,,,,,", "没有数据元"),
        ("datasets/person/patient.csv", "x,KH00.001.00,,,X,,,,,,", "required"),
        ("datasets/person/patient.csv", "x,KH00.001.00,,,O,,,,,range(1),", "规则"),
        ("datasets/person/patient.csv", "x,KH00.001.00,,,O,,,,,soon,", "规则"),
        ("datasets/person/patient.csv", "name,KH00.001.00,,,O,,,,,,", "重复"),
        ("datasets/person/patient.csv", "x,KH00.001.00,O", "格"),
        ("datasets/person/patient.csv", "x,KH00.001.00,HDSD2.1,,O,,,,,,", "字段标识"),
        ("datasets/groups.csv", "attic,阁楼,attic,无", "store"),
        ("datasets/datasets.csv", "x,attic,KH99.01,无,x,none,,,all,daily,,1", "分组"),
        ("datasets/datasets.csv", "x,person,KH99.01,无,x,none,,,all,daily,,one", "版本"),
        ("datasets/datasets.csv", "nothing,person,KH99.01,无,x,none,,,all,daily,,1", "缺少一张表"),
        ("value_domains/value_domains.csv", "KH.x,无,sometimes,KH-1,,", "coverage"),
        ("value_domains/GB2261.1.csv", "1,又是男,,", "重复"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(
    room: Path, table: str, line: str, message: str
) -> None:
    with (room / table).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with (room / table).open(encoding="utf-8", newline="") as file:
        last = len(list(csv.reader(file)))
    with pytest.raises(KanghuError) as caught:
        load_catalogue(room)
    assert message in caught.value.what
    assert caught.value.mend
    if message != "缺少一张表":
        assert caught.value.where.endswith(f"{Path(table).name}:{last}")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("key", "no_such_column", "没有列"),
        ("person", "no_such_column", "没有列"),
        ("parents", "patient:patient_no=no_such_column", "关系"),
        ("parents", "no_such_dataset:patient_no=patient_no", "关系"),
    ],
)
def test_a_dataset_that_points_nowhere_is_refused(
    room: Path, column: str, value: str, message: str
) -> None:
    path = room / "datasets" / "datasets.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    place = next(n for n, row in enumerate(rows) if row["dataset"] == "diagnosis")
    rows[place][column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(KanghuError, match=message) as caught:
        load_catalogue(room)
    assert caught.value.where == f"datasets/datasets.csv:{place + 2}"


def test_another_header_is_refused(room: Path) -> None:
    path = room / "data_elements.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("unit", "einheit", 1), "utf-8")
    with pytest.raises(KanghuError, match="表头") as caught:
        load_catalogue(room)
    assert caught.value.where.endswith("data_elements.csv:1")
