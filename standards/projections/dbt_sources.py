"""dbt's sources over silver: every dataset with its columns' descriptions and tests, as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from standards.model import Catalogue, Column, Dataset
from standards.projections.spark_schema import META_COLUMNS
from standards.wording import column_text, dataset_text

_META_TEXT = {
    "_institution": "机构代码",
    "_feed": "来源表(系统.表)",
    "_source_key": "来源主键",
    "_batch_id": "批次",
    "_row_hash": "来源行的散列",
    "resident_id": "居民标识(由 identify 给出,终身不变)",
}


def dbt_sources(catalogue: Catalogue, *, database: str = "lake", schema: str = "silver") -> str:
    """The text of a ``sources`` file: one source, a table a dataset.

    What silver guarantees is tested: mandatory columns are filled and codes of closed domains
    are known.
    """
    document = {
        "version": 2,
        "sources": [
            {
                "name": schema,
                "description": "按目录规范化的记录:每个主键最新的、通过阻断性检查的版本",
                "database": database,
                "schema": schema,
                "tables": [_table(catalogue, one) for one in catalogue.datasets.values()],
            }
        ],
    }
    return yaml.dump(
        document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=100
    )


def _table(catalogue: Catalogue, dataset: Dataset) -> dict[str, Any]:
    meta = [*META_COLUMNS, *(["resident_id"] if dataset.person else [])]
    return {
        "name": dataset.name,
        "description": dataset_text(dataset),
        "config": {"meta": {"identifier": dataset.identifier, "key": list(dataset.key)}},
        "columns": [
            *({"name": name, "description": _META_TEXT[name]} for name in meta),
            *(_column(catalogue, column) for column in dataset.columns),
        ],
    }


def _column(catalogue: Catalogue, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "description": column_text(column),
        "config": {
            "meta": {
                "data_element": column.element.identifier,
                "sensitivity": column.sensitivity,
            }
        },
    }
    tests: list[Any] = ["not_null"] if column.required == "M" else []
    domain = catalogue.domain_of(column)
    if domain and domain.is_closed and not column.repeats:
        tests.append({"accepted_values": {"arguments": {"values": list(domain.codes)}}})
    if tests:
        made["data_tests"] = tests
    return made
