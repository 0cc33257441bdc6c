"""JSON documents: paths, parts, values as written, and documents that are broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.readers.json_path import Document, Found, JsonPath, parse, written
from kanghu.errors import KanghuError
from tests.collectors.reading import deliver, feeds, rows

BUNDLE = """
{"resourceType": "Bundle", "type": "batch", "id": "B1", "entry": [
  {"fullUrl": "urn:uuid:p1", "resource": {"resourceType": "Patient", "id": "p1",
    "name": [{"family": "张", "given": ["三", "丰"]}], "active": true, "weight": 60.50,
    "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "7"},
                   {"type": {"coding": [{"code": "SS"}]}, "value": "9"}]}},
  {"fullUrl": "urn:uuid:o1", "resource": {"resourceType": "Observation", "id": "o1",
    "subject": {"reference": "urn:uuid:p1"}, "note-text": null,
    "component": [{"code": "8480-6", "value": 120}, {"code": "8462-4", "value": 8E1}]}},
  {"resource": {"resourceType": "Observation", "id": "o2", "subject": {"reference": "Patient/p1"},
    "performer": {"reference": "Practitioner/gone"}}}
]}
"""
DOCUMENT = Document(parse(BUNDLE))


def value(record: str, path: str) -> list[str | None]:
    compiled = JsonPath(path)
    found = JsonPath(record).find(Found(DOCUMENT.content), DOCUMENT)
    return [compiled.text_of(one, DOCUMENT) for one in found]


PATIENT = "entry[*].resource[resourceType=Patient]"
OBSERVATION = "entry[*].resource[resourceType=Observation]"


@pytest.mark.parametrize(
    ("record", "path", "values"),
    [
        (PATIENT, "id", ["p1"]),
        (PATIENT, "name[0].family", ["张"]),
        (PATIENT, "name[0].given[*]", ["三~丰"]),
        (PATIENT, "name[0].given", ['["三","丰"]']),
        (PATIENT, "name[1].family", [None]),
        (PATIENT, "active", ["true"]),
        (PATIENT, "weight", ["60.50"]),
        (PATIENT, "identifier[type.coding[0].code=SS].value", ["9"]),
        (PATIENT, "identifier[type.coding[0].code!=SS].value", ["7"]),
        (PATIENT, "identifier[type.coding[0].code=XX|SS].value", ["9"]),
        (PATIENT, "identifier[*].value", ["7~9"]),
        (PATIENT, "^.fullUrl", ["urn:uuid:p1"]),
        (PATIENT, "^^.type", ["batch"]),
        (PATIENT, "^^^.type", [None]),
        (PATIENT, "$.id", ["B1"]),
        (PATIENT, "name[0].use.x", [None]),
        (OBSERVATION, "component[0]", ['{"code":"8480-6","value":120}', None]),
        (OBSERVATION, "note-text", [None, None]),
        (OBSERVATION, "subject.reference->name[0].family", ["张", "张"]),
        (OBSERVATION, "performer.reference->id", [None, None]),
        (f"{OBSERVATION}.component[*]", "value", ["120", "8E1"]),
        (f"{OBSERVATION}.component[*]", "^.id", ["o1", "o1"]),
        (f"{OBSERVATION}.component[*]", "^.subject.reference->id", ["p1", "p1"]),
        (f"{OBSERVATION}.component[*]", "^^.fullUrl", ["urn:uuid:o1", "urn:uuid:o1"]),
        (f"{OBSERVATION}[id=o2]", "id", ["o2"]),
        (f"{PATIENT}.name[0]", ".", ['{"family":"张","given":["三","丰"]}']),
        ("$", "resourceType", ["Bundle"]),
        ("entry[9]", "fullUrl", []),
        ("id[*]", ".", []),
    ],
)  # fmt: skip
def test_where_a_value_lies(record: str, path: str, values: list[str | None]) -> None:
    assert value(record, path) == values


@pytest.mark.parametrize("path", ["a..b", "a.", "a[", "a[x", "a[1]b", "a[]", "a]", "a[=1]", "a->"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(KanghuError, match="不是 JSON 取值路径"):
        JsonPath(path, "x.yml")


def test_paths_of_parts() -> None:
    found = JsonPath(f"{OBSERVATION}.component[*]").find(Found(DOCUMENT.content), DOCUMENT)
    assert [one.path for one in found] == [
        "entry[1].resource.component[0]",
        "entry[1].resource.component[1]",
    ]


def test_references_of_what_is_no_bundle() -> None:
    assert Document(parse('{"entry": [1, {"resource": 2}]}')).references == {}
    assert Document(parse("[1]")).references == {}


json_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_value)
def test_what_is_written_of_a_value_is_that_value(one: Any) -> None:
    text = written(parse(json.dumps(one)))
    if one is None:
        assert text is None
    elif isinstance(one, str):
        assert text == one
    else:
        assert json.loads(text or "") == one


DOCUMENTS: dict[str, dict[str, Any]] = {
    "document": {
        "from": "*.json",
        "record": "/",
        "key": ["id"],
        "columns": {"id": "id", "kind": "resourceType", "parts": "@parts"},
    },
    "patient": {
        "from": "*.json",
        "record": PATIENT,
        "key": ["bundle"],
        "columns": {"bundle": "$.id", "id": "id"},
    },
}


def test_a_document_is_a_part_and_so_is_each_declared_resource(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(BUNDLE, encoding="utf-8-sig")
    tables = feeds("json", tmp_path, DOCUMENTS)
    assert rows(tables["document"]) == [
        {
            "_source_key": "B1/",
            "id": "B1",
            "kind": "Bundle",
            "parts": "1",
            "_delivery_error": None,
            "_delivery_text": None,
        }
    ]
    assert rows(tables["patient"]) == [
        {"_source_key": "B1/entry[0].resource", "bundle": "B1", "id": "p1"}
    ]


def test_documents_that_cannot_be_read_are_kept_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a_cut.json").write_text(BUNDLE[:200], encoding="utf-8")
    (tmp_path / "b_good.json").write_text(BUNDLE, encoding="utf-8")
    (tmp_path / "c_other.json").write_text('{"resourceType": "Claim", "id": "C1"}')
    (tmp_path / "d_bytes.json").write_bytes(b'{"id": "\xff"}')
    (tmp_path / "e_deep.json").write_text("[" * 200_000)
    tables = feeds("json", tmp_path, DOCUMENTS)
    found = rows(tables["document"])
    assert [row["_source_key"] for row in found] == [
        "a_cut.json#1/",
        "B1/",
        "C1/",
        "d_bytes.json#1/",
        "e_deep.json#1/",
    ]
    reasons = [row["_delivery_error"] or "" for row in found]
    assert "undecodable: 不是完整的 JSON" in reasons[0]
    assert "a_cut.json" in reasons[0]
    assert reasons[1] == ""
    assert reasons[2] == "unmapped: 文档里没有任何一种声明的记录"
    assert "第 8 字节" in reasons[3]
    assert "嵌套太深" in reasons[4]
    assert found[0]["_delivery_text"] == BUNDLE[:200]
    assert found[3]["_delivery_text"] == '{"id": "\\xff"}'
    assert [row["id"] for row in rows(tables["patient"])] == ["p1"]


def test_a_document_a_line_and_half_a_character(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"id": "1"}\n\n{"id": "\\ud83d"}\n{"id"\n')
    table = {
        "from": "*.json",
        "record": "/",
        "options": {"lines": True},
        "columns": {"id": "id", "line": "@position"},
    }
    delivery = deliver(feeds("json", tmp_path, {"t": table})["t"])
    found = [row for batch in delivery.batches for row in batch.to_pylist()]
    assert [(row["id"], row["line"]) for row in found] == [
        ("1", "1"),
        ("\\ud83d", "3"),
        (None, "4"),
    ]
    assert "a.json 第 4 行" in (found[2]["_delivery_error"] or "")
    assert delivery.delivered() == 3


def test_rows_of_a_plain_array(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"id": 1, "x": null}, {"id": 2, "x": ""}]')
    table = {"from": "*.json", "record": "[*]", "columns": {"id": "id", "x": "x"}}
    assert rows(feeds("json", tmp_path, {"t": table})["t"]) == [
        {"_source_key": "a.json#1/[0]", "id": "1", "x": None},
        {"_source_key": "a.json#1/[1]", "id": "2", "x": ""},
    ]
