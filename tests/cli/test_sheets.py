"""A filled sheet (L-18): written empty, checked row by row, loaded as a source like any other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from collectors.collect import collect
from collectors.registry import load_registry
from collectors.sheets import FilledSheet, deliver_sheet, read_sheet
from kanghu.batch_log import advance
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from pipeline.status import feed_statuses
from spark_jobs.normalise import normalise
from spark_jobs.replay import replay
from spark_jobs.sheet_check import check_sheet
from standards.catalogue import load_catalogue
from standards.projections.sheet import CODES, FILLED, HEADING_ROW, NOTES, headings, write_sheet

CATALOGUE = load_catalogue()
DATASET = CATALOGUE.dataset("hypertension_followup")
HEADS = headings(DATASET)
INSTITUTION = "3504240059"
GOOD = {
    **{"followup_no": "F1", "record_no": "R1", "followup_date": date(2026, 5, 6)},
    **{"followup_method_code": "门诊", "systolic_mmhg": 138, "diastolic_mmhg": 86},
    **{"is_referred": "否", "doctor_name": "王医生"},
}
BAD = {**GOOD, "followup_no": "F2", "followup_date": "昨天"}


def filled(path: Path, *rows: dict[str, Any]) -> FilledSheet:
    """A sheet of ours with ``rows`` typed in, read back."""
    book = openpyxl.load_workbook(write_sheet(path, CATALOGUE, DATASET))
    place = {column.name: number for number, column in enumerate(DATASET.columns, 1)}
    for number, row in enumerate(rows, HEADING_ROW + 1):
        for name, value in row.items():
            book[FILLED].cell(number, place[name], value)
    book.save(path)
    return read_sheet(path, CATALOGUE)


def test_the_template_is_projected_from_the_catalogue(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_sheet(tmp_path / "f.xlsx", CATALOGUE, DATASET))
    sheet = book[FILLED]
    heads = [cell.value for cell in sheet[HEADING_ROW]]
    assert heads == list(HEADS.values())
    assert HEADS["followup_date"].startswith("*")
    assert not HEADS["symptom_codes"].startswith("*")
    assert book[CODES].sheet_state == "hidden"
    lists = {
        str(one.sqref).rstrip("0123456789:"): one.formula1
        for one in sheet.data_validations.dataValidation
    }
    assert len(lists) > 5
    notes = {row[0]: row for row in book[NOTES].iter_rows(min_row=2, values_only=True)}
    assert notes.keys() == set(HEADS.values())
    assert "50" in notes[HEADS["systolic_mmhg"]][5]


def test_every_dataset_has_a_sheet_whose_headings_are_told_apart() -> None:
    for dataset in CATALOGUE.datasets.values():
        heads = [one.lstrip("*") for one in headings(dataset).values()]
        assert len(set(heads)) == len(heads), dataset.name


def test_a_check_names_row_column_rule_and_mend(settings: Settings, tmp_path: Path) -> None:
    sheet = filled(tmp_path / "f.xlsx", GOOD, BAD, GOOD)
    found = check_sheet(settings, sheet, INSTITUTION)
    bad = [one for one in found if one.severity == "blocking" and one.row == 4]
    assert {(one.heading, one.rule) for one in bad} == {
        (HEADS["followup_date"], "hypertension_followup.followup_date.format")
    }
    assert all(one.mend for one in found)
    assert [one.rule for one in found if one.row == 5 and one.severity == "blocking"] == [
        "hypertension_followup.key.duplicate"
    ]
    assert not [one for one in found if one.row == 3 and one.severity == "blocking"]
    assert not Lake(settings.lake).exists(Lake(settings.lake).silver(DATASET.name))


def loaded(settings: Settings, sheet: FilledSheet) -> tuple[int, int, int, int]:
    """Load and carry; the feed's bronze, silver, quarantine and superseded rows."""
    feed = deliver_sheet(settings, sheet, INSTITUTION)
    registry = load_registry(settings)
    (taken,) = registry.feeds(feed.source.source)
    result = collect(settings, registry, [taken])
    assert result.failed == []
    normalise(settings, registry, [result.batch_id])
    advance(settings, [result.batch_id], "done")
    return counted(settings)


def counted(settings: Settings) -> tuple[int, int, int, int]:
    (one,) = [
        one
        for one in feed_statuses(settings, load_registry(settings))
        if one.feed.startswith("sheet_")
    ]
    assert one.bronze == one.silver + one.quarantine + one.superseded
    return one.bronze, one.silver, one.quarantine, one.superseded


def test_a_load_is_conserved_and_twice_is_once(settings: Settings, tmp_path: Path) -> None:
    """Good to silver, bad to quarantine; the same file again changes nothing; a corrected row
    takes the old one's place; a replay holds."""
    first = filled(tmp_path / "f.xlsx", GOOD, BAD)
    assert loaded(settings, first) == (2, 1, 1, 0)
    assert loaded(settings, first) == (2, 1, 1, 0)
    mended = filled(tmp_path / "g.xlsx", {**BAD, "followup_date": date(2026, 5, 7)})
    assert loaded(settings, mended) == (3, 2, 0, 1)
    assert loaded(settings, first) == (3, 2, 0, 1)  # an old file does not undo the correction
    replay(settings, load_registry(settings), [DATASET.name])
    assert counted(settings) == (3, 2, 0, 1)
    rows = Lake(settings.lake).table(Lake(settings.lake).silver(DATASET.name)).to_pyarrow_table()
    assert rows.column("followup_method_code").to_pylist() == ["1", "1"]


@pytest.mark.parametrize(
    ("cell", "value", "what"),
    [
        ("A1", "随访", "哪个数据集"),
        ("A2", "编号", "不认识的列"),
        ("A2", HEADS["record_no"], "重复的列"),
        ("A2", None, "缺少必填的列"),
        ("ZZ3", "多余", "没有列名的地方"),
    ],
)
def test_what_is_no_sheet_of_ours_is_refused(
    tmp_path: Path, cell: str, value: str | None, what: str
) -> None:
    path = tmp_path / "f.xlsx"
    filled(path, GOOD)
    book = openpyxl.load_workbook(path)
    book[FILLED][cell] = value
    if cell == "A2" and value is None:
        book[FILLED]["A3"] = None
    book.save(path)
    with pytest.raises(KanghuError, match=what) as caught:
        read_sheet(path, CATALOGUE)
    assert caught.value.mend
    with pytest.raises(KanghuError, match="没有机构"):
        check_sheet(None, filled(path, GOOD), "000")  # type: ignore[arg-type]


def test_an_empty_sheet_and_a_text_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match="没有数据"):
        filled(tmp_path / "f.xlsx")
    text = tmp_path / "g.xlsx"
    text.write_text("no workbook")
    with pytest.raises(KanghuError, match="不是填报表"):
        read_sheet(text, CATALOGUE)
