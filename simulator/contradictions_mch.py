"""Planted errors of mothers' and children's records: what the norm's forms and the city's platform
see again and again (国家基本公共卫生服务规范; S1-2.4.2, S1-2.4.14, S1-3.11.3 and 3.11.4).

An error that shows only beside another record (handbook and delivery, visit and handbook) reserves
that one, so that it stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.errors import Planter

Array = np.ndarray[Any, Any]

_HANDBOOK, _DELIVERY = "maternal_handbook", "delivery"
_SHARE = 0.12


def plant_mother_and_child(planter: Planter) -> None:
    """All of them; what needs two records first."""
    for plant in (
        handbook_after_delivery,
        delivery_before_last_menses,
        duplicate_handbook,
        newborn_visit_before_birth,
        child_age,
        pregnancy_of_a_man,
        handbook_facts,
        weeks_against_last_menses,
        dates,
        newborn_slips,
        heart_screening,
        form_slips,
    ):
        plant(planter)


def _partners(
    planter: Planter,
    dataset: str,
    column: str,
    parent: str,
    number: str,
    *,
    same_place: bool = True,
) -> Array:
    """The free row of ``parent`` that each row names, or -1."""
    if dataset not in planter or parent not in planter:
        return np.full(planter.tables[dataset].num_rows if dataset in planter else 0, -1)

    def key(name: str, part: str) -> pa.Array:
        text = planter.text(name, part)
        return c.join(planter.text(name, "_institution"), "|", text) if same_place else text

    place = np.asarray(pc.index_in(key(dataset, column), key(parent, number)).fill_null(-1))
    free = planter.free(parent)
    return np.where((place >= 0) & free[np.maximum(place, 0)], place, -1)


def _choose(planter: Planter, dataset: str, able: Array, parent: str, partner: Array) -> Array:
    rows = planter.choose(dataset, able & (partner >= 0), _SHARE)
    planter.take(parent, partner[rows])
    return rows


def handbook_after_delivery(planter: Planter) -> None:
    """A handbook opened after the child was born."""
    partner = _partners(
        planter, _DELIVERY, "maternal_handbook_no", _HANDBOOK, "maternal_handbook_no",
        same_place=False,
    )  # fmt: skip
    if not len(partner):
        return
    day = planter.days(_DELIVERY, "delivered_at")
    able = (day < planter.scene.end - 30) & planter.has(_DELIVERY, "maternal_handbook_no")
    rows = _choose(planter, _DELIVERY, able, _HANDBOOK, partner)
    books = partner[rows]
    later = c.dates(day[rows] + planter.draw.integers(2, 25, len(rows)))
    planter.put(_HANDBOOK, books, "created_date", later)
    planter.note(
        _HANDBOOK, books, "created_date", "handbook_after_delivery", "created_before_delivery"
    )


def delivery_before_last_menses(planter: Planter) -> None:
    """A year mistyped: born before the pregnancy began."""
    partner = _partners(
        planter, _DELIVERY, "maternal_handbook_no", _HANDBOOK, "maternal_handbook_no",
        same_place=False,
    )  # fmt: skip
    if not len(partner):
        return
    rows = _choose(
        planter, _DELIVERY, planter.has(_DELIVERY, "maternal_handbook_no"), _HANDBOOK, partner
    )
    day = planter.days(_HANDBOOK, "last_menses_date")[partner[rows]]
    early = day - planter.draw.integers(20, 90, len(rows))
    planter.put(_DELIVERY, rows, "delivered_at", c.instants(early * c.DAY + 32_400))
    planter.note(
        _DELIVERY, rows, "delivered_at", "delivery_before_last_menses", "after_last_menses"
    )


def duplicate_handbook(planter: Planter) -> None:
    """A second handbook of one pregnancy."""
    if _HANDBOOK not in planter:
        return
    day = planter.days(_HANDBOOK, "created_date")
    weeks = day - planter.days(_HANDBOOK, "last_menses_date")
    rows = planter.choose(_HANDBOOK, (weeks < 150) & (day < planter.scene.end - 20), _SHARE)
    table = planter.tables[_HANDBOOK].take(pa.array(rows))
    ids = c.keys(f"{_HANDBOOK}-", planter.scene.serial(_HANDBOOK, len(rows)), 10)
    numbers = c.keys("YC", planter.scene.serial("pregnancy", len(rows)), 12)
    for column, values in (
        ("_event_id", ids),
        ("maternal_handbook_no", numbers),
        ("created_date", c.dates(day[rows] + 9)),
    ):
        table = table.set_column(table.column_names.index(column), column, values)
    planter.append(_HANDBOOK, table)
    planter.log.add(
        _HANDBOOK, ids, "maternal_handbook_no", "duplicate_handbook", "duplicate_pregnancy"
    )


def newborn_visit_before_birth(planter: Planter) -> None:
    dataset = "newborn_visit"
    partner = _partners(
        planter, dataset, "child_handbook_no", "child_handbook", "child_handbook_no"
    )
    if not len(partner):
        return
    rows = _choose(planter, dataset, np.ones(len(partner), bool), "child_handbook", partner)
    birth = planter.days("child_handbook", "birth_date")[partner[rows]]
    early = birth - planter.draw.integers(1, 12, len(rows))
    planter.put(dataset, rows, "visited_date", c.dates(early))
    planter.note(dataset, rows, "visited_date", "newborn_visit_before_birth", "wrong_child_age")


def child_age(planter: Planter) -> None:
    """An age that birth and visit do not give."""
    for dataset in ("infant_checkup", "toddler_checkup"):
        partner = _partners(
            planter, dataset, "child_handbook_no", "child_handbook", "child_handbook_no"
        )
        if not len(partner):
            continue
        rows = _choose(planter, dataset, np.ones(len(partner), bool), "child_handbook", partner)
        wrong = planter.numeric(dataset, "age_months")[rows] + 4
        planter.put(dataset, rows, "age_months", c.numbers(wrong))
        planter.note(dataset, rows, "age_months", "child_age_contradiction", "age_matches_date")


def pregnancy_of_a_man(planter: Planter) -> None:
    """The husband's number on the mother's handbook."""
    if _HANDBOOK not in planter:
        return
    able = planter.has(_HANDBOOK, "husband_id_no") & planter.has(_HANDBOOK, "id_no")
    rows = planter.choose(_HANDBOOK, able, _SHARE)
    place = pa.array(rows)
    his = planter.text(_HANDBOOK, "husband_id_no").take(place)
    planter.put(_HANDBOOK, rows, "id_no", his)
    planter.note(_HANDBOOK, rows, "id_no", "pregnancy_of_a_man", "pregnancy_of_a_man")
    born = pc.replace_substring(planter.text(_HANDBOOK, "birth_date").take(place), "-", "")
    other = np.asarray(pc.not_equal(born, pc.utf8_slice_codeunits(his, 6, 14)))
    planter.note(_HANDBOOK, rows[other], "birth_date", "pregnancy_of_a_man", "birth_matches_id")


def handbook_facts(planter: Planter) -> None:
    """A mother of nine, a due date that the last menses do not give, more births than
    pregnancies."""
    if _HANDBOOK not in planter:
        return
    rows = planter.choose(_HANDBOOK, planter.has(_HANDBOOK, "age_years"), _SHARE)
    planter.put(_HANDBOOK, rows, "age_years", c.constant("9", len(rows)))
    planter.note(_HANDBOOK, rows, "age_years", "mother_too_young", "age_plausible")
    rows = planter.choose(_HANDBOOK, planter.has(_HANDBOOK, "last_menses_date"), _SHARE)
    due = planter.days(_HANDBOOK, "expected_delivery_date")[rows] + 60
    planter.put(_HANDBOOK, rows, "expected_delivery_date", c.dates(due))
    planter.note(
        _HANDBOOK, rows, "expected_delivery_date", "expected_date_contradiction",
        "due_date_matches_last_menses",
    )  # fmt: skip
    rows = planter.choose(_HANDBOOK, planter.has(_HANDBOOK, "gravidity"), _SHARE)
    more = planter.numeric(_HANDBOOK, "gravidity")[rows] + 2
    planter.put(_HANDBOOK, rows, "parity", c.numbers(more))
    planter.note(_HANDBOOK, rows, "parity", "parity_above_gravidity", "parity_within_gravidity")


def weeks_against_last_menses(planter: Planter) -> None:
    dataset = "antenatal_first_visit"
    if dataset not in planter:
        return
    rows = planter.choose(dataset, planter.has(dataset, "last_menses_date"), _SHARE)
    wrong = planter.numeric(dataset, "gestational_weeks")[rows] + 8
    planter.put(dataset, rows, "gestational_weeks", c.numbers(wrong))
    planter.note(
        dataset, rows, "gestational_weeks", "weeks_against_last_menses",
        "weeks_match_last_menses",
    )  # fmt: skip


def dates(planter: Planter) -> None:
    """Before what must come first."""
    for dataset, column, begin, kind, check in (
        ("postpartum_visit", "visited_date", "delivery_date", "postpartum_before_delivery",
         "visited_after_delivery"),
        ("birth_certificate", "issued_at", "birth_date", "certificate_before_birth",
         "issued_after_birth"),
        ("metabolic_screening", "sampled_at", "birth_date", "sampled_before_birth",
         "sampled_after_birth"),
    ):  # fmt: skip
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.has(dataset, begin), _SHARE)
        early = planter.days(dataset, begin)[rows] - planter.draw.integers(2, 20, len(rows))
        is_date = column.endswith("_date")
        text = c.dates(early) if is_date else c.instants(early * c.DAY + 36_000)
        planter.put(dataset, rows, column, text)
        planter.note(dataset, rows, column, kind, check)
    dataset = "postpartum_42day"
    if dataset in planter:
        rows = planter.choose(dataset, planter.has(dataset, "delivery_date"), _SHARE)
        early = planter.days(dataset, "delivery_date")[rows] + 12
        planter.put(dataset, rows, "visited_date", c.dates(early))
        planter.note(dataset, rows, "visited_date", "postpartum_42day_too_early", "visited_in_time")


def newborn_slips(planter: Planter) -> None:
    """Grams in a field of kilograms, Apgar 11, 52 weeks."""
    dataset = "delivery_newborn"
    if dataset in planter:
        rows = planter.choose(dataset, planter.has(dataset, "birth_weight_g"), _SHARE)
        typed = planter.numeric(dataset, "birth_weight_g")[rows] * 1000
        planter.put(dataset, rows, "birth_weight_g", c.numbers(typed))
        planter.note(
            dataset, rows, "birth_weight_g", "birth_weight_unit_slip", "birth_weight_g.range"
        )
        rows = planter.choose(dataset, planter.has(dataset, "apgar_1_score"), _SHARE)
        planter.put(dataset, rows, "apgar_1_score", c.constant("11", len(rows)))
        planter.note(dataset, rows, "apgar_1_score", "apgar_above_ten", "apgar_1_score.range")
    if _DELIVERY in planter:
        rows = planter.choose(_DELIVERY, planter.has(_DELIVERY, "gestational_weeks"), _SHARE)
        planter.put(_DELIVERY, rows, "gestational_weeks", c.constant("52", len(rows)))
        planter.note(
            _DELIVERY, rows, "gestational_weeks", "gestation_beyond_45", "gestational_weeks.range"
        )


def heart_screening(planter: Planter) -> None:
    """Called negative, though the saturation is not (S1-2.4.14)."""
    dataset = "chd_screening"
    if dataset not in planter:
        return
    rows = planter.choose(dataset, planter.equals(dataset, "chd_result_code", "1"), _SHARE)
    planter.put(dataset, rows, "foot_spo2_percent", c.constant("88", len(rows)))
    planter.note(
        dataset, rows, "chd_result_code", "heart_screening_contradiction", "result_matches_signs"
    )


def form_slips(planter: Planter) -> None:
    """A hepatitis code of another list, a head in millimetres, positive without a factor."""
    for dataset, column, value, kind, check in (
        ("antenatal_first_visit", "hbsag_code", "5", "unknown_hepatitis_code", "hbsag_code.domain"),
        ("infant_checkup", "head_cm", "415", "head_in_millimetres", "head_cm.range"),
    ):
        if dataset not in planter:
            continue
        rows = planter.choose(dataset, planter.has(dataset, column), _SHARE)
        planter.put(dataset, rows, column, c.constant(value, len(rows)))
        planter.note(dataset, rows, column, kind, check)
    dataset = "pregnancy_risk_screening"
    if dataset in planter:
        rows = planter.choose(dataset, planter.equals(dataset, "risk_screen_code", "1"), _SHARE)
        planter.put(dataset, rows, "risk_factor", pa.nulls(len(rows), pa.string()))
        planter.note(
            dataset, rows, "risk_factor", "positive_without_factor", "factor_when_positive"
        )
