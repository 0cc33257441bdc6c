"""A dataset as JSON Schema 2020-12: what a clean record of silver looks like as JSON.

Forms, APIs and other people's validators read it. Dates are ISO 8601, codes are text, numbers
are numbers; an absent value is null or left out. What the schema language cannot say (a check
digit, "not in the future") stands in ``x-rules``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from standards.catalogue import load_catalogue
from standards.model import Catalogue, Column, Dataset
from standards.wording import column_text, dataset_text

_TYPES: dict[str, dict[str, Any]] = {
    "D": {"type": "string", "format": "date"},
    "DT": {"type": "string", "format": "date-time"},
    "T": {"type": "string", "format": "time"},
    "L": {"type": "boolean"},
}


def json_schema(catalogue: Catalogue, dataset: Dataset) -> dict[str, Any]:
    """The schema of one record; mandatory columns are required and never null."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kanghu:dataset:{dataset.name}",
        "title": dataset.name_zh,
        "description": dataset_text(dataset),
        "type": "object",
        "properties": {column.name: _property(catalogue, column) for column in dataset.columns},
        "required": [column.name for column in dataset.columns if column.required == "M"],
        "additionalProperties": False,
    }


def write_json_schemas(folder: Path, catalogue: Catalogue | None = None) -> list[Path]:
    """Write ``<dataset>.schema.json`` for every dataset into ``folder``; answers the paths."""
    catalogue = catalogue or load_catalogue()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dataset in catalogue.datasets.values():
        path = folder / f"{dataset.name}.schema.json"
        text = json.dumps(json_schema(catalogue, dataset), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        written.append(path)
    return written


def _property(catalogue: Catalogue, column: Column) -> dict[str, Any]:
    made = {**_value(column), **_limits(catalogue, column)}
    if column.required != "M":
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    made |= {
        "title": column.name_zh,
        "description": column_text(column),
        "x-data-element": column.element.identifier,
        "x-sensitivity": column.sensitivity,
    }
    if column.unit:
        made["x-unit"] = column.unit
    if column.value_domain:
        made["x-value-domain"] = column.value_domain
    if column.rules:
        made["x-rules"] = [rule.name for rule in column.rules]
    return made


def _value(column: Column) -> dict[str, Any]:
    if column.type == "N":
        return {"type": "number" if column.format.decimals else "integer"}
    return dict(_TYPES.get(column.type, {"type": "string", "minLength": 1}))


def _limits(catalogue: Catalogue, column: Column) -> dict[str, Any]:
    domain = catalogue.domain_of(column)
    if domain and domain.is_closed and column.repeats:
        return {"pattern": domain.list_pattern}
    if domain and domain.is_closed:
        return {"enum": list(domain.codes)}
    limits: dict[str, Any] = {}
    if column.type in ("S1", "S2", "S3") and column.format.max_length:
        limits["maxLength"] = column.format.max_length
    for rule in column.rules:
        if rule.name == "range":
            limits["minimum"], limits["maximum"] = map(_number, rule.arguments)
    return limits


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
