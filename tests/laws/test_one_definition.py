"""Law 1: a field is said once. One row more in a table shows up in every projection.

Also: nothing that is generated is committed, so that nothing can be edited by hand beside it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from kanghu.settings import CHECKOUT
from pipeline.build import PROJECT
from pipeline.dbt_project import SILVER_SOURCES, assemble
from standards.catalogue import Catalogue, load_catalogue
from standards.projections.column_masks import visible_columns
from standards.projections.contract import data_contract, write_contracts
from standards.projections.dbt_sources import dbt_sources
from standards.projections.dictionary import dictionary_page
from standards.projections.json_schema import json_schema
from standards.projections.spark_schema import silver_schema
from standards.roles import load_roles
from tests.standards.rooms import copy_of_catalogue

COLUMN = "blood_lipid_note"
NAME = "血脂备注(新增)"


@pytest.fixture(scope="module")
def with_one_more(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue with one more column: two rows added to two tables, no code."""
    room = copy_of_catalogue(tmp_path_factory.mktemp("standards") / "room")
    with (room / "data_elements.csv").open("a", encoding="utf-8") as file:
        file.write(f"KH99.001.00,{COLUMN},血脂备注,S3,N1,GB2261.1,,sensitive,KH-1\n")
    with (room / "datasets" / "person" / "patient.csv").open("a", encoding="utf-8") as file:
        file.write(f"{COLUMN},KH99.001.00,,{NAME},M,,,,,,\n")
    return load_catalogue(room)


def test_before_the_row_nobody_knows_the_column() -> None:
    assert COLUMN not in dictionary_page(load_catalogue())
    assert COLUMN not in dbt_sources(load_catalogue())


def test_spark_schema(with_one_more: Catalogue) -> None:
    assert silver_schema(with_one_more.dataset("patient"))[COLUMN].dataType.typeName() == "string"


def test_json_schema(with_one_more: Catalogue) -> None:
    schema = json_schema(with_one_more, with_one_more.dataset("patient"))
    assert COLUMN in schema["required"]
    assert schema["properties"][COLUMN]["title"] == NAME
    assert schema["properties"][COLUMN]["enum"] == ["0", "1", "2", "9"]


def test_data_contract(with_one_more: Catalogue) -> None:
    contract = data_contract(with_one_more, with_one_more.dataset("patient"))
    (thing,) = contract["schema"]
    (found,) = [one for one in thing["properties"] if one["name"] == COLUMN]
    assert (found["businessName"], found["classification"]) == (NAME, "sensitive")
    assert found["required"]


def test_dictionary(with_one_more: Catalogue) -> None:
    page = dictionary_page(with_one_more)
    assert f'"id":"{COLUMN}"' in page
    assert json.dumps(NAME, ensure_ascii=False) in page


def test_dbt_sources(with_one_more: Catalogue, tmp_path: Path) -> None:
    """In the project that a build runs; the checkout's own says nothing of silver by hand."""
    project = assemble(PROJECT, tmp_path / "project", with_one_more)
    assert f"name: {COLUMN}" in (project / SILVER_SOURCES).read_text(encoding="utf-8")
    written = [path.read_text(encoding="utf-8") for path in (PROJECT / "models").rglob("*.yml")]
    assert not any("schema: silver" in text for text in written)


def test_masks(with_one_more: Catalogue) -> None:
    patient = with_one_more.dataset("patient")
    masks = {one.name: one.mask for one in visible_columns(load_roles()["cashier"], patient)}
    assert masks[COLUMN] == "null"


def test_expectations(with_one_more: Catalogue) -> None:
    from_catalogue = pytest.importorskip("expectations.from_catalogue")
    patient = with_one_more.dataset("patient")
    ids = {one.id for one in from_catalogue.catalogue_expectations(with_one_more, patient)}
    assert {f"patient.{COLUMN}.required", f"patient.{COLUMN}.domain"} <= ids


def test_no_generated_file_is_committed(tmp_path: Path) -> None:
    """Neither by name nor by content: what the projections write is made anew where it is used."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    tracked = [CHECKOUT / name for name in listed.stdout.splitlines()]
    assert not [path for path in tracked if path.name.endswith(".odcs.yaml")]
    generated = {path.read_bytes() for path in write_contracts(tmp_path, load_catalogue())}
    generated |= {
        dictionary_page(load_catalogue()).encode(),
        dbt_sources(load_catalogue()).encode(),
    }
    for path in tracked:
        if path.suffix in (".yml", ".yaml", ".html", ".json") and path.exists():
            assert path.read_bytes() not in generated, path
