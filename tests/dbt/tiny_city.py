"""A city of twenty people: enough for every edge of F1 to F9, few enough to count by hand.

Institutions A and B are in one county, C is in another. What each person is there for stands
beside it; the numbers that follow from it are in ``test_indicators.py``.
"""

from __future__ import annotations

from typing import Any

from kanghu.lake import Lake
from standards.catalogue import load_catalogue
from tests.dbt.tiny_lake import (
    at,
    day,
    write_findings,
    write_quarantine,
    write_residents,
    write_silver,
)

A, B, C = "3504240059", "3504240060", "3504250075"
COUNTY, CITY = "350424", "350400"
STRANGER = "9999990001"
"""An institution that sends data and is not in the tree."""

BIRTHS = {
    "R01": "1960-06-30",  # 65 on the last day of June 2025
    "R02": "1985-01-01",
    "R03": "1950-02-02",
    "R04": "1945-03-03",
    "R05": "1970-01-01",
    "R06": "1990-01-01",
    "R07": "1940-01-01",
    "R08": "2020-02-29",  # a child of five
    "R09": "1960-07-01",  # 65 on the first day of July 2025
    "R10": "1945-05-05",
    "H1": "1980-01-01",
    "H2": "1955-05-05",  # an elder: 150/90 is the line
    "H3": "1961-01-01",
    "H4": "1970-01-01",
    "H5": "1970-02-02",
    "H6": "1970-03-03",
    "D1": "1975-01-01",
    "D2": "1975-02-02",
}


def write_city(lake: Lake) -> None:
    """Write the whole city's silver, identity, findings and quarantine."""
    write_residents(
        lake,
        [
            {
                "resident_id": name,
                "name": f"居民{name}",
                "sex_code": "1",
                "birth_date": day(born),
                "id_no": f"ID{name}",
                "phone_no": "13800000000",
            }
            for name, born in BIRTHS.items()
        ],
    )
    write_silver(lake, "resident_record", _records())
    write_silver(lake, "resident_population", _population())
    write_silver(
        lake, "death_registration", [_death("R07", "2025-12-31"), _death("H4", "2025-03-10")]
    )
    write_silver(lake, "outpatient_encounter", _encounters())
    write_silver(lake, "health_checkup", _checkups())
    write_silver(lake, "chronic_registration", _registrations())
    write_silver(lake, "hypertension_followup", _pressures())
    write_silver(lake, "diabetes_followup", _glucoses())
    write_silver(lake, "patient", [{"_institution": STRANGER, "patient_no": "P1", "name": "无名"}])
    write_silver(lake, "inpatient_stay", [])
    write_silver(lake, "settlement", _settlements())
    write_silver(lake, "charge_detail", _charges())
    _quality(lake)


def _record(resident: str, institution: str, created: str, **differs: Any) -> dict[str, Any]:
    required = [
        column.name
        for column in load_catalogue().dataset("resident_record").columns
        if column.required == "R"
    ]
    return {
        **dict.fromkeys(required, "1"),
        "_institution": institution,
        "resident_id": resident,
        "record_no": f"{institution[-2:]}-{resident}",
        "name": f"居民{resident}",
        "sex_code": "1",
        "birth_date": day(BIRTHS[resident]),
        "created_date": day(created),
        "is_electronic": True,
        "record_status_code": "1",
        **differs,
    }


def _records() -> list[dict[str, Any]]:
    moved = {"record_status_code": "3", "moved_out_date": day("2025-04-15")}
    died = {"record_status_code": "4", "death_date": day("2025-09-10")}
    archived = {"record_status_code": "2", "updated_at": at("2025-05-20 10:00")}
    return [
        _record("R01", A, "2023-05-10"),
        _record("R02", A, "2025-06-30", phone_no=None),  # made on the last day; not standard
        _record("R03", A, "2020-01-01", **moved),
        _record("R03", B, "2025-04-20", is_electronic=None),  # the source does not say
        _record("R04", A, "2020-01-01", **died),
        _record("R05", A, "2021-01-01", **archived),
        _record("R06", A, "2021-01-01", is_electronic=False, residence_type_code="2"),  # migrant
        _record("R07", C, "2022-01-01"),  # dies on the last day of December
    ]


