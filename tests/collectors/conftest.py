"""A database of an institution, beside the store's, and an API of one."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.collectors.api_server import Handler, Server


@pytest.fixture
def clinic(postgres_url: str) -> Iterator[str]:
    """A new, empty database of an institution's system: its URL."""
    name = f"clinic_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
    yield postgres_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)'.encode())


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TEST_TOKEN", "geheim")
    server = Server(("127.0.0.1", 0), Handler)
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
