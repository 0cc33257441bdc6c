"""The synthetic city, chunk by chunk: ``generate_city`` yields canonical events and their truth.

Deterministic: a chunk's draws depend on the seed and the chunk's number alone, so that chunks may
be made in any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.births import make_children, write_births
from simulator.child_health import write_children
from simulator.chronic import write_chronic
from simulator.errors import plant_errors
from simulator.events import COMMISSION, Chunk
from simulator.examinations import write_exams, write_vital_signs
from simulator.fees import add_consultations, write_fees
from simulator.health import Health, make_health
from simulator.hospital import write_stays
from simulator.laboratory import write_documents, write_laboratory
from simulator.master import write_deaths, write_master, write_population
from simulator.maternal import write_maternal
from simulator.names import name_text
from simulator.newborn_screening import write_screenings
from simulator.patients import Views, make_views, write_patients
from simulator.people import id_text, make_people
from simulator.plan import plan_city
from simulator.pregnancies import make_pregnancies
from simulator.pregnancy_risks import write_risks
from simulator.prescriptions import write_prescriptions
from simulator.programmes import write_programmes, write_services
from simulator.records import make_records, write_records
from simulator.scene import DOCUMENT_SYSTEM, LABORATORY_SYSTEM, City, Scene
from simulator.stays import Stays, make_stays
from simulator.visits import Visits, make_visits, write_visits

Array = np.ndarray[Any, Any]

DEFAULT_AS_OF = "2026-06-30"
"""The last day of the period: fixed, so that a city is the same whenever it is made."""

DEFAULT_MONTHS = 24
DEFAULT_ERROR_RATE = 0.02
_MADE_IN_ADVANCE = 0.015  # patients registered who never came


@dataclass(frozen=True)
class CityChunk(Chunk):
    """A chunk with its truth: ``persons`` (one row a resident) and ``errors``.

    ``errors``: event_id, dataset, column, kind, rule; a row for each rule that a row breaks.
    """

    persons: pa.Table
    errors: pa.Table


def make_city(
    seed: int,
    residents: int,
    as_of: str = DEFAULT_AS_OF,
    months: int = DEFAULT_MONTHS,
    institutions: int | None = None,
) -> City:
    """The fixed things of a city: see ``plan_city``. The period ends with the day ``as_of``."""
    last = np.datetime64(as_of, "D")
    end = int(last.astype(np.int64)) + 1
    begin = (last + 1).astype("datetime64[M]") - months
    offset = int((last + 1 - (last + 1).astype("datetime64[M]")).astype(np.int64))
    start = int(begin.astype("datetime64[D]").astype(np.int64)) + offset
    return City(plan_city(seed, residents, institutions), start, end)


def generate_city(
    seed: int,
    residents: int,
    as_of: str = DEFAULT_AS_OF,
    months: int = DEFAULT_MONTHS,
    error_rate: float = DEFAULT_ERROR_RATE,
    institutions: int | None = None,
) -> Iterator[CityChunk]:
    """The whole city as a stream of chunks; chunk 0 begins with the master data."""
    city = make_city(seed, residents, as_of, months, institutions)
    for number in range(len(city.plan.chunks)):
        yield make_chunk(city, number, error_rate)


def make_chunk(city: City, number: int, error_rate: float = DEFAULT_ERROR_RATE) -> CityChunk:
    """One chunk by its number."""
    scene, health = open_scene(city, number)
    if number == 0:
        write_master(scene)
        write_services(scene)
    write_population(scene)
    write_deaths(scene)
    _write_care(scene, health)
    tables = {name: pa.concat_tables(parts) for name, parts in sorted(scene.tables.items())}
    tables, errors = plant_errors(scene, tables, error_rate)
    return CityChunk(number, tables, _persons(scene), errors)


def together(chunks: Sequence[CityChunk]) -> CityChunk:
    """Several chunks as one, under the first one's number."""
    names = sorted({name for chunk in chunks for name in chunk.tables})
    tables = {
        name: pa.concat_tables([one.tables[name] for one in chunks if name in one.tables])
        for name in names
    }
    persons = pa.concat_tables([one.persons for one in chunks])
    errors = pa.concat_tables([one.errors for one in chunks])
    return CityChunk(chunks[0].number, tables, persons, errors)


def open_scene(city: City, number: int) -> tuple[Scene, Health]:
    """The people of a chunk with their health: the same each time."""
    part = city.plan.chunks[number]
    bits = np.random.PCG64(np.random.SeedSequence(city.plan.seed, spawn_key=(part.group,)))
    everybody = make_people(
        np.random.Generator(bits),
        part.catchments,
        len(city.plan.catchments),
        city.start,
        city.end,
    )
    # From here on the parts of a group draw apart.
    draw = np.random.Generator(bits.jumped(part.nth))
    people = everybody.of_villages(part.villages)
    health = make_health(draw, people, city.end)
    return Scene(city, number, draw, people, part), health


