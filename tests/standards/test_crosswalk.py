"""Every table of the city's migration and exchange lists goes to a dataset, or says why not."""

from __future__ import annotations

import csv
import re
from collections import Counter

import pytest

from standards.catalogue import ROOM, load_catalogue

FOLDER = ROOM / "crosswalk"
EXCHANGE = {f"X{n}" for n in range(1, 90)} - {"X23"} | {"X23a", "X23b"}
"""The exchange list prints number 23 twice: 90 names under 89 numbers."""


def rows() -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in ("emr", "public_health", "services"):
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            found += csv.DictReader(lines)
    return found


def test_each_migration_table_has_one_place() -> None:
    tables = Counter(row["table"] for row in rows() if row["table"].startswith("M"))
    assert tables == Counter({f"M{n}": 1 for n in range(1, 115)})


def test_each_exchange_table_has_one_place() -> None:
    tables = Counter(row["table"] for row in rows() if row["table"].startswith("X"))
    assert tables == Counter(dict.fromkeys(EXCHANGE, 1))


def test_what_it_names_is_in_the_catalogue_and_nothing_is_without_a_reason() -> None:
    known = load_catalogue().datasets
    for row in rows():
        names = row["datasets"].split()
        assert names or row["reason"], row["table"]
        assert set(names) <= known.keys(), row["table"]


def test_every_group_is_somebodys_and_lies_in_a_store() -> None:
    """The three stores of L-16 (whole population, regional EMR, regional health record) are views
    of this catalogue: each holds datasets."""
    catalogue = load_catalogue()
    used = {one.group for one in catalogue.datasets.values()}
    assert used == set(catalogue.groups)
    stores = {catalogue.groups[name].store for name in used}
    assert {"population", "emr", "health_record"} <= stores


def test_forms_are_named_as_the_tender_names_them() -> None:
    for one in load_catalogue().datasets.values():
        assert all(re.fullmatch(r"[A-K]\d{2}|L\d{1,2}", form) for form in one.forms), one.name


@pytest.mark.parametrize("dataset", sorted(load_catalogue().datasets))
def test_a_dataset_says_more_than_its_keys(dataset: str) -> None:
    one = load_catalogue().dataset(dataset)
    own = {column.name for column in one.columns} - set(one.key) - set(one.person_columns)
    own -= {relation.column for relation in one.relations} | {one.event_time}
    assert len(own) >= 2, dataset
