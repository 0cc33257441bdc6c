"""The dictionary: every asset, data element and value domain on one page that works offline.

A single HTML file to open, mail or print: searchable by Chinese, English, identifier and the
initials of the pinyin (``xb`` finds 性别). The page itself is ``dictionary.html``; this puts the
catalogue into it, and what is known of the assets (``pipeline/assets.py``) where that is given.
Lineage is drawn by ECharts, which lies beside the page and is loaded when it is first needed; a
page without it still lists lineage as text.
"""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from pypinyin import Style, lazy_pinyin

from standards.assets import load_families
from standards.catalogue import load_catalogue
from standards.model import Catalogue, Column, Dataset, ValueDomain
from standards.wording import (
    COVERAGE,
    FREQUENCY,
    REPORTED_BY,
    REQUIRED,
    SENSITIVITY,
    STORE,
    TYPE,
    rule_text,
)

_PAGE = Path(__file__).with_name("dictionary.html")
_PLACE = "/*CATALOGUE*/null"


def dictionary_page(catalogue: Catalogue, assets: dict[str, Any] | None = None) -> str:
    """The page's HTML. The same catalogue and ``assets`` give the same bytes."""
    content = {**_content(catalogue), "assets": assets}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return _PAGE.read_text(encoding="utf-8").replace(_PLACE, text.replace("</", "<\\/"), 1)


def write_dictionary(
    path: Path,
    catalogue: Catalogue | None = None,
    assets: dict[str, Any] | None = None,
    echarts: Path | None = None,
) -> Path:
    """Write the page to ``path``, with ``echarts`` beside it; a missing folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = dictionary_page(catalogue or load_catalogue(), assets)
    path.write_text(page, encoding="utf-8")
    if echarts is not None:
        shutil.copy(echarts, path.with_name("echarts.js"))
    return path


def _content(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "groups": {
            one.group: {
                "zh": one.name_zh,
                "storeId": one.store,
                "store": STORE[one.store],
                "owner": one.owner,
            }
            for one in catalogue.groups.values()
        },
        "families": [
            {"family": one.family, "zh": one.name_zh, "datasets": list(one.datasets)}
            for one in load_families(catalogue)
        ],
        "words": {"required": REQUIRED, "sensitivity": SENSITIVITY, "type": TYPE},
        "datasets": [_dataset(one) for one in catalogue.datasets.values()],
        "elements": [
            {
                "id": one.identifier,
                "zh": one.name_zh,
                "en": one.column,
                "type": one.type,
                "format": one.format,
                "domain": one.value_domain,
                "unit": one.unit,
                "sensitivity": one.sensitivity,
                "std": one.std_version,
                "py": initials(one.name_zh),
            }
            for one in catalogue.elements.values()
        ],
        "domains": [_domain(one) for one in catalogue.value_domains.values()],
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.name,
        "zh": dataset.name_zh,
        "py": initials(dataset.name_zh),
        "group": dataset.group,
        "forms": dataset.forms,
        "version": dataset.version,
        "identifier": dataset.identifier,
        "key": dataset.key,
        "person": dataset.person,
        "reported": REPORTED_BY.get(dataset.reported_by, dataset.reported_by),
        "frequency": FREQUENCY.get(dataset.frequency, dataset.frequency),
        "relations": [[r.parent, r.column, r.parent_column] for r in dataset.relations],
        "columns": [_column(one) for one in dataset.columns],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "id": column.name,
        "zh": column.name_zh,
        "field": column.field,
        "py": initials(column.name_zh),
        "element": column.element.identifier,
        "required": column.required,
        "type": column.type,
        "format": column.format.text,
        "domain": column.value_domain,
        "unit": column.unit,
        "sensitivity": column.sensitivity,
        "rules": [rule_text(rule, column.unit) for rule in column.rules],
    }


def _domain(domain: ValueDomain) -> dict[str, Any]:
    return {
        "id": domain.identifier,
        "zh": domain.name_zh,
        "py": initials(domain.name_zh),
        "coverage": COVERAGE[domain.coverage],
        "std": domain.std_version,
        "note": domain.note,
        "ignored": domain.ignored,
        "codes": [
            [code.code, code.name_zh, code.parent, " ".join(code.aliases), initials(code.name_zh)]
            for code in domain.codes.values()
        ],
    }


@cache
def initials(text: str) -> str:
    """The first letters of each character's pinyin; other characters as they are, in lower case."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower().replace(" ", "")
