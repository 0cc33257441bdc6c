"""Master data: regions, institutions, dictionaries, departments, staff; deaths and populations.

Dictionaries and registers come from the health commission's one system; departments and staff
from each institution that keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.names import name_text
from simulator.people import id_text
from simulator.reference_tables import read_reference
from simulator.scene import City, Scene
from simulator.staffing import (
    DEPARTMENTS,
    DOCTORS,
    NURSES,
    PRIMARY_SLOTS,
    SLOT_DEPARTMENTS,
    SLOTS,
)
from standards.organisations import load_regions

Array = np.ndarray[Any, Any]

_COMMISSION = 0  # its place among the assignments
_BEFORE_THE_PERIOD = 120  # days: when the dictionaries were last written
_CAUSES = (
    "I63.900", "I61.900", "I21.900", "I25.103", "J44.900", "C34.900", "C16.900", "C22.900",
    "C18.900", "E11.900", "J18.900", "N18.900",
)  # fmt: skip


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> dict[str, pa.Array]:
    return {
        name: pa.array([row[place] or None for row in rows], pa.string())
        for place, name in enumerate(columns)
    }


def write_master(scene: Scene) -> None:
    """Everything that is there before anybody is born (chunk 0 only)."""
    _commission(scene, "region", _regions(scene.city))
    _commission(scene, "institution", _institutions(scene.city))
    drugs = read_reference("drugs")
    _commission(
        scene,
        "drug",
        {
            **{
                name: pa.array([row[name] or None for row in drugs], pa.string())
                for name in (
                    "drug_code", "drug_name", "specification", "dose_form_code", "unit_name",
                    "drug_category_code", "retail_price_yuan", "is_antibacterial", "ddd_value",
                )
            },
            "is_essential": c.constant("1", len(drugs)),
            "insurance_code": pa.array([f"X{row['drug_code']}YB" for row in drugs]),
            "status_code": c.constant("1", len(drugs)),
        },
    )  # fmt: skip
    items = read_reference("charge_items")
    _commission(
        scene,
        "charge_item",
        {
            **{name: pa.array([row[name] for row in items]) for name in items[0]},
            "insurance_code": pa.array([f"00{row['item_code']}" for row in items]),
            "status_code": c.constant("1", len(items)),
        },
    )
    _write_departments(scene)
    _write_staff(scene)


def _commission(scene: Scene, dataset: str, columns: dict[str, pa.Array]) -> pa.Array:
    count = len(next(iter(columns.values())))
    written = np.full(count, (scene.start - _BEFORE_THE_PERIOD) * c.DAY + 36_000)
    return scene.add(dataset, np.full(count, _COMMISSION), None, written, columns)


def _regions(city: City) -> dict[str, pa.Array]:
    villages = [
        (village.code, village.name, one.township, "5")
        for one in city.plan.catchments
        for village in one.villages
    ]
    known = [(one.region_code, one.name, one.parent, one.level) for one in load_regions().values()]
    names = ("region_code", "region_name", "parent_region_code", "region_level_code")
    return _rows(names, [*known, *villages])


def _institutions(city: City) -> dict[str, pa.Array]:
    place = {one.institution: one for one in city.plan.catchments}
    rows = []
    for number, one in enumerate(city.assignments):
        if one.tier == "":
            continue
        home = place.get(one.institution)
        kind = "A1" if one.tier == "1" else "G2" if one.tier == "2" else "C2"
        rows.append(
            (
                one.institution, one.name, kind, one.tier, home.township if home else one.county,
                f"0598-{8_200_000 + number * 137}",
                city.staff.names[number * SLOTS].as_py(),
                home.township_name if home else None,
                {"1": "260", "2": "80", "3": "20"}[one.tier], f"{1952 + number % 40}-07-01", "1",
            )
        )  # fmt: skip
    return _rows(
        (
            "institution_code", "institution_name", "institution_class_code",
            "institution_tier_code", "region_code", "phone_no", "head_name", "address_township",
            "authorised_beds", "opened_date", "status_code",
        ),
        rows,
    )  # fmt: skip


def _write_departments(scene: Scene) -> None:
    places = [
        (number, code, name, kind)
        for number, one in enumerate(scene.city.assignments)
        for code, name, kind in DEPARTMENTS
        if one.tier != ""
    ]
    institution = np.array([place[0] for place in places])
    heads = [
        scene.city.staff.names[number * SLOTS + order % DOCTORS[1]].as_py()
        for order, (number, *_) in enumerate(places)
    ]
    columns = {
        "department_code": pa.array([place[1] for place in places]),
        "department_name": pa.array([place[2] for place in places]),
        "department_class_code": pa.array([place[1] for place in places]),
        "department_type_code": pa.array([place[3] for place in places]),
        "head_name": pa.array(heads),
        "status_code": c.constant("1", len(places)),
    }
    written = np.full(len(places), (scene.start - _BEFORE_THE_PERIOD) * c.DAY + 37_000)
    scene.add("department", institution, None, written, columns)


def _write_staff(scene: Scene) -> None:
    city, staff = scene.city, scene.city.staff
    everyone = np.arange(len(city.assignments) * SLOTS)
    tier = city.tiers[everyone // SLOTS]
    chosen = everyone[(tier > 0) & ((tier < 3) | (everyone % SLOTS < PRIMARY_SLOTS))]
    institution, slot = chosen // SLOTS, chosen % SLOTS
    birth = staff.birth[chosen]
    nurse = (slot >= NURSES[0]) & (slot < NURSES[1])
    prescribes = (slot < DOCTORS[1]) | ((slot >= 12) & (slot < 18))
    day = birth.astype("datetime64[D]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    in_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
    county = np.array([int(one.county) for one in city.assignments])[institution]
    # Sequence numbers 0 to 2 are nobody else's: residents' blocks begin with 1 and rise by two.
    digits = ((county * 10_000 + year) * 100 + month) * 100_000 + in_month * 1000
    digits += np.where(staff.sex[chosen] == 1, 999, 998)
    hired = birth + 23 * 365 + slot * 30
    columns = {
        "staff_no": c.numbers(1000 + slot),
        "staff_name": staff.names.take(pa.array(chosen)),
        "sex_code": c.numbers(staff.sex[chosen]),
        "birth_date": c.dates(birth),
        "id_no": id_text(digits),
        "department_code": c.pick(
            [one[0] for one in DEPARTMENTS], np.array(SLOT_DEPARTMENTS)[slot]
        ),
        "title_code": c.numbers(np.array([2, 3, 3, 4, 4, 5])[chosen % 6]),
        "practice_category_code": c.pick(["1", "3"], ((slot == 8) | (slot == 9)).astype(int)),
        "is_prescriber": c.flags(prescribes & ~nurse),
        "hired_date": c.dates(np.minimum(hired, scene.start - 200)),
        "status_code": c.constant("1", len(chosen)),
    }
    written = np.full(len(chosen), (scene.start - _BEFORE_THE_PERIOD) * c.DAY + 38_000)
    scene.add("staff", institution, None, written, columns)


def write_deaths(scene: Scene) -> None:
    """Death reports of this chunk's people, as the commission's register has them."""
    people, draw = scene.people, scene.draw
    person = np.flatnonzero(people.death >= 0)
    count = len(person)
    day = people.death[person]
    known = np.minimum(day + draw.integers(2, 25, count), scene.end - 1)
    township = c.pick([one.township_name for one in scene.catchments], people.catchment[person])
    columns = {
        "certificate_no": c.keys("", scene.serial("certificate_no", count), 12),
        "name": name_text(people.surname, people.first, people.second).take(pa.array(person)),
        "sex_code": c.numbers(people.sex[person]),
        "birth_date": c.dates(people.birth[person]),
        "id_no": id_text(people.id_digits[person]),
        "death_date": c.dates(day),
        "death_place_code": c.numbers(draw.choice([1, 3, 3, 3, 9], count)),
        "underlying_cause_code": c.pick(_CAUSES, draw.integers(0, len(_CAUSES), count)),
        "phone_no": c.numbers(people.phone[person]),
        "address_township": township,
    }
    scene.add(
        "death_registration", np.full(count, _COMMISSION), person, known * c.DAY + 50_000, columns
    )


def write_population(scene: Scene) -> None:
    """Residents of each village at the end of each year (the last: at the period's end)."""
    people = scene.people
    edges = np.array([scene.start, scene.end - 1], "datetime64[D]").astype("datetime64[Y]")
    here_managed = [(v, one.institution) for one in scene.catchments for v in one.villages]
    part = scene.part.villages
    villages, owners = zip(*here_managed[part.start : part.stop], strict=True)
    place = people.village - part.start
    count = len(villages)
    for year in range(int(edges[0].astype(int)), int(edges[1].astype(int)) + 1):
        last = int(np.datetime64(f"{1970 + year}-12-31").astype(np.int64))
        day = min(last, scene.end - 1)
        here = (people.birth <= day) & ((people.death < 0) | (people.death > day))
        old = here & (day - people.birth >= 65 * 365.2425)
        residents = np.bincount(place[here], minlength=count)
        days_old = day - people.birth
        small, toddling = here & (days_old < 7 * 365.2425), here & (days_old < 3 * 365.2425)
        columns = {
            "region_code": pa.array([one.code for one in villages]),
            "region_name": pa.array([one.name for one in villages]),
            "managing_institution_code": pa.array(owners),
            "population_year": c.constant(str(1970 + year), count),
            "resident_count": c.numbers(residents),
            "registered_count": c.numbers(residents * 21 // 20),
            "resident_65_count": c.numbers(np.bincount(place[old], minlength=count)),
            "child_0_6_year_count": c.numbers(np.bincount(place[small], minlength=count)),
            "child_0_36_month_count": c.numbers(np.bincount(place[toddling], minlength=count)),
        }
        written = np.full(count, day * c.DAY + 51_000)
        scene.add("resident_population", np.full(count, _COMMISSION), None, written, columns)
