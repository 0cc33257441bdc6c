"""A paged JSON API with a token, on a real local HTTP server that fails when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors.collect import collect
from collectors.compare import compare
from collectors.registry import Registry
from kanghu.settings import Settings
from tests.collectors.cities import bronze, registry, system


class Server(ThreadingHTTPServer):
    """Serves ``rows`` in pages; drops ``dropping`` connections before it answers properly."""

    rows: list[dict[str, Any]]
    dropping = 0
    told_total: int | None = None
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers["Authorization"] != "Bearer geheim":
            self.send_error(401)
            return
        if self.server.dropping and "page=2" in self.path:
            self.server.dropping -= 1
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'{"data": {"ro')  # and the line goes dead
            self.connection.close()
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        page, size = int(query["page"]), int(query["size"])
        rows = [row for row in self.server.rows if row["changed"] >= query.get("since", "")]
        total = self.server.told_total
        answer = {
            "total": len(rows) if total is None else total,
            "data": {"rows": rows[(page - 1) * size : page * size]},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TEST_TOKEN", "geheim")
    server = Server(("127.0.0.1", 0), _Handler)
    server.asked = []
    server.rows = [
        {
            "id": f"P{number}",
            "patient": {"name": f"人{number}", "phones": ["1", "2"]},
            "weight": 60.50 + number,
            "note": None if number % 2 else "",
            "changed": f"2024-01-{number:02}T00:00:00Z",
        }
        for number in range(1, 6)
    ]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


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
