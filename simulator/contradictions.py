"""Planted errors across the fields of one row: each breaks a rule that looks at more than one.

The norm behind most of them: 国家基本公共卫生服务规范, and the two tenders' own quality rules
(S1-2.2.5.4 first visit blood pressure, S1-3.11.6-7 after death, equal readings, referral).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.contradictions_across import (
    after_death,
    duplicate_encounter,
    duplicate_key,
    orphans,
    sex_against_diagnosis,
    shared_number,
    three_equal_readings,
    told_by_diagnosis,
    uncontrolled_without_referral,
)
from simulator.contradictions_mch import plant_mother_and_child
from simulator.contradictions_programmes import orphan_items, plant_programmes
from simulator.contradictions_units import plant_units
from simulator.errors import AFTER_DEATH, SERIES, Planter

Array = np.ndarray[Any, Any]


def plant_contradictions(planter: Planter) -> None:
    """All of them, scarce rows first."""
    for plant in (
        after_death,
        plant_programmes,
        three_equal_readings,
        uncontrolled_without_referral,
        shared_number,
        duplicate_encounter,
        duplicate_key,
        birth_against_number,
        sex_against_number,
        swapped_name_and_phone,
        death_before_birth,
        created_before_birth,
        swapped_pressure,
        no_pressure_at_first_visit,
        orphans,
        body_mass,
        units,
        classification,
        next_before_followup,
        money,
        stays,
        reports,
        registered_before_confirmed,
        sex_against_diagnosis,
        register_numbers,
        plant_mother_and_child,
        plant_units,
        orphan_items,
    ):
        plant(planter)


def birth_against_number(planter: Planter) -> None:
    """The birth date is some years before that of the number."""
    for dataset in ("patient", "resident_record"):
        if dataset not in planter:
            continue
        able = planter.has(dataset, "id_no") & (planter.days(dataset, "birth_date") > -25_000)
        rows = planter.choose(dataset, able, 0.05)
        day = planter.days(dataset, "birth_date")[rows] - planter.draw.integers(40, 3000, len(rows))
        planter.put(dataset, rows, "birth_date", c.dates(day))
        planter.note(dataset, rows, "birth_date", "birth_against_number", "birth_matches_id")


def sex_against_number(planter: Planter) -> None:
    """The other sex than the number's; not where a diagnosis tells the sex."""
    special = told_by_diagnosis(planter)
    for dataset in ("patient", "resident_record"):
        if dataset not in planter:
            continue
        plain = ~np.asarray(pc.is_in(planter.text(dataset, "_person_id"), special))
        rows = planter.choose(dataset, planter.has(dataset, "id_no") & plain, 0.05)
        man = planter.equals(dataset, "sex_code", "1")[rows]
        planter.put(dataset, rows, "sex_code", c.pick(["1", "2"], man.astype(int)))
        planter.note(dataset, rows, "sex_code", "sex_against_number", "sex_matches_id")


def swapped_name_and_phone(planter: Planter) -> None:
    """Name and phone in each other's field; only where the number tells who it is."""
    dataset = "patient"
    able = planter.has(dataset, "id_no") & planter.carries(dataset, "name", "phone_no")
    rows = planter.choose(dataset, able, 0.02)
    place = pa.array(rows)
    planter.put(dataset, rows, "name", planter.text(dataset, "phone_no").take(place))
    planter.put(dataset, rows, "phone_no", planter.text(dataset, "name").take(place))
    planter.note(dataset, rows, "phone_no", "swapped_name_and_phone", "phone_no.phone")
    planter.note(dataset, rows, "name", "swapped_name_and_phone", "name_without_digits")


def _without_service(planter: Planter) -> pa.Array:
    served = [planter.text(dataset, "_person_id") for dataset in AFTER_DEATH if dataset in planter]
    return pa.concat_arrays(served).unique()


def death_before_birth(planter: Planter) -> None:
    """Dead before birth; only people without services, which would all be after it."""
    served = _without_service(planter)
    for dataset in ("patient", "resident_record"):
        if dataset not in planter:
            continue
        quiet = ~np.asarray(pc.is_in(planter.text(dataset, "_person_id"), served))
        able = quiet & planter.carries(dataset, "death_date")
        rows = planter.choose(dataset, able, 0.01)
        day = planter.days(dataset, "birth_date")[rows] - 400
        planter.put(dataset, rows, "death_date", c.dates(day))
        planter.note(dataset, rows, "death_date", "death_before_birth", "death_after_birth")


def created_before_birth(planter: Planter) -> None:
    dataset = "resident_record"
    rows = planter.choose(dataset, planter.carries(dataset, "created_date"), 0.04)
    day = planter.days(dataset, "birth_date")[rows] - planter.draw.integers(30, 500, len(rows))
    planter.put(dataset, rows, "created_date", c.dates(day))
    planter.note(dataset, rows, "created_date", "created_before_birth", "created_after_birth")


