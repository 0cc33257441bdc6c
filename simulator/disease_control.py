"""Infectious disease, immunisation cards, health education, sanitary inspection.

Reports are of the cases that primary institutions see and must report within a day (class B and C
of the law); activities and patrols are the institutions' own (S1-2.3, F13, F23 of the rules).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.enrolment import age_on, enrol, relatives
from simulator.names import name_text
from simulator.patients import address
from simulator.people import id_text
from simulator.records import Records
from simulator.scene import Scene
from simulator.staffing import DOCTORS, PUBLIC_HEALTH

Array = np.ndarray[Any, Any]

_DISEASES = (
    # name, ICD-10, class, from age, to age
    ("手足口病", "B08.401", "3", 1, 9),
    ("流行性感冒", "J11.101", "3", 1, 90),
    ("病毒性肝炎(乙型)", "B16.900", "2", 16, 90),
    ("梅毒", "A53.900", "2", 18, 80),
    ("感染性腹泻病", "A09.000", "3", 0, 90),
    ("水痘", "B01.900", "9", 1, 20),
)
_A_YEAR = 0.004
_TOPICS = ("高血压防治", "糖尿病饮食", "结核病防治", "儿童预防接种", "中医药养生", "烟草危害")
_PROBLEMS = ("未发现问题", "消毒记录不全", "从业人员无健康证", "未发现问题")
_PLACES = ("学校", "供水点", "餐饮店", "诊所")


def write_reports(scene: Scene, records: Records) -> None:
    """Report cards of infectious disease."""
    people, draw = scene.people, scene.draw
    years = (scene.end - scene.start) / 365.2425
    alive = (records.until >= scene.end) & (records.created < scene.start)
    which = enrol(scene, records, "infectious_report", alive, _A_YEAR * years)
    day = draw.integers(scene.start + 10, max(scene.start + 11, scene.end - 5), len(which))
    age = age_on(scene, records, day, which)
    kind = draw.integers(0, len(_DISEASES), len(which))
    fits = np.array([one[3] for one in _DISEASES])[kind] <= age
    fits &= age <= np.array([one[4] for one in _DISEASES])[kind]
    kind = np.where(fits, kind, 4)
    person = records.person[which]
    institution = records.institution[which]
    moved = records.again[which]
    count = len(which)
    at = day * c.DAY + draw.integers(8 * 3600, 17 * 3600, count)
    online = at + draw.integers(1, 20, count) * 3600
    scene.add(
        "infectious_report",
        institution,
        person,
        online + 60,
        {
            "report_card_no": c.keys("CR", scene.serial("report_card_no", count), 12),
            "report_card_kind_code": c.constant("1", count),
            "record_no": records.numbers.take(pa.array(which)),
            "name": name_text(people.surname[person], people.first[person], people.second[person]),
            "id_no": id_text(people.id_digits[person]),
            "sex_code": c.numbers(people.sex[person]),
            "birth_date": c.dates(people.birth[person]),
            "age_years": c.numbers(np.floor(age)),
            "phone_no": c.numbers(people.phone[person]),
            "patient_belonging_code": c.constant("1", count),
            **address(scene, person, moved),
            "infectious_occupation_code": c.pick(
                ["2", "3", "11"], np.select([age < 6, age < 20], [0, 1], 2)
            ),
            "case_class_code": c.pick(["2", "3"], draw.integers(0, 2, count)),
            "case_acuity_code": c.constant("1", count),
            "onset_date": c.dates(day - draw.integers(0, 4, count)),
            "diagnosed_at": c.instants(at),
            "infectious_class_code": c.pick([one[2] for one in _DISEASES], kind),
            "disease_code": c.pick([one[1] for one in _DISEASES], kind),
            "disease_name": c.pick([one[0] for one in _DISEASES], kind),
            "institution_name": scene.city.names.take(pa.array(institution)),
            "reporter_name": scene.city.staff.name(institution, DOCTORS, person),
            "filled_date": c.dates(day),
            "reported_online_at": c.instants(online),
        },
    )


def write_certificates(scene: Scene, records: Records) -> None:
    """Immunisation cards of the children under seven."""
    people, draw = scene.people, scene.draw
    carried = scene.city.carries("immunization_certificate")[records.institution]
    young = people.birth[records.person] > scene.end - 7 * 365
    young &= ~records.again
    which = np.flatnonzero(carried & young & (draw.random(len(young)) < 0.97))
    person = records.person[which]
    institution = records.institution[which]
    born = people.birth[person]
    day = np.minimum(born + draw.integers(1, 28, len(which)), scene.end - 1)
    guardian = np.where(people.mother[person] >= 0, people.mother[person],
                        relatives(scene, records, which))  # fmt: skip
    full = name_text(people.surname, people.first, people.second)
    scene.add(
        "immunization_certificate",
        institution,
        person,
        np.maximum(day, scene.start) * c.DAY + 38_500,
        {
            "immunization_card_no": c.keys("JZ", people.number[person], 10),
            "record_no": records.numbers.take(pa.array(which)),
            "name": full.take(pa.array(person)),
            "sex_code": c.numbers(people.sex[person]),
            "birth_date": c.dates(born),
            "id_no": id_text(people.id_digits[person]),
            "guardian_name": full.take(pa.array(guardian)),
            "guardian_relation_code": c.constant("5", len(which)),
            "guardian_phone_no": c.numbers(people.phone[guardian]),
            **address(scene, person, np.zeros(len(which), bool)),
            "registration_area_code": c.constant("1", len(which)),
            "residence_type_code": c.constant("1", len(which)),
            "created_date": c.dates(day),
            "created_by": records.doctor_names(scene, which),
            "institution_name": scene.city.names.take(pa.array(institution)),
        },
    )


def write_activities(scene: Scene) -> None:
    """Health education each month, patrols and reports of the inspectors (chunk 0 only)."""
    city, draw = scene.city, scene.draw
    there = np.flatnonzero(city.carries("health_education_activity") & (city.tiers == 3))
    months = max(1, (scene.end - scene.start) // 30)
    institution = np.repeat(there, months)
    day = scene.start + np.tile(np.arange(months), len(there)) * 30
    day = day + draw.integers(0, 28, len(day))
    who = city.staff.name(institution, PUBLIC_HEALTH, day)
    names = city.names.take(pa.array(institution))
    count = len(institution)
    topic = draw.integers(0, len(_TOPICS), count)
    scene.add(
        "health_education_activity",
        institution,
        None,
        day * c.DAY + 60_000,
        {
            "activity_no": c.keys("HD", scene.serial("activity_no", count), 12),
            "held_at": c.instants(day * c.DAY + 32_400),
            "activity_place": c.join(names, "会议室"),
            "education_form_code": c.pick(["1", "2", "3", "4", "5"], draw.integers(0, 5, count)),
            "activity_topic": c.pick(_TOPICS, topic),
            "organiser_name": names,
            "attendee_count": c.numbers(draw.integers(15, 90, count)),
            "education_audience_codes": c.pick(["3,6", "8", "5"], draw.integers(0, 3, count)),
            "material_kind": c.constant("折页", count),
            "material_count": c.numbers(draw.integers(20, 200, count)),
            "activity_content": c.join(c.pick(_TOPICS, topic), "讲座与咨询"),
            "activity_evaluation": c.constant("居民知晓率提高", count),
            "education_archive_codes": c.constant("1,2,5", count),
            "filled_by": who,
            "manager_name": city.staff.name(institution, DOCTORS, day),
            "filled_date": c.dates(day),
        },
    )
    quarter = np.flatnonzero(np.arange(count) % 3 == 0)
    _write_inspections(scene, institution[quarter], day[quarter])


def _write_inspections(scene: Scene, institution: Array, day: Array) -> None:
    city, draw = scene.city, scene.draw
    count = len(institution)
    problem = draw.integers(0, len(_PROBLEMS), count)
    place = draw.integers(0, len(_PLACES), count)
    topic = c.pick(["4", "3", "1", "5"], place)
    names = city.names.take(pa.array(institution))
    who = city.staff.name(institution, PUBLIC_HEALTH, day + 1)
    scene.add(
        "inspection_patrol",
        institution,
        None,
        day * c.DAY + 61_000,
        {
            "patrol_no": c.keys("XC", scene.serial("patrol_no", count), 12),
            "institution_name": names,
            "inspection_topic_code": topic,
            "patrolled_date": c.dates(day),
            "patrol_place": c.pick(_PLACES, place),
            "patrol_content": c.constant("卫生许可、消毒、健康证", count),
            "main_problem": c.pick(_PROBLEMS, problem),
            "patrolled_by": who,
        },
    )
    found = np.flatnonzero((problem == 1) | (problem == 2))
    chosen = pa.array(found)
    at = day[found] * c.DAY + 36_000
    scene.add(
        "inspection_report",
        institution[found],
        None,
        at + 8 * 3600,
        {
            "report_no": c.keys("XB", scene.serial("inspection_no", len(found)), 12),
            "institution_name": names.take(chosen),
            "found_at": c.instants(at),
            "inspection_topic_code": topic.take(chosen),
            "inspection_content": c.pick(_PROBLEMS, problem[found]),
            "reported_at": c.instants(at + 7200),
            "reporter_name": who.take(chosen),
        },
    )
