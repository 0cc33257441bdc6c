"""dbt's sources: dbt reads them, and what silver guarantees stands there as tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kanghu.settings import CHECKOUT
from standards.catalogue import load_catalogue
from standards.projections.dbt_sources import dbt_sources
from standards.projections.spark_schema import silver_schema

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def tables() -> list[dict[str, Any]]:
    """Every table of the source, read back from the text."""
    (source,) = yaml.load(dbt_sources(CATALOGUE), Loader=yaml.CSafeLoader)["sources"]
    tables: list[dict[str, Any]] = source["tables"]
    return tables


def test_every_silver_column_is_described(tables: list[dict[str, Any]]) -> None:
    for table in tables:
        names = [column["name"] for column in table["columns"]]
        assert names == silver_schema(CATALOGUE.dataset(table["name"])).names
        assert all(column["description"] for column in table["columns"])


def test_keys_and_closed_domains_are_tested(tables: list[dict[str, Any]]) -> None:
    patient = next(table for table in tables if table["name"] == "patient")
    columns = {column["name"]: column for column in patient["columns"]}
    assert columns["patient_no"]["data_tests"] == ["not_null"]
    assert "data_tests" not in columns["workplace_name"]
    assert columns["id_no"]["config"]["meta"]["sensitivity"] == "direct"
    unique, codes = patient["data_tests"]
    assert "_source_key" in unique["unique_together"]["arguments"]["columns"]
    assert codes["accepted_codes"]["arguments"]["codes"]["sex_code"] == ["0", "1", "2", "9"]
    assert "ethnicity_code" not in codes["accepted_codes"]["arguments"]["codes"]  # a long list


def test_datasets_that_no_model_reads_cost_a_line_or_two() -> None:
    (source,) = yaml.safe_load(dbt_sources(CATALOGUE, {"patient"}))["sources"]
    assert [table["name"] for table in source["tables"]] == list(CATALOGUE.datasets)
    assert [table["name"] for table in source["tables"] if "columns" in table] == ["patient"]


def test_dbt_itself_reads_them_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    some = list(CATALOGUE.datasets)[::10]
    text = dbt_sources(CATALOGUE, some)
    (tmp_path / "models" / "sources.yml").write_text(text, encoding="utf-8")
    generic = tmp_path / "tests" / "generic"
    generic.mkdir(parents=True)
    for path in (CHECKOUT / "dbt" / "tests" / "generic").glob("*.sql"):
        shutil.copy(path, generic)
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
