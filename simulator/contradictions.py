"""Planted errors across fields, rows and time: each breaks a rule that looks at more than one.

The norm behind most of them: 国家基本公共卫生服务规范, and the two tenders' own quality rules
(S1-2.2.5.4 first visit blood pressure, S1-3.11.6-7 after death, equal readings, referral).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.errors import SERIES, Planter

Array = np.ndarray[Any, Any]

_FOLLOWUPS = SERIES
_WOMENS = ("O", "N80", "N81", "N83", "N84", "N86", "N92", "N93", "N94", "N95")


def plant_contradictions(planter: Planter) -> None:
    """All of them, scarce rows first."""
    for plant in (
        after_death,
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
    ):
        plant(planter)


def _known_deaths(planter: Planter, dataset: str, number: str) -> dict[str, int]:
    """institution|number -> day of death, where the row itself says so and is free."""
    if dataset not in planter:
        return {}
    rows = np.flatnonzero(planter.has(dataset, "death_date") & planter.free(dataset))
    place = pa.array(rows)
    key = c.join(planter.text(dataset, "_institution"), "|", planter.text(dataset, number))
    days = planter.days(dataset, "death_date")[rows]
    return dict(zip(key.take(place).to_pylist(), days.tolist(), strict=True))


def _match(
    planter: Planter, dataset: str, number: str, known: dict[str, int]
) -> tuple[Array, Array]:
    """Rows whose person's death is known there, and that day."""
    key = c.join(planter.text(dataset, "_institution"), "|", planter.text(dataset, number))
    place = np.asarray(pc.index_in(key, pa.array(list(known), pa.string())).fill_null(-1))
    day = np.array([*known.values(), 0])[place]
    return place >= 0, day


def after_death(planter: Planter) -> None:
    """A visit or follow-up is dated after a death that the same institution knows of."""
    end = planter.scene.end
    for dataset, parent, number, column in (
        ("outpatient_encounter", "patient", "patient_no", "visited_at"),
        ("hypertension_followup", "resident_record", "record_no", "followup_date"),
        ("diabetes_followup", "resident_record", "record_no", "followup_date"),
    ):
        known = _known_deaths(planter, parent, number)
        if dataset not in planter or not known:
            continue
        dead, day = _match(planter, dataset, number, known)
        rows = planter.choose(dataset, dead & (day < end - 40), 0.05)
        later = day[rows] + 1 + planter.draw.integers(0, 30, len(rows))
        if column == "visited_at":
            text = c.instants(later * c.DAY + 36_000 + np.arange(len(rows)) % 7200)
        else:
            text = c.dates(later)
            planter.put(dataset, rows, "next_followup_date", c.dates(later + 90))
        planter.put(dataset, rows, column, text)
        planter.note(dataset, rows, column, "after_death", "after_death")
        _keep_person(planter, parent, number, dataset, rows)


def _keep_person(planter: Planter, parent: str, number: str, dataset: str, rows: Array) -> None:
    """The person's own row must stay as it is, or the rule cannot be seen to be broken."""
    person = planter.text(dataset, "_person_id").take(pa.array(rows, pa.int64()))
    for kept in {parent, "patient", "resident_record", "death_registration"}:
        if kept in planter:
            same = pc.is_in(planter.text(kept, "_person_id"), person)
            planter.take(kept, np.flatnonzero(np.asarray(same)))


def _last_three(planter: Planter, dataset: str) -> Array:
    """Rows (n, 3): the last three of each person whose follow-ups are all free and in one record,
    by date."""
    person = np.asarray(planter.text(dataset, "_person_id").dictionary_encode().indices)
    record = np.asarray(planter.text(dataset, "record_no").dictionary_encode().indices)
    day = planter.days(dataset, "followup_date")
    order = np.lexsort((day, person))
    ends = np.flatnonzero(np.r_[person[order][1:] != person[order][:-1], True])
    ends = ends[ends >= 2]
    three = order[ends[:, None] + np.array([-2, -1, 0])] if len(ends) else np.zeros((0, 3), int)
    whole = (person[three] == person[three[:, [2]]]).all(axis=1)
    whole &= (record[three] == record[three[:, [2]]]).all(axis=1)
    whole &= planter.free(dataset)[three].all(axis=1)
    return np.asarray(three[whole])


