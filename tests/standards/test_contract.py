"""Data contracts: valid Open Data Contract Standard v3, with keys, quality and sensitivity."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from standards.catalogue import load_catalogue
from standards.projections.contract import data_contract, write_contracts

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every contract as written."""
    return write_contracts(tmp_path_factory.mktemp("contracts"), CATALOGUE)


@pytest.fixture(scope="module")
def contracts(paths: list[Path]) -> dict[str, Any]:
    """Every contract read back."""
    return {
        path.name.removesuffix(".odcs.yaml"): yaml.load(
            path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
        )
        for path in paths
    }


def test_every_contract_is_valid_by_the_standards_own_schema(contracts: dict[str, Any]) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    validator = Draft201909Validator(schema)
    for name, contract in contracts.items():
        assert [f"{name}: {one.message}" for one in validator.iter_errors(contract)] == []


def test_there_is_one_contract_a_dataset_with_every_column(contracts: dict[str, Any]) -> None:
    assert set(contracts) == set(CATALOGUE.datasets)
    assert len({contract["id"] for contract in contracts.values()}) == len(contracts)
    for name, contract in contracts.items():
        (thing,) = contract["schema"]
        names = [one["name"] for one in thing["properties"]]
        assert names == [column.name for column in CATALOGUE.dataset(name).columns]


def _property(contracts: dict[str, Any], dataset: str, column: str) -> dict[str, Any]:
    (thing,) = contracts[dataset]["schema"]
    found: dict[str, Any] = next(one for one in thing["properties"] if one["name"] == column)
    return found


def test_a_column_carries_its_standard_and_its_sensitivity(contracts: dict[str, Any]) -> None:
    id_no = _property(contracts, "patient", "id_no")
    assert id_no["classification"] == "direct"
    custom = {one["property"]: one["value"] for one in id_no["customProperties"]}
    assert custom["dataElement"] == "DE02.01.030.00"
    assert [one["name"] for one in id_no["quality"]] == [
        "patient.id_no.required",
        "patient.id_no.id_number",
    ]


def test_a_closed_domain_becomes_a_quality_rule_with_its_codes(contracts: dict[str, Any]) -> None:
    quality = _property(contracts, "patient", "sex_code")["quality"]
    (rule,) = (one for one in quality if one["name"] == "patient.sex_code.domain")
    assert rule["arguments"]["validValues"] == ["0", "1", "2", "9"]
    assert rule["mustBe"] == 0


def test_keys_and_relations_are_there(contracts: dict[str, Any]) -> None:
    assert _property(contracts, "front_page", "stay_no")["primaryKeyPosition"] == 2
    relations = _property(contracts, "diagnosis", "encounter_no")["relationships"]
    assert relations == [{"type": "foreignKey", "to": "outpatient_encounter.encounter_no"}]


def test_the_same_catalogue_gives_the_same_files(paths: list[Path], tmp_path: Path) -> None:
    second = write_contracts(tmp_path, CATALOGUE)
    assert [p.read_bytes() for p in paths] == [p.read_bytes() for p in second]
    assert data_contract(CATALOGUE, CATALOGUE.dataset("patient"))["apiVersion"] == "v3.1.0"
