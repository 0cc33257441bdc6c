"""Drops of HL7 messages: split, keyed, counted, and never lost whatever their state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from collectors.readers import Readers
from kanghu.errors import KanghuError
from tests.collectors.reading import Row, deliver, feeds, rows

MESSAGE: dict[str, Any] = {
    "from": "**/*.hl7",
    "record": "MSH",
    "key": ["no"],
    "columns": {"no": "MSH-10", "kind": "MSH-9.1", "file": "@file", "parts": "@parts"},
}
RESULT: dict[str, Any] = {
    "from": "**/*.hl7",
    "record": "OBX",
    "key": ["no"],
    "options": {"trigger": ["ORU^R01"]},
    "columns": {"no": "MSH-10", "patient": "PID-3.1", "item": "OBX-3.2", "value": "OBX-5"},
}


def oru(number: str = "M1", charset: str = "", version: str = "2.5", kind: str = "ORU^R01") -> str:
    return "\r".join(
        (
            f"MSH|^~\\&|LIS|一院|||2024||{kind}|{number}|P|{version}||||||{charset}",
            "PID|1||P7",
            "OBR|1|A1",
            "OBX|1|NM|GLU^血糖||6.2",
            "OBX|2|NM|WBC^白细胞||4.1",
            "",
        )
    )


def drop(folder: Path, **files: bytes) -> dict[str, Any]:
    for name, data in files.items():
        (folder / f"{name}.hl7").write_bytes(data)
    return feeds("hl7", folder, {"message": MESSAGE, "result": RESULT})


def errors(found: list[Row]) -> list[str]:
    return [row["_delivery_error"] or "" for row in found if row["_delivery_error"]]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.8"])
def test_a_message_is_a_part_and_so_is_each_declared_segment(tmp_path: Path, version: str) -> None:
    tables = drop(tmp_path, a=oru(version=version).encode())
    assert rows(tables["message"]) == [
        {
            "_source_key": "M1/",
            "no": "M1",
            "kind": "ORU",
            "file": "a.hl7",
            "parts": "2",
            "_delivery_error": None,
            "_delivery_text": None,
        }
    ]
    assert rows(tables["result"]) == [
        {"_source_key": "M1/OBX[1]", "no": "M1", "patient": "P7", "item": "血糖", "value": "6.2"},
        {"_source_key": "M1/OBX[2]", "no": "M1", "patient": "P7", "item": "白细胞", "value": "4.1"},
    ]


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "gb18030"),
        ("ASCII", "gb18030"),
        ("", "utf-16"),
    ],
)
def test_encodings_declared_and_not(tmp_path: Path, charset: str, encoding: str) -> None:
    tables = drop(tmp_path, a=oru(charset=charset).encode(encoding))
    assert [row["item"] for row in rows(tables["result"])] == ["血糖", "白细胞"]


def test_messages_of_one_file_may_differ_in_encoding(tmp_path: Path) -> None:
    data = oru("1", "GBK").encode("gb18030") + oru("2", "UNICODE UTF-8").encode()
    tables = drop(tmp_path, a=data)
    assert [row["item"] for row in rows(tables["result"])] == ["血糖", "白细胞"] * 2


def test_a_declaration_that_the_bytes_do_not_keep(tmp_path: Path) -> None:
    good = oru("1").encode()
    wrong = oru("2", "UNICODE UTF-8").encode("gb18030")
    tables = drop(tmp_path, a=good + wrong)
    first, second = rows(tables["message"])
    assert first["_delivery_error"] is None
    place = len(good) + wrong.index("糖".encode("gb18030"))
    assert f"undecodable: 文本编码损坏:第 {place} 字节" in (second["_delivery_error"] or "")
    assert "a.hl7 第 2 条" in (second["_delivery_error"] or "")
    assert "\\xcc\\xc7" in (second["_delivery_text"] or "")
    assert second["_source_key"] == "a.hl7#2/"
    assert {row["no"] for row in rows(tables["result"])} == {"1"}


def test_what_is_no_message_is_kept_with_its_text(tmp_path: Path) -> None:
    tables = drop(tmp_path, a=b"<html>busy</html>", b=b"MSH|^~\\&|X", c=b"")
    found = rows(tables["message"])
    assert [row["_delivery_text"] for row in found] == ["<html>busy</html>", "MSH|^~\\&|X"]
    assert "消息不以 MSH 段开头" in errors(found)[0]
    assert "MSH-9 为空" in errors(found)[1]
    assert rows(tables["result"]) == []


def test_a_type_that_no_table_takes_and_one_without_anything_to_take(tmp_path: Path) -> None:
    empty = "MSH|^~\\&|LIS||||2024||ORU^R01|3|P|2.5\rPID|1||P7"
    tables = drop(tmp_path, a=oru("1", kind="REF^I12").encode(), b=empty.encode())
    found = rows(tables["message"])
    assert errors(found) == [
        "unmapped: 消息类型 REF^I12 没有任何表声明接收",
        "unmapped: 消息类型 ORU^R01 已声明,但消息里没有任何一个声明的段",
    ]
    assert found[0]["_delivery_text"] == oru("1", kind="REF^I12").strip()
    assert rows(tables["result"]) == []


@pytest.mark.parametrize(
    ("trigger", "taken"),
    [(["ORU^R01"], 2), (["ORU"], 2), (["ORU^R32"], 0), (["ADT", "ORU^R01"], 2), ([], 2)],
)
def test_triggers(tmp_path: Path, trigger: list[str], taken: int) -> None:
    (tmp_path / "a.hl7").write_bytes(oru().encode())
    result = {**RESULT, "options": {"trigger": trigger}}
    assert len(rows(feeds("hl7", tmp_path, {"message": MESSAGE, "r": result})["r"])) == taken


def test_mllp_framing_and_several_messages_in_a_file(tmp_path: Path) -> None:
    framed = b"".join(b"\x0b" + oru(str(n)).encode() + b"\x1c\r" for n in range(3))
    tables = drop(tmp_path, a=framed)
    delivery = deliver(tables["message"])
    found = [row["no"] for batch in delivery.batches for row in batch.to_pylist()]
    assert found == ["0", "1", "2"]
    assert delivery.delivered() == 3


def test_a_batch_file_is_opened(tmp_path: Path) -> None:
    batch = f"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r{oru('1')}{oru('2')}BTS|2\rFTS|1\r"
    tables = drop(tmp_path, a=batch.encode())
    found = rows(tables["message"])
    assert [row["no"] for row in found] == ["1", "2"]
    assert errors(found) == []


def test_a_batch_cut_short_says_so_and_keeps_what_came(tmp_path: Path) -> None:
    batch = f"FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r{oru('1')}BTS|2\rFTS|2\r"
    tables = drop(tmp_path, a=batch.encode())
    found = rows(tables["message"])
    assert [row["no"] for row in found if row["no"]] == ["1"]
    assert ["BTS-1 说有 2 条消息,实有 1" in one for one in errors(found)] == [True, False]
    assert ["FTS-1 说有 2 个批,实有 1" in one for one in errors(found)] == [False, True]
    assert len(rows(tables["result"])) == 2


def test_without_a_key_a_message_is_keyed_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "一月").mkdir()
    (tmp_path / "一月" / "a.hl7").write_bytes(oru("1").encode() + oru("1").encode())
    result = {**RESULT, "key": []}
    feed = feeds("hl7", tmp_path, {"message": MESSAGE, "r": result})["r"]
    assert [row["_source_key"] for row in rows(feed)] == [
        "一月/a.hl7#1/OBX[1]",
        "一月/a.hl7#1/OBX[2]",
        "一月/a.hl7#2/OBX[1]",
        "一月/a.hl7#2/OBX[2]",
    ]


def test_a_system_without_a_table_for_messages_cannot_hide_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(b"PID|1")
    with pytest.raises(KanghuError, match="消息不以 MSH 段开头"):
        rows(feeds("hl7", tmp_path, {"r": RESULT})["r"])


def test_mistakes_in_the_system_file(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(oru().encode())
    wrong_path = {**RESULT, "columns": {"no": "MSH.10"}}
    with pytest.raises(KanghuError, match=r"'MSH\.10' 不是 HL7 取值路径.*tiny\.yml"):
        rows(feeds("hl7", tmp_path, {"r": wrong_path})["r"])
    with pytest.raises(KanghuError, match="没有写 record 和 columns"):
        rows(feeds("hl7", tmp_path, {"r": {**RESULT, "record": None}})["r"])
    with pytest.raises(KanghuError, match="键列 nr 不在 columns 里"):
        rows(feeds("hl7", tmp_path, {"r": {**RESULT, "key": ["nr"]}})["r"])


def test_no_message_yet_is_no_error(tmp_path: Path) -> None:
    assert rows(drop(tmp_path)["message"]) == []


def test_a_watermark_on_the_file_skips_older_files(tmp_path: Path) -> None:
    tables = drop(tmp_path, d1=oru("1").encode(), d2=oru("2").encode(), d3=oru("3").encode())
    by_name = {**MESSAGE, "watermark": {"column": "file"}}
    feed = feeds("hl7", tmp_path, {"message": by_name, "result": RESULT})["message"]
    assert [row["no"] for row in rows(feed, since="d2.hl7")] == ["2", "3"]
    os.utime(tmp_path / "d1.hl7", ns=(0, 0))
    by_time = {
        **MESSAGE,
        "columns": {"no": "MSH-10", "at": "@file_time"},
        "watermark": {"column": "at"},
    }
    feed = feeds("hl7", tmp_path, {"message": by_time, "result": RESULT})["message"]
    assert [row["no"] for row in rows(feed, since="2000-01-01T00:00:00+00:00")] == ["2", "3"]
    assert len(rows(tables["message"], since="d2.hl7")) == 3  # it has no watermark


def test_one_reader_serves_all_tables_and_sees_a_changed_file(tmp_path: Path) -> None:
    tables = drop(tmp_path, a=oru("1").encode())
    reader = Readers().of(tables["message"])
    before = reader.fingerprint(tables["message"])

    def numbers(table: str) -> set[str]:
        batches = reader.read(tables[table], None).batches
        return {row["no"] for batch in batches for row in batch.to_pylist()}

    assert numbers("message") == numbers("result") == {"1"}
    drop(tmp_path, a=oru("2222").encode())
    assert numbers("message") == numbers("result") == {"2222"}
    assert reader.fingerprint(tables["message"]) != before


def test_many_rows_and_long_texts_come_in_bounded_batches(tmp_path: Path) -> None:
    long = oru("1").replace("WBC", "W" * 5_000_000)
    tables = drop(tmp_path, a=b"".join(long.encode() for _ in range(3)))
    sizes = [batch.num_rows for batch in deliver(tables["result"]).batches]
    assert sum(sizes) == 6
    many = {**RESULT, "columns": {**RESULT["columns"], "text": "@text"}}
    feed = feeds("hl7", tmp_path, {"message": MESSAGE, "r": many})["r"]
    assert [batch.num_rows for batch in deliver(feed).batches] == [4, 2]
