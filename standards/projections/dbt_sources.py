"""dbt's sources over silver, as YAML: every dataset, those that models read with their columns.

Written beside the models at every build (``pipeline/dbt_project.py``), so that nobody edits it.
"""

from __future__ import annotations

from collections.abc import Collection
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


FEW_CODES = 10
"""A longer list is not tested again here: normalise has held every code against it already."""


def dbt_sources(
    catalogue: Catalogue,
    read: Collection[str] | None = None,
    *,
    database: str = "lake",
    schema: str = "silver",
) -> str:
    """The text of a ``sources`` file: one source, a table a dataset.

    The datasets of ``read`` (default: all) have their columns with docs and tests: a row of silver
    is there once, keys are filled, mandatory codes of short closed domains are known. Any other has
    its name and description only, which is enough to be read and costs dbt nothing to parse.
    """
    document = {
        "version": 2,
        "sources": [
            {
                "name": schema,
                "description": "按目录规范化的记录:每个主键最新的、通过阻断性检查的版本",
                "database": database,
                "schema": schema,
                "tables": [
                    _table(catalogue, one)
                    if read is None or one.name in read
                    else {"name": one.name, "description": dataset_text(one)}
                    for one in catalogue.datasets.values()
                ],
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
        "data_tests": _table_tests(catalogue, dataset),
        "columns": [
            *({"name": name, "description": _META_TEXT[name]} for name in meta),
            *(_column(catalogue, dataset, column) for column in dataset.columns),
        ],
    }


def _column(catalogue: Catalogue, dataset: Dataset, column: Column) -> dict[str, Any]:
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
    if column.name in dataset.key:
        made["data_tests"] = ["not_null"]
    return made


def _table_tests(catalogue: Catalogue, dataset: Dataset) -> list[Any]:
    """A row of silver is there once, and the codes that it must have are known (an unknown code in
    another column only warns). Each is one pass over the table."""
    tests: list[Any] = [
        {
            "unique_together": {
                "name": f"silver_{dataset.name}_key",
                "arguments": {"columns": ["_institution", "_feed", "_source_key"]},
            }
        }
    ]
    codes = {}
    for column in dataset.columns:
        domain = catalogue.domain_of(column) if column.required == "M" else None
        if domain and domain.is_closed and not column.repeats and len(domain.codes) <= FEW_CODES:
            codes[column.name] = list(domain.codes)
    if codes:
        tests.append(
            {
                "accepted_codes": {
                    "name": f"silver_{dataset.name}_codes",
                    "arguments": {"codes": codes},
                }
            }
        )
    return tests
