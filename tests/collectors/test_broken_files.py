"""One broken file among many: the others land, the feed says what is broken, and once it is mended
the lake is what it would have been."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.collect import CollectResult, collect
from collectors.compare import compare
from collectors.registry import Registry
from kanghu import batch_log
from kanghu.settings import Settings
from tests.collectors.cities import bronze, registry, system
from tests.collectors.drops import (
    CSV,
    KINDS,
    city,
    csv_bytes,
    fill,
    json_bytes,
    message_bytes,
    workbook_bytes,
    xml_bytes,
)

_CURRENT = """
    select _source_key, _row_hash from bronze
    qualify row_number() over (partition by _source_key order by _batch_id desc) = 1
    order by 1
"""


BROKEN: list[tuple[str, bytes, str]] = [
    ("csv", "id,姓名\n2,人2\n102".encode("gb18030"), "应有 2 列,实有 1 列"),
    ("csv", 'id,姓名\n2,"人'.encode("gb18030"), "引号内的文字中途结束"),
    ("csv", "id,姓名\n2,人2\n102,".encode("gb18030") + b"\xff\n", "第 18 字节"),
    ("csv", "id,名字\n2,人2\n102,人2\n".encode("gb18030"), "少 ['姓名'],多 ['名字']"),
    ("csv", b"", "可能是空的"),
    ("xlsx", workbook_bytes(2)[:900], "不是完整的 Excel 文件"),
    ("xlsx", workbook_bytes(2, "名字"), "少 ['姓名'],多 ['名字']"),
    (
        "hl7",
        message_bytes(2).replace("张三".encode(), "张三".encode("gb18030")),
        "不是有效的 utf-8 文字",
    ),
    ("hl7", b"404 Not Found", "消息不以 MSH 段开头"),
    ("json", json_bytes(2)[:-5], "不是完整的 JSON"),
    ("json", json_bytes(2)[:-7] + b"\xff" + json_bytes(2)[-7:], "文本编码损坏"),
    ("xml", xml_bytes(2)[:-8], "XML"),
    ("xml", xml_bytes(2).replace("人".encode(), b"\xff"), "文本编码损坏"),
]


def _gathered(settings: Settings, cities: Registry) -> CollectResult:
    return collect(settings, cities, cities.feeds())


@pytest.mark.parametrize(("kind", "broken", "said"), BROKEN)
def test_the_good_files_land_and_the_mended_one_is_taken_in_later(
    settings: Settings, tmp_path: Path, kind: str, broken: bytes, said: str
) -> None:
    folder = tmp_path / "drops"
    fill(folder, kind, (1, 3))
    (folder / f"2.{kind}").write_bytes(broken)
    cities = city(kind, folder)
    each = 2 if kind in ("csv", "xlsx") else 1
    for landed in (2 * each, 0):  # the second time it is still broken
        result = _gathered(settings, cities)
        assert result.bronze_rows == landed
        ((feed, error),) = result.failed
        assert feed.name == "small.t"
        assert "部分失败:有 1 处" in error
        assert said in error
        assert f"2.{kind}" in error
        assert "处理:" in error
        assert batch_log.feed_states(settings)["A", "small.t"].last_error == error
        (compared,) = compare(settings, cities.feeds())
        assert compared.result == "not comparable"
    fill(folder, kind, (2,))
    result = _gathered(settings, cities)
    assert (result.failed, result.bronze_rows, result.deleted_rows) == ([], each, 0)
    assert _gathered(settings, cities).bronze_rows == 0
    counted = bronze(settings, "t", "select count(*), count(distinct _source_key) from bronze")
    assert counted == [(3 * each, 3 * each)]
    (compared,) = compare(settings, cities.feeds())
    assert (compared.result, compared.source_rows) == ("equal", 3 * each)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_breaks_later_deletes_nothing(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "drops"
    fill(folder, kind, (1, 2, 3))
    cities = city(kind, folder)
    assert _gathered(settings, cities).bronze_rows == 6
    undisturbed = bronze(settings, "t", _CURRENT)
    (folder / f"2.{kind}").write_bytes(b"")
    (folder / f"3.{kind}").write_bytes(KINDS[kind][2](4))
    result = _gathered(settings, cities)
    assert (len(result.failed), result.bronze_rows, result.deleted_rows) == (1, 2, 0)
    fill(folder, kind, (2, 3))
    result = _gathered(settings, cities)
    assert (result.failed, result.bronze_rows, result.deleted_rows) == ([], 0, 2)
    operations = bronze(settings, "t", "select _operation, count(*) from bronze group by 1")
    assert sorted(operations) == [("delete", 2), ("upsert", 8)]
    assert [row for row in bronze(settings, "t", _CURRENT) if row[1]] == undisturbed


def test_the_watermark_waits_for_the_mended_file(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    table = {"from": "*.csv", "key": ["id"], "watermark": {"column": "at"}}
    cities = registry(system("file", "", t=table), str(folder))
    (folder / "1.csv").write_text("id,at\n1,2024-01-01\n")
    assert _gathered(settings, cities).bronze_rows == 1
    (folder / "2.csv").write_text("id,at\n2,2024-01-02\n22")
    (folder / "3.csv").write_text("id,at\n3,2024-01-03\n")
    result = _gathered(settings, cities)
    assert (len(result.failed), result.bronze_rows) == (1, 1)
    (folder / "2.csv").write_text("id,at\n2,2024-01-02\n22,2024-01-02\n")
    result = _gathered(settings, cities)
    assert (result.failed, result.bronze_rows) == ([], 2)
    assert bronze(settings, "t", "select count(*) from bronze") == [(4,)]
    assert _gathered(settings, cities).bronze_rows == 0


def test_a_large_file_is_known_to_be_whole_before_any_of_it_lands(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    note = "文" * 3000
    rows = "".join(f"{number},{note}\n" for number in range(2500))
    (folder / "1.csv").write_text("id,note\n-1,x\n", encoding="utf-8")
    (folder / "2.csv").write_text(f"id,note\n{rows}9", encoding="utf-8")
    cities = registry(system("file", "", t={"from": "*.csv", "key": ["id"]}), str(folder))
    result = _gathered(settings, cities)
    assert (len(result.failed), result.bronze_rows) == (1, 1)
    (folder / "2.csv").write_text(f"id,note\n{rows}", encoding="utf-8")
    result = _gathered(settings, cities)
    assert (result.failed, result.bronze_rows) == ([], 2500)


def test_a_broken_file_of_one_institution_is_no_fault_of_another(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    for institution in "AB":
        for number in (1, 2):
            (folder / f"{institution}_{number}.csv").write_bytes(csv_bytes(number))
    (folder / "B_2.csv").write_bytes(b"")
    table = {**CSV, "from": "{institution}_*.csv"}
    cities = registry(system("file", "", t=table), str(folder), ("A", "B"))
    result = _gathered(settings, cities)
    assert [feed.institution for feed, _ in result.failed] == ["B"]
    assert result.bronze_rows == 6
    results = {one.institution: one.result for one in compare(settings, cities.feeds())}
    assert results == {"A": "equal", "B": "not comparable"}