def _some(planter: Planter, dataset: str, groups: Array, share: float) -> Array:
    count = max(1, int(planter.rate * planter.tables[dataset].num_rows * share))
    return planter.draw.permutation(groups)[:count]


def three_equal_readings(planter: Planter) -> None:
    """The last three follow-ups of a person show the same values (rows of one record)."""
    for dataset, columns, rule, extra in (
        (SERIES[0], ("systolic_mmhg", "diastolic_mmhg"), "same_pressure_three_times", ()),
        (SERIES[1], ("fasting_glucose_mmol_l",), "same_glucose_three_times", ()),
    ):
        if dataset not in planter:
            continue
        groups = _last_three(planter, dataset)
        alike = planter.text(dataset, "classification_code")
        classes = np.asarray(alike.dictionary_encode().indices)
        groups = groups[(classes[groups] == classes[groups[:, [0]]]).all(axis=1)]
        groups = _some(planter, dataset, groups, 0.04)
        first = pa.array(groups[:, 0])
        for place in (1, 2):
            for column in (*columns, *extra):
                planter.put(
                    dataset, groups[:, place], column, planter.text(dataset, column).take(first)
                )
        planter.take(dataset, groups.ravel())
        planter.note(dataset, groups[:, 2], columns[0], "three_equal_readings", rule)


def uncontrolled_without_referral(planter: Planter) -> None:
    """Uncontrolled twice running, and no referral."""
    dataset = SERIES[0]
    if dataset not in planter:
        return
    groups = _last_three(planter, dataset)
    bad = planter.equals(dataset, "classification_code", "2")
    groups = groups[bad[groups[:, 1]] & bad[groups[:, 2]]]
    groups = _some(planter, dataset, groups, 0.05)
    rows = groups[:, 2]
    planter.put(dataset, rows, "is_referred", c.constant("0", len(rows)))
    planter.put(dataset, rows, "referral_reason", pa.nulls(len(rows), pa.string()))
    planter.take(dataset, rows)
    planter.note(
        dataset, rows, "is_referred", "uncontrolled_without_referral",
        "uncontrolled_without_referral",
    )  # fmt: skip


def _main_patients(planter: Planter) -> Array:
    """Patient rows of institutions' main systems with a right number, of people registered once
    in that institution's systems (so that no other row shows the same)."""
    key = c.join(
        planter.text("patient", "_institution"), "|", planter.text("patient", "patient_no")
    )
    codes = np.asarray(key.dictionary_encode().indices)
    once = np.bincount(codes)[codes] == 1
    return once & planter.has("patient", "id_no") & planter.free("patient")


