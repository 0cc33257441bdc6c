"""A paged JSON API with a token: pages, watermarks, and what goes wrong on the way."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.collect import collect
from collectors.compare import compare
from collectors.readers import api as api_reader
from collectors.registry import Registry
from kanghu.settings import Settings
from tests.collectors.api_server import Server
from tests.collectors.cities import bronze, registry, system


def cities_at(server: Server, **more: Any) -> Registry:
    patients = {
        "from": "/v1/patients",
        "key": ["id"],
        "watermark": {"column": "changed"},
        "columns": {"id": "id", "name": "patient.name", "changed": "changed"},
        "options": {"items": "data.rows", "total": "total", "page_size": 2, "since_param": "since"},
        **more,
    }
    return registry(
        system("api", "", patients=patients),
        f"http://127.0.0.1:{server.server_port}",
        token="${TEST_TOKEN}",
    )


@pytest.mark.requirement("L-01")
def test_pages_are_read_since_the_watermark(settings: Settings, api: Server) -> None:
    cities = cities_at(api)
    assert collect(settings, cities, cities.feeds()).bronze_rows == 5
    rows = bronze(
        settings,
        "patients",
        "select _source_key, name, weight, note, patient_phones from bronze order by 1 limit 2",
    )
    assert rows == [
        ("P1", "人1", "61.5", None, '["1","2"]'),
        ("P2", "人2", "62.5", "", '["1","2"]'),
    ]
    api.rows[4]["note"] = "改"
    api.rows.append({"id": "P6", "patient": {}, "weight": 1, "changed": "2024-01-06T00:00:00Z"})
    result = collect(settings, cities, cities.feeds())
    assert "since=2024-01-05" in api.asked[-1]
    assert (result.failed, result.bronze_rows) == ([], 2)
    (compared,) = compare(settings, cities.feeds())
    assert (compared.result, compared.source_rows) == ("equal", 6)


def test_a_dead_connection_costs_one_page(settings: Settings, api: Server) -> None:
    api.dropping = 2
    cities = cities_at(api)
    assert collect(settings, cities, cities.feeds()).bronze_rows == 5
    assert sum("page=1" in path for path in api.asked) == 1
    assert sum("page=2" in path for path in api.asked) == 3


def test_fewer_rows_than_told_is_an_error_and_nothing_lands(
    settings: Settings, api: Server
) -> None:
    api.told_total = 9
    cities = cities_at(api)
    ((_, error),) = collect(settings, cities, cities.feeds()).failed
    assert "接口说有 9 行,只给了 5 行" in error
    api.told_total = None
    assert collect(settings, cities, cities.feeds()).bronze_rows == 5


def test_a_refused_token_says_which(
    settings: Settings, api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "abgelaufen")
    cities = cities_at(api)
    ((_, error),) = collect(settings, cities, cities.feeds()).failed
    assert "令牌" in error
    assert "sources/A.yml" in error


def test_a_renamed_field_is_an_error_an_absent_one_is_not(settings: Settings, api: Server) -> None:
    cities = cities_at(api, maps={"patient": {"columns": {"patient_no": "id", "name": "name"}}})
    collect(settings, cities, cities.feeds())
    api.rows = [{"id": "P7", "patient": {}, "changed": "2024-01-07T00:00:00Z"}]
    result = collect(settings, cities, cities.feeds())
    assert (result.failed, result.bronze_rows) == ([], 1)
    api.rows = [{"id": "P8", "patient": {"fullName": "人8"}, "changed": "2024-01-08T00:00:00Z"}]
    ((_, error),) = collect(settings, cities, cities.feeds()).failed
    assert "缺少映射需要的列 name" in error
    assert "patient_fullName" in error


def test_rows_split_into_their_parts(settings: Settings, api: Server) -> None:
    for row in api.rows:
        row["drugs"] = [{"code": "A"}, {"code": "B"}]
    cities = cities_at(
        api, record="drugs[*]", columns={"id": "^.id", "drug": "code", "changed": "^.changed"}
    )
    result = collect(settings, cities, cities.feeds())
    assert (result.failed, result.source_rows, result.bronze_rows) == ([], 10, 10)
    keys = bronze(settings, "patients", "select _source_key, id, drug from bronze order by 1")
    assert keys[:2] == [("P1/drugs[0]", "P1", "A"), ("P1/drugs[1]", "P1", "B")]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"failing": 99}, "HTTP 500"),
        ({"expires_after": 1}, "令牌"),
        ({"short": True}, "接口说有 5 行,只给了 1 行"),
    ],
)
def test_after_a_fault_the_lake_is_as_if_there_had_been_none(
    settings: Settings,
    api: Server,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, int],
    said: str,
) -> None:
    monkeypatch.setattr(api_reader, "_FIRST_PAUSE_SECONDS", 0.01)
    cities = cities_at(api)
    undisturbed = vars(api).copy()
    for name, value in fault.items():
        setattr(api, name, value)
    result = collect(settings, cities, cities.feeds())
    ((_, error),) = result.failed
    assert said in error
    assert "A small.patients" in error
    assert "处理:" in error
    assert result.bronze_rows == 0
    for name in fault:
        setattr(api, name, undisturbed.get(name, getattr(Server, name)))
    assert collect(settings, cities, cities.feeds()).bronze_rows == 5
    assert collect(settings, cities, cities.feeds()).bronze_rows == 0
    (compared,) = compare(settings, cities.feeds())
    assert (compared.result, compared.source_rows) == ("equal", 5)
