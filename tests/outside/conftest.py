"""The outside inputs carried through the line once: a system file and a source file each."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from collectors.collect import CollectResult, collect
from collectors.registry import Registry, load_registry
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings, load_settings
from spark_jobs.normalise import NormaliseResult, normalise

SOURCES = {
    "synthea": ("OUTSIDE1", "synthea_csv", "synthea_csv"),
    "fhir": ("OUTSIDE2", "fhir_r4", "fhir"),
    "messages": ("OUTSIDE3", "hl7v2", "hl7v2"),
    "documents": ("OUTSIDE4", "wst500", "cda"),
}
"""Source -> institution, system, folder."""


@dataclass(frozen=True)
class OutsideLine:
    """What became of the outside inputs."""

    settings: Settings
    registry: Registry
    collected: CollectResult
    normalised: NormaliseResult
    lake: Lake
    connection: duckdb.DuckDBPyConnection

    def rows(self, layer: str, name: str, system: str, columns: str = "*") -> list[dict[str, Any]]:
        """Rows of ``silver`` or ``quarantine`` of a dataset, or ``bronze_of`` a table."""
        path = (
            self.lake.bronze(system, name)
            if layer == "bronze_of"
            else str(getattr(self.lake, layer)(name))
        )
        if not self.lake.exists(path):
            return []
        found = self.connection.execute(
            f"select {columns} from delta_scan('{path}') where _feed like '{system}.%'"
        )
        names = [one[0] for one in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def findings(self, system: str, dataset: str) -> dict[str, int]:
        """Rule -> number of findings on the records of ``system``."""
        found = self.connection.execute(
            f"select rule, count(*) from delta_scan('{self.lake.findings}') "
            f"where feed like '{system}.%' and dataset = '{dataset}' group by rule"
        )
        return dict(found.fetchall())


@pytest.fixture(scope="session")
def line(
    outside_data: Path, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OutsideLine]:
    home = tmp_path_factory.mktemp("outside")
    database = f"outside_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{database}"')
    write_sources(home / "sources" / "sources", outside_data)
    settings = load_settings(
        {
            "KANGHU_HOME": str(home),
            "KANGHU_ENGINE": os.environ.get("KANGHU_ENGINE", "sail"),
            "KANGHU_STORE": postgres_url.replace("/postgres?", f"/{database}?"),
            "KANGHU_SOURCES": str(home / "sources"),
        }
    )
    registry = load_registry(settings)
    collected = collect(settings, registry, registry.feeds())
    normalised = normalise(settings, registry, [collected.batch_id])
    with connect_duckdb() as connection:
        yield OutsideLine(
            settings, registry, collected, normalised, Lake(settings.lake), connection
        )


def write_sources(folder: Path, data: Path) -> None:
    """One source file for each outside input: all that it takes beside the system file."""
    folder.mkdir(parents=True)
    for source, (institution, system, place) in SOURCES.items():
        content = {
            "source": source,
            "institution": institution,
            "name": place,
            "system": system,
            "connection": str(data / place),
        }
        (folder / f"{source}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