def shared_number(planter: Planter) -> None:
    """A patient is registered with the number of another, unrelated one of the same institution.

    The later registered of the two is the wrong one.
    """
    able = np.flatnonzero(_main_patients(planter))
    able = planter.draw.permutation(able)
    institution = np.asarray(planter.text("patient", "_institution").dictionary_encode().indices)
    by_place: dict[int, list[int]] = {}
    for row in able[:4000].tolist():
        by_place.setdefault(int(institution[row]), []).append(row)
    pairs = [
        (rows[place], rows[place + 1])
        for rows in by_place.values()
        for place in range(0, len(rows) - 1, 2)
    ]
    count = max(1, int(planter.rate * len(institution) * 0.03))
    at = planter.text("patient", "registered_at").to_pylist()
    number = planter.text("patient", "patient_no").to_pylist()
    birth = planter.text("patient", "birth_date").to_pylist()
    sex = planter.text("patient", "sex_code").to_pylist()
    name = planter.text("patient", "name").to_pylist()
    good = [
        sorted(pair, key=lambda row: at[row])
        for pair in pairs
        if birth[pair[0]] != birth[pair[1]] and name[pair[0]] != name[pair[1]]
    ]
    good = [
        pair for pair in good if number[pair[0]] < number[pair[1]] and at[pair[0]] < at[pair[1]]
    ]
    chosen = good[:count]
    right = np.array([pair[0] for pair in chosen], dtype=np.int64)
    wrong = np.array([pair[1] for pair in chosen], dtype=np.int64)
    planter.take("patient", np.concatenate([right, wrong]))
    theirs = planter.text("patient", "id_no").take(pa.array(right))
    planter.put("patient", wrong, "id_no", theirs)
    planter.note("patient", wrong, "id_no", "shared_number", "id_number_shared")
    planter.note("patient", wrong, "birth_date", "shared_number", "birth_matches_id")
    other = np.array([sex[a] != sex[b] for a, b in chosen], bool)
    planter.note("patient", wrong[other], "sex_code", "shared_number", "sex_matches_id")


def _copies(planter: Planter, dataset: str, rows: Array) -> tuple[pa.Table, pa.Array]:
    table = planter.tables[dataset].take(pa.array(rows))
    ids = c.keys(f"{dataset}-", planter.scene.serial(dataset, len(rows)), 10)
    return table.set_column(table.column_names.index("_event_id"), "_event_id", ids), ids


def duplicate_encounter(planter: Planter) -> None:
    """The same visit twice, under another number."""
    dataset = "outpatient_encounter"
    able = planter.has(dataset, "department_code") & ~planter.equals(
        dataset, "_system", "gongxiang_cda"
    )
    rows = planter.choose(dataset, able, 0.05)
    table, ids = _copies(planter, dataset, rows)
    numbers = c.keys("", planter.scene.serial("visit", len(rows)), 12)
    table = table.set_column(table.column_names.index("encounter_no"), "encounter_no", numbers)
    planter.append(dataset, table)
    planter.log.add(dataset, ids, "encounter_no", "duplicate_encounter", "duplicate_encounter")


def duplicate_key(planter: Planter) -> None:
    """A file brings the same row twice (only files can)."""
    for dataset in ("settlement", "health_checkup"):
        if dataset not in planter:
            continue
        able = planter.equals(dataset, "_system", "baixing_files")
        rows = planter.choose(dataset, able, 0.03)
        table, ids = _copies(planter, dataset, rows)
        planter.append(dataset, table)
        planter.log.add(dataset, ids, "", "duplicate_key", "key.duplicate")


def _valid_number(planter: Planter, dataset: str) -> Array:
    return planter.has(dataset, "id_no")


def birth_against_number(planter: Planter) -> None:
    """The birth date is some years before that of the number."""
    for dataset in ("patient", "resident_record"):
        if dataset not in planter:
            continue
        able = _valid_number(planter, dataset) & (planter.days(dataset, "birth_date") > -25_000)
        rows = planter.choose(dataset, able, 0.05)
        day = planter.days(dataset, "birth_date")[rows] - planter.draw.integers(40, 3000, len(rows))
        planter.put(dataset, rows, "birth_date", c.dates(day))
        planter.note(dataset, rows, "birth_date", "birth_against_number", "birth_matches_id")


def sex_against_number(planter: Planter) -> None:
    """The other sex than the number's; not where a diagnosis tells the sex."""
    special = _told_by_diagnosis(planter)
    for dataset in ("patient", "resident_record"):
        if dataset not in planter:
            continue
        plain = ~np.asarray(pc.is_in(planter.text(dataset, "_person_id"), special))
        rows = planter.choose(dataset, _valid_number(planter, dataset) & plain, 0.05)
        man = planter.equals(dataset, "sex_code", "1")[rows]
        planter.put(dataset, rows, "sex_code", c.pick(["1", "2"], man.astype(int)))
        planter.note(dataset, rows, "sex_code", "sex_against_number", "sex_matches_id")


