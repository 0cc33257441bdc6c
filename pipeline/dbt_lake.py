"""Opens the lake for dbt: what dbt calls its sources are views and tables made here.

dbt-duckdb loads this module as a plugin (``dbt/profiles.yml``) and hands it each new connection.
The views stand in a database of their own in memory, ``lake``, so that the file with the marts
holds marts only. Names, types and keys come from the catalogue: a dataset whose Delta table does
not exist yet is an empty relation with the catalogue's typed columns, and a column that older
files lack is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
from dbt.adapters.duckdb.plugins import BasePlugin

from kanghu.engine import TIME_ZONE
from kanghu.lake import Lake, load_extension
from pipeline.quality_history import COLUMNS as SCORE_HISTORY
from pipeline.quality_inputs import TABLES as QUALITY_INPUTS
from standards.catalogue import Catalogue, Dataset, load_catalogue
from standards.organisations import load_organisations, load_regions
from standards.projections.spark_schema import META_COLUMNS, silver_schema

IDENTITY: dict[str, dict[str, str]] = {
    "person_link": {
        **dict.fromkeys(META_COLUMNS[:3], "varchar"),
        "dataset": "varchar",
        "number_kind": "varchar",
        "number": "varchar",
        "resident_id": "varchar",
        "linked_by": "varchar",
        "batch_id": "varchar",
    },
    "resident": {
        "resident_id": "varchar",
        "name": "varchar",
        "sex_code": "varchar",
        "birth_date": "date",
        "id_no": "varchar",
        "phone_no": "varchar",
    },
}

FINDINGS = (
    "institution",
    "feed",
    "dataset",
    "source_key",
    "column",
    "rule",
    "dimension",
    "severity",
    "mend",
)
"""What the marts read of a finding; all text."""


class Plugin(BasePlugin):
    """The hook by which dbt-duckdb finds :func:`open_lake`; ``config`` carries ``lake``."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self.lake = Lake(plugin_config["lake"])
        self.quality_inputs = Path(plugin_config["quality_inputs"])

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        open_lake(conn, self.lake, load_catalogue())
        _quality(conn, self.lake, self.quality_inputs)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute(f"SET TimeZone = '{TIME_ZONE}'")


def open_lake(connection: duckdb.DuckDBPyConnection, lake: Lake, catalogue: Catalogue) -> None:
    """Attach ``lake`` with the schemas silver, identity, quality and standards."""
    load_extension(connection, "delta")
    connection.execute("ATTACH ':memory:' AS lake")
    for schema in ("silver", "identity", "quality", "standards", "staging"):
        connection.execute(f"CREATE SCHEMA lake.{schema}")
    for dataset in catalogue.datasets.values():
        columns = silver_columns(dataset)
        _view(connection, f"silver.{dataset.name}", lake, lake.silver(dataset.name), columns)
    for table, columns in IDENTITY.items():
        _view(connection, f"identity.{table}", lake, lake.identity(table), columns)
    _view(connection, "quality.findings", lake, lake.findings, dict.fromkeys(FINDINGS, "varchar"))
    _records(connection, lake, catalogue)
    _standards(connection, catalogue)


def silver_columns(dataset: Dataset) -> dict[str, str]:
    """A dataset's silver columns with their types in DuckDB's words."""
    words = {"string": "varchar", "timestamp": "timestamp with time zone"}
    return {
        field.name: words.get(kind := field.dataType.simpleString(), kind)
        for field in silver_schema(dataset).fields
    }


def _view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    lake: Lake,
    path: str,
    columns: Mapping[str, str],
) -> None:
    exists = lake.exists(path)
    present = {field.name for field in lake.table(path).schema().fields} if exists else set()
    selected = ", ".join(
        f"cast({_quoted(column) if column in present else 'null'} as {kind}) as {_quoted(column)}"
        for column, kind in columns.items()
    )
    origin = f"from delta_scan('{path}')" if exists else "where false"
    connection.execute(f"CREATE VIEW lake.{name} AS SELECT {selected} {origin}")


def _records(connection: duckdb.DuckDBPyConnection, lake: Lake, catalogue: Catalogue) -> None:
    """``quality.records``: every record of silver and quarantine, with the day it is about."""
    parts = []
    for dataset in catalogue.datasets.values():
        day = f"cast({dataset.event_time} as date)" if dataset.event_time else "null"
        if lake.exists(lake.silver(dataset.name)):
            parts.append((f"lake.silver.{dataset.name}", dataset.name, "false", day))
        if lake.exists(quarantined := lake.quarantine(dataset.name)):
            parts.append((f"delta_scan('{quarantined}')", dataset.name, "true", "null"))
    selects = [
        f"""SELECT _institution AS institution_code, _feed AS feed, '{name}' AS dataset,
        _source_key AS source_key, _batch_id AS batch_id, {is_quarantined} AS is_quarantined,
        cast({day} AS date) AS event_date FROM {origin}"""
        for origin, name, is_quarantined, day in parts
    ]
    nothing = """SELECT null::varchar AS institution_code, null::varchar AS feed,
        null::varchar AS dataset, null::varchar AS source_key, null::varchar AS batch_id,
        false AS is_quarantined, null::date AS event_date WHERE false"""
    connection.execute(
        f"CREATE VIEW lake.quality.records AS {' UNION ALL '.join([nothing, *selects])}"
    )


def _quality(connection: duckdb.DuckDBPyConnection, lake: Lake, inputs: Path) -> None:
    """``quality.score_history``, and what the build values quality with (quality_inputs.py)."""
    _view(connection, "quality.score_history", lake, lake.score_history, SCORE_HISTORY)
    for name in QUALITY_INPUTS:
        file = inputs / f"{name}.parquet"
        connection.execute(f"CREATE VIEW lake.quality.{name} AS SELECT * FROM '{file}'")


def _quoted(column: str) -> str:
    return f'"{column}"'


def _standards(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """What the standards' tables say, as tables: organisations, regions, codes."""
    _table(
        connection,
        "organisation",
        ("organisation_code", "name", "kind", "tier_code", "parent_code", "region_code"),
        [
            (
                one.organisation_code,
                one.name,
                one.kind,
                one.tier_code,
                one.parent_code,
                one.region_code,
            )
            for one in load_organisations().values()
        ],
    )
    _table(
        connection,
        "region",
        ("region_code", "name", "level", "parent"),
        [(one.region_code, one.name, one.level, one.parent) for one in load_regions().values()],
    )
    _table(
        connection,
        "code",
        ("value_domain", "code", "name_zh"),
        [
            (domain.identifier, code.code, code.name_zh)
            for domain in catalogue.value_domains.values()
            for code in domain.codes.values()
        ],
    )


def _table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: tuple[str, ...],
    rows: list[tuple[str, ...]],
) -> None:
    texts = [[row[place] or None for row in rows] for place in range(len(columns))]
    arrays = [pyarrow.array(text, pyarrow.string()) for text in texts]
    delivered = pyarrow.table(arrays, names=list(columns))
    connection.register("delivered", delivered)
    connection.execute(f"CREATE TABLE lake.standards.{name} AS SELECT * FROM delivered")
    connection.unregister("delivered")
