"""Roles, scopes and masks: everything resolves, and nobody sees past their own scope."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from kanghu.errors import KanghuError
from standards.catalogue import load_catalogue
from standards.organisations import ACCESS, institutions, load_organisations, within
from standards.projections.column_masks import VisibleColumn, visible_columns
from standards.roles import LAYERS, load_roles, resolve_scope

CATALOGUE = load_catalogue()
ROLES = load_roles()
HOME = {
    "city": ("350400", "350400HC"),
    "county": ("350424",),
    "institution": ("3504240059",),
    "department": ("3504240059",),
    "own": ("3504240059",),
}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_and_scope_resolves(role: str) -> None:
    level = ROLES[role].scope
    for home in HOME[level]:
        scope = resolve_scope(role, home)
        assert home in scope.organisations
        assert scope.narrowed_to == (level if level in ("department", "own") else "")
    for target in ROLES[role].permissions:
        assert target in (*load_catalogue().groups, *LAYERS)


def test_a_city_sees_all_a_county_its_own_an_institution_itself() -> None:
    everybody = set(load_organisations())
    assert resolve_scope("city_regulator", "350400HC").organisations == everybody
    county = resolve_scope("county_regulator", "350424").organisations
    assert county == {code for code in everybody if within(code, "350424")}
    assert "3504240059" in county
    assert "3504240002" not in county  # the municipal hospital's branch there is not the county's
    for one in institutions():
        scope = resolve_scope("doctor", one.organisation_code)
        assert scope.organisations == {one.organisation_code}


@pytest.mark.parametrize(
    ("role", "home"),
    [
        ("county_regulator", "3504240059"),
        ("city_regulator", "350424"),
        ("doctor", "350424"),
        ("doctor", "350400HC"),
        ("no_such_role", "350424"),
        ("doctor", "no such organisation"),
    ],
)
def test_a_role_cannot_be_held_where_it_does_not_stand(role: str, home: str) -> None:
    with pytest.raises(KanghuError):
        resolve_scope(role, home)


def _masks(role: str, dataset: str) -> dict[str, str]:
    seen = visible_columns(ROLES[role], CATALOGUE.dataset(dataset))
    return {one.name: one.mask for one in seen}


def test_an_analyst_sees_health_but_not_who() -> None:
    masks = _masks("analyst", "patient")
    assert masks["name"] == masks["id_no"] == masks["phone_no"] == masks["address_door"] == "null"
    assert masks["birth_date"] == "year"
    assert masks["patient_no"] == "pseudonym"
    assert masks["address_village"] == "null"
    assert masks["sex_code"] == "clear"
    encounter = _masks("analyst", "outpatient_encounter")
    assert encounter["main_diagnosis_code"] == "clear"
    assert encounter["doctor_name"] == "null"


def test_a_regulator_sees_ends_of_names_and_who_signed() -> None:
    assert _masks("county_regulator", "patient")["name"] == "ends"
    assert _masks("county_regulator", "outpatient_encounter")["doctor_name"] == "clear"


def test_a_cashier_sees_the_bill_and_not_the_diagnosis() -> None:
    assert _masks("cashier", "outpatient_encounter") == {}
    assert _masks("cashier", "settlement")["total_yuan"] == "clear"
    assert _masks("cashier", "charge_detail")["item_name"] == "null"


def test_no_row_means_no() -> None:
    for dataset in CATALOGUE.datasets.values():
        assert visible_columns(ROLES["administrator"], dataset) == ()
        assert visible_columns(ROLES["auditor"], dataset) == ()


def test_nothing_more_than_ends_of_a_direct_identifier_without_the_right() -> None:
    for role in ROLES.values():
        for dataset in CATALOGUE.datasets.values():
            permission = role.permissions.get(dataset.group)
            for seen in visible_columns(role, dataset):
                column = dataset.column(seen.name)
                if column.sensitivity == "direct" and permission and permission.direct != "clear":
                    assert seen.mask in ("ends", "null"), (role.role, dataset.name, seen)
                if column.sensitivity == "none":
                    assert seen == VisibleColumn(column.name, "clear")


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("roles.csv", "doctor,又一个,own,", "重复"),
        ("roles.csv", "guest,访客,planet,", "范围"),
        ("permissions.csv", "guest,person,mask,mask,mask,mask", "没有角色"),
        ("permissions.csv", "doctor,secrets,mask,mask,mask,mask", "分组或层"),
        ("permissions.csv", "doctor,person,mask,mask,mask,mask", "重复"),
        ("permissions.csv", "doctor,gold,look,mask,mask,mask", "direct"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(
    tmp_path: Path, table: str, line: str, message: str
) -> None:
    folder = tmp_path / "access"
    shutil.copytree(ACCESS, folder)
    with (folder / table).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with (folder / table).open(encoding="utf-8", newline="") as file:
        last = len(list(csv.reader(file)))
    with pytest.raises(KanghuError, match=message) as caught:
        load_roles(folder)
    assert caught.value.where == f"access/{table}:{last}"
