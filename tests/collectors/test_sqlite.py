"""SQLite systems read by custom SQL: Chinese names, joins, GBK text, torn files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from collectors.collect import collect
from collectors.registry import Registry
from kanghu.settings import Settings
from tests.collectors.cities import bronze, registry, system

VISITS = {
    "sql": "select 就诊.流水号, 病人.姓名, 就诊.体重, 就诊.修改号 from 就诊 "
    "left join 病人 on 病人.编号 = 就诊.病人编号",
    "key": ["流水号"],
    "watermark": {"column": "修改号"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "诊所.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table 病人 (编号 integer, 姓名 text)")
        connection.execute(
            "create table 就诊 (流水号 text, 病人编号 integer, 体重 real, 修改号 integer)"
        )
        connection.execute("insert into 病人 values (1, '甲')")
        connection.executemany(
            "insert into 就诊 values (?, ?, ?, ?)", [("a", 1, 60.1, 9), ("b", 2, None, 10)]
        )
    connection.close()
    return path


def cities_at(path: Path, **more: object) -> Registry:
    return registry(system("sql", "sqlite", visits={**VISITS, **more}), f"sqlite:///{path}")


@pytest.mark.requirement("L-01")
def test_a_query_is_read_by_a_numeric_watermark(settings: Settings, file: Path) -> None:
    cities = cities_at(file)
    assert collect(settings, cities, cities.feeds()).failed == []
    assert bronze(settings, "visits", "select * exclude (_landed_at, _batch_id, _row_hash) "
                  "from bronze order by _source_key") == [
        ("A", "small.visits", "a", "upsert", "a", "甲", "60.1", "9"),
        ("A", "small.visits", "b", "upsert", "b", None, None, "10"),
    ]  # fmt: skip
    with sqlite3.connect(file) as connection:
        connection.execute("update 就诊 set 修改号 = 11, 体重 = 61 where 流水号 = 'a'")
        connection.execute("insert into 就诊 values ('c', 1, 1, 10)")
    result = collect(settings, cities, cities.feeds())
    assert (result.source_rows, result.bronze_rows) == (3, 2)


def test_text_in_another_encoding_is_decoded_or_refused(settings: Settings, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("update 病人 set 姓名 = cast(? as text)", ("张三".encode("gb18030"),))
    cities = cities_at(file)
    ((_, error),) = collect(settings, cities, cities.feeds()).failed
    assert "文字编码不对" in error
    assert "options.encoding" in error
    cities = cities_at(file, options={"encoding": "gb18030"})
    assert collect(settings, cities, cities.feeds()).failed == []
    assert bronze(settings, "visits", "select 姓名 from bronze where _source_key = 'a'") == [
        ("张三",)
    ]


def test_a_torn_file_is_refused_and_nothing_is_lost(settings: Settings, file: Path) -> None:
    cities = cities_at(file)
    collect(settings, cities, cities.feeds())
    whole = file.read_bytes()
    file.write_bytes(whole[:3000])
    ((_, error),) = collect(settings, cities, cities.feeds(), full=True).failed
    assert "残缺" in error
    file.write_bytes(whole)
    result = collect(settings, cities, cities.feeds(), full=True)
    assert (result.failed, result.unchanged_rows, result.deleted_rows) == ([], 2, 0)


def test_many_files_are_read_at_once_and_one_at_fault_fails_alone(
    settings: Settings, file: Path, tmp_path: Path
) -> None:
    whole = file.read_bytes()
    for name in "ABC":
        (tmp_path / f"{name}.db").write_bytes(whole)
    (tmp_path / "B.db").write_bytes(whole[:3000])
    cities = registry(system("sql", "sqlite", visits=VISITS), "", ("A", "B", "C"))
    cities = Registry(
        cities.systems,
        {
            name: one.model_copy(update={"connection": str(tmp_path / f"{name}.db")})
            for name, one in cities.sources.items()
        },
    )
    result = collect(settings, cities, cities.feeds())
    assert [feed.institution for feed, _ in result.failed] == ["B"]
    landed = bronze(settings, "visits", "select _institution, count(*) from bronze group by 1")
    assert sorted(landed) == [("A", 2), ("C", 2)]
