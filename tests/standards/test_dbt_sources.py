"""dbt's sources: dbt reads them, and what silver guarantees stands there as tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from standards.catalogue import load_catalogue
from standards.projections.dbt_sources import dbt_sources
from standards.projections.spark_schema import silver_schema

CATALOGUE = load_catalogue()


def test_every_silver_column_is_described() -> None:
    (source,) = yaml.safe_load(dbt_sources(CATALOGUE))["sources"]
    for table in source["tables"]:
        names = [column["name"] for column in table["columns"]]
        assert names == silver_schema(CATALOGUE.dataset(table["name"])).names
        assert all(column["description"] for column in table["columns"])


def test_mandatory_columns_and_closed_domains_are_tested() -> None:
    (source,) = yaml.safe_load(dbt_sources(CATALOGUE))["sources"]
    patient = next(table for table in source["tables"] if table["name"] == "patient")
    columns = {column["name"]: column for column in patient["columns"]}
    assert columns["sex_code"]["data_tests"] == [
        "not_null",
        {"accepted_values": {"arguments": {"values": ["0", "1", "2", "9"]}}},
    ]
    assert "data_tests" not in columns["workplace_name"]
    assert columns["id_no"]["config"]["meta"]["sensitivity"] == "direct"


def test_dbt_itself_reads_them_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "sources.yml").write_text(dbt_sources(CATALOGUE), encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text(
        "name: probe\nversion: '1.0'\nprofile: probe\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (tmp_path / "profiles.yml").write_text(
        "probe: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}\n"
    )
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [str(dbt), "parse", "--no-partial-parse", "--warn-error", "--profiles-dir", "."],
        cwd=tmp_path,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["sources"]) == len(CATALOGUE.datasets)
