"""Planted errors that the public-health programmes and the quality lists of the tender ask for.

Late entry, service after death, forms for people of another age, totals that are not their parts,
flags against results, constitutions against scores, the same person or year twice (S1-3.11.2 to
3.11.9, S1-3.15.5.3). Rows are picked so that each breaks just the rules that are named here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.contradictions_across import copies, keep_person, known_deaths, match_people
from simulator.errors import TOGETHER, Planter

Array = np.ndarray[Any, Any]

ENTERED = {
    "health_checkup": "checked_date",
    "hypertension_followup": "followup_date",
    "diabetes_followup": "followup_date",
    "mental_followup": "followup_date",
}
"""Datasets that say when they were typed in, and their day of service."""

_ELDER_FORMS = {"elder_registration": "registered_date", "tcm_constitution": "identified_date"}
_SCORES = (
    "qi_deficient_score", "yang_deficient_score", "yin_deficient_score", "phlegm_damp_score",
    "damp_heat_score", "blood_stasis_score", "qi_stagnant_score", "special_score",
)  # fmt: skip


def plant_programmes(planter: Planter) -> None:
    """All of them, scarce rows first."""
    for plant in (
        programme_after_death,
        child_programme_for_adult,
        elder_form_too_young,
        duplicate_person,
        checkup_twice_a_year,
        constitution_not_highest,
        contract_ends_before_start,
        late_report,
        late_entry,
        total_below_parts,
        flag_against_result,
    ):
        plant(planter)


def programme_after_death(planter: Planter) -> None:
    """A check-up or a mental follow-up after a death that the record knows of."""
    known = known_deaths(planter, "resident_record", "record_no")
    for dataset, kind in (
        ("mental_followup", "mental_followup_after_death"),
        ("health_checkup", "checkup_after_death"),
    ):
        if dataset not in planter or not known:
            continue
        column = ENTERED[dataset]
        dead, died = match_people(planter, dataset, "record_no", known)
        day = planter.days(dataset, column)
        able = dead & (died < planter.scene.end - 40)
        if dataset == "health_checkup":  # a second one of the year would be wrong for that too
            able &= _year(day) == _year(died + 30)
        rows = planter.choose(dataset, able, 0.05)
        later = died[rows] + 1 + planter.draw.integers(0, 29, len(rows))
        planter.put(dataset, rows, column, c.dates(later))
        planter.put(dataset, rows, "entered_date", c.dates(later))
        if dataset == "mental_followup":
            planter.put(dataset, rows, "next_followup_date", c.dates(later + 90))
        planter.note(dataset, rows, column, kind, "after_death")
        keep_person(planter, "resident_record", dataset, rows)


def _year(day: Array) -> Array:
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64))


def _records_of(planter: Planter, dataset: str) -> Array:
    """The row of the record that each row names, -1 where it is not there, taken or undated."""
    parent = "resident_record"
    key = c.join(planter.text(dataset, "_institution"), "|", planter.text(dataset, "record_no"))
    keys = c.join(planter.text(parent, "_institution"), "|", planter.text(parent, "record_no"))
    place = np.asarray(pc.index_in(key, keys).fill_null(-1))
    good = planter.free(parent) & planter.has(parent, "birth_date")
    return np.where((place >= 0) & good[place], place, -1)


def child_programme_for_adult(planter: Planter) -> None:
    """Guidance for small children in the record of an adult of the same institution.

    The records of the children stay right: a wrong birth date would make them adults too.
    """
    dataset, parent = "tcm_child_guidance", "resident_record"
    if dataset not in planter:
        return
    own = _records_of(planter, dataset)
    planter.take(parent, np.unique(own[own >= 0]))
    adult = planter.free(parent) & (planter.days(parent, "birth_date") < planter.scene.start - 9000)
    adult &= planter.days(parent, "birth_date") > -30_000
    grown = np.flatnonzero(adult)
    places = np.asarray(planter.text(parent, "_institution").take(pa.array(grown)))
    there = planter.text(dataset, "_institution")
    rows = planter.choose(dataset, np.asarray(pc.is_in(there, pa.array(places, pa.string()))), 0.05)
    mine = np.asarray(there.take(pa.array(rows, pa.int64())))
    other = np.array([grown[np.flatnonzero(places == one)[0]] for one in mine], dtype=np.int64)
    for column in ("record_no", "_person_id"):
        planter.put(dataset, rows, column, planter.text(parent, column).take(pa.array(other)))
    planter.take(parent, other)
    planter.note(dataset, rows, "guided_date", "child_programme_for_adult", "over_child_age")


def elder_form_too_young(planter: Planter) -> None:
    """A form for elders on a day on which the person was in his fifties."""
    parent = "resident_record"
    for dataset, column in _ELDER_FORMS.items():
        if dataset not in planter:
            continue
        record = _records_of(planter, dataset)
        rows = planter.choose(dataset, record >= 0, 0.04)
        born = planter.days(parent, "birth_date")[record[rows]]
        day = born + 52 * 365 + planter.draw.integers(0, 3000, len(rows))
        planter.put(dataset, rows, column, c.dates(day))
        planter.take(parent, record[rows])
        planter.note(dataset, rows, column, "elder_form_too_young", "under_elder_age")


def duplicate_person(planter: Planter) -> None:
    """A person's second record in the same institution, under a later number."""
    dataset = "resident_record"
    able = planter.has(dataset, "id_no") & planter.has(dataset, "name")
    able &= planter.has(dataset, "birth_date") & planter.has(dataset, "created_date")
    rows = planter.choose(dataset, able, 0.03)
    table, ids = copies(planter, dataset, rows)
    stem = pc.utf8_slice_codeunits(planter.text(dataset, "record_no").take(pa.array(rows)), 0, 12)
    turn = planter.scene.serial("duplicate_person", len(rows)) % 10_000
    numbers = c.join(stem, "9", c.keys("", turn, 4))
    table = table.set_column(table.column_names.index("record_no"), "record_no", numbers)
    planter.append(dataset, table)
    planter.log.add(dataset, ids, "name", "duplicate_person", "duplicate_record")


