"""The institutions' own systems: each vendor keeps the city's events in its own dialect.

A writer takes chunks of canonical events (``simulator/events.py``) and leaves what the vendor's
product would hold: tables and views in PostgreSQL, SQLite files, an API's store, CSV and Excel
files, HL7 messages, CDA documents. What the tables are called, how they look and which habits
they have is in ``layouts/<system>.sql``; how they are read again is the product's own
``collectors/systems/<system>.yml``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from kanghu.store import embedded_server_url
from simulator.events import DELIVERED, Chunk
from simulator.plan import Assignment
from simulator.systems.cloud import KangjianWriter, serve_api
from simulator.systems.documents import GongxiangWriter
from simulator.systems.files import BaixingWriter, WeijianWriter
from simulator.systems.messages import HuayanWriter
from simulator.systems.muying import MuyingWriter
from simulator.systems.postgres import FuyouWriter, JiweiWriter, QingyunWriter
from simulator.systems.sqlite import YilianWriter

_ELDER_FORM = frozenset(
    ("health_checkup", column)
    for column in (
        "skin_code",
        "sclera_code",
        "lymph_node_code",
        "has_barrel_chest",
        "is_breath_sound_abnormal",
        "is_rale_abnormal",
        "has_murmur",
        "has_abdominal_tenderness",
        "has_abdominal_mass",
        "has_hepatomegaly",
        "has_splenomegaly",
        "has_shifting_dullness",
        "dorsalis_pedis_code",
        "urine_ketone_code",
        "urine_blood_code",
        "cerebrovascular_problem_codes",
        "kidney_problem_codes",
        "heart_problem_codes",
        "vessel_problem_codes",
        "eye_problem_codes",
        "risk_control_codes",
    )
)
"""The whole check-up form, which the short registers of some vendors do not have."""

NOT_CARRIED: dict[str, frozenset[tuple[str, str]]] = {
    "jiwei_phis": frozenset(
        {
            ("settlement", "settlement_kind_code"),
            ("health_checkup", "alcohol_liang_per_day"),
            ("hypertension_followup", "alcohol_liang_per_day"),
            ("diabetes_followup", "alcohol_liang_per_day"),
        }
    ),
    "baixing_files": frozenset(
        {
            ("settlement", "settlement_kind_code"),
            ("diagnosis", "is_main"),
            ("health_checkup", "is_ecg_abnormal"),
            ("health_checkup", "is_chest_xray_abnormal"),
            ("health_checkup", "is_ultrasound_abnormal"),
        }
    )
    | _ELDER_FORM,
    "qingyun_his": _ELDER_FORM,
    "yilian_clinic": frozenset(
        {("prescription", "amount_yuan"), ("prescription_item", "amount_yuan")}
    ),
    "huayan_lis": frozenset(
        ("exchange_message", column)
        for column in ("message_no", "message_kind", "trigger_event", "version_no", "part_count")
    ),
    "gongxiang_cda": frozenset(
        {("clinical_document", "document_no"), ("clinical_document", "document_kind_code")}
    ),
}
"""What a system does not keep as such (dataset, column): it is reckoned or taken as agreed when it
is read, so that an error planted there would not show, or would show in another record."""


_AT_ONCE = 2
"""Vendors that write at the same time; each holds its rows of a chunk while it does."""


class SystemWriter(Protocol):
    """One vendor's product at all the institutions that run it."""

    def write(self, chunk: Chunk) -> list[pa.Table]:
        """Append this system's rows of the chunk; tables of schema ``DELIVERED``."""
        ...

    def change(self, chunk: Chunk) -> list[pa.Table]:
        """Apply this system's rows of a chunk of changes."""
        ...

    def close(self) -> list[dict[str, Any]]:
        """Finish files and indexes; the source files' contents."""
        ...


def open_writers(
    assignments: Sequence[Assignment], out: Path, postgres: str | None, *, keep: bool = False
) -> Writers:
    """All systems of a city, as ``simulator.events.CityWriters`` says."""
    data = out / "systems"
    if not keep and data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    url = postgres or embedded_server_url(out / "postgres")

    def sites(system: str) -> list[Assignment]:
        return [one for one in assignments if system in one.systems]

    makers: dict[str, Callable[[list[Assignment]], SystemWriter]] = {
        "jiwei_phis": lambda run_by: JiweiWriter(run_by, url, keep=keep),
        "qingyun_his": lambda run_by: QingyunWriter(run_by, url, keep=keep),
        "fuyou_his": lambda run_by: FuyouWriter(run_by, url, keep=keep),
        "yilian_clinic": lambda run_by: YilianWriter(run_by, data, keep=keep),
        "kangjian_cloud": lambda run_by: KangjianWriter(run_by, data, keep=keep),
        "baixing_files": lambda run_by: BaixingWriter(run_by, data, keep=keep),
        "huayan_lis": lambda run_by: HuayanWriter(run_by, data),
        "gongxiang_cda": lambda run_by: GongxiangWriter(run_by, data),
        "muying_mch": lambda run_by: MuyingWriter(run_by, url, keep=keep),
        "weijian_master": lambda run_by: WeijianWriter(run_by, data, keep=keep),
    }
    return Writers([make(sites(name)) for name, make in makers.items() if sites(name)])


class Writers:
    """Hands each chunk to every system's writer; each takes the rows that are its own."""

    def __init__(self, writers: Sequence[SystemWriter]) -> None:
        self._writers = tuple(writers)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="vendor")

    def write(self, chunk: Chunk) -> pa.Table:
        return _together(self._pool.map(lambda one: one.write(chunk), self._writers))

    def change(self, chunk: Chunk) -> pa.Table:
        return _together(self._pool.map(lambda one: one.change(chunk), self._writers))

    def close(self) -> list[dict[str, Any]]:
        with self._pool as pool:
            sources = pool.map(lambda one: one.close(), self._writers)
        return [said for some in sources for said in some]


def _together(answers: Iterable[list[pa.Table]]) -> pa.Table:
    parts = [part for some in answers for part in some]
    return pa.concat_tables(parts) if parts else DELIVERED.empty_table()


__all__ = ["NOT_CARRIED", "Writers", "open_writers", "serve_api"]