def swapped_pressure(planter: Planter) -> None:
    """Systolic and diastolic in each other's field."""
    for dataset, systolic, diastolic, rule in (
        ("outpatient_encounter", "systolic_mmhg", "diastolic_mmhg", "systolic_above_diastolic"),
        (SERIES[0], "systolic_mmhg", "diastolic_mmhg", "systolic_above_diastolic"),
        (SERIES[1], "systolic_mmhg", "diastolic_mmhg", "systolic_above_diastolic"),
        (
            "health_checkup", "left_systolic_mmhg", "left_diastolic_mmhg",
            "left_systolic_above_diastolic",
        ),
        ("antenatal_visit", "systolic_mmhg", "diastolic_mmhg", "systolic_above_diastolic"),
    ):  # fmt: skip
        if dataset not in planter:
            continue
        able = planter.has(dataset, systolic) & planter.has(dataset, diastolic)
        rows = planter.choose(dataset, able & planter.carries(dataset, systolic, diastolic), 0.05)
        place = pa.array(rows)
        planter.put(dataset, rows, systolic, planter.text(dataset, diastolic).take(place))
        planter.put(dataset, rows, diastolic, planter.text(dataset, systolic).take(place))
        planter.note(dataset, rows, systolic, "swapped_pressure", rule)
        if dataset == SERIES[0]:
            # What was systolic is now far above the diastolic bound of "controlled".
            satisfied = planter.equals(dataset, "classification_code", "1")[rows]
            high = planter.numeric(dataset, systolic)[rows] >= 90
            planter.note(
                dataset, rows[satisfied & high], "classification_code", "swapped_pressure",
                "classification_matches_pressure",
            )  # fmt: skip


def no_pressure_at_first_visit(planter: Planter) -> None:
    """35 or older at the first visit, and no blood pressure (S1-2.2.5.4)."""
    dataset = "outpatient_encounter"
    able = (planter.numeric(dataset, "age_years") >= 35) & planter.carries(
        dataset, "age_years", "visit_kind_code", "systolic_mmhg"
    )
    able &= planter.equals(dataset, "visit_kind_code", "1")
    rows = planter.choose(dataset, able, 0.05)
    for column in ("systolic_mmhg", "diastolic_mmhg"):
        planter.put(dataset, rows, column, pa.nulls(len(rows), pa.string()))
    planter.note(
        dataset, rows, "systolic_mmhg", "no_pressure_at_first_visit", "first_visit_blood_pressure"
    )


def body_mass(planter: Planter) -> None:
    """A body mass index that height and weight do not give."""
    for dataset in ("health_checkup", *SERIES):
        if dataset not in planter:
            continue
        able = planter.has(dataset, "bmi") & planter.carries(dataset, "bmi")
        rows = planter.choose(dataset, able, 0.05)
        wrong = planter.numeric(dataset, "bmi")[rows] + planter.draw.integers(3, 9, len(rows))
        planter.put(dataset, rows, "bmi", c.decimals(np.rint(wrong * 100), 2))
        planter.note(dataset, rows, "bmi", "body_mass_contradiction", "bmi_matches")


def units(planter: Planter) -> None:
    """Height in metres, glucose in mg/dL, temperature in Fahrenheit."""
    for dataset in ("health_checkup", *SERIES):
        if dataset not in planter:
            continue
        able = planter.has(dataset, "height_cm") & planter.has(dataset, "bmi")
        rows = planter.choose(dataset, able & planter.carries(dataset, "height_cm", "bmi"), 0.04)
        metres = planter.numeric(dataset, "height_cm")[rows] / 100
        planter.put(dataset, rows, "height_cm", c.decimals(np.rint(metres * 100), 2))
        planter.note(dataset, rows, "height_cm", "height_in_metres", "height_cm.range")
        planter.note(dataset, rows, "bmi", "height_in_metres", "bmi_matches")
    for dataset, column in (
        (SERIES[1], "fasting_glucose_mmol_l"),
        ("health_checkup", "fasting_glucose_mmol_l"),
    ):
        if dataset not in planter:
            continue
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        rows = planter.choose(dataset, able, 0.05)
        wrong = planter.numeric(dataset, column)[rows] * 18
        planter.put(dataset, rows, column, c.decimals(np.rint(wrong * 10), 1))
        planter.note(dataset, rows, column, "glucose_in_mg_dl", f"{column}.range")
        if dataset in SERIES:
            satisfied = planter.equals(dataset, "classification_code", "1")[rows]
            planter.note(
                dataset, rows[satisfied], "classification_code", "glucose_in_mg_dl",
                "classification_matches_glucose",
            )  # fmt: skip
    for dataset in ("outpatient_encounter", "health_checkup"):
        if dataset not in planter:
            continue
        column = "temperature_celsius"
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        rows = planter.choose(dataset, able, 0.04)
        wrong = planter.numeric(dataset, column)[rows] * 1.8 + 32
        planter.put(dataset, rows, column, c.decimals(np.rint(wrong * 10), 1))
        planter.note(dataset, rows, column, "temperature_in_fahrenheit", f"{column}.range")