def checkup_twice_a_year(planter: Planter) -> None:
    """The same check-up once more in the year, under another number some days later."""
    dataset = "health_checkup"
    if dataset not in planter:
        return
    day = planter.days(dataset, "checked_date")
    able = (_year(day) == _year(day + 25)) & (day < planter.scene.end - 30)
    rows = planter.choose(dataset, able, 0.03)
    table, ids = copies(planter, dataset, rows)
    later = c.dates(day[rows] + 20)
    numbers = c.keys("", planter.scene.serial("checkup_no", len(rows)), 12)
    for column, values in (
        ("checkup_no", numbers),
        ("checked_date", later),
        ("entered_date", later),
    ):
        table = table.set_column(table.column_names.index(column), column, values)
    planter.append(dataset, table)
    planter.log.add(dataset, ids, "checked_date", "checkup_twice_a_year", "same_year_twice")


def constitution_not_highest(planter: Planter) -> None:
    """The constitution written down is that of the lowest score."""
    dataset = "tcm_constitution"
    if dataset not in planter:
        return
    scores = np.stack([planter.numeric(dataset, name) for name in _SCORES])
    able = scores.min(axis=0) < scores.max(axis=0)
    rows = planter.choose(dataset, able, 0.06)
    lowest = 2 + scores[:, rows].argmin(axis=0)
    planter.put(dataset, rows, "main_constitution_code", c.numbers(lowest))
    planter.note(
        dataset, rows, "main_constitution_code", "constitution_not_highest",
        "main_constitution_highest",
    )  # fmt: skip


def contract_ends_before_start(planter: Planter) -> None:
    dataset = "family_doctor_contract"
    if dataset not in planter:
        return
    rows = planter.choose(dataset, planter.has(dataset, "end_date"), 0.06)
    day = planter.days(dataset, "start_date")[rows] - planter.draw.integers(1, 400, len(rows))
    planter.put(dataset, rows, "end_date", c.dates(day))
    planter.note(dataset, rows, "end_date", "contract_ends_before_start", "end_after_start")


