"""Vital signs of those in bed, imaging and function tests of those who come (WS 445.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.fees import line_of
from simulator.health import Health
from simulator.reference_tables import read_reference
from simulator.scene import HOSPITAL_SYSTEM, Scene
from simulator.staffing import IMAGING
from simulator.stays import Stays
from simulator.visits import Visits

Array = np.ndarray[Any, Any]


def write_vital_signs(scene: Scene, stays: Stays, health: Health, patient_no: pa.Array) -> None:
    """Temperature, pulse and blood pressure on the days of stays (three days at most)."""
    draw = scene.draw
    hours = np.minimum(stays.discharged, scene.end * c.DAY - 7200) - stays.admitted
    times = np.clip(hours // c.DAY, 1, 3)
    stay = np.repeat(np.arange(len(times)), times)
    turn = np.arange(len(stay)) - np.repeat(np.cumsum(times) - times, times)
    at = stays.admitted[stay] + turn * c.DAY + 1800
    person = stays.person[stay]
    systolic, diastolic = health.pressure(draw, person, at // c.DAY)
    warm = np.rint(draw.normal(367, 4, len(stay)).clip(355, 398))
    place = pa.array(stay)
    for code, name, values, places, unit in (
        ("TEMP", "体温", warm, 1, "℃"),
        ("PULSE", "脉率", np.rint(draw.normal(78, 9, len(stay)).clip(50, 140)), 0, "次/min"),
        ("SBP", "收缩压", systolic, 0, "mmHg"),
        ("DBP", "舒张压", diastolic, 0, "mmHg"),
    ):
        number = c.decimals(values, places) if places else c.numbers(values)
        scene.add(
            "vital_sign",
            stays.institution[stay],
            person,
            at + 300,
            {
                "vital_sign_no": c.keys("", scene.serial("vital_sign_no", len(stay)), 12),
                "patient_no": patient_no.take(place),
                "measured_at": c.instants(at),
                "item_code": c.constant(code, len(stay)),
                "item_name": c.constant(name, len(stay)),
                "result_number": number,
                "unit_name": c.constant(unit, len(stay)),
            },
        )


def write_exams(scene: Scene, visits: Visits, patient_no: pa.Array) -> None:
    """Imaging and function tests that hospitals do on some visits, and their charges."""
    draw, city = scene.draw, scene.city
    tier = city.tiers[visits.institution]
    may = (tier != 3) & visits.complete & ~visits.by_document
    visit = np.flatnonzero(may & (draw.random(len(tier)) < 0.26))
    rows = read_reference("imaging")
    sex = np.array([int(row["sex_code"] or 0) for row in rows])
    weights = np.array([[float(r[f"weight_{p}"]) for r in rows] for p in ("mch", "skin")])
    skin = (tier[visit] == 1).astype(int)
    person = visits.person[visit]
    fits = (sex == 0) | (sex == scene.people.sex[person][:, None])
    chances = (weights[skin] * fits).cumsum(axis=1)
    kind = (draw.random(len(visit))[:, None] * chances[:, -1:] >= chances).sum(axis=1)
    found = draw.random(len(visit)) < 0.3
    at = visits.at[visit] + 2400
    reported = at + draw.integers(1800, 10_800, len(visit))
    staff = city.staff

    def text(name: str) -> pa.Array:
        normal = c.pick([r[f"normal_{name}"] for r in rows], kind)
        return pa.compute.if_else(
            pa.array(found), c.pick([r[f"abnormal_{name}"] for r in rows], kind), normal
        )

    scene.add(
        "exam_report",
        visits.institution[visit],
        person,
        reported + 60,
        {
            "report_no": c.keys("E", scene.serial("exam_no", len(visit)), 12),
            "order_no": c.keys("S", scene.serial("exam_order_no", len(visit)), 12),
            "patient_no": patient_no.take(pa.array(visit)),
            "encounter_no": visits.numbers.take(pa.array(visit)),
            "patient_type_code": c.constant("1", len(visit)),
            **{
                name: c.pick([row[name] for row in rows], kind)
                for name in ("exam_kind_code", "item_code", "item_name", "body_site")
            },
            "examined_at": c.instants(at),
            "findings": text("findings"),
            "conclusion": text("conclusion"),
            "reported_at": c.instants(reported),
            "doctor_name": staff.name(visits.institution[visit], IMAGING, kind),
            "reviewer_name": staff.name(visits.institution[visit], IMAGING, kind + 1),
        },
        HOSPITAL_SYSTEM,
    )
    visits.charge_visit.append(visit)
    visits.charge_item.append(np.array([line_of(row["item_code"]) for row in rows])[kind])
    visits.charge_quantity.append(np.ones(len(visit), dtype=np.int64))
