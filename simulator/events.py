"""What the city says happened, in the catalogue's own words, before any vendor's dialect.

A chunk is the residents of one or several whole townships with everything that happened to them,
as one Arrow table a dataset. Every catalogue column is text: dates ``2025-03-09``, instants
``2025-03-09T14:05:00`` (local, Asia/Shanghai), numbers in plain decimal text, booleans ``1``/``0``,
codes of the catalogue's value domains, null where nothing was recorded. The writers of
``simulator/systems`` turn these tables into each institution's own system.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

COMMISSION = "350400HC"
"""The city's health commission: the institution whose one source delivers the master data."""

META_COLUMNS = ("_institution", "_system", "_person_id", "_event_id", "_changed_at")
"""Before the catalogue's columns in every table.

``_institution`` and ``_system``: whose system delivers the row, and which one of its systems.
``_person_id``: who is meant in truth (null for master data). ``_event_id``: unique in the city
and stable by seed; a system never shows it. ``_changed_at``: the instant at which the system last
wrote the row (text, as above): what a vendor's updated-at column holds, and the watermark's origin.
"""

OPERATION = "_operation"
"""A sixth meta column, in chunks of changes only: ``insert``, ``update``, ``delete``, ``void``."""

_PERSON = ("patient", "outpatient_encounter", "diagnosis")
_PRESCRIPTION = ("prescription", "prescription_item")
_FEES = ("charge_detail", "settlement")
_HISTORIES = (
    "past_disease",
    "surgery_history",
    "trauma_history",
    "transfusion_history",
    "family_history",
    "allergy_history",
    "exposure_history",
)
_CHRONIC = ("chronic_registration", "hypertension_followup", "diabetes_followup")
_MOTHER_AND_CHILD = (
    "maternal_handbook",
    "pregnancy_history",
    "antenatal_first_visit",
    "antenatal_visit",
    "pregnancy_risk_screening",
    "pregnancy_risk_assessment",
    "pregnancy_risk_factor",
    "high_risk_pregnancy",
    "delivery",
    "delivery_newborn",
    "postpartum_visit",
    "postpartum_42day",
    "birth_registration",
    "birth_certificate",
    "child_handbook",
    "newborn_visit",
    "infant_checkup",
    "toddler_checkup",
    "preschool_checkup",
    "high_risk_child",
    "high_risk_child_followup",
    "child_eye_screening",
    "hearing_screening",
    "metabolic_screening",
    "chd_screening",
)
_FAMILY_DOCTOR = (
    "family_doctor_team",
    "family_doctor_member",
    "service_package",
    "service_package_item",
    "family_doctor_contract",
    "contract_service",
)
_MENTAL = ("mental_registration", "mental_followup")
_TCM = ("tcm_constitution", "tcm_child_guidance")
_PROGRAMMES = (
    *_MENTAL,
    *_TCM,
    *_FAMILY_DOCTOR,
    "elder_registration",
    "elder_followup",
    "elder_self_care",
    "elder_depression",
    "tb_registration",
    "tb_first_visit",
    "tb_followup",
    "tb_closing",
    "disability",
    "disability_monitoring",
    "infectious_report",
    "immunization_certificate",
    "health_education_activity",
    "inspection_patrol",
    "inspection_report",
)
_PRIMARY = (
    *_PERSON,
    *_PRESCRIPTION,
    *_FEES,
    "household",
    "resident_record",
    *_HISTORIES,
    "health_checkup",
    *_CHRONIC,
    "followup_medication",
    "department",
    "staff",
)

SYSTEM_DATASETS: dict[str, tuple[str, ...]] = {
    "jiwei_phis": (*_PRIMARY, *_PROGRAMMES),
    "qingyun_his": _PRIMARY,
    "yilian_clinic": (*_PERSON, *_PRESCRIPTION, *_FEES, "resident_record", *_CHRONIC),
    "kangjian_cloud": (
        *_PERSON,
        *_PRESCRIPTION,
        "resident_record",
        "health_checkup",
        *_CHRONIC,
        *_MENTAL,
        *_TCM,
        *_FAMILY_DOCTOR,
    ),
    "baixing_files": (
        *_PERSON,
        "settlement",
        "resident_record",
        "health_checkup",
        "hypertension_followup",
        "diabetes_followup",
    ),
    "fuyou_his": (
        *_PERSON,
        *_PRESCRIPTION,
        "vital_sign",
        "inpatient_stay",
        "front_page",
        "front_page_operation",
        "exam_report",
        *_FEES,
        "department",
        "staff",
    ),
    "huayan_lis": ("patient", "lab_order", "lab_report", "lab_result", "exchange_message"),
    "gongxiang_cda": (*_PERSON, "clinical_document"),
    "muying_mch": _MOTHER_AND_CHILD,
    "weijian_master": (
        "region",
        "institution",
        "drug",
        "charge_item",
        "resident_population",
        "death_registration",
    ),
}
"""Which datasets a vendor's system carries: a row is made only where its system carries it."""