def _population() -> list[dict[str, Any]]:
    figures = [(A, 2024, 8, 3), (A, 2025, 10, 4), (B, 2025, 5, 2), (C, 2025, 20, 5)]
    return [
        {
            "_institution": "350400HC",
            "region_code": institution,
            "managing_institution_code": institution,
            "population_year": year,
            "resident_count": residents,
            "resident_65_count": elders,
        }
        for institution, year, residents, elders in figures
    ]


def _death(resident: str, died: str) -> dict[str, Any]:
    return {
        "_institution": "350400HC",
        "resident_id": resident,
        "certificate_no": f"D-{resident}",
        "name": f"居民{resident}",
        "sex_code": "1",
        "death_date": day(died),
    }


def _encounters() -> list[dict[str, Any]]:
    visits = [
        ("E1", "R02", "2024-07-01 00:30"),  # still June in UTC
        ("E2", "R04", "2024-06-30 23:30"),
        ("E3", "R08", "2025-12-20 09:00"),  # the last service: months end with December
    ]
    rows = [
        {
            "_institution": A,
            "resident_id": resident,
            "encounter_no": number,
            "patient_no": f"P-{resident}",
            "visited_at": at(moment),
        }
        for number, resident, moment in visits
    ]
    # The same visit again, from the institution's shared document: one encounter, not two.
    return [*rows, {**rows[0], "_feed": "z_shared.documents", "_source_key": "doc/1"}]


def _checkups() -> list[dict[str, Any]]:
    whole = {"smoking_status_code": "1", "left_systolic_mmhg": 120}
    checks: list[tuple[str, str, str, dict[str, Any]]] = [
        ("R01", A, "2025-03-15", whole),
        ("R03", B, "2025-05-05", {"left_systolic_mmhg": 120}),  # no lifestyle: not management
        ("R07", C, "2025-01-31", whole),
        ("R09", A, "2025-06-01", whole),
        ("R10", A, "2024-12-31", whole),
        ("R10", A, "2025-02-10", whole),
        ("R10", A, "2025-08-01", whole),  # twice in a year: one person
    ]
    return [
        {
            "_institution": institution,
            "resident_id": resident,
            "checkup_no": f"C{number}",
            "record_no": f"{institution[-2:]}-{resident}",
            "checked_date": day(checked),
            **facts,
        }
        for number, (resident, institution, checked, facts) in enumerate(checks)
    ]


def _registrations() -> list[dict[str, Any]]:
    cards = [
        ("H1", A, "1", "2024-01-01", None),
        ("H2", A, "1", "2025-04-01", None),
        ("H3", A, "1", "2024-06-01", "2025-06-15"),  # moves from A to B
        ("H3", B, "1", "2025-06-20", None),
        ("H4", A, "1", "2024-01-01", None),
        ("H5", A, "1", "2024-10-01", None),
        ("D1", A, "2", "2025-01-01", None),
        ("D2", A, "2", "2025-10-01", None),
    ]
    return [
        {
            "_institution": institution,
            "resident_id": resident,
            "registration_no": f"{resident}-{programme}",
            "record_no": f"{institution[-2:]}-{resident}",
            "programme_code": programme,
            "registered_date": day(registered),
            "closed_date": day(closed) if closed else None,
        }
        for resident, institution, programme, registered, closed in cards
    ]


def _followup(number: int, resident: str, institution: str, followed: str) -> dict[str, Any]:
    return {
        "_institution": institution,
        "resident_id": resident,
        "followup_no": f"F{number:02}",
        "record_no": f"{institution[-2:]}-{resident}",
        "followup_date": day(followed),
    }


