"""Disability: who is registered, and the yearly look at how he does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.enrolment import GUARDIANS, calendar, enrol, relatives
from simulator.names import name_text
from simulator.records import Records
from simulator.scene import Scene

Array = np.ndarray[Any, Any]

_KINDS = ("2", "3", "5", "6", "8")
_DEVICES = ("助视器", "助听器", "轮椅", "无", "无")


def write_disability(scene: Scene, records: Records) -> Array:
    """Registers and monitorings; answers a mask of the records of the disabled."""
    people, draw = scene.people, scene.draw
    disabled = np.zeros(len(records.person), bool)
    able = people.birth[records.person] < scene.start - 3 * 365
    which = enrol(scene, records, "disability", able & (records.until >= scene.end), 0.021)
    disabled[which] = True
    count = len(which)
    if count == 0:
        return disabled
    person = records.person[which]
    kind = draw.integers(0, len(_KINDS), count)
    registered = np.minimum(records.created[which] + draw.integers(5, 300, count), scene.end - 200)
    registered = np.maximum(registered, records.created[which])
    confirmed = np.maximum(people.birth[person] + 30, registered - draw.integers(10, 2000, count))
    guardian = relatives(scene, records, which)
    numbers = c.keys("CJ", scene.serial("disability_no", count), 12)
    level = c.numbers(draw.choice([1, 2, 3, 4], count))
    full = name_text(people.surname, people.first, people.second)
    scene.add(
        "disability",
        records.institution[which],
        person,
        np.maximum(registered, scene.start) * c.DAY + 41_200,
        {
            "disability_no": numbers,
            "record_no": records.numbers.take(pa.array(which)),
            "disability_code": c.pick(_KINDS, kind),
            "disability_level_code": level,
            "confirmed_date": c.dates(confirmed),
            "confirmed_by": c.constant("县残疾人联合会", count),
            "registered_date": c.dates(registered),
            "guardian_name": full.take(pa.array(guardian)),
            "guardian_relation_code": c.pick(GUARDIANS, draw.integers(0, 4, count)),
            "guardian_phone_no": c.numbers(people.phone[guardian]),
            "assistive_device": c.pick(_DEVICES, kind),
            "rehabilitation_need": c.pick(["康复训练", "辅助器具", "护理"], person % 3),
            "doctor_name": records.doctor_names(scene, which),
        },
    )
    row, day, _ = calendar(scene, registered, records.until[which], 365, 0.8)
    record = which[row]
    scene.add(
        "disability_monitoring",
        records.institution[record],
        records.person[record],
        day * c.DAY + 42_200,
        {
            "monitoring_no": c.keys("JC", scene.serial("monitoring_no", len(row)), 12),
            "disability_no": numbers.take(pa.array(row)),
            "record_no": records.numbers.take(pa.array(record)),
            "monitored_date": c.dates(day),
            "monitoring_finding": c.pick(["功能稳定", "较前好转", "较前减退"], record % 3),
            "disability_level_code": level.take(pa.array(row)),
            "self_care_code": c.numbers(draw.choice([1, 1, 2, 3], len(row))),
            "training_content": c.pick(["关节活动训练", "日常生活训练"], record % 2),
            "next_monitoring_date": c.dates(day + 365),
            "doctor_name": records.doctor_names(scene, record),
        },
    )
    return disabled
