"""A dataset as a sheet to fill in (L-18): an Excel workbook, and what reads it back.

Chinese headings, mandatory ones marked with an asterisk; drop-downs for closed value domains and
yes/no; a page of notes that says of each column what is expected. The same catalogue describes the
filled sheet as a system like any other, so that what is loaded goes the way of all data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from standards.model import Catalogue, Column, Dataset
from standards.wording import REQUIRED, TYPE, rule_text

FILLED, NOTES, CODES = "填报", "填写说明", "值域"
HEADING_ROW = 2
MARK = "*"
_LAST_ROW = 5000
"""Down to where drop-downs and formats reach; rows below may be filled too."""
_FORMATS = {"D": "yyyy-mm-dd", "DT": "yyyy-mm-dd hh:mm:ss", "S1": "@", "S2": "@", "S3": "@"}
_LENGTHY = 400
_DEMANDS = {"M": "C0392B", "R": "B98700", "O": "5B6D77"}


def headings(dataset: Dataset) -> dict[str, str]:
    """Column -> its heading in the sheet: the Chinese name, with the column's own name where two
    columns of the dataset share one."""
    names = [column.name_zh for column in dataset.columns]
    return {
        column.name: (MARK if column.required == "M" else "")
        + (
            column.name_zh
            if names.count(column.name_zh) == 1
            else f"{column.name_zh} {column.name}"
        )
        for column in dataset.columns
    }


def write_sheet(path: Path, catalogue: Catalogue, dataset: Dataset) -> Path:
    """Write an empty workbook for ``dataset`` to ``path``."""
    book = Workbook()
    sheet = book.active
    sheet.title = FILLED
    sheet["A1"] = f"{dataset.name_zh} {dataset.name}"
    sheet["A1"].font = Font(bold=True, size=14)
    codes = book.create_sheet(CODES)
    for place, (column, heading) in enumerate(
        zip(dataset.columns, headings(dataset).values(), strict=True), 1
    ):
        letter = get_column_letter(place)
        cell = sheet.cell(HEADING_ROW, place, heading)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color=_DEMANDS[column.required])
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[letter].width = max(12, 2 * len(heading) + 2)
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.type, "General")
        choices = _choices(catalogue, column)
        if choices:
            codes.cell(1, place, column.name)
            for row, choice in enumerate(choices, 2):
                codes.cell(row, place, choice)
            listed = f"{CODES}!${letter}$2:${letter}${len(choices) + 1}"
            allowed = DataValidation(type="list", formula1=listed, allow_blank=True)
            allowed.error = f"从下拉列表里选{column.name_zh}"
            allowed.add(f"{letter}{HEADING_ROW + 1}:{letter}{_LAST_ROW}")
            sheet.add_data_validation(allowed)
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
    codes.sheet_state = "hidden"
    _notes(book.create_sheet(NOTES), catalogue, dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _choices(catalogue: Catalogue, column: Column) -> list[str]:
    """What a drop-down offers: names where they tell the codes apart, else codes."""
    if column.type == "L":
        return ["是", "否"]
    domain = catalogue.domain_of(column)
    if domain is None or not domain.is_closed or column.repeats or len(domain.codes) > _LENGTHY:
        return []
    names = [one.name_zh for one in domain.codes.values()]
    told_apart = len(set(names)) == len(names)
    return names if told_apart and not set(names) & set(domain.codes) else list(domain.codes)


def _notes(sheet: Any, catalogue: Catalogue, dataset: Dataset) -> None:
    sheet.append(["列", "要求", "类型与格式", "单位", "取值", "规则", "数据元"])
    for column, heading in zip(dataset.columns, headings(dataset).values(), strict=True):
        domain = catalogue.domain_of(column)
        several = ",可填几个,用逗号隔开" if column.repeats else ""
        sheet.append(
            [
                heading,
                REQUIRED[column.required] + (",主键" if column.name in dataset.key else ""),
                f"{TYPE[column.type]} {column.format.text}{several}",
                column.unit,
                f"{domain.name_zh}({domain.identifier})" if domain else "",
                ";".join(rule_text(rule, column.unit) for rule in column.rules),
                column.element.identifier,
            ]
        )
    for letter, width in zip("ABCDEFG", (26, 12, 30, 10, 36, 40, 18), strict=True):
        sheet.column_dimensions[letter].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True)


def sheet_system(catalogue: Catalogue, dataset: Dataset) -> dict[str, Any]:
    """The system (``collectors/model.py``) that reads what was loaded of ``dataset``'s sheets; a
    code's name, as drop-downs offer it, and its other spellings mean the code."""
    lookups: dict[str, dict[str, str]] = {}
    columns: dict[str, Any] = {}
    for column in dataset.columns:
        domain = catalogue.domain_of(column)
        columns[column.name] = column.name
        if domain and not domain.is_extract and domain.spellings and not column.repeats:
            lookups[domain.identifier] = domain.spellings
            columns[column.name] = {"from": column.name, "lookup": domain.identifier}
    return {
        "system": f"sheet_{dataset.name}",
        "name": f"填报表:{dataset.name_zh}",
        "vendor": "康湖",
        "version": str(dataset.version),
        "kind": "file",
        "lookups": lookups,
        "tables": {
            "rows": {
                "from": f"{dataset.name}.csv",
                "key": list(dataset.key),
                "options": {"encoding": "utf-8"},
                "maps": {dataset.name: {"columns": columns}},
            }
        },
    }
