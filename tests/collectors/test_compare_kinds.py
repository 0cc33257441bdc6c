"""One bronze row altered, dropped or doubled shows, whatever kind of reader brought it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from collectors.collect import collect
from collectors.compare import compare
from collectors.registry import Registry
from kanghu.lake import Lake
from kanghu.settings import Settings
from tests.collectors.api_server import Server
from tests.collectors.cities import bronze, registry, run_sql, system
from tests.collectors.drops import KINDS, city, fill

_TABLE = {"from": "t", "key": ["id"]}
_MAKE = (
    "create table t (id integer primary key, name text)",
    "insert into t values (1, '甲'), (2, '乙'), (3, '丙')",
)


def _postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    clinic = request.getfixturevalue("clinic")
    run_sql(clinic, *_MAKE)
    return registry(system(t=_TABLE), clinic)


def _sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    del request
    with sqlite3.connect(tmp_path / "t.db") as connection:
        for statement in _MAKE:
            connection.execute(statement)
    connection.close()
    return registry(system(dialect="sqlite", t=_TABLE), str(tmp_path / "t.db"))


def _api(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    server: Server = request.getfixturevalue("api")
    server.rows = [{"id": str(n), "name": f"人{n}", "changed": ""} for n in range(1, 4)]
    options = {"items": "data.rows", "page_size": 2}
    table = {"from": "/v1/t", "key": ["id"], "options": options}
    address = f"http://127.0.0.1:{server.server_port}"
    return registry(system("api", "", t=table), address, token="${TEST_TOKEN}")


def _drops(suffix: str) -> Callable[[pytest.FixtureRequest, Path], Registry]:
    def made(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
        fill(tmp_path / "drops", suffix, (1, 2, 3))
        return city(suffix, tmp_path / "drops")

    return made


CITIES = {
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "api": _api,
    **{suffix: _drops(suffix) for suffix in KINDS},
}


@pytest.mark.requirement("L-01")
@pytest.mark.parametrize("kind", CITIES)
def test_one_spoilt_row_shows(
    settings: Settings, request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    cities = CITIES[kind](request, tmp_path)

    def compared() -> tuple[Any, ...]:
        (one,) = compare(settings, cities.feeds())
        return (one.result, one.missing_rows, one.extra_rows, one.altered_rows, one.examples[:1])

    assert collect(settings, cities, cities.feeds()).failed == []
    assert compared() == ("equal", 0, 0, 0, [])
    path = Lake(settings.lake).bronze("small", "t")
    ((key,),) = bronze(settings, "t", "select min(_source_key) from bronze")
    one = f"_source_key = '{key}'"
    column = "姓名" if kind in ("csv", "xlsx") else "name"
    whole = DeltaTable(path).version()

    DeltaTable(path).update({f'"{column}"': "'别人'"}, predicate=one)
    assert compared() == ("different", 0, 0, 1, [f"改动 {key}"])
    DeltaTable(path).restore(whole)
    DeltaTable(path).delete(one)
    assert compared() == ("different", 1, 0, 0, [f"缺少 {key}"])
    DeltaTable(path).restore(whole)
    row = DeltaTable(path).to_pyarrow_table(filters=[("_source_key", "=", key)])
    write_deltalake(path, row, mode="append")
    assert compared() == ("different", 0, 1, 0, [f"多出 {key}"])
    DeltaTable(path).restore(whole)
    assert compared() == ("equal", 0, 0, 0, [])
