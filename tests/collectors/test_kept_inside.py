"""A source reads what its system's file says and no more; errors keep nobody's particulars."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.readers.api import _following
from collectors.readers.statements import relation
from collectors.registry import Feed, Source, System, Table
from kanghu.errors import KanghuError
from tests.collectors.reading import file_feed, rows


def database_feed(**parameters: str) -> Feed:
    table = Table.model_validate(
        {"from": "{schema}.brxx", "filter": "org_code = '{org}' and zt = 1", "key": ["id"]}
    )
    system = System(
        system="his", name="测试", vendor="测试", version="1", kind="table", tables={"t": table}
    )
    source = Source(source="s", institution="JG1", name="一院", system="his", parameters=parameters)
    return Feed(source, system, "t", table)


def test_a_value_between_quotes_stays_a_value() -> None:
    found = relation(database_feed(schema="his", org="zz' or '1'='1"))
    assert found.filter == "org_code = 'zz'' or ''1''=''1' and zt = 1"
    assert found.text == "his.brxx"


@pytest.mark.parametrize("schema", ["his; drop table x", "his.brxx, other", "a b", "(select 1)"])
def test_a_value_outside_quotes_is_a_name(schema: str) -> None:
    with pytest.raises(KanghuError, match="不能直接写进查询"):
        relation(database_feed(schema=schema, org="1"))


@pytest.mark.parametrize("pattern", ["../*.csv", "a/../../*.csv", "/etc/*"])
def test_files_come_from_the_sources_folder_only(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(KanghuError, match="来源文件夹之外"):
        rows(file_feed(inside, pattern))


def test_an_error_does_not_repeat_the_row(tmp_path: Path) -> None:
    line = "1,张三,350404198001010018,13859821774"
    (tmp_path / "p.csv").write_text(f"no,name,id_no\n{line}\n", encoding="utf-8")
    with pytest.raises(KanghuError) as caught:
        rows(file_feed(tmp_path, "p.csv"))
    assert "p.csv 第 2 行" in caught.value.where
    for personal in ("张三", "350404198001010018", "13859821774"):
        assert personal not in str(caught.value)


def test_the_token_goes_to_the_named_server_only() -> None:
    feed = database_feed(schema="a", org="1")
    here = "https://his.example/api/rows?page=1"
    assert _following(feed, here, "rows?page=2") == "https://his.example/api/rows?page=2"
    for elsewhere in ("https://evil.example/x", "//evil.example/x", "http://his.example/api"):
        with pytest.raises(KanghuError, match="别的地址"):
            _following(feed, here, elsewhere)