def _pressures() -> list[dict[str, Any]]:
    measured: list[tuple[str, str, str, int | None, int | None]] = [
        ("H1", A, "2025-02-01", 138, 88),
        ("H1", A, "2025-05-01", 150, 95),
        ("H1", A, "2025-08-01", 139, 89),
        ("H1", A, "2025-11-01", 141, 85),
        ("H2", A, "2025-04-01", 160, 100),
        ("H2", A, "2025-04-01", 149, 89),  # the same day: one follow-up, this one the latest
        ("H2", A, "2025-10-01", 150, 80),
        ("H3", A, "2025-01-01", 120, 80),  # first day of the year
        ("H3", B, "2025-09-30", 160, 100),  # last day of the month
        ("H4", A, "2025-02-15", 120, 70),  # dies in March
        ("H5", A, "2024-12-31", 130, 80),  # last day of the year before
        ("H6", C, "2025-07-07", None, None),  # not measured; never registered
    ]
    return [
        {
            **_followup(number, resident, institution, followed),
            "systolic_mmhg": systolic,
            "diastolic_mmhg": diastolic,
        }
        for number, (resident, institution, followed, systolic, diastolic) in enumerate(measured)
    ]


def _glucoses() -> list[dict[str, Any]]:
    measured = [
        ("D1", "2025-03-31", 6.9),
        ("D1", "2025-06-30", 7.0),  # on the line is not below it
        ("D2", "2025-10-10", None),
    ]
    return [
        {**_followup(number, resident, A, followed), "fasting_glucose_mmol_l": fasting}
        for number, (resident, followed, fasting) in enumerate(measured)
    ]


def _settlements() -> list[dict[str, Any]]:
    bills = [("S1", "E1", 100), ("S2", "E2", 50)]
    return [
        {
            "_institution": A,
            "settlement_no": number,
            "patient_no": "P",
            "encounter_no": encounter,
            "settled_at": at("2025-01-02 10:00"),
            "total_yuan": total,
            "insurance_yuan": 0,
            "self_paid_yuan": total,
        }
        for number, encounter, total in bills
    ]


def _charges() -> list[dict[str, Any]]:
    lines = [
        ("C1", "E1", "S1", "09", 60),  # named settlement: 60 + 30 of 100, 10 without a line
        ("C2", "E1", "S1", "04", 30),
        ("C3", "E2", None, "03", 50),  # no number, but its visit has one settlement only
        ("C4", "E3", None, "12", 20),  # not settled yet
        ("C5", "E1", "S1", "X8", 5),  # of no known category: stays in what is not detailed
    ]
    return [
        {
            "_institution": A,
            "charge_no": number,
            "patient_no": "P",
            "encounter_no": encounter,
            "settlement_no": settlement,
            "charge_category_code": category,
            "item_name": "项目",
            "quantity": 1,
            "unit_price_yuan": amount,
            "amount_yuan": amount,
            "charged_at": at("2025-01-02 09:00"),
        }
        for number, encounter, settlement, category, amount in lines
    ]


def _quality(lake: Lake) -> None:
    """Of A's three encounters: one error, two warnings; a fourth is in quarantine."""
    feed = "tiny.outpatient_encounter"
    found = [
        ("E1", "completeness", "error"),
        ("E1", "completeness", "warning"),
        ("E2", "validity", "warning"),
        ("E9", "completeness", "blocking"),
    ]
    write_findings(
        lake,
        [
            {
                "institution": A,
                "feed": feed,
                "dataset": "outpatient_encounter",
                "source_key": key,
                "column": "visited_at",
                "rule": f"outpatient_encounter.visited_at.{severity}",
                "dimension": dimension,
                "severity": severity,
                "mend": "补填",
            }
            for key, dimension, severity in found
        ],
    )
    write_quarantine(
        lake,
        "outpatient_encounter",
        [
            {
                "_institution": A,
                "_feed": feed,
                "_source_key": "E9",
                "_reasons": "[]",
                "_delivered": "{}",
            }
        ],
    )
