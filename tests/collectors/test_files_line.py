"""Drops of files through collect and normalise: what is broken is told, kept, and stops nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.collect import CollectResult, collect
from collectors.compare import compare
from collectors.registry import Registry, load_registry
from kanghu import batch_log
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from spark_jobs.normalise import NormaliseResult, normalise

MESSAGES = """
system: drops_hl7
name: 消息
vendor: 测试
version: "1"
kind: hl7
tables:
  message:
    from: "*.hl7"
    record: MSH
    columns: {control_id: MSH-10, kind: MSH-9.1, sent: MSH-7}
    maps:
      exchange_message:
        columns:
          message_no: control_id
          message_kind: kind
          sent_at: {from: sent, date: yyyyMMddHHmmss}
  patient:
    from: "*.hl7"
    record: PID
    options: {trigger: [ADT]}
    columns: {patient_no: PID-3.1, name: PID-5.1, sex: PID-8, born: PID-7}
    maps:
      patient:
        columns:
          patient_no: patient_no
          name: name
          sex_code: sex
          birth_date: {from: born, date: yyyyMMdd}
"""
FILES = """
system: drops_csv
name: 表格
vendor: 测试
version: "1"
kind: file
tables:
  patient:
    from: patients.csv
    key: [id]
    options: {encoding: gb18030}
    maps:
      patient:
        columns: {patient_no: id, name: 姓名, sex_code: 性别, birth_date: 出生日期}
  department:
    from: departments.csv
    key: [code]
    maps:
      department:
        columns: {department_code: code, department_name: name}
"""


def message(number: str, name: str = "张三", kind: str = "ADT^A04", charset: str = "") -> str:
    return (
        f"MSH|^~\\&|HIS|一院|||20240305083000||{kind}|{number}|P|2.5||||||{charset}\r"
        f"PID|1||P{number}||{name}||19800101|1\r"
    )


@pytest.fixture
def drops(settings: Settings, tmp_path: Path) -> Path:
    """A folder of two institutions' drops, with their systems and sources declared."""
    assert settings.sources is not None
    folder = tmp_path / "drops"
    folder.mkdir()
    for name, text in (("drops_hl7", MESSAGES), ("drops_csv", FILES)):
        (settings.sources / "systems" / f"{name}.yml").write_text(text, encoding="utf-8")
        source = {"source": name, "institution": "JG1", "name": "一院", "system": name}
        (settings.sources / "sources" / f"{name}.yml").write_text(
            yaml.safe_dump({**source, "connection": str(folder)}), encoding="utf-8"
        )
    (folder / "patients.csv").write_bytes(
        "id,姓名,性别,出生日期\n1,李四,2,1990-02-03\n".encode("gb18030")
    )
    (folder / "departments.csv").write_text("code,name\nA1,内科\n", encoding="utf-8")
    return folder


def carry(settings: Settings) -> tuple[Registry, CollectResult, NormaliseResult]:
    registry = load_registry(settings)
    collected = collect(settings, registry, registry.feeds())
    normalised = normalise(settings, registry, [collected.batch_id])
    batch_log.advance(settings, [collected.batch_id], "done")
    return registry, collected, normalised


def read(path: str, columns: str) -> list[tuple[Any, ...]]:
    with connect_duckdb() as connection:
        return connection.execute(
            f"select {columns} from delta_scan('{path}') order by all"
        ).fetchall()


def test_a_broken_message_ends_in_quarantine_with_its_reason_and_its_text(
    settings: Settings, drops: Path
) -> None:
    (drops / "a.hl7").write_bytes(
        message("1").encode()
        + message("2", charset="UNICODE UTF-8", name="糖").encode("gb18030")
        + message("3", kind="ZZZ^Z01").encode()
    )
    (drops / "b.hl7").write_bytes(b"404 Not Found")
    _, collected, normalised = carry(settings)
    lake = Lake(settings.lake)
    assert collected.failed == []
    assert normalised.differences == []
    assert read(lake.silver("exchange_message"), "message_no, sent_at::varchar") == [
        ("1", "2024-03-05 08:30:00+08")
    ]
    held = read(lake.quarantine("exchange_message"), "_source_key, _reasons, _delivered")
    reasons = {key: json.loads(some)[0]["value"] for key, some, _ in held}
    texts = {key: json.loads(some)["_delivery_text"] for key, _, some in held}
    assert reasons["b.hl7#1/"].startswith("undecodable: 消息不以 MSH 段开头")
    assert texts["b.hl7#1/"] == "404 Not Found"
    assert "不是有效的 utf-8 文字" in reasons["a.hl7#2/"]
    assert "\\xcc\\xc7" in texts["a.hl7#2/"]
    assert "ZZZ^Z01" in reasons["a.hl7#3/"]
    patients = read(lake.silver("patient"), "name, birth_date::varchar")
    assert patients == [("张三", "1980-01-01"), ("李四", "1990-02-03")]


def test_a_mended_message_comes_out_of_quarantine(settings: Settings, drops: Path) -> None:
    broken = message("1", charset="UNICODE UTF-8", name="糖").encode("gb18030")
    (drops / "a.hl7").write_bytes(broken)
    carry(settings)
    (drops / "a.hl7").write_bytes(message("1", charset="GB18030", name="糖").encode("gb18030"))
    carry(settings)
    lake = Lake(settings.lake)
    assert read(lake.quarantine("exchange_message"), "_source_key") == []
    assert read(lake.silver("patient"), "name") == [("李四",), ("糖",)]


BROKEN = {
    "应有 4 列,实有 2": "id,姓名,性别,出生日期\n1,李四,2,1990-02-03\n2,王".encode("gb18030"),
    "引号内的文字中途结束": 'id,姓名,性别,出生日期\n1,李四,2,"1990'.encode("gb18030"),
    "第 32 字节": "id,姓名,性别,出生日期\n1,李四,2,\n".encode("gb18030") + b"\xff\xff\n",
    "姓名": "id,名字,性别,出生日期\n1,李四,2,1990-02-03\n".encode("gb18030"),
    "可能是空的": b"",
}
"""What the error says -> a file cut in a row or in a field, with a wrong byte, with a renamed
column, without content."""


def test_a_broken_file_fails_its_feed_and_no_other_and_loses_nothing(
    settings: Settings, drops: Path
) -> None:
    registry, _, _ = carry(settings)
    batches = []
    for number, (says, broken) in enumerate(BROKEN.items()):
        (drops / "patients.csv").write_bytes(broken)
        with (drops / "departments.csv").open("a", encoding="utf-8") as departments:
            departments.write(f"B{number},外科{number}\n")
        collected = collect(settings, registry, registry.feeds())
        ((feed, error),) = collected.failed
        assert feed.name == "drops_csv.patient"
        assert says in error
        assert collected.bronze_rows == 1  # the other feed went on
        batches.append(collected.batch_id)
    mended = "id,姓名,性别,出生日期\n1,李四,2,1990-02-03\n2,王五,1,1991-01-01\n"
    (drops / "patients.csv").write_bytes(mended.encode("gb18030"))
    collected = collect(settings, registry, registry.feeds())
    assert collected.failed == []
    normalised = normalise(settings, registry, [*batches, collected.batch_id])
    assert normalised.differences == []
    lake = Lake(settings.lake)
    assert len(read(lake.silver("department"), "department_name")) == 1 + len(BROKEN)
    assert read(lake.silver("patient"), "name") == [("李四",), ("王五",)]
    compared = compare(settings, registry.feeds())
    assert {one.result for one in compared} == {"equal"}
