"""XML documents: XPaths, parts, encodings, and documents that are broken or mean harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kanghu.errors import KanghuError
from tests.collectors.reading import Row, feeds, rows

CDA = """<?xml version="1.0" encoding="{encoding}"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <!-- 文档流水号 -->
  <id extension="{number}"/>
  <code code="{code}"/>
  <title> 门诊病历<!-- 注释 --><b>(急)</b> </title>
  <recordTarget><patientRole><id extension="P1"/><patient><name>㐀小明</name></patient>
  </patientRole></recordTarget>
  <component>
    <observation><code code="D1"/><value xsi:type="CD" code="I10" displayName=""/></observation>
    <observation><code code="D1"/><value code="E11"/></observation>
    <observation><code code="D2"/><value> 头痛
三天 </value></observation>
  </component>
</ClinicalDocument>"""
TABLES: dict[str, dict[str, Any]] = {
    "document": {
        "from": "**/*.xml",
        "record": "/",
        "key": ["no"],
        "columns": {"no": "/h:ClinicalDocument/h:id/@extension", "parts": "@parts"},
    },
    "diagnosis": {
        "from": "**/*.xml",
        "record": "/h:ClinicalDocument[h:code/@code='C0002']//h:observation[h:code/@code='D1']",
        "key": ["no"],
        "columns": {
            "no": "/h:ClinicalDocument/h:id/@extension",
            "patient": "/h:ClinicalDocument/h:recordTarget//h:name",
            "title": "//h:title",
            "code": "h:value/@code",
            "label": "h:value/@displayName",
            "type": "h:value/@xsi:type",
            "none": "h:value/@nothing",
            "number": "count(preceding::h:observation[h:code/@code='D1']) + 1",
            "is_first": "not(preceding::h:observation)",
            "complaint": "//h:observation[h:code/@code='D2']/h:value",
            "all": "string(/h:ClinicalDocument/h:recordTarget//h:patient/h:nothing)",
        },
    },
}


def cda(number: str = "N1", code: str = "C0002", encoding: str = "UTF-8") -> str:
    return CDA.format(number=number, code=code, encoding=encoding)


def test_a_document_and_its_parts(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(cda(), encoding="utf-8")
    tables = feeds("xml", tmp_path, TABLES)
    assert rows(tables["document"]) == [
        {
            "_source_key": "N1/",
            "no": "N1",
            "parts": "2",
            "_delivery_error": None,
            "_delivery_text": None,
        }
    ]
    common: Row = {
        "no": "N1",
        "patient": "㐀小明",
        "title": "门诊病历(急)",
        "none": None,
        "complaint": "头痛\n三天",
        "all": None,
    }
    assert rows(tables["diagnosis"]) == [
        {
            "_source_key": "N1/ClinicalDocument/component/observation[1]",
            "code": "I10",
            "label": "",
            "type": "CD",
            "number": "1",
            "is_first": "true",
            **common,
        },
        {
            "_source_key": "N1/ClinicalDocument/component/observation[2]",
            "code": "E11",
            "label": None,
            "type": None,
            "number": "2",
            "is_first": "false",
            **common,
        },
    ]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("GB18030", "gb18030"),
        ("GB2312", "gb18030"),
        ("UTF-16", "utf-16"),
    ],
)
def test_the_declared_encoding(tmp_path: Path, declared: str, written: str) -> None:
    (tmp_path / "a.xml").write_bytes(cda(encoding=declared).encode(written))
    found = rows(feeds("xml", tmp_path, TABLES)["diagnosis"])
    assert [row["patient"] for row in found] == ["㐀小明", "㐀小明"]


def test_documents_that_cannot_be_read_are_kept_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a_cut.xml").write_text(cda("N1")[:300], encoding="utf-8")
    (tmp_path / "b_good.xml").write_text(cda("N2"), encoding="utf-8")
    (tmp_path / "c_other.xml").write_text(cda("N3", code="C0099"), encoding="utf-8")
    (tmp_path / "d_bytes.xml").write_bytes(cda("N4").encode("gb18030"))
    (tmp_path / "e_html.xml").write_text("<html/>")
    tables = feeds("xml", tmp_path, TABLES)
    found = rows(tables["document"])
    reasons = [row["_delivery_error"] or "" for row in found]
    assert "undecodable: 不是完整的 XML" in reasons[0]
    assert "a_cut.xml" in reasons[0]
    assert reasons[1] == ""
    assert reasons[2] == "unmapped: 文档 ClinicalDocument(文档类型 C0099) 没有任何表声明接收"
    assert "不是有效的 utf-8 文字" in reasons[3]
    assert reasons[4] == "unmapped: 文档 html 没有任何表声明接收"
    assert found[0]["_delivery_text"] == cda("N1")[:300]
    assert {row["no"] for row in rows(tables["diagnosis"])} == {"N2"}


def test_entities_and_files_outside_are_never_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    outside = f'<!ENTITY x SYSTEM "file://{tmp_path}/secret">'
    text = f'<!DOCTYPE a [<!ENTITY e0 "ha">{bomb}{outside}]><a><b>&e11;</b><c>&x;</c></a>'
    (tmp_path / "a.xml").write_text(text)
    table = {"from": "*.xml", "record": "/", "columns": {"b": "/a/b", "c": "/a/c"}}
    found = rows(feeds("xml", tmp_path, {"t": table})["t"])
    assert found[0]["b"] is None
    assert found[0]["c"] is None


def test_other_namespaces_and_mistakes_in_the_system_file(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<a xmlns="urn:x"><b>1</b></a>')
    table = {
        "from": "*.xml",
        "record": "/x:a/x:b",
        "options": {"namespaces": {"x": "urn:x"}},
        "columns": {"b": "."},
    }
    assert rows(feeds("xml", tmp_path, {"t": table})["t"]) == [
        {"_source_key": "a.xml#1/a/b", "b": "1"}
    ]
    with pytest.raises(KanghuError, match=r"不是 XPath.*tiny"):
        rows(feeds("xml", tmp_path, {"t": {**table, "columns": {"b": "b["}}})["t"])
    unknown_prefix = {**table, "columns": {"b": "y:b"}}
    with pytest.raises(KanghuError, match="y:b"):
        rows(feeds("xml", tmp_path, {"t": unknown_prefix})["t"])
