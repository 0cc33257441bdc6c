"""Family doctors: teams and their members, packages and their items, contracts and services.

A contract runs for a year from the day of signature; who signed last year mostly renews. Its
population codes follow from age and from the registers (S1-2.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.enrolment import relatives
from simulator.health import Health
from simulator.names import name_text
from simulator.patients import Views
from simulator.records import Records
from simulator.reference_tables import read_reference
from simulator.scene import Scene
from simulator.staffing import DOCTORS, NURSES, PUBLIC_HEALTH, SLOTS

Array = np.ndarray[Any, Any]

_SIGNS = 0.45
_KEY_SIGNS = 0.78
_YEAR = 365
_MEMBERS = ((0, "1"), (PUBLIC_HEALTH[0], "4"), (NURSES[0], "6"))
"""Place in the staff list and what the member is."""


def write_teams(scene: Scene) -> None:
    """Two teams an institution, with members; the packages that it offers (chunk 0 only)."""
    city = scene.city
    there = np.flatnonzero(city.carries("family_doctor_team") & (city.tiers == 3))
    if len(there) == 0:
        return
    institution = np.repeat(there, 2)
    turn = np.tile([0, 1], len(there))
    written = np.full(len(institution), (scene.start - 100) * c.DAY + 36_500)
    leaders = city.staff.names.take(pa.array(institution * SLOTS + DOCTORS[0] + turn))
    place = pa.array(institution)
    scene.add(
        "family_doctor_team",
        institution,
        None,
        written,
        {
            "team_no": team_numbers(institution, turn),
            "team_name": c.join(city.names.take(place), c.pick(["第一", "第二"], turn), "团队"),
            "institution_code": city.codes.take(place),
            "leader_no": c.numbers(1000 + DOCTORS[0] + turn),
            "leader_name": leaders,
            "team_status_code": c.constant("1", len(institution)),
            "created_at": c.instants(written - 200 * c.DAY),
        },
    )
    count = len(institution) * len(_MEMBERS)
    team = np.repeat(np.arange(len(institution)), len(_MEMBERS))
    kind = np.tile(np.arange(len(_MEMBERS)), len(institution))
    slot = np.array([one[0] for one in _MEMBERS])[kind] + turn[team]
    scene.add(
        "family_doctor_member",
        institution[team],
        None,
        written[team],
        {
            "team_no": team_numbers(institution[team], turn[team]),
            "staff_no": c.numbers(1000 + slot),
            "staff_name": city.staff.names.take(pa.array(institution[team] * SLOTS + slot)),
            "doctor_category_code": c.pick([one[1] for one in _MEMBERS], kind),
            "healthy_population_limit": c.constant("1500", count),
            "key_population_limit": c.constant("500", count),
            "joined_date": c.dates(np.full(count, scene.start - 300)),
            "status_code": c.constant("1", count),
        },
    )
    _write_packages(scene, there)


def team_numbers(institution: Array, turn: Array) -> pa.Array:
    return c.keys("TD", institution * 10 + turn + 1, 5)


def _write_packages(scene: Scene, there: Array) -> None:
    for dataset, table in (
        ("service_package", "service_packages"),
        ("service_package_item", "service_package_items"),
    ):
        rows = read_reference(table)
        institution = np.repeat(there, len(rows))
        which = np.tile(np.arange(len(rows)), len(there))
        columns = {
            name: c.pick(pa.array([row[name] or None for row in rows], pa.string()), which)
            for name in rows[0]
        }
        written = np.full(len(which), (scene.start - 100) * c.DAY + 36_600)
        columns["updated_at"] = c.instants(written)
        if dataset == "service_package":
            columns["institution_code"] = scene.city.codes.take(pa.array(institution))
        scene.add(dataset, institution, None, written, columns)


def write_contracts(
    scene: Scene,
    records: Records,
    shown: Views,
    health: Health,
    registers: Mapping[str, Array],
) -> None:
    """Contracts and what was done for them. ``registers``: records of a population code."""
    people, draw = scene.people, scene.draw
    person = records.person
    age = (scene.end - people.birth[person]) / 365.2425
    populations = [
        ("02", age < 7),
        ("04", age >= 65),
        ("05", health.hypertension[person]),
        ("06", health.diabetes[person]),
        *registers.items(),
    ]
    key = np.any([mask for _, mask in populations], axis=0)
    carried = scene.city.carries("family_doctor_contract")[records.institution]
    signs = draw.random(len(person)) < np.where(key, _KEY_SIGNS, _SIGNS)
    which = np.flatnonzero(carried & signs & (records.until > scene.start + 60))
    first = scene.start + draw.integers(0, _YEAR - 60, len(which))
    first = np.maximum(first, records.created[which] + 2)
    last = np.minimum(records.until[which], scene.end) - 2
    day = np.stack([first, first + _YEAR + draw.integers(0, 25, len(which))], axis=1)
    there = day < last[:, None]
    there[:, 1] &= draw.random(len(which)) < 0.82
    row, turn = np.nonzero(there)
    day = day[row, turn]
    record = which[row]
    of = person[record]
    count = len(record)
    numbers = c.keys("QY", scene.serial("contract_no", count), 12)
    place = pa.array(record)
    codes = c.pick(["", "01"], (~key[record]).astype(int))
    for code, mask in populations:
        part = c.pick(["", f",{code}"], mask[record].astype(int))
        codes = pc.binary_join_element_wise(codes, part, "")
    codes = pc.utf8_ltrim(codes, ",")
    minor = (age[record] < 18) | (age[record] >= 80)
    guardian = relatives(scene, records, record)
    full = name_text(people.surname, people.first, people.second)
    institution = records.institution[record]
    team = record % 2
    ended = day + _YEAR <= scene.end
    gone = people.death[of] == records.until[record]
    gone &= (people.death[of] >= 0) & (records.until[record] < day + _YEAR)
    package = c.pick(["JC01", "JC01,LN01", "JC01,MB01", "JC01,ET01"],
                     np.select([age[record] < 7, health.diabetes[of] | health.hypertension[of],
                                age[record] >= 65], [3, 2, 1], 0))  # fmt: skip
    doctor = scene.city.staff.names.take(pa.array(institution * SLOTS + team))
    renewed = np.r_[False, row[1:] == row[:-1]] if count else np.zeros(0, bool)
    previous = numbers.take(pa.array(np.maximum(np.arange(count) - 1, 0)))
    ids = scene.add(
        "family_doctor_contract",
        institution,
        of,
        np.where(gone, records.until[record] + 3, day) * c.DAY + 38_000,
        {
            "contract_no": numbers,
            "record_no": records.numbers.take(place),
            "name": shown.name.take(place),
            "sex_code": c.numbers(people.sex[of]),
            "birth_date": c.dates(people.birth[of]),
            "id_no": shown.id_no.take(place),
            "phone_no": shown.phone.take(place),
            "population_codes": codes,
            "guardian_name": c.when(full.take(pa.array(guardian)), minor),
            "guardian_phone_no": c.numbers(people.phone[guardian], minor),
            "team_no": team_numbers(institution, team),
            "institution_code": scene.city.codes.take(pa.array(institution)),
            "doctor_no": c.numbers(1000 + team),
            "doctor_name": doctor,
            "package_nos": package,
            "contract_way_code": c.pick(["1", "2", "3"], draw.choice([0, 0, 1, 2], count)),
            "contract_source_code": c.pick(["1", "2", "3"], draw.choice([0, 0, 1, 2], count)),
            "signed_date": c.dates(day),
            "start_date": c.dates(day),
            "end_date": c.dates(day + _YEAR - 1),
            "term_years": c.constant("1", count),
            "agreement_fee_yuan": c.pick(["0.00", "120.00"], (record % 9 == 0).astype(int)),
            "payment_status_code": c.pick(["0", "2"], (record % 9 == 0).astype(int)),
            "contract_status_code": c.pick(
                ["06", "08", "09"], np.where(gone, 2, np.where(ended, 1, 0))
            ),
            "renewed_from_no": c.when(previous, renewed),
            "cancel_source_code": c.pick(["3"], np.zeros(count, int), gone),
            "cancelled_at": c.instants((records.until[record] + 2) * c.DAY + 38_000, gone),
        },
    )
    shown.log(scene.log, "family_doctor_contract", ids, record, scene)
    _write_services(scene, records, record, day, numbers, doctor)


def _write_services(
    scene: Scene, records: Records, record: Array, day: Array, numbers: pa.Array, doctor: pa.Array
) -> None:
    draw = scene.draw
    times = draw.choice([0, 1, 2], len(record), p=[0.25, 0.5, 0.25])
    which = np.repeat(np.arange(len(record)), times)
    at = day[which] + draw.integers(3, _YEAR - 10, len(which))
    limit = np.minimum(records.until[record[which]], scene.end - 1)
    which, at = which[at < limit], at[at < limit]
    place = pa.array(which)
    items = [row for row in read_reference("service_package_items") if row["package_no"] == "JC01"]
    item = draw.integers(0, len(items), len(which))
    scene.add(
        "contract_service",
        records.institution[record[which]],
        records.person[record[which]],
        at * c.DAY + 39_000,
        {
            "service_no": c.keys("LY", scene.serial("contract_service_no", len(which)), 12),
            "contract_no": numbers.take(place),
            "record_no": records.numbers.take(pa.array(record[which])),
            "package_no": c.constant("JC01", len(which)),
            "package_item_no": c.pick([row["package_item_no"] for row in items], item),
            "served_at": c.instants(at * c.DAY + 33_000 + draw.integers(0, 20_000, len(which))),
            "service_form_code": c.pick(["1", "2", "3"], draw.integers(0, 3, len(which))),
            "service_content_text": c.pick([row["package_item_name"] for row in items], item),
            "is_complete": c.flags(draw.random(len(which)) < 0.93),
            "doctor_name": doctor.take(place),
            "is_resident_confirmed": c.flags(draw.random(len(which)) < 0.6),
            "rating_code": c.pick(["1", "2", "3"], draw.choice([0, 0, 0, 1, 2], len(which))),
        },
    )
