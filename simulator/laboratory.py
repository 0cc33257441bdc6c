"""The laboratories' orders, reports and results, and the messages and documents that carry them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.events import DOCUMENT_OF_ENCOUNTER, MESSAGE_OF_ORDER, MESSAGE_OF_REPORT
from simulator.fees import line_of
from simulator.reference_tables import read_reference
from simulator.scene import DOCUMENT_SYSTEM, LABORATORY_SYSTEM, Scene
from simulator.staffing import DEPARTMENTS, DOCTORS, LABORATORY
from simulator.visits import Visits, department_of

Array = np.ndarray[Any, Any]

_ORDER_MESSAGE = ("OML", "O21", "2.5")
_RESULT_MESSAGE = ("ORU", "R01", "2.4")
_SIGNS = ("阴性", "阳性")
_WOMEN_ONLY = ("250310002", "250501001")


def _panels() -> list[dict[str, str]]:
    panels: dict[str, dict[str, str]] = {}
    for row in read_reference("laboratory"):
        panels.setdefault(row["panel_code"], row)
    return list(panels.values())


def write_laboratory(scene: Scene, visits: Visits, patient_no: pa.Array) -> Array:
    """Orders with their reports and results on some visits to hospitals.

    Answers the visits that have an order, so that the laboratory knows the patient.
    """
    draw, city = scene.draw, scene.city
    tier = city.tiers[visits.institution]
    may = (tier != 3) & visits.complete & ~visits.by_document
    times = np.where(may, draw.choice([0, 1, 2], len(tier), p=[0.55, 0.32, 0.13]), 0)
    visit = np.repeat(np.arange(len(times)), times)
    panels = _panels()
    offset = draw.integers(0, len(panels), len(times))[visit]
    turn = np.arange(len(visit)) - np.repeat(np.cumsum(times) - times, times)
    panel = (offset + turn * 3) % len(panels)
    women_only = np.array([row["panel_code"] in _WOMEN_ONLY for row in panels])[panel]
    panel = np.where(women_only & (scene.people.sex[visits.person[visit]] == 1), 0, panel)
    at = visits.at[visit] + 1200 + turn * 60
    institution, person = visits.institution[visit], visits.person[visit]
    place = pa.array(visit)
    shared = {
        "patient_no": patient_no.take(place),
        "encounter_no": visits.numbers.take(place),
    }
    doctor = city.staff.name(institution, DOCTORS, visits.doctor[visit])
    department = c.pick([d[1] for d in DEPARTMENTS], department_of(visits.diagnosis[visit]))
    order_no = c.keys("A", scene.serial("order_no", len(visit)), 12)
    scene.add(
        "lab_order",
        institution,
        person,
        at + 30,
        {
            **shared,
            "order_no": order_no,
            "ordered_at": c.instants(at),
            "item_code": c.pick([row["panel_code"] for row in panels], panel),
            "item_name": c.pick([row["panel_name"] for row in panels], panel),
            "specimen_category": c.pick([row["specimen"] for row in panels], panel),
            "department_name": department,
            "doctor_name": doctor,
            "order_status_code": c.constant("F", len(visit)),
        },
        LABORATORY_SYSTEM,
    )
    _messages(scene, institution, person, order_no, at + 30, MESSAGE_OF_ORDER, _ORDER_MESSAGE)
    _write_reports(scene, visits, visit, panel, at, order_no, shared)
    visits.charge_visit.append(visit)
    items = np.array([line_of(row["charge_item_code"]) for row in panels])
    visits.charge_item.append(items[panel])
    visits.charge_quantity.append(np.ones(len(visit), dtype=np.int64))
    return np.unique(visit)


def _messages(
    scene: Scene,
    institution: Array,
    person: Array,
    number: pa.Array,
    at: Array,
    pattern: str,
    kind: tuple[str, str, str],
) -> None:
    before, after = pattern.split("{", maxsplit=1)[0], pattern.split("}")[1]
    count = len(institution)
    names = scene.city.names.take(pa.array(institution))
    scene.add(
        "exchange_message",
        institution,
        person,
        at,
        {
            "message_no": c.join(before, number, after),
            "message_kind": c.constant(kind[0], count),
            "trigger_event": c.constant(kind[1], count),
            "version_no": c.constant(kind[2], count),
            "sender_name": names,
            "sent_at": c.instants(at),
        },
        LABORATORY_SYSTEM,
    )


def _write_reports(
    scene: Scene,
    visits: Visits,
    visit: Array,
    panel: Array,
    ordered: Array,
    order_no: pa.Array,
    shared: dict[str, pa.Array],
) -> None:
    draw, staff = scene.draw, scene.city.staff
    panels = _panels()
    done = np.flatnonzero(draw.random(len(visit)) < 0.97)
    place = pa.array(done)
    visit, panel, ordered = visit[done], panel[done], ordered[done]
    institution, person = visits.institution[visit], visits.person[visit]
    sampled = ordered + draw.integers(300, 1800, len(visit))
    received = sampled + draw.integers(300, 1500, len(visit))
    reported = received + draw.integers(1200, 9000, len(visit))
    shared = {name: array.take(place) for name, array in shared.items()}
    number = scene.serial("lab_report_no", len(visit))
    report_no = c.keys("L", number, 12)
    scene.add(
        "lab_report",
        institution,
        person,
        reported + 60,
        {
            **shared,
            "report_no": report_no,
            "order_no": order_no.take(place),
            "patient_type_code": c.constant("1", len(visit)),
            "specimen_no": c.keys("T", number, 12),
            "specimen_category": c.pick([row["specimen"] for row in panels], panel),
            "sampled_at": c.instants(sampled),
            "received_at": c.instants(received),
            "item_category": c.constant("检验", len(visit)),
            "report_name": c.pick([row["panel_name"] for row in panels], panel),
            "reported_at": c.instants(reported),
            "department_name": c.constant("医学检验科", len(visit)),
            "technician_name": staff.name(institution, LABORATORY, number),
            "reviewer_name": staff.name(institution, LABORATORY, number + 1),
        },
        LABORATORY_SYSTEM,
    )
    sent = reported + 60
    _messages(scene, institution, person, report_no, sent, MESSAGE_OF_REPORT, _RESULT_MESSAGE)
    _write_results(scene, institution, person, panel, reported, report_no, shared["patient_no"])


def _write_results(
    scene: Scene,
    institution: Array,
    person: Array,
    panel: Array,
    reported: Array,
    report_no: pa.Array,
    patient_no: pa.Array,
) -> None:
    draw = scene.draw
    items = read_reference("laboratory")
    codes = [row["panel_code"] for row in _panels()]
    of_panel = [[n for n, row in enumerate(items) if row["panel_code"] == code] for code in codes]
    sizes = np.array([len(one) for one in of_panel])
    first = np.array([one[0] for one in of_panel])
    report = np.repeat(np.arange(len(panel)), sizes[panel])
    turn = np.arange(len(report)) - np.repeat(np.cumsum(sizes[panel]) - sizes[panel], sizes[panel])
    item = first[panel[report]] + turn

    def number(name: str) -> Array:
        return np.array([float(row[name] or 0) for row in items])[item]

    is_number = np.array([row["kind"] == "number" for row in items])[item]
    is_degree = np.array([row["kind"] == "degree" for row in items])[item]
    places = number("decimals").astype(np.int64)
    value = draw.normal(number("mean"), np.maximum(number("spread"), 1e-6))
    value = np.maximum(value, number("mean") * 0.12)
    positive = draw.random(len(report)) < 0.12
    text = pa.compute.if_else(
        pa.array(is_degree), c.pick(["Ⅱ度", "Ⅲ度"], positive.astype(int)),
        c.pick(_SIGNS, positive.astype(int)),
    )  # fmt: skip
    written = c.constant("", len(report))
    scaled = np.zeros(len(report))
    for count in range(4):
        chosen = places == count
        digits = np.rint(value * 10**count).astype(np.int64)
        shown = c.decimals(digits, count) if count else c.numbers(digits)
        written = pa.compute.if_else(pa.array(chosen), shown, written)
        scaled = np.where(chosen, digits / 10.0**count, scaled)
    low, high = number("low"), number("high")
    flag = np.where(is_number, (scaled > high) * 1 + (scaled < low) * 2, positive * 3)
    ranges = [f"{row['low']}-{row['high']}" if row["kind"] == "number" else "阴性" for row in items]
    place = pa.array(report)
    scene.add(
        "lab_result",
        institution[report],
        person[report],
        reported[report] + 60,
        {
            "result_no": c.join(report_no.take(place), "-", c.numbers(turn + 1)),
            "report_no": report_no.take(place),
            "patient_no": patient_no.take(place),
            "tested_at": c.instants(reported[report] - 600),
            "item_code": c.pick([row["item_code"] for row in items], item),
            "item_name": c.pick([row["item_name"] for row in items], item),
            "result_text": pa.compute.if_else(pa.array(is_number), written, text),
            "result_number": c.when(written, is_number),
            "unit_name": c.pick([row["unit_name"] for row in items], item, is_number),
            "reference_range": c.pick(ranges, item),
            "abnormal_flag_code": c.pick(["N", "H", "L", "P"], flag),
        },
        LABORATORY_SYSTEM,
    )


def write_documents(scene: Scene, visits: Visits, patient_no: pa.Array) -> None:
    """A shared document (WS/T 500, C0002) for each visit that is delivered so."""
    visit = np.flatnonzero(visits.by_document)
    before, after = DOCUMENT_OF_ENCOUNTER.split("{")[0], DOCUMENT_OF_ENCOUNTER.split("}")[1]
    rows = read_reference("diagnoses")
    place = pa.array(visit)
    at = visits.at[visit] + 3000
    diagnosis = c.pick([row["diagnosis_name"] for row in rows], visits.diagnosis[visit])
    complaint = c.pick([row["complaint"] for row in rows], visits.diagnosis[visit])
    scene.add(
        "clinical_document",
        visits.institution[visit],
        visits.person[visit],
        at,
        {
            "document_no": c.join(before, visits.numbers.take(place), after),
            "patient_no": patient_no.take(place),
            "document_kind_code": c.constant("C0002", len(visit)),
            "title": c.constant("门(急)诊病历", len(visit)),
            "documented_at": c.instants(at),
            "author_name": scene.city.staff.name(
                visits.institution[visit], DOCTORS, visits.doctor[visit]
            ),
            "document_text": c.join("主诉:", complaint, "。诊断:", diagnosis, "。"),
        },
        DOCUMENT_SYSTEM,
    )
