"""What dbt reads of silver is what the catalogue says: projected at the build, nothing by hand."""

from __future__ import annotations

import json

from kanghu.settings import Settings
from pipeline.build import PROJECT, BuildResult, datasets_named
from pipeline.dbt_project import datasets_read
from standards.catalogue import load_catalogue
from standards.projections.spark_schema import silver_schema


def test_a_build_knows_every_column_that_models_read(city: Settings, built: BuildResult) -> None:
    catalogue = load_catalogue()
    text = (city.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    sources = {
        one["name"]: one["columns"]
        for one in manifest["sources"].values()
        if one["source_name"] == "silver"
    }
    assert sources.keys() == catalogue.datasets.keys()
    read = {
        identifier.rsplit(".", 1)[-1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for identifier in node["depends_on"]["nodes"]
        if identifier.startswith("source.kanghu.silver.")
    }
    assert "patient" in read
    assert read <= datasets_read(PROJECT, catalogue) | datasets_named(catalogue)
    for name in read:
        assert list(sources[name]) == silver_schema(catalogue.dataset(name)).names
        assert all(column["description"] for column in sources[name].values())


def test_what_silver_promises_is_tested(city: Settings, built: BuildResult) -> None:
    results = json.loads((city.home / "dbt" / "target" / "run_results.json").read_text("utf-8"))
    passed = {one["unique_id"].split(".")[2] for one in results["results"]}
    assert {"silver_patient_key", "silver_patient_codes"} <= passed
