"""``kanghu quality report`` as a person types it: the list, and the errors that need no marts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Kanghu


def test_the_list_names_each_report_with_its_filters(kanghu: Kanghu, home: Path) -> None:
    said = kanghu("quality", "report", "list")
    assert said.status == 0
    assert "孕产妇高危情况质控表" in said.text
    assert "--delivered-from" in said.text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such"], "没有质控报表"),
        (["record-all", "县"], "筛选条件写作 --名称 值"),
        (["record-all", "--county"], "--county 没有给出值"),
        (["record-all", "--limit", "许多"], "不是行数"),
        (["record-all"], "集市还没有发布"),
    ],
)
def test_what_cannot_be_done_is_said(
    kanghu: Kanghu, home: Path, words: list[str], says: str
) -> None:
    said = kanghu("quality", "report", *words)
    assert said.status != 0
    assert says in said.text
