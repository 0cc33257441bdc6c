"""The truth about planted errors, held against the rules written a second time."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.events import TEXT_SYSTEMS
from tests.simulator.conftest import WholeCity, whole_city
from tests.simulator.rules_by_duckdb import findings


def _truth(city: WholeCity) -> set[tuple[str, str, str, str]]:
    return {
        (row["dataset"], row["event_id"], row["column"], row["rule"])
        for row in city.errors.to_pylist()
        if row["rule"]
    }


@pytest.mark.parametrize(("seed", "residents", "rate"), [(5, 1_500, 0.02), (90_210, 1_200, 0.06)])
def test_planted_errors_break_just_the_rules_they_name(
    seed: int, residents: int, rate: float
) -> None:
    city = whole_city(seed, residents, error_rate=rate, institutions=14)
    broken, truth = findings(city.tables), _truth(city)
    assert truth - broken == set()
    assert broken - truth == set()


def test_where_nothing_was_planted_only_the_registrars_slips_break_rules(
    clean_city: WholeCity,
) -> None:
    assert findings(clean_city.tables) == _truth(clean_city)
    columns = {(row["dataset"], row["column"]) for row in clean_city.errors.to_pylist()}
    assert {column for _, column in columns} <= {"id_no", "birth_date", "sex_code"}


def test_there_are_kinds_enough_and_each_names_a_rule_or_none(town: WholeCity) -> None:
    kinds = Counter(town.errors["kind"].to_pylist())
    assert len(kinds) >= 60
    assert {
        "missing_mandatory", "impossible_date", "future_date", "wrong_check_digit",
        "unknown_code", "swapped_pressure", "swapped_name_and_phone", "duplicate_key",
        "duplicate_encounter", "orphan", "birth_against_number", "sex_against_number",
        "body_mass_contradiction", "amount_contradiction", "days_contradiction",
        "classification_contradiction", "after_death", "height_in_metres", "glucose_in_mg_dl",
        "temperature_in_fahrenheit", "too_long", "no_number", "bad_phone", "bad_icd",
        "discharged_before_admitted", "reported_too_early", "next_before_followup",
        "three_equal_readings", "uncontrolled_without_referral", "no_pressure_at_first_visit",
        "late_entry", "checkup_after_death", "elder_form_too_young", "child_programme_for_adult",
        "duplicate_person", "checkup_twice_a_year", "constitution_not_highest", "orphan_item",
        "contract_ends_before_start", "late_report", "total_below_parts", "flag_against_result",
        "weight_in_jin", "temperature_divided_by_ten", "waist_in_metres", "placeholder_1900",
        "date_of_2099", "digit_in_name", "phone_of_ten_digits",
    } <= set(kinds)  # fmt: skip
    for row in town.errors.to_pylist():
        assert row["rule"] == "" or row["rule"].startswith(f"{row['dataset']}."), row


def test_the_error_rate_is_about_what_was_asked(town: WholeCity) -> None:
    slips = {"missing_id_number", "fifteen_digit_id", "mothers_number", "swapped_number"}
    planted = {
        (row["dataset"], row["event_id"])
        for row in town.errors.to_pylist()
        if row["kind"] not in slips and row["column"] != "id_no"
    }
    rows = sum(table.num_rows for table in town.tables.values())
    assert 0.008 < len(planted) / rows < 0.03


def test_a_row_carries_one_kind_of_error(town: WholeCity) -> None:
    kinds: dict[tuple[str, str], set[str]] = {}
    for row in town.errors.to_pylist():
        kinds.setdefault((row["dataset"], row["event_id"]), set()).add(row["kind"])
    assert {key: many for key, many in kinds.items() if len(many) > 1} == {}


def test_typed_systems_hold_no_impossible_text(town: WholeCity) -> None:
    systems = {
        row["_event_id"]: row["_system"]
        for table in town.tables.values()
        for row in table.select(["_event_id", "_system"]).to_pylist()
    }
    for row in town.errors.to_pylist():
        if row["kind"] in ("impossible_date", "no_number", "too_long"):
            assert systems[row["event_id"]] in TEXT_SYSTEMS, row


def test_a_key_comes_twice_in_files_only(town: WholeCity) -> None:
    twice = {row["event_id"] for row in town.errors.to_pylist() if row["kind"] == "duplicate_key"}
    systems = {
        row["_system"]
        for name in ("settlement", "health_checkup")
        for row in town.tables[name].select(["_event_id", "_system"]).to_pylist()
        if row["_event_id"] in twice
    }
    assert systems == {"baixing_files"}