TYPED_SYSTEMS = frozenset({"qingyun_his", "fuyou_his"})
"""Systems whose columns are typed: they can hold no impossible date, no word for a number."""

TEXT_SYSTEMS = frozenset(SYSTEM_DATASETS) - TYPED_SYSTEMS
"""Systems that hold whatever was typed in: errors of the text itself are planted only here.

Their columns must hold any text (numbers too: ``未测``), dates at least any digits
(``2023-13-45``, ``4000-01-01``). What a writer cannot read it passes on as it is: an unknown code
has no local one. No column of any system may be narrower than the text, or refuse null.
"""

MESSAGE_OF_ORDER = "O{order_no}"
MESSAGE_OF_REPORT = "R{report_no}"
DOCUMENT_OF_ENCOUNTER = "D{encounter_no}"
"""How ``exchange_message.message_no`` and ``clinical_document.document_no`` name what they carry:
one OML^O21 message an order, one ORU^R01 message a report with its results, one C0002 document an
encounter with its diagnoses. Each carries its patient."""


@dataclass(frozen=True)
class Chunk:
    """Some townships' people and events: ``tables`` by dataset, columns as the module says.

    Chunk 0 carries the master data and the institutions' departments and staff. A table has all
    columns of its dataset; datasets without a row in this chunk are left out.
    """

    number: int
    tables: dict[str, pa.Table]


DELIVERED = pa.schema(
    [
        ("dataset", pa.string()),
        ("event_id", pa.string()),
        ("institution", pa.string()),
        ("feed", pa.string()),
        ("source_key", pa.string()),
    ]
)
"""A writer's answer: where each row of a chunk will be found in the lake.

``feed`` is ``<system>.<table>``; ``source_key`` is what collect will call the row: the values of
the table's key columns as the system shows them, joined by ``|``; ``#2`` and so on for a key that
occurs again; ``<parent key>/<path>`` for a part. One canonical row that a system spreads over
several tables, or repeats (the patient in each of his messages), has a line for each of them.
"""


class CityWriters(Protocol):
    """All the institutions' systems of one city, open for writing.

    ``simulator.systems.open_writers(assignments, out, postgres)`` makes one: ``assignments`` is
    what ``simulator.plan.assignments`` answers, ``out`` the city's folder (data under
    ``out/systems``), ``postgres`` a URL or ``None`` for an embedded server under ``out/postgres``.
    Opening anew removes what an earlier run left; ``keep=True`` goes on where it stopped.
    """

    def write(self, chunk: Chunk) -> pa.Table:
        """Deliver a chunk's rows to their systems; answers a table of schema ``DELIVERED``."""
        ...

    def change(self, chunk: Chunk) -> pa.Table:
        """Apply a chunk of changes (rows with ``_operation``); answers as ``write`` does.

        ``update`` replaces in place the row with the same catalogue key, ``delete`` removes it,
        ``void`` sets the system's void mark (and is a delete where a system has none).
        """
        ...

    def close(self) -> list[dict[str, Any]]:
        """Finish all files and indexes; answers the source files, each a source YAML's content."""
        ...


class OpenWriters(Protocol):
    """The signature of ``simulator.systems.open_writers``."""

    def __call__(
        self,
        assignments: Any,
        out: Path,
        postgres: str | None,
        *,
        keep: bool = False,
    ) -> CityWriters: ...


class ServeApi(Protocol):
    """The signature of ``simulator.systems.serve_api``: the cloud vendor's API over ``out``.

    A context manager: the server answers while the block runs. It yields the environment that the
    sources ask for: ``KANGHU_SIMULATED_API`` (base URL) and ``KANGHU_SIMULATED_TOKEN``.
    """

    def __call__(self, out: Path) -> AbstractContextManager[dict[str, str]]: ...
