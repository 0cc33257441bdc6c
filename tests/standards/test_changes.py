"""What a change of the catalogue breaks, and that a breaking one must raise the version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from standards.catalogue import load_catalogue
from standards.changes import difference
from tests.standards.rooms import copy_of_catalogue, replace_in

DATASET = "hypertension_followup"
FILE = f"datasets/chronic/{DATASET}.csv"
DATASETS = "datasets/datasets.csv"
RECORD_NO = "record_no,DE01.00.009.00,,城乡居民健康档案编号,M,,,AN.."
PRESSURE = "systolic_mmhg,DE04.10.174.00,,,"
REACTION = "adverse_reaction,DE06.00.130.00,,,O,,"
KEY = "高血压患者随访记录,"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return copy_of_catalogue(tmp_path / "standards")


def change(room: Path, table: str, before: str, after: str) -> None:
    replace_in(room / table, before, after)


def raise_version(path: Path, dataset: str) -> None:
    text = path.read_text(encoding="utf-8")
    raised = re.sub(rf"(?m)^({dataset},.*),1$", r"\1,2", text)
    assert raised != text
    path.write_text(raised, encoding="utf-8")


def test_a_catalogue_does_not_differ_from_itself(room: Path) -> None:
    found = difference(load_catalogue(), load_catalogue(room))
    assert found.changes == ()
    assert found.is_acceptable


@pytest.mark.parametrize(
    ("table", "before", "after", "what"),
    [
        (FILE, "doctor_name", "carer_name,KH00.115.00,,照护人数,O,,,,,,\ndoctor_name", "新列"),
        (FILE, f"{PRESSURE}R", f"{PRESSURE}O", "改为可选"),
        (
            FILE,
            f"{RECORD_NO}20",
            f"{RECORD_NO}30",
            "格式",
        ),
        ("value_domains/KH.salt_level.csv", "1,", "7,极轻,,\n1,", "新代码:极轻"),
        (FILE, "心率(次/min)", "心率", "中文名"),
        (FILE, '"range(20,250)"', '"range(20,260)"', "检查规则"),
    ],
)
def test_what_adds_or_widens_is_additive(
    room: Path, table: str, before: str, after: str, what: str
) -> None:
    change(room, table, before, after)
    found = difference(load_catalogue(), load_catalogue(room))
    assert found.is_acceptable
    assert any(what in one.what for one in found.changes)
    assert not any(one.is_breaking for one in found.changes)


BREAKING = [
    (FILE, "heart_rate_per_min", "pulse_per_min", "列被删去或改名"),
    (FILE, f"{PRESSURE}R", f"{PRESSURE}M", "改为必填"),
    (
        FILE,
        f"{RECORD_NO}20",
        f"{RECORD_NO}17",
        "格式",
    ),
    (
        FILE,
        REACTION,
        f"{REACTION}N",
        "类型",
    ),
    ("value_domains/KH.salt_level.csv", "1,", "8,", "代码被删去"),
    (
        DATASETS,
        f"{KEY}followup_no,",
        f'{KEY}"followup_no,followup_date",',
        "主键",
    ),
]


@pytest.mark.parametrize(("table", "before", "after", "what"), BREAKING)
def test_what_takes_away_breaks_unless_the_version_is_raised(
    room: Path,
    tmp_path_factory: pytest.TempPathFactory,
    table: str,
    before: str,
    after: str,
    what: str,
) -> None:
    change(room, table, before, after)
    found = difference(load_catalogue(), load_catalogue(room))
    assert any(what in one.what and one.is_breaking for one in found.changes)
    assert DATASET in found.unversioned

    versioned = tmp_path_factory.mktemp("versioned") / "standards"
    shutil.copytree(room, versioned)
    for dataset in found.unversioned:
        raise_version(versioned / DATASETS, dataset)
    assert difference(load_catalogue(), load_catalogue(versioned)).is_acceptable


def test_a_dataset_gone_is_breaking(room: Path) -> None:
    path = room / "datasets/datasets.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(one for one in lines if not one.startswith("appointment,")), "utf-8")
    (gone,) = difference(load_catalogue(), load_catalogue(room)).changes
    assert (gone.dataset, gone.is_breaking) == ("appointment", True)
