"""A small canonical chunk that fills every column of every dataset, for the writers' tests."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pyarrow as pa

from simulator.columns import columns_of
from simulator.events import (
    DOCUMENT_OF_ENCOUNTER,
    MESSAGE_OF_ORDER,
    MESSAGE_OF_REPORT,
    META_COLUMNS,
    SYSTEM_DATASETS,
    Chunk,
)
from simulator.plan import Assignment
from standards.catalogue import Column, Dataset, load_catalogue

CATALOGUE = load_catalogue()
PEOPLE = 6
ROWS = 12
_NUMBERS = {
    "patient_no": "P",
    "record_no": "DA",
    "household_no": "JT",
    "encounter_no": "MZ",
    "stay_no": "ZY",
    "prescription_no": "CF",
    "report_no": "BG",
    "order_no": "SQ",
    "settlement_no": "JS",
    "followup_no": "SF",
    "department_code": "KS",
}


def canonical_chunk(sites: list[Assignment], seed: int = 1, number: int = 0) -> Chunk:
    """Rows for every dataset of every system of ``sites``, deterministic by ``seed``."""
    chance = random.Random(seed)
    tables: dict[str, list[dict[str, str | None]]] = {}
    for site in sites:
        for system in site.systems:
            for name in SYSTEM_DATASETS[system]:
                rows = _rows(CATALOGUE.dataset(name), site, system, number, chance)
                tables.setdefault(name, []).extend(rows)
    return Chunk(number, {name: _table(name, rows) for name, rows in tables.items()})


def _table(name: str, rows: list[dict[str, str | None]]) -> pa.Table:
    names = [*META_COLUMNS, *columns_of(name)]
    extra = ["_operation"] if rows and "_operation" in rows[0] else []
    return pa.table(
        {one: pa.array([row[one] for row in rows], pa.string()) for one in [*names, *extra]}
    )


def _rows(
    dataset: Dataset, site: Assignment, system: str, number: int, chance: random.Random
) -> list[dict[str, str | None]]:
    count = PEOPLE if dataset.person == "self" else ROWS
    if dataset.name == "exchange_message":
        count = 2 * ROWS
    rows = []
    for index in range(count):
        person = index % PEOPLE
        row: dict[str, str | None] = {
            "_institution": site.institution,
            "_system": system,
            "_person_id": f"{site.institution}-{number}-{person}",
            "_event_id": f"{site.institution}/{system}/{number}/{dataset.name}/{index}",
            "_changed_at": _instant(chance),
        }
        for column in map(dataset.column, columns_of(dataset.name)):
            optional = column.required != "M" and column.name not in _NUMBERS
            empty = optional and chance.random() < 0.15
            row[column.name] = None if empty else _value(column, dataset, index, number, chance)
        if index % 4 and dataset.name in ("diagnosis", "charge_detail", "settlement"):
            row["stay_no"] = None
        row.update(_carrier(dataset.name, index, number))
        rows.append(row)
    return rows


def _carrier(dataset: str, index: int, number: int) -> dict[str, str | None]:
    """Messages and documents are named after what they carry (simulator.events)."""
    if dataset == "clinical_document":
        carried = f"MZ{number:02d}{index:04d}"
        return {
            "document_no": DOCUMENT_OF_ENCOUNTER.format(encounter_no=carried),
            "document_kind_code": "C0002",
        }
    if dataset == "exchange_message" and index < ROWS:
        carried = f"SQ{number:02d}{index:04d}"
        return {
            "message_no": MESSAGE_OF_ORDER.format(order_no=carried),
            "message_kind": "OML",
            "trigger_event": "O21",
            "version_no": "2.5",
        }
    if dataset == "exchange_message":
        carried = f"BG{number:02d}{index - ROWS:04d}"
        return {
            "message_no": MESSAGE_OF_REPORT.format(report_no=carried),
            "message_kind": "ORU",
            "trigger_event": "R01",
            "version_no": "2.4",
        }
    return {}


def _value(column: Column, dataset: Dataset, index: int, number: int, chance: random.Random) -> str:
    if column.name in dataset.key and column.type != "N":
        code = _NUMBERS.get(column.name, dataset.name[:3].upper())
        if dataset.name in SYSTEM_DATASETS["muying_mch"]:  # whose forms share tables
            code = "".join(word[:2] for word in dataset.name.split("_")).upper()
        return f"{code}{number:02d}{index:04d}"
    if column.name in _NUMBERS:
        people = column.name in ("patient_no", "record_no")
        return f"{_NUMBERS[column.name]}{number:02d}{index % PEOPLE if people else index:04d}"
    codes = CATALOGUE.domain_of(column)
    if codes is not None and codes.is_closed:
        return chance.choice(sorted(codes.codes))
    makers: dict[str, Callable[[], str]] = {
        "D": lambda: _instant(chance, 1950)[:10],
        "DT": lambda: _instant(chance),
        "L": lambda: chance.choice("01"),
        "N": lambda: _number(column, index, chance),
    }
    maker = makers.get(column.type)
    return maker() if maker else f"{column.name_zh}{chance.randrange(1000)}"


def _number(column: Column, index: int, chance: random.Random) -> str:
    if column.name == "population_year":
        return str(2010 + index)
    whole = chance.randrange(40, 90)
    decimals = column.format.decimals
    return str(whole) if decimals == 0 else f"{whole}.{chance.randrange(10):0{min(decimals, 2)}d}"


def _instant(chance: random.Random, first_year: int = 2023) -> str:
    days = (2025 - first_year) * 365
    moment = datetime(first_year, 1, 1) + timedelta(
        days=chance.randrange(days), seconds=chance.randrange(86_400)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
