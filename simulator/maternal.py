"""The maternal handbook's forms, from booking to the 42nd day after birth, as township health
centres fill them on the city's platform (国家基本公共卫生服务规范, 孕产妇健康管理)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.checkups import body_mass_index
from simulator.health import Health
from simulator.names import name_text
from simulator.patients import address
from simulator.people import id_text
from simulator.pregnancies import (
    GREEN,
    SYSTEM,
    Pregnancies,
    findings,
    gestation,
    quality_of,
)
from simulator.scene import Scene
from simulator.staffing import PUBLIC_HEALTH

Array = np.ndarray[Any, Any]

_ORANGE = 3
_VISIT_WEEKS = (18, 26, 34, 38)


def write_maternal(
    scene: Scene, draw: np.random.Generator, pregnancies: Pregnancies, health: Health
) -> None:
    """Everything that hangs on a handbook."""
    booked = pregnancies.take(np.flatnonzero(pregnancies.has_handbook))
    _write_handbooks(scene, draw, booked)
    _write_history(scene, draw, booked)
    _write_first_visits(scene, draw, booked, health)
    _write_visits(scene, draw, booked, health)
    _write_postpartum(scene, draw, booked, health)


def add_form(
    scene: Scene, dataset: str, of: Pregnancies, day: Array, columns: dict[str, pa.Array]
) -> None:
    """Rows of the institution at home, with the handbook's number and the doctor's name."""
    signed = {"doctor_name": scene.city.staff.name(of.home, PUBLIC_HEALTH, of.mother)}
    if dataset == "pregnancy_risk_factor":  # its assessment is signed
        signed = {}
    scene.add(
        dataset,
        of.home,
        of.mother,
        day * c.DAY + 34_000 + 60 * (of.number % 400),
        {"maternal_handbook_no": of.handbooks(), **signed, **columns},
        SYSTEM,
    )


def form_numbers(scene: Scene, prefix: str, count: int) -> pa.Array:
    """Running numbers of a kind of form."""
    return c.keys(prefix, scene.serial(prefix, count), 12)


def _names(scene: Scene, person: Array) -> pa.Array:
    people = scene.people
    return name_text(people.surname[person], people.first[person], people.second[person])


def home_names(scene: Scene, of: Pregnancies) -> pa.Array:
    """Names of the institutions that look after them."""
    return scene.city.names.take(pa.array(of.home))


def _pressure(
    draw: np.random.Generator, health: Health, mother: Array, day: Array
) -> dict[str, pa.Array]:
    systolic, diastolic = health.pressure(draw, mother, day)
    return {"systolic_mmhg": c.numbers(systolic), "diastolic_mmhg": c.numbers(diastolic)}


def _write_handbooks(scene: Scene, draw: np.random.Generator, of: Pregnancies) -> None:
    people, count = scene.people, len(of)
    mother, husband = of.mother, np.maximum(of.husband, 0)
    married = of.husband >= 0
    born = of.delivery < scene.end
    closed = born & (of.delivery + 60 < scene.end)
    where = address(scene, mother, np.zeros(count, bool))
    due = of.last_menses + 280
    week = (scene.end - of.last_menses) // 7
    status = np.select([closed, born, week < 13, week < 28], [6, 4, 1, 2], 3)
    add_form(
        scene,
        "maternal_handbook",
        of,
        of.booked,
        {
            **findings(draw, "maternal_handbook", count),
            "handbook_status_code": c.numbers(np.where(closed, 2, 1)),
            "maternal_status_code": c.numbers(status),
            "created_date": c.dates(of.booked),
            "created_weeks": c.numbers((of.booked - of.last_menses) // 7),
            "name": _names(scene, mother),
            "birth_date": c.dates(people.birth[mother]),
            "age_years": c.numbers((of.booked - people.birth[mother]) // 365.25),
            "id_type_code": c.constant("01", count),
            "id_no": id_text(people.id_digits[mother]),
            "ethnicity_code": c.pick(
                ["01", "22"], (people.household[mother] % 71 == 0).astype(int)
            ),
            "phone_no": c.numbers(people.phone[mother]),
            "husband_name": c.when(_names(scene, husband), married),
            "husband_id_no": c.when(id_text(people.id_digits[husband]), married),
            **where,
            "registered_county": where["address_county"],
            "registered_township": where["address_township"],
            "postpartum_county": where["address_county"],
            "postpartum_township": where["address_township"],
            "last_menses_date": c.dates(of.last_menses),
            "expected_delivery_date": c.dates(due + draw.integers(-4, 5, count)),
            "gravidity": c.numbers(of.gravidity),
            "parity": c.numbers(of.parity),
            "risk_screen_code": c.numbers((of.colour > GREEN).astype(int)),
            "risk_colour_code": c.numbers(of.colour),
            "has_infection_risk": c.flags(of.infected()),
            "managing_institution_name": home_names(scene, of),
            "closed_date": c.dates(of.delivery + 56, closed),
        },
    )


def _write_history(scene: Scene, draw: np.random.Generator, of: Pregnancies) -> None:
    """The pregnancies before, the last one first; only what she tells."""
    before = of.take(np.flatnonzero(of.gravidity > 1))
    count = len(before)
    made = findings(draw, "pregnancy_history", count)
    made.pop("pregnancy_outcome_code")
    lost = before.gravidity - 1 > before.parity
    signed = {
        "history_no": form_numbers(scene, "RS", count),
        "pregnancy_order": c.numbers(before.gravidity - 1),
        "ended_date": c.dates(before.last_menses - draw.integers(400, 1500, count)),
        "pregnancy_outcome_code": c.numbers(np.where(lost, draw.choice([4, 5], count), 1)),
        "maternal_handbook_no": before.handbooks(),
    }
    scene.add(
        "pregnancy_history", before.home, before.mother,
        before.booked * c.DAY + 36_000, signed, SYSTEM,
    )  # fmt: skip


def _write_first_visits(
    scene: Scene, draw: np.random.Generator, of: Pregnancies, health: Health
) -> None:
    people = scene.people
    day = of.booked + draw.integers(0, 5, len(of))
    came = (draw.random(len(of)) < 0.97) & (day < np.minimum(scene.end, of.delivery))
    of, day = of.take(np.flatnonzero(came)), day[came]
    count, mother = len(of), of.mother
    husband = np.maximum(of.husband, 0)
    weight, height = health.weight[mother] + 20, health.height[mother]
    caesareans = np.minimum(of.parity, (of.factors[:, 2]).astype(int))
    known = of.husband >= 0
    age = ((day - people.birth[husband]) // 365.25).clip(18, 80)

    def normal(mean: float, spread: float, low: float, high: float) -> Array:
        return np.rint(draw.normal(mean, spread, count).clip(low, high)).astype(np.int64)

    abnormal = of.colour > GREEN
    add_form(
        scene,
        "antenatal_first_visit",
        of,
        day,
        {
            **findings(draw, "antenatal_first_visit", count),
            "visit_no": form_numbers(scene, "CJ", count),
            "visited_date": c.dates(day),
            **gestation(day - of.last_menses),
            "age_years": c.numbers((day - people.birth[mother]) // 365.25),
            "husband_age_years": c.numbers(age, known),
            "husband_phone_no": c.numbers(people.phone[husband], known),
            "gravidity": c.numbers(of.gravidity),
            "vaginal_delivery_count": c.numbers(of.parity - caesareans),
            "caesarean_count": c.numbers(caesareans),
            "last_menses_date": c.dates(of.last_menses),
            "expected_delivery_date": c.dates(of.last_menses + 280),
            "height_cm": c.decimals(height, 1),
            "weight_kg": c.decimals(weight, 1),
            "bmi": c.decimals(body_mass_index(weight, height), 2),
            **_pressure(draw, health, mother, day),
            "haemoglobin_g_l": c.decimals(normal(1220, 100, 850, 1550) // 10 * 10, 1),
            "leukocyte_10e9_l": c.decimals(normal(78, 14, 40, 140), 1),
            "platelet_10e9_l": c.numbers(normal(220, 45, 100, 400)),
            "glucose_mmol_l": c.decimals(normal(46, 4, 36, 60), 1),
            "alt_u_l": c.decimals(normal(180, 60, 60, 600), 1),
            "ast_u_l": c.decimals(normal(190, 50, 80, 500), 1),
            "total_bilirubin_umol_l": c.decimals(normal(95, 25, 40, 220), 1),
            "creatinine_umol_l": c.decimals(normal(480, 70, 300, 800), 1),
            "urea_mmol_l": c.decimals(normal(34, 7, 18, 70), 1),
            "hbsag_code": c.numbers(1 + of.infected()),
            "is_assessment_abnormal": c.flags(abnormal),
            "is_referred": c.flags(of.colour >= _ORANGE),
            "institution_name": home_names(scene, of),
            "next_followup_date": c.dates(np.maximum(of.last_menses + 18 * 7, day + 28)),
        },
    )


def _write_visits(scene: Scene, draw: np.random.Generator, of: Pregnancies, health: Health) -> None:
    day = of.last_menses[:, None] + 7 * np.array(_VISIT_WEEKS)
    day = day + draw.integers(-6, 7, day.shape)
    there = draw.random(day.shape) < quality_of(scene, of.home, 0.91)[:, None]
    there &= (day > of.booked[:, None] + 14) & (day < of.delivery[:, None]) & (day < scene.end)
    row, turn = np.nonzero(there)
    seen, day = of.take(row), day[row, turn]
    count = len(row)
    days = day - seen.last_menses
    gain = np.maximum(0, days - 84) * 10 // 20
    abnormal = draw.random(count) < 0.06
    referred = abnormal & (draw.random(count) < 0.3)
    add_form(
        scene,
        "antenatal_visit",
        seen,
        day,
        {
            **findings(draw, "antenatal_visit", count),
            "visit_no": form_numbers(scene, "FJ", count),
            "visit_order": c.numbers(2 + turn),
            "visited_date": c.dates(day),
            "gestational_weeks": c.numbers(days // 7),
            "weight_kg": c.decimals(health.weight[seen.mother] + 20 + gain, 1),
            "fundal_height_cm": c.decimals(days * 10 // 7 - draw.integers(10, 40, count), 1),
            "abdominal_girth_cm": c.decimals(
                700 + days * 9 // 10 + draw.integers(-30, 31, count), 1
            ),
            "fetal_heart_rate_per_min": c.numbers(draw.normal(142, 6, count).clip(118, 162)),
            **_pressure(draw, health, seen.mother, day),
            "haemoglobin_g_l": c.numbers(draw.normal(116, 9, count).clip(80, 150)),
            "urine_protein_code": c.pick(["1", "2"], (draw.random(count) < 0.05).astype(int)),
            "maternal_class_code": c.numbers(1 + abnormal),
            "abnormal_description": c.pick(["下肢水肿", "体重增长过快"], turn % 2, abnormal),
            "is_referred": c.flags(referred),
            "referral_reason": c.pick(
                ["下肢水肿,查蛋白尿", "体重增长过快,查血糖"], turn % 2, referred
            ),
            "institution_name": home_names(scene, seen),
            "next_followup_date": c.dates(day + 28),
        },
    )


def _write_postpartum(
    scene: Scene, draw: np.random.Generator, of: Pregnancies, health: Health
) -> None:
    born = of.take(np.flatnonzero(of.delivery < scene.end))
    left = born.delivery + draw.integers(3, 7, len(born))
    for dataset, after, coverage, prefix in (
        ("postpartum_visit", left + draw.integers(1, 8, len(born)), 0.92, "CF"),
        ("postpartum_42day", born.delivery + draw.integers(42, 57, len(born)), 0.88, "CH"),
    ):
        came = draw.random(len(born)) < quality_of(scene, born.home, coverage)
        which = np.flatnonzero(came & (after < scene.end))
        seen, day, count = born.take(which), after[which], len(which)
        shown = findings(draw, dataset, count)
        columns = {
            **shown,
            "visit_no": form_numbers(scene, prefix, count),
            "visited_date": c.dates(day),
            "delivery_date": c.dates(seen.delivery),
            **_pressure(draw, health, seen.mother, day),
        }
        if dataset == "postpartum_visit":
            columns |= {
                "discharged_date": c.dates(left[which]),
                "postpartum_days": c.numbers(day - seen.delivery),
                "temperature_celsius": c.decimals(draw.integers(362, 372, count), 1),
                "referral_reason": c.when(
                    c.constant("产后出血或感染,转上级检查", count),
                    np.asarray(pc.equal(shown["is_referred"], "1")),
                ),
                "next_followup_date": c.dates(seen.delivery + 42),
            }
        add_form(scene, dataset, seen, day, columns)
