"""Planted errors of hand and habit in single fields: units, placeholders, stray digits.

Weights in jin, a lost decimal point, metres for centimetres, 1900-01-01 and 2099 where a date was
not known, a digit in a name, a phone number one digit short.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.errors import Planter


def plant_units(planter: Planter) -> None:
    """All of them."""
    for plant in (
        weight_in_jin,
        lost_decimal_point,
        waist_in_metres,
        placeholder_dates,
        digits_in_names,
        short_phones,
    ):
        plant(planter)


def weight_in_jin(planter: Planter) -> None:
    """Twice the weight; the index stays that of the kilograms."""
    dataset = "health_checkup"
    if dataset not in planter:
        return
    able = planter.has(dataset, "weight_kg") & planter.has(dataset, "bmi")
    rows = planter.choose(dataset, able & planter.carries(dataset, "weight_kg", "bmi"), 0.04)
    wrong = planter.numeric(dataset, "weight_kg")[rows] * 2
    planter.put(dataset, rows, "weight_kg", c.decimals(np.rint(wrong * 10), 1))
    planter.note(dataset, rows, "bmi", "weight_in_jin", "bmi_matches")


def lost_decimal_point(planter: Planter) -> None:
    """36.5 became 3.7."""
    dataset, column = "health_checkup", "temperature_celsius"
    if dataset not in planter:
        return
    able = planter.has(dataset, column) & planter.carries(dataset, column)
    rows = planter.choose(dataset, able, 0.04)
    wrong = planter.numeric(dataset, column)[rows]
    planter.put(dataset, rows, column, c.decimals(np.rint(wrong), 1))
    planter.note(dataset, rows, column, "temperature_divided_by_ten", f"{column}.range")


def waist_in_metres(planter: Planter) -> None:
    dataset, column = "health_checkup", "waist_cm"
    if dataset not in planter:
        return
    able = planter.has(dataset, column) & planter.carries(dataset, column)
    rows = planter.choose(dataset, able, 0.04)
    wrong = planter.numeric(dataset, column)[rows] / 10
    planter.put(dataset, rows, column, c.decimals(np.rint(wrong), 1))
    planter.note(dataset, rows, column, "waist_in_metres", f"{column}.range")


def placeholder_dates(planter: Planter) -> None:
    """1900-01-01 for an unknown day of diagnosis, a year 2099 for one mistyped."""
    for dataset, column, day, kind, rule in (
        (
            "chronic_registration", "confirmed_date", "1900-01-01", "placeholder_1900",
            "confirmed_not_placeholder",
        ),
        (
            "mental_registration", "onset_date", "1900-01-01", "placeholder_1900",
            "onset_not_placeholder",
        ),
        ("past_disease", "confirmed_date", "2099-01-01", "date_of_2099",
         "confirmed_date.not_future"),
        ("household", "created_date", "2099-12-31", "date_of_2099", "created_date.not_future"),
    ):  # fmt: skip
        if dataset not in planter:
            continue
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        if dataset == "household":
            able &= planter.childless(dataset)
        rows = planter.choose(dataset, able, 0.03)
        planter.put(dataset, rows, column, c.constant(day, len(rows)))
        planter.note(dataset, rows, column, kind, rule)


def digits_in_names(planter: Planter) -> None:
    """A digit of the number slipped into the name; only where the number tells who it is."""
    for dataset in ("patient", "resident_record"):
        able = planter.has(dataset, "id_no") & planter.carries(dataset, "name")
        rows = planter.choose(dataset, able, 0.02)
        name = planter.text(dataset, "name").take(pa.array(rows, pa.int64()))
        first, rest = pc.utf8_slice_codeunits(name, 0, 1), pc.utf8_slice_codeunits(name, 1, 9)
        planter.put(dataset, rows, "name", c.join(first, "3", rest))
        planter.note(dataset, rows, "name", "digit_in_name", "name_without_digits")


def short_phones(planter: Planter) -> None:
    """Ten digits of eleven."""
    for dataset in ("patient", "resident_record"):
        mobile = pc.match_substring_regex(planter.text(dataset, "phone_no"), r"^1\d{10}$")
        able = np.asarray(pc.fill_null(mobile, False)) & planter.carries(dataset, "phone_no")
        rows = planter.choose(dataset, able, 0.03)
        phone = planter.text(dataset, "phone_no").take(pa.array(rows, pa.int64()))
        planter.put(dataset, rows, "phone_no", pc.utf8_slice_codeunits(phone, 0, 10))
        planter.note(dataset, rows, "phone_no", "phone_of_ten_digits", "phone_no.phone")