def late_report(planter: Planter) -> None:
    """An infectious case reported days after it was diagnosed."""
    dataset = "infectious_report"
    if dataset not in planter:
        return
    day = planter.days(dataset, "diagnosed_at")
    rows = planter.choose(dataset, day < planter.scene.end - 12, 0.1)
    later = day[rows] + planter.draw.integers(2, 10, len(rows))
    planter.put(dataset, rows, "reported_online_at", c.join(c.dates(later), "T10:00:00"))
    planter.note(dataset, rows, "reported_online_at", "late_report", "reported_within_a_day")


def late_entry(planter: Planter) -> None:
    """A form typed in more than 30 days after the service (S1-3.11.5.2, 3.11.6.2)."""
    for dataset, column in ENTERED.items():
        if dataset not in planter:
            continue
        day = planter.days(dataset, column)
        able = planter.has(dataset, "entered_date") & (day < planter.scene.end - 130)
        rows = planter.choose(dataset, able, 0.06)
        later = day[rows] + planter.draw.integers(31, 120, len(rows))
        planter.put(dataset, rows, "entered_date", c.dates(later))
        planter.note(dataset, rows, "entered_date", "late_entry", "late_entry")


def total_below_parts(planter: Planter) -> None:
    """A prescription's total, or a settlement's, that is less than its lines add up to.

    The lines stay right. (A total above its lines may be right: one may be in quarantine.)
    """
    dataset = "prescription"
    worth = planter.numeric(dataset, "amount_yuan")
    able = planter.carries(dataset, "amount_yuan") & (worth >= 1)
    rows = _with_lines(planter, dataset, "prescription_item", "prescription_no", able, 0.05)
    lower = np.rint(worth[rows] * 60)
    planter.put(dataset, rows, "amount_yuan", c.decimals(lower, 2))
    planter.note(dataset, rows, "amount_yuan", "total_below_parts", "parts_within_total")
    dataset = "settlement"
    insured = planter.numeric(dataset, "insurance_yuan")
    able = planter.equals(dataset, "settlement_kind_code", "1") & (insured >= 1)
    rows = _with_lines(planter, dataset, "charge_detail", "settlement_no", able, 0.04)
    less = np.rint(insured[rows] * 50)
    for column in ("total_yuan", "insurance_yuan"):
        lower = np.rint(planter.numeric(dataset, column)[rows] * 100) - less
        planter.put(dataset, rows, column, c.decimals(lower, 2))
    planter.note(dataset, rows, "total_yuan", "total_below_parts", "parts_within_total")


def _with_lines(
    planter: Planter, dataset: str, lines: str, number: str, able: Array, share: float
) -> Array:
    """Some rows that have lines, with all of their lines reserved."""

    def keys(of: str) -> pa.Array:
        return c.join(planter.text(of, "_institution"), "|", planter.text(of, number))

    heads, parts = keys(dataset), keys(lines)
    spoilt = parts.filter(pa.array(~planter.free(lines)))
    able = able & np.asarray(pc.is_in(heads, pc.drop_null(parts)))
    able &= ~np.asarray(pc.is_in(heads, pc.drop_null(spoilt)))
    rows = planter.choose(dataset, able, share)
    named = pc.is_in(parts, heads.take(pa.array(rows, pa.int64())))
    planter.take(lines, np.flatnonzero(np.asarray(named)))
    return rows


def flag_against_result(planter: Planter) -> None:
    """A normal result called high, or an abnormal one called normal."""
    dataset = "lab_result"
    if dataset not in planter:
        return
    rows = planter.choose(dataset, planter.has(dataset, "result_number"), 0.05)
    normal = planter.equals(dataset, "abnormal_flag_code", "N")[rows]
    flag = c.pick(["N", "H"], normal.astype(int))
    planter.put(dataset, rows, "abnormal_flag_code", flag)
    planter.note(
        dataset, rows, "abnormal_flag_code", "flag_against_result", "flag_matches_range"
    )  # fmt: skip


def orphan_items(planter: Planter) -> None:
    """A line of a prescription that is not there."""
    dataset = "prescription_item"
    able = ~planter.equals(dataset, "_system", *TOGETHER, "yilian_clinic")
    rows = planter.choose(dataset, able, 0.03)
    nothing = c.keys("9", planter.scene.serial("nobody", len(rows)), 11)
    planter.put(dataset, rows, "prescription_no", nothing)
    planter.note(dataset, rows, "prescription_no", "orphan_item", "prescription_no.orphan")