def classification(planter: Planter) -> None:
    """Called controlled, though the reading is not."""
    for dataset, column, bound, rule in (
        (SERIES[0], "systolic_mmhg", 150, "classification_matches_pressure"),
        (SERIES[1], "fasting_glucose_mmol_l", 7.0, "classification_matches_glucose"),
    ):
        if dataset not in planter:
            continue
        able = planter.equals(dataset, "classification_code", "2")
        able &= planter.numeric(dataset, column) >= bound
        rows = planter.choose(dataset, able, 0.05)
        planter.put(dataset, rows, "classification_code", c.constant("1", len(rows)))
        planter.note(dataset, rows, "classification_code", "classification_contradiction", rule)


def next_before_followup(planter: Planter) -> None:
    for dataset in SERIES:
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.has(dataset, "next_followup_date"), 0.05)
        day = planter.days(dataset, "followup_date")[rows] - planter.draw.integers(1, 80, len(rows))
        planter.put(dataset, rows, "next_followup_date", c.dates(day))
        planter.note(
            dataset, rows, "next_followup_date", "next_before_followup", "next_after_followup"
        )


def money(planter: Planter) -> None:
    """Amounts that are not quantity times price, parts that are not the total."""
    for dataset, column, rule in (
        ("charge_detail", "amount_yuan", "amount_matches"),
        ("prescription_item", "amount_yuan", "amount_matches"),
        ("settlement", "total_yuan", "parts_match_total"),
    ):
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.carries(dataset, column), 0.08)
        wrong = planter.numeric(dataset, column)[rows] + planter.draw.integers(1, 40, len(rows))
        planter.put(dataset, rows, column, c.decimals(np.rint(wrong * 100), 2))
        planter.note(dataset, rows, column, "amount_contradiction", rule)
    dataset = "front_page"
    if dataset in planter:
        rows = planter.choose(dataset, planter.has(dataset, "total_cost_yuan"), 0.06)
        wrong = planter.numeric(dataset, "total_cost_yuan")[rows] + 88
        planter.put(dataset, rows, "self_paid_yuan", c.decimals(np.rint(wrong * 100), 2))
        planter.note(
            dataset, rows, "self_paid_yuan", "self_paid_over_total", "self_paid_within_total"
        )


def stays(planter: Planter) -> None:
    """Discharge before admission, days that are not between the two."""
    for dataset in ("inpatient_stay", "front_page"):
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.has(dataset, "discharged_at"), 0.06)
        day = (
            planter.days(dataset, "admitted_at")[rows] - 1 - planter.draw.integers(0, 9, len(rows))
        )
        planter.put(dataset, rows, "discharged_at", c.join(c.dates(day), "T09:00:00"))
        planter.note(
            dataset, rows, "discharged_at", "discharged_before_admitted",
            "discharged_after_admitted",
        )  # fmt: skip
    if "front_page" in planter:
        rows = planter.choose("front_page", planter.has("front_page", "actual_days"), 0.06)
        wrong = planter.numeric("front_page", "actual_days")[rows] + 2
        planter.put("front_page", rows, "actual_days", c.numbers(wrong))
        planter.note("front_page", rows, "actual_days", "days_contradiction", "days_match")


def reports(planter: Planter) -> None:
    """A report before its specimen was taken, or before the examination."""
    for dataset, begin, rule in (
        ("lab_report", "sampled_at", "reported_after_sampled"),
        ("exam_report", "examined_at", "reported_after_examined"),
    ):
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.has(dataset, begin), 0.06)
        day = planter.days(dataset, begin)[rows] - planter.draw.integers(1, 5, len(rows))
        planter.put(dataset, rows, "reported_at", c.join(c.dates(day), "T08:00:00"))
        planter.note(dataset, rows, "reported_at", "reported_too_early", rule)


def registered_before_confirmed(planter: Planter) -> None:
    dataset = "chronic_registration"
    if dataset not in planter:
        return
    rows = planter.choose(dataset, planter.has(dataset, "confirmed_date"), 0.06)
    day = planter.days(dataset, "confirmed_date")[rows] - planter.draw.integers(5, 300, len(rows))
    planter.put(dataset, rows, "registered_date", c.dates(day))
    planter.note(
        dataset, rows, "registered_date", "registered_before_confirmed",
        "registered_after_confirmed",
    )  # fmt: skip


def register_numbers(planter: Planter) -> None:
    """Wrong check digits in the registers of deaths, households and staff."""
    for dataset, column in (
        ("death_registration", "id_no"),
        ("household", "head_id_no"),
        ("staff", "id_no"),
        ("maternal_handbook", "id_no"),
        ("birth_certificate", "mother_id_no"),
    ):
        if dataset not in planter:
            continue
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        rows = planter.choose(dataset, able, 0.3)
        old = planter.text(dataset, column).take(pa.array(rows))
        stem = pc.utf8_slice_codeunits(old, 0, 17)
        last = pc.utf8_slice_codeunits(old, 17, 18)
        wrong = pc.if_else(pc.equal(last, "5"), "6", "5")
        planter.put(dataset, rows, column, c.join(stem, wrong))
        planter.note(dataset, rows, column, "wrong_check_digit", f"{column}.id_number")
