"""What visits and stays cost: charge lines, and settlements that are their sums.

Money in fen. The insurance's part depends on who pays; what it does not pay, the person pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.reference_tables import read_reference
from simulator.scene import Scene, price_fen
from simulator.staffing import DEPARTMENTS, DOCTORS
from simulator.visits import DRUGS_FROM, Visits, department_of

Array = np.ndarray[Any, Any]

_REVERSED = 0.004


@cache
def _lines() -> dict[str, Any]:
    """Charge items and drugs as one list: a drug's index is its row plus ``DRUGS_FROM``."""
    items, drugs = read_reference("charge_items"), read_reference("drugs")
    gap = DRUGS_FROM - len(items)
    by_category = {"1": "09", "2": "11", "3": "10"}
    return {
        "code": pa.array(
            [r["item_code"] for r in items] + [""] * gap + [r["drug_code"] for r in drugs]
        ),
        "name": pa.array(
            [r["item_name"] for r in items] + [""] * gap + [r["drug_name"] for r in drugs]
        ),
        "category": pa.array(
            [r["item_category_code"] for r in items]
            + [""] * gap
            + [by_category[r["drug_category_code"]] for r in drugs]
        ),
        "price": np.concatenate(
            [
                price_fen("charge_items", "unit_price_yuan"),
                np.zeros(gap, np.int64),
                price_fen("drugs", "retail_price_yuan"),
            ]
        ),
        "place": {r["item_code"]: number for number, r in enumerate(items)},
    }


def line_of(item_code: str) -> int:
    """The charge line of an item's code."""
    return int(_lines()["place"][item_code])


def prices() -> Array:
    """Price of each charge line, fen."""
    return np.asarray(_lines()["price"])


@dataclass
class Bill:
    """Charge lines of many visits (or stays): ``owner`` is which one, others by line."""

    owner: Array
    line: Array
    quantity: Array

    def amounts(self) -> Array:
        return prices()[self.line] * self.quantity

    def totals(self, count: int) -> Array:
        sums = np.bincount(self.owner, weights=self.amounts(), minlength=count)
        return sums.astype(np.int64)


def charge_columns(scene: Scene, bill: Bill) -> dict[str, pa.Array]:
    """The columns of ``charge_detail`` that follow from the lines."""
    lines = _lines()
    place = pa.array(bill.line)
    return {
        "charge_no": c.keys("", scene.serial("charge_no", len(bill.line)), 12),
        "item_code": lines["code"].take(place),
        "item_name": lines["name"].take(place),
        "charge_category_code": lines["category"].take(place),
        "quantity": c.numbers(bill.quantity),
        "unit_price_yuan": c.decimals(prices()[bill.line], 2),
        "amount_yuan": c.decimals(bill.amounts(), 2),
    }


def insured(total: Array, insurance: Array, share: tuple[float, float]) -> Array:
    """The insurance's part of each total, fen. ``share``: employees' and residents'."""
    part = np.array([share[0], share[1], 0.0])[insurance]
    return np.rint(total * part).astype(np.int64)


def add_consultations(scene: Scene, visits: Visits) -> None:
    """What every visit with a record costs, and treatments that some get."""
    draw = scene.draw
    billed = np.flatnonzero(visits.complete & ~visits.by_document)
    tier = scene.city.tiers[visits.institution[billed]]
    at_hospital = [line_of("110200001"), line_of("110200002")]
    fee = np.where(
        tier == 3, line_of("110100001"), np.array(at_hospital)[draw.integers(0, 2, len(billed))]
    )
    _charge(visits, billed, fee)
    department = department_of(visits.diagnosis[billed])
    names = [one[1] for one in DEPARTMENTS]
    for name, codes, chance in (
        ("中医科", ("410000001", "430000001", "440000001"), 0.6),
        ("皮肤科", ("311400001", "311400002", "311400003"), 0.3),
        ("外科", ("120500001", "120500002"), 0.35),
        ("儿科", ("120700001",), 0.4),
    ):
        there = department == names.index(name)
        chosen = billed[there & (draw.random(len(billed)) < chance)]
        lines = np.array([line_of(code) for code in codes])
        _charge(visits, chosen, lines[draw.integers(0, len(codes), len(chosen))])


def _charge(visits: Visits, visit: Array, line: Array) -> None:
    visits.charge_visit.append(visit)
    visits.charge_item.append(line)
    visits.charge_quantity.append(np.ones(len(visit), dtype=np.int64))


def write_fees(scene: Scene, visits: Visits, insurance: Array, patient_no: pa.Array) -> None:
    """Charge lines and settlements of all visits. ``insurance`` by visit."""
    bill = Bill(
        np.concatenate(visits.charge_visit),
        np.concatenate(visits.charge_item),
        np.concatenate(visits.charge_quantity),
    )
    order = np.argsort(bill.owner, kind="stable")
    bill = Bill(bill.owner[order], bill.line[order], bill.quantity[order])
    totals = bill.totals(len(visits.person))
    paid = np.flatnonzero(totals > 0)
    numbers = np.zeros(len(totals), dtype=np.int64)
    numbers[paid] = scene.serial("settlement_no", len(paid))
    settlement_no = c.keys("", numbers, 12)
    visit = pa.array(bill.owner)
    at = visits.at[bill.owner] + 1500
    scene.add(
        "charge_detail",
        visits.institution[bill.owner],
        visits.person[bill.owner],
        at + 600,
        {
            **charge_columns(scene, bill),
            "patient_no": patient_no.take(visit),
            "encounter_no": visits.numbers.take(visit),
            "patient_type_code": c.constant("1", len(bill.owner)),
            "charged_at": c.instants(at),
            "department_name": c.pick(
                [one[1] for one in DEPARTMENTS], department_of(visits.diagnosis[bill.owner])
            ),
            "doctor_name": scene.city.staff.name(
                visits.institution[bill.owner], DOCTORS, visits.doctor[bill.owner]
            ),
            "settlement_no": settlement_no.take(visit),
        },
    )
    covered = insured(totals, insurance, (0.62, 0.5))
    _settle(scene, visits, paid, settlement_no, totals, covered, patient_no)


def _settle(
    scene: Scene,
    visits: Visits,
    paid: Array,
    settlement_no: pa.Array,
    totals: Array,
    covered: Array,
    patient_no: pa.Array,
) -> None:
    """One settlement a visit; a few are reversed by a second one of the negative sums."""
    back = paid[scene.draw.random(len(paid)) < _REVERSED]
    visit = np.concatenate([paid, back])
    is_back = np.arange(len(visit)) >= len(paid)
    sign = np.where(is_back, -1, 1)
    place = pa.array(visit)
    at = visits.at[visit] + np.where(is_back, 5400, 1800)
    own = settlement_no.take(place)
    reverse = c.keys("", scene.serial("settlement_no", len(visit)), 12)
    scene.add(
        "settlement",
        visits.institution[visit],
        visits.person[visit],
        at + 60,
        {
            "settlement_no": pa.compute.if_else(pa.array(is_back), reverse, own),
            "patient_no": patient_no.take(place),
            "encounter_no": visits.numbers.take(place),
            "patient_type_code": c.constant("1", len(visit)),
            "payer_code": visits.payer.take(place),
            "settled_at": c.instants(at),
            "total_yuan": c.decimals(sign * totals[visit], 2),
            "insurance_yuan": c.decimals(sign * covered[visit], 2),
            "self_paid_yuan": c.decimals(sign * (totals - covered)[visit], 2),
            "settlement_kind_code": c.pick(["1", "2"], is_back.astype(int)),
            "reversed_settlement_no": c.when(own, is_back),
        },
    )