def _write_care(scene: Scene, health: Health) -> None:
    """Records, registrations at institutions, and everything that happens there."""
    records = make_records(scene, health)
    visits = make_visits(scene, health)
    stays = make_stays(scene)
    keys, views, registered, institution = _register(scene, visits, stays)
    numbers = scene.city.patient_numbers(institution, scene.people.number[views.person])
    of_visit = np.searchsorted(keys, visits.person * 1000 + visits.institution)
    of_stay = np.searchsorted(keys, stays.person * 1000 + stays.institution)
    patient_no = numbers.take(pa.array(of_visit))
    write_visits(scene, visits, health, patient_no)
    write_prescriptions(scene, visits, patient_no)
    add_consultations(scene, visits)
    write_exams(scene, visits, patient_no)
    tested = write_laboratory(scene, visits, patient_no)
    write_fees(scene, visits, health.insurance[visits.person], patient_no)
    write_stays(scene, stays, views, of_stay, numbers, health)
    write_vital_signs(scene, stays, health, numbers.take(pa.array(of_stay)))
    write_documents(scene, visits, patient_no)
    systems: dict[str | None, Array] = {
        None: np.arange(len(keys)),
        LABORATORY_SYSTEM: np.unique(of_visit[tested]),
        DOCUMENT_SYSTEM: np.unique(of_visit[visits.by_document]),
    }
    write_patients(scene, views, institution, registered, numbers, health.insurance, systems)
    shown = write_records(scene, records, health, keys)
    checkups = write_chronic(scene, records, health)
    write_programmes(scene, records, shown, health, checkups)
    _write_mothers_and_children(scene, health)


def _write_mothers_and_children(scene: Scene, health: Health) -> None:
    """Draws of its own: the rest of the city is the same with and without it."""
    draw = np.random.default_rng([scene.city.plan.seed, scene.number, 2702])
    pregnancies = make_pregnancies(scene, draw)
    children = make_children(scene, draw, pregnancies)
    write_maternal(scene, draw, pregnancies, health)
    write_risks(scene, draw, pregnancies)
    born, at = write_births(scene, draw, pregnancies, children)
    write_screenings(scene, draw, pregnancies, born, at)
    write_children(scene, draw, pregnancies, children)


def _register(scene: Scene, visits: Visits, stays: Stays) -> tuple[Array, Views, Array, Array]:
    """Who is known where: sorted keys (person * 1000 + institution), views, when, institution."""
    people, draw, city = scene.people, scene.draw, scene.city
    positions = np.array([one.position for one in scene.catchments])
    early = np.flatnonzero((draw.random(len(people)) < _MADE_IN_ADVANCE) & (people.moved < 0))
    at_home = city.homes[positions[people.catchment[early]]]
    person = np.concatenate([visits.person, stays.person, early])
    institution = np.concatenate([visits.institution, stays.institution, at_home])
    born = np.maximum(people.birth[early] + 1, scene.start - 700)
    alive = np.where(people.death[early] >= 0, people.death[early], scene.end) - 1
    day = born + (draw.random(len(early)) * np.maximum(alive - born, 1)).astype(np.int64)
    at = np.concatenate([visits.at - 600, stays.admitted - 3600, day * c.DAY + 36_000])
    order = np.lexsort((at, person * 1000 + institution))
    all_keys = (person * 1000 + institution)[order]
    keys, first = np.unique(all_keys, return_index=True)
    registered = at[order][first]
    who, where = keys // 1000, keys % 1000
    longer = draw.random(len(keys)) < 0.35
    since = np.maximum((people.birth[who] + 1) * c.DAY + 36_000, registered - 900 * c.DAY)
    earlier = since + (draw.random(len(keys)) * (registered - since)).astype(np.int64)
    registered = np.where(longer & (registered > since), earlier, registered)
    views = make_views(scene, who, where, registered // c.DAY, keys)
    return keys, views, registered, where


def _persons(scene: Scene) -> pa.Table:
    """The truth about this chunk's people."""
    people = scene.people
    villages = [v.code for one in scene.catchments for v in one.villages]
    names = [one.township_name for one in scene.catchments]
    columns = {
        "person_id": scene.person_ids,
        "name": name_text(people.surname, people.first, people.second),
        "sex": c.numbers(people.sex),
        "birth": c.dates(people.birth),
        "id_no": id_text(people.id_digits),
        "phone": c.numbers(people.phone),
        "household": c.keys("F", people.household, 10),
        "township": c.pick(names, people.catchment),
        "village": c.pick(villages, people.village),
        "institution": scene.city.codes.take(
            pa.array(
                scene.city.homes[np.array([one.position for one in scene.catchments])][
                    people.catchment
                ]
            )
        ),
        "death": c.dates(people.death, people.death >= 0),
        "moved": c.dates(people.moved, people.moved >= 0),
        "is_twin": pa.array(people.is_twin),
        "is_stranger": pa.array(people.is_stranger),
    }
    return pa.table(columns)


__all__ = ["COMMISSION", "CityChunk", "generate_city", "make_chunk", "make_city", "together"]
