"""Planted errors that only several rows together show: after death, three equal readings, orphans.

The planted rows are picked so that the rule is broken once and surely: the person's own row stays
right, his other follow-ups stay as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.errors import SERIES, TOGETHER, Planter

Array = np.ndarray[Any, Any]


def known_deaths(planter: Planter, dataset: str, number: str) -> dict[str, int]:
    """institution|number -> day of death, where the row itself says so and is free."""
    if dataset not in planter:
        return {}
    rows = np.flatnonzero(planter.has(dataset, "death_date") & planter.free(dataset))
    place = pa.array(rows)
    key = c.join(planter.text(dataset, "_institution"), "|", planter.text(dataset, number))
    days = planter.days(dataset, "death_date")[rows]
    return dict(zip(key.take(place).to_pylist(), days.tolist(), strict=True))


def match_people(
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
        known = known_deaths(planter, parent, number)
        if dataset not in planter or not known:
            continue
        dead, day = match_people(planter, dataset, number, known)
        rows = planter.choose(dataset, dead & (day < end - 40), 0.05)
        later = day[rows] + 1 + planter.draw.integers(0, 30, len(rows))
        if column == "visited_at":
            text = c.instants(later * c.DAY + 36_000 + np.arange(len(rows)) % 7200)
        else:
            text = c.dates(later)
            planter.put(dataset, rows, "next_followup_date", c.dates(later + 90))
            planter.put(dataset, rows, "entered_date", c.dates(later))
        planter.put(dataset, rows, column, text)
        planter.note(dataset, rows, column, "after_death", "after_death")
        keep_person(planter, parent, dataset, rows)


def keep_person(planter: Planter, parent: str, dataset: str, rows: Array) -> None:
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
    for dataset, columns, rule in (
        (SERIES[0], ("systolic_mmhg", "diastolic_mmhg"), "same_pressure_three_times"),
        (SERIES[1], ("fasting_glucose_mmol_l",), "same_glucose_three_times"),
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
            for column in columns:
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


def copies(planter: Planter, dataset: str, rows: Array) -> tuple[pa.Table, pa.Array]:
    """These rows once more as other events, with their ids."""
    table = planter.tables[dataset].take(pa.array(rows))
    ids = c.keys(f"{dataset}-", planter.scene.serial(dataset, len(rows)), 10)
    return table.set_column(table.column_names.index("_event_id"), "_event_id", ids), ids


def duplicate_encounter(planter: Planter) -> None:
    """The same visit twice, under another number."""
    dataset = "outpatient_encounter"
    # The smallest key counts as the true one; only running numbers tell that the copy's is larger.
    able = planter.has(dataset, "department_code")
    for system in ("gongxiang_cda", "kangjian_cloud"):
        able &= ~planter.equals(dataset, "_system", system)
    rows = planter.choose(dataset, able, 0.05)
    table, ids = copies(planter, dataset, rows)
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
        table, ids = copies(planter, dataset, rows)
        planter.append(dataset, table)
        planter.log.add(dataset, ids, "", "duplicate_key", "key.duplicate")


def told_by_diagnosis(planter: Planter) -> pa.Array:
    code = planter.text("diagnosis", "diagnosis_code")
    told = pc.match_substring_regex(code, "^(O|N8|N9|C61|N40)")
    return planter.text("diagnosis", "_person_id").filter(told).unique()


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
        ("antenatal_visit", "maternal_handbook_no"),
        ("child_eye_screening", "child_handbook_no"),
        ("mental_followup", "registration_no"),
        ("contract_service", "contract_no"),
    ):
        if dataset not in planter:
            continue
        able = planter.has(dataset, column) & planter.carries(dataset, column)
        able &= ~planter.equals(dataset, "_system", *TOGETHER)
        rows = planter.choose(dataset, able, 0.03)
        nobody = c.keys("9", planter.scene.serial("nobody", len(rows)), 11)
        planter.put(dataset, rows, column, nobody)
        planter.note(dataset, rows, column, "orphan", f"{column}.orphan")