def _told_by_diagnosis(planter: Planter) -> pa.Array:
    code = planter.text("diagnosis", "diagnosis_code")
    told = pc.match_substring_regex(code, "^(O|N8|N9|C61|N40)")
    return planter.text("diagnosis", "_person_id").filter(told).unique()


def swapped_name_and_phone(planter: Planter) -> None:
    """Name and phone in each other's field; only where the number tells who it is."""
    dataset = "patient"
    able = _valid_number(planter, dataset) & planter.carries(dataset, "name", "phone_no")
    rows = planter.choose(dataset, able, 0.02)
    place = pa.array(rows)
    planter.put(dataset, rows, "name", planter.text(dataset, "phone_no").take(place))
    planter.put(dataset, rows, "phone_no", planter.text(dataset, "name").take(place))
    planter.note(dataset, rows, "phone_no", "swapped_name_and_phone", "phone_no.phone")
    planter.note(dataset, rows, "name", "swapped_name_and_phone")


def _without_service(planter: Planter) -> pa.Array:
    served = [
        planter.text(dataset, "_person_id")
        for dataset in ("outpatient_encounter", *_FOLLOWUPS)
        if dataset in planter
    ]
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


def orphans(planter: Planter) -> None:
    """A row names a patient, a visit or a report that is not there."""
    for dataset, column in (
        ("outpatient_encounter", "patient_no"),
        ("diagnosis", "patient_no"),
        ("diagnosis", "encounter_no"),
        ("prescription", "encounter_no"),
        ("charge_detail", "encounter_no"),
        ("settlement", "encounter_no"),
        ("lab_result", "patient_no"),
        ("exam_report", "patient_no"),
        ("health_checkup", "record_no"),
        ("chronic_registration", "record_no"),
        ("past_disease", "record_no"),
    ):
        if dataset not in planter:
            continue
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        able &= ~planter.equals(dataset, "_system", *_TOGETHER)
        rows = planter.choose(dataset, able, 0.03)
        nobody = c.keys("9", planter.scene.serial("nobody", len(rows)), 11)
        planter.put(dataset, rows, column, nobody)
        planter.note(dataset, rows, column, "orphan", f"{column}.orphan")


_TOGETHER = ("huayan_lis", "gongxiang_cda", "kangjian_cloud", "baixing_files")
"""Systems that deliver a row inside its parent, so that it cannot lose it."""


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


def sex_against_diagnosis(planter: Planter) -> None:
    """A man with a woman's diagnosis."""
    dataset = "diagnosis"
    people = planter.scene.people
    men = planter.scene.person_ids.filter(pa.array(people.sex == 1))
    able = np.asarray(pc.is_in(planter.text(dataset, "_person_id"), men))
    for register in ("patient", "resident_record"):
        touched = pa.array(~planter.free(register))
        person = planter.text(register, "_person_id").filter(touched)
        able &= ~np.asarray(pc.is_in(planter.text(dataset, "_person_id"), person))
    rows = planter.choose(dataset, able, 0.03)
    kind = planter.draw.integers(0, 3, len(rows))
    planter.put(dataset, rows, "diagnosis_code", c.pick(["O20.000", "N83.200", "O80.000"], kind))
    planter.put(dataset, rows, "diagnosis_name", c.pick(["先兆流产", "卵巢囊肿", "头位顺产"], kind))
    planter.note(dataset, rows, "diagnosis_code", "sex_against_diagnosis", "sex_conflict")


def register_numbers(planter: Planter) -> None:
    """Wrong check digits in the registers of deaths, households and staff."""
    for dataset, column in (
        ("death_registration", "id_no"),
        ("household", "head_id_no"),
        ("staff", "id_no"),
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
