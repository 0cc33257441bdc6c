"""Silver follows the catalogue: a column more in place, a breaking change from bronze anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.registry import System
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from spark_jobs.replay import replay
from spark_jobs.versions import evolve, rebuilt
from standards.catalogue import Catalogue, load_catalogue
from tests.spark_jobs.tiny_bronze import TinyLake, registry_of, system
from tests.standards.rooms import copy_of_catalogue, replace_in

DRUG = "datasets/master/drug.csv"


def drugs(**columns: str) -> System:
    """A pharmacy's system that maps these columns beside the mandatory ones."""
    mandatory = {"drug_code": "id", "drug_name": "ypmc", "drug_category_code": {"constant": "1"}}
    maps = {"drug": {"columns": {**mandatory, **columns}}}
    return system({"yp": {"from": "yp", "key": ["id"], "maps": maps}})


REGISTRY = registry_of(drugs(specification="gg"))
ROWS = [
    {"id": "1", "ypmc": "甲硝唑", "gg": "0.2g", "lsj": "1.50"},
    {"id": "2", "ypmc": "阿莫西林", "gg": "0.5g", "lsj": "2.25"},
]


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Catalogue]:
    """The product's catalogue with some text replaced, in force from then on."""
    rooms: list[Path] = []

    def change(*replacements: tuple[str, str, str]) -> Catalogue:
        room = copy_of_catalogue(tmp_path / f"standards{len(rooms)}")
        for table, before, after in replacements:
            replace_in(room / table, before, after)
        rooms.append(room)
        monkeypatch.setattr("standards.catalogue.ROOM", room)
        return load_catalogue()

    return change


def delivered(lake: TinyLake) -> None:
    evolve(lake.settings, load_catalogue())
    batch = lake.deliver({"yp": ROWS})
    lake.normalise(REGISTRY, batch)
    assert lake.silver("drug", "drug_code", "specification") == [("1", "0.2g"), ("2", "0.5g")]
    evolve(lake.settings, load_catalogue())


NEW_COLUMN = (DRUG, "drug_code,", "shelf_no,KH00.115.00,,货架号,O,,,,,,\ndrug_code,")
RENAMED = (DRUG, "specification,", "drug_specification,")
RAISED = ("datasets/datasets.csv", "A08,1", "A08,2")


def test_a_column_more_is_added_in_place(lake: TinyLake, changed: Callable[..., Catalogue]) -> None:
    delivered(lake)
    found = evolve(lake.settings, changed(NEW_COLUMN))
    assert (found.added, found.rebuilding) == ({"drug": ["shelf_no"]}, [])
    assert lake.silver("drug", "drug_code", "shelf_no") == [("1", None), ("2", None)]
    again = evolve(lake.settings, load_catalogue())
    assert (again.added, again.rebuilding) == ({}, [])

    # The next delivery fills it, and rewrites the partition that lacks it.
    with_shelf = drugs(specification="gg", shelf_no="hj")
    batch = lake.deliver({"yp": [{**ROWS[0], "hj": "7"}]})
    lake.normalise(registry_of(with_shelf), batch)
    assert lake.silver("drug", "drug_code", "shelf_no") == [("1", 7), ("2", None)]


def test_a_breaking_change_without_a_new_version_is_refused(
    lake: TinyLake, changed: Callable[..., Catalogue]
) -> None:
    delivered(lake)
    with pytest.raises(KanghuError, match="specification") as caught:
        evolve(lake.settings, changed(RENAMED))
    assert "version" in caught.value.mend
    assert lake.silver("drug", "drug_code", "specification") == [("1", "0.2g"), ("2", "0.5g")]


def test_a_new_version_is_made_from_bronze(
    lake: TinyLake, changed: Callable[..., Catalogue]
) -> None:
    """Also when the process dies before the replay: the next run knows that it is due."""
    delivered(lake)
    renamed = drugs(drug_specification="gg")
    catalogue = changed(RENAMED, RAISED)
    assert evolve(lake.settings, catalogue).rebuilding == ["drug"]
    assert lake.silver("drug") == []
    # Killed here.
    assert evolve(lake.settings, catalogue).rebuilding == ["drug"]
    replay(lake.settings, registry_of(renamed), ["drug"])
    rebuilt(lake.settings, catalogue, ["drug"])
    assert lake.silver("drug", "drug_code", "drug_specification") == [("1", "0.2g"), ("2", "0.5g")]
    assert evolve(lake.settings, catalogue).rebuilding == []


def test_the_table_stays_readable_by_all(lake: TinyLake, changed: Callable[..., Catalogue]) -> None:
    delivered(lake)
    evolve(lake.settings, changed(NEW_COLUMN))
    table = Lake(lake.settings.lake).table(Lake(lake.settings.lake).silver("drug"))
    assert table.protocol().min_reader_version == 1
