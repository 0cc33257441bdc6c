"""``kanghu source``: what is not filled in is told once, not once a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Kanghu


def test_what_a_new_source_lacks_is_told_once(
    kanghu: Kanghu, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET_HIS", raising=False)
    said = kanghu("source", "new", "A1", "--system", "jiwei_phis", "--connection", "${NOT_SET_HIS}")
    assert said.status == 0, said.text
    said = kanghu("source", "check", "A1-jiwei_phis")
    assert said.status == 1
    assert said.text.count("参数还没有填:jgdm") == 1
    path = home / "sources" / "sources" / "A1-jiwei_phis.yml"
    filled = path.read_text(encoding="utf-8").replace("填本机构在本系统里的 jgdm", "A1")
    path.write_text(filled, encoding="utf-8")
    said = kanghu("source", "check", "A1-jiwei_phis")
    assert said.status == 1
    assert said.text.count("环境变量 NOT_SET_HIS 没有设置") == 1
    assert re.search(r"\d\d 张表要用", said.text)
