"""Files that institutions drop, one good file a number, for each kind of reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from collectors.registry import Registry
from tests.collectors.cities import registry, system


def csv_bytes(number: int) -> bytes:
    return f"id,姓名\n{number},人{number}\n{number + 100},人{number}\n".encode("gb18030")


def workbook_bytes(number: int, name: str = "姓名") -> bytes:
    book = openpyxl.Workbook()
    for row in (["id", name], [number, f"人{number}"], [number + 100, f"人{number}"]):
        book.active.append(row)  # type: ignore[union-attr]
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def message_bytes(number: int) -> bytes:
    return (
        f"MSH|^~\\&|HIS|一院|||20240305083000||ADT^A04|{number}|P|2.5||||||UNICODE UTF-8\r"
        f"PID|1||P{number}||张三||19800101|1\r"
    ).encode()


def json_bytes(number: int) -> bytes:
    return f'{{"id": "{number}", "rows": [{{"name": "人{number}"}}]}}'.encode()


def xml_bytes(number: int) -> bytes:
    return f'<doc id="{number}"><row name="人{number}"/></doc>'.encode()


CSV = {"from": "*.csv", "key": ["id"], "options": {"encoding": "gb18030"},
        "maps": {"patient": {"columns": {"patient_no": "id", "name": "姓名"}}}}  # fmt: skip
KINDS: dict[str, tuple[str, dict[str, Any], Callable[[int], bytes]]] = {
    "csv": ("file", CSV, csv_bytes),
    "xlsx": ("file", {**CSV, "from": "*.xlsx", "options": {}}, workbook_bytes),
    "hl7": (
        "hl7",
        {"from": "*.hl7", "record": "PID", "key": ["no"],
         "columns": {"no": "MSH-10", "name": "PID-5.1"}},
        message_bytes,
    ),
    "json": (
        "json",
        {"from": "*.json", "record": "rows[*]", "key": ["id"],
         "columns": {"id": "^.id", "name": "name"}},
        json_bytes,
    ),
    "xml": (
        "xml",
        {"from": "*.xml", "record": "//row", "key": ["id"],
         "columns": {"id": "/doc/@id", "name": "@name"}},
        xml_bytes,
    ),
}  # fmt: skip
"""Suffix -> kind of system, its table, and what a file holds."""


def city(suffix: str, folder: Path) -> Registry:
    """One institution that drops such files into ``folder``."""
    kind, table, _ = KINDS[suffix]
    return registry(system(kind, "", t=table), str(folder))


def fill(folder: Path, suffix: str, numbers: tuple[int, ...]) -> None:
    """Write a good file for each number."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.{suffix}").write_bytes(KINDS[suffix][2](number))
