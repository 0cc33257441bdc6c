"""A dataset's data contract: Open Data Contract Standard v3.1, one YAML a dataset.

For whoever takes data from the lake: the columns with their standard identifiers, sensitivity
(``classification``), keys, relations, the quality that is promised and measured, and how often
it is delivered. The names of the quality rules are the expectations' ids.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from standards.catalogue import load_catalogue
from standards.model import Catalogue, Column, Dataset, Relation
from standards.projections.spark_schema import silver_type
from standards.wording import FREQUENCY, column_text, dataset_text, rule_text

API_VERSION = "v3.1.0"
CONTRACT_VERSION = "1.0.0"

_LOGICAL = {"N": "number", "D": "date", "DT": "timestamp", "T": "time", "L": "boolean"}
_FREQUENCY_DAYS = {"daily": 1, "monthly": 31, "yearly": 366}


def data_contract(catalogue: Catalogue, dataset: Dataset) -> dict[str, Any]:
    """The contract of one dataset as a document ready for YAML."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"kanghu-{dataset.name.replace('_', '-')}",
        "name": dataset.name_zh,
        "version": CONTRACT_VERSION,
        "status": "active",
        "domain": dataset.group,
        "dataProduct": "kanghu",
        "tags": [dataset.group, dataset.identifier],
        "description": {
            "purpose": dataset_text(dataset),
            "usage": "读取 silver 层:每个主键最新的、通过阻断性检查的版本;时间为瞬时值(带时区)。",
            "limitations": "未通过阻断性检查的记录在 quarantine 层;直接标识个人的列按角色遮蔽。",
        },
        "schema": [_object(catalogue, dataset)],
        "slaProperties": _service_levels(dataset),
    }


def write_contracts(folder: Path, catalogue: Catalogue | None = None) -> list[Path]:
    """Write ``<dataset>.odcs.yaml`` for every dataset into ``folder``; answers the paths."""
    catalogue = catalogue or load_catalogue()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dataset in catalogue.datasets.values():
        path = folder / f"{dataset.name}.odcs.yaml"
        contract = data_contract(catalogue, dataset)
        path.write_text(
            yaml.dump(
                contract, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=100
            ),
            encoding="utf-8",
        )
        written.append(path)
    return written


def _object(catalogue: Catalogue, dataset: Dataset) -> dict[str, Any]:
    key = "、".join(dataset.column(name).name_zh for name in dataset.key)
    return {
        "name": dataset.name,
        "physicalName": f"silver/{dataset.name}",
        "physicalType": "delta",
        "logicalType": "object",
        "businessName": dataset.name_zh,
        "description": dataset_text(dataset),
        "dataGranularityDescription": f"每个机构每个{key}一行",
        "properties": [_property(catalogue, dataset, column) for column in dataset.columns],
        "quality": [
            {
                "name": f"{dataset.name}.key.duplicate",
                "type": "library",
                "metric": "duplicateValues",
                "arguments": {"properties": ["_institution", *dataset.key]},
                "mustBe": 0,
                "dimension": "uniqueness",
                "description": f"同一机构内{key}不重复",
            }
        ],
    }


def _property(catalogue: Catalogue, dataset: Dataset, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "businessName": column.name_zh,
        "logicalType": _logical_type(column),
        "physicalType": silver_type(column).simpleString(),
        "description": column_text(column),
        "required": column.required == "M",
        "classification": column.sensitivity,
    }
    if column.name in dataset.key:
        made["primaryKey"] = True
        made["primaryKeyPosition"] = dataset.key.index(column.name) + 1
    if column.type in ("S1", "S2", "S3") and column.format.max_length:
        made["logicalTypeOptions"] = {"maxLength": column.format.max_length}
    relations = [one for one in dataset.relations if one.column == column.name]
    if relations:
        made["relationships"] = [
            {"type": "foreignKey", "to": f"{one.parent}.{one.parent_column}"} for one in relations
        ]
    quality = [*_checks(catalogue, column), *(_orphan(catalogue, column, r) for r in relations)]
    if quality:
        made["quality"] = quality
    made["customProperties"] = [
        {"property": name, "value": value}
        for name, value in (
            ("dataElement", column.element.identifier),
            ("standardVersion", column.element.std_version),
            ("standardType", column.type),
            ("standardFormat", column.format.text),
            ("valueDomain", column.value_domain),
            ("unit", column.unit),
            ("requirement", column.required),
        )
        if value
    ]
    return made


def _logical_type(column: Column) -> str:
    if column.type == "N" and not column.format.decimals:
        return "integer"
    return _LOGICAL.get(column.type, "string")


def _checks(catalogue: Catalogue, column: Column) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = []
    name = f"{column.dataset}.{column.name}"
    if column.required != "O":
        checks.append(
            {
                "name": f"{name}.required",
                "type": "library",
                "metric": "nullValues",
                "mustBe": 0,
                "dimension": "completeness",
                "description": f"{column.name_zh}应当填写",
            }
        )
    domain = catalogue.domain_of(column)
    if domain and domain.is_closed and not column.repeats:
        checks.append(
            {
                "name": f"{name}.domain",
                "type": "library",
                "metric": "invalidValues",
                "arguments": {"validValues": list(domain.codes)},
                "mustBe": 0,
                "dimension": "conformity",
                "description": f"取值在《{domain.name_zh}》({domain.identifier})之内",
            }
        )
    checks += [
        {
            "name": f"{name}.{rule.name}",
            "type": "text",
            "dimension": "conformity" if rule.name == "icd10" else "accuracy",
            "description": f"{column.name_zh}{rule_text(rule, column.unit)}",
        }
        for rule in column.rules
    ]
    return checks


def _orphan(catalogue: Catalogue, column: Column, relation: Relation) -> dict[str, Any]:
    parent = catalogue.dataset(relation.parent).name_zh
    return {
        "name": f"{column.dataset}.{column.name}.orphan",
        "type": "text",
        "dimension": "consistency",
        "description": f"{column.name_zh}在《{parent}》里找得到",
    }


def _service_levels(dataset: Dataset) -> list[dict[str, Any]]:
    days = _FREQUENCY_DAYS.get(dataset.frequency)
    if days is None:
        return []
    text = f"{FREQUENCY[dataset.frequency]}至少交付一次"
    return [{"property": "frequency", "value": days, "unit": "d", "description": text}]
