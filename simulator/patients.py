"""People as institutions know them: one view a person and institution, as hard to tell as in life.

A registrar types what he is given: no number, an old one of fifteen digits, a wrong check digit,
the mother's number for a baby, husband's and wife's exchanged; a name by its sound, or the former
one; the family's phone. Each slip that breaks a stated rule is logged; a mistaken name breaks none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.names import draw_given, misspell, name_text
from simulator.people import id_text, old_id_text
from simulator.scene import ErrorLog, Scene

Array = np.ndarray[Any, Any]

RIGHT, MISSING, WRONG_DIGIT, OLD, MOTHERS, SPOUSES = range(6)

_SLIPS = {
    # kind, rules that it breaks beside those of contradiction
    MISSING: ("missing_id_number", "id_no.required"),
    WRONG_DIGIT: ("wrong_check_digit", "id_no.id_number"),
    OLD: ("fifteen_digit_id", "id_no.id_number"),
}


@dataclass
class Views:
    """Arrays by view (person and institution)."""

    person: Array
    name: pa.Array
    state: Array
    """What is wrong with the ID number."""
    id_no: pa.Array
    owner: Array
    """Whose number it shows (place in the chunk)."""
    phone: pa.Array
    moved: Array
    """Whether the view is of after the move: new address, perhaps a new phone."""

    def log(self, log: ErrorLog, dataset: str, ids: pa.Array, which: Array, scene: Scene) -> None:
        """Say which rules the views break in rows of ``dataset``. ``which``: view of each row."""
        state = self.state[which]
        for one, (kind, rule) in _SLIPS.items():
            log.add(dataset, ids.filter(pa.array(state == one)), "id_no", kind, rule)
        people = scene.people
        person, owner = self.person[which], self.owner[which]
        for one, kind in ((MOTHERS, "mothers_number"), (SPOUSES, "swapped_number")):
            there = state == one
            if dataset not in ("patient", "resident_record"):
                log.add(dataset, ids.filter(pa.array(there)), "id_no", kind, "")
                continue
            for column, part, rule in (
                ("birth_date", people.birth, "birth_matches_id"),
                ("sex_code", people.sex, "sex_matches_id"),
            ):
                broken = there & (part[person] != part[owner])
                log.add(dataset, ids.filter(pa.array(broken)), column, kind, rule)


def make_views(
    scene: Scene, person: Array, institution: Array, day: Array, has_view: Array
) -> Views:
    """Views of ``person`` at ``institution`` when first registered there on ``day``.

    ``has_view``: sorted keys ``person * 1000 + institution`` of all views, to see who of a family
    is registered at the same place.
    """
    people, draw = scene.people, scene.draw
    count = len(person)
    age = (day - people.birth[person]) / 365.2425
    clear = people.is_stranger[person] | people.is_twin[person]
    chance = draw.random(count)
    state = np.select(
        [chance < 0.045, chance < 0.065, (chance < 0.14) & (age > 48)],
        [MISSING, WRONG_DIGIT, OLD],
        default=RIGHT,
    )
    state = np.where(clear & (draw.random(count) < 0.85), RIGHT, state)
    mother = people.mother[person]
    baby = (age < 1.2) & (mother >= 0) & ~clear
    mother_there = np.isin(mother * 1000 + institution, has_view)
    luck = draw.random(count)
    state = np.where(baby & (luck < 0.3), np.where(mother_there, MISSING, MOTHERS), state)
    state = np.where(baby & (luck >= 0.3) & (luck < 0.5), MISSING, state)
    owner = np.where(state == MOTHERS, mother, person)
    state, owner = _swap_spouses(scene, person, institution, state, owner, has_view)
    digits = people.id_digits[owner]
    right = id_text(digits, state == WRONG_DIGIT)
    id_no = pa.compute.if_else(pa.array(state == OLD), old_id_text(digits), right)
    id_no = c.when(id_no, state != MISSING)
    moved = (people.moved[person] >= 0) & (day >= people.moved[person])
    fresh = np.where(moved & (state == RIGHT), people.new_phone[person], people.phone[person])
    return Views(
        person=person,
        name=_names(scene, person, clear | (state != RIGHT) & (draw.random(count) < 0.8)),
        state=state,
        id_no=id_no,
        owner=owner,
        phone=c.numbers(fresh),
        moved=moved,
    )


def _swap_spouses(
    scene: Scene, person: Array, institution: Array, state: Array, owner: Array, has_view: Array
) -> tuple[Array, Array]:
    """Exchange the numbers of a few couples at places where both are registered, both rightly."""
    spouse = scene.people.spouse[person]
    key = person * 1000 + institution
    order = np.argsort(key)
    other_key = spouse * 1000 + institution
    at = np.minimum(np.searchsorted(key[order], other_key), len(key) - 1) if len(key) else key
    other = order[at] if len(key) else at
    couple = (spouse >= 0) & (key[other] == other_key) & (state == RIGHT) & (person < spouse)
    couple &= (state[other] == RIGHT) & (scene.draw.random(len(person)) < 0.006)
    couple &= ~(scene.people.is_stranger[person] | scene.people.is_stranger[np.maximum(spouse, 0)])
    first = np.flatnonzero(couple)
    second = other[first]
    state, owner = state.copy(), owner.copy()
    state[first] = state[second] = SPOUSES
    owner[first], owner[second] = person[second], person[first]
    return state, owner


def _names(scene: Scene, person: Array, clear: Array) -> pa.Array:
    """More than 3 in 100 names mistaken or changed (some characters have none to be mistaken for);
    not where nothing else tells people apart."""
    people, draw = scene.people, scene.draw
    parts = (people.surname[person], people.first[person], people.second[person])
    chance = draw.random(len(person))
    wrong = (chance < 0.042) & ~clear
    misspelt = misspell(draw, parts)
    former = draw_given(
        draw, people.sex[person], 1970 + (people.birth[person] / 365.2425).astype(np.int64)
    )
    changed = wrong & (chance < 0.008)
    surname = np.where(wrong & ~changed, misspelt[0], parts[0])
    first = np.where(changed, former[0], np.where(wrong, misspelt[1], parts[1]))
    second = np.where(changed, former[1], np.where(wrong, misspelt[2], parts[2]))
    return name_text(surname, first, second)


def address(scene: Scene, person: Array, moved: Array) -> dict[str, pa.Array]:
    """County, township, village and door; after the move those of the new place."""
    people, plan = scene.people, scene.city.plan
    home = np.array([one.position for one in scene.catchments])[people.catchment[person]]
    where = np.where(moved, people.moved_to[person], home)
    catchments = plan.catchments
    village_names = [v.name for one in scene.catchments for v in one.villages]
    new_village = pa.array([one.villages[0].name for one in catchments]).take(pa.array(where))
    old_village = c.pick(village_names, people.village[person])
    door = np.where(moved, people.door[person] * 7 % 190 + 3, people.door[person])
    return {
        "address_county": c.pick([one.county_name for one in catchments], where),
        "address_township": c.pick([one.township_name for one in catchments], where),
        "address_village": pa.compute.if_else(pa.array(moved), new_village, old_village),
        "address_door": c.join(c.numbers(door), "号"),
    }


def write_patients(
    scene: Scene,
    views: Views,
    institution: Array,
    registered: Array,
    numbers: pa.Array,
    insurance: Array,
    systems: dict[str | None, Array],
) -> None:
    """Patient rows of each system: ``systems`` maps a system (``None``: the main one) to the views
    that it holds. ``registered`` in seconds, by view."""
    people, draw = scene.people, scene.draw
    person = views.person
    count = len(person)
    age = (registered // c.DAY - people.birth[person]) / 365.2425
    mother = people.mother[person]
    knows_death = (people.death[person] >= 0) & (draw.random(count) < 0.6)
    head = people.spouse[person]
    contact = np.where(head >= 0, head, np.maximum(mother, 0))
    has_contact = (head >= 0) | (mother >= 0)
    full = name_text(people.surname, people.first, people.second)
    columns = {
        "patient_no": numbers,
        "name": views.name,
        "sex_code": c.numbers(people.sex[person]),
        "birth_date": c.dates(people.birth[person]),
        "id_type_code": c.pick(["01"], np.zeros(count, int), views.state != MISSING),
        "id_no": views.id_no,
        "insurance_type_code": c.pick(["01", "90", "07"], insurance[person]),
        "ethnicity_code": c.pick(["01", "22"], (people.household[person] % 71 == 0).astype(int)),
        "marital_status_code": c.numbers(
            np.where(age < 21, 10, np.where(people.spouse[person] >= 0, 20,
                     np.where(age > 70, 30, 10)))
        ),
        "occupation_code": c.numbers(
            np.select([age < 7, age < 19, age > 62], [90, 31, 80],
                      np.array([27, 24, 17, 54, 51])[people.number[person] % 5])
        ),
        "phone_no": views.phone,
        **address(scene, person, views.moved),
        "contact_name": c.when(full.take(pa.array(contact)), has_contact),
        "contact_phone_no": c.numbers(people.phone[contact], has_contact),
        "mother_name": c.when(
            full.take(pa.array(np.maximum(mother, 0))), (mother >= 0) & (age < 7)
        ),
        "death_date": c.dates(people.death[person], knows_death),
        "registered_at": c.instants(registered),
    }  # fmt: skip
    changed = registered + 120
    for system, which in systems.items():
        place = pa.array(which)
        ids = scene.add(
            "patient",
            institution[which],
            person[which],
            changed[which],
            {name: array.take(place) for name, array in columns.items()},
            system,
        )
        views.log(scene.log, "patient", ids, which, scene)
