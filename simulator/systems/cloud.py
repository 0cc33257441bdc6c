"""康健云: a cloud product whose clinics are asked over a paged JSON API with a bearer token.

The writer leaves each resource's rows in a SQLite file; the server answers from it.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.plan import Assignment
from simulator.systems.layout import VendorTable
from simulator.systems.source_files import source_file
from simulator.systems.stored import StoredWriter

SYSTEM = "kangjian_cloud"
_API, _TOKEN = "KANGHU_SIMULATED_API", "KANGHU_SIMULATED_TOKEN"
_LARGEST_PAGE = 1_000


class KangjianWriter(StoredWriter):
    """康健云: ``cloud.db`` holds every clinic's rows as the API gives them."""

    system = SYSTEM

    def mark_void(self, table: VendorTable) -> bool:
        if "body" not in table.columns:
            return False
        self.layout.connection.execute(
            "update in_hand set body = "
            """replace(body::varchar, '"deleted":false', '"deleted":true')"""
        )
        return True

    def hand_out(self, place: int, site: Assignment) -> None:
        with closing(sqlite3.connect(self.folder / "cloud.db")) as cloud, cloud:
            cloud.execute("pragma synchronous = off")
            cloud.execute(
                "create table if not exists row "
                "(tenant text, resource text, updated integer, id text, body text)"
            )
            cloud.execute("create index if not exists by_update on row "
                          "(tenant, resource, updated, id)")  # fmt: skip
            cloud.execute("delete from row where tenant = ?", [site.institution])
            for table in self.layout.tables:
                if "body" in table.columns:
                    self._fill(cloud, table, site)

    def source(self, place: int, site: Assignment) -> dict[str, Any]:
        return source_file(
            site,
            self.system,
            place,
            connection=f"${{{_API}}}",
            token=f"${{{_TOKEN}}}",
            parameters={"tenant": site.institution},
        )

    def _fill(self, cloud: sqlite3.Connection, table: VendorTable, site: Assignment) -> None:
        found = self.layout.connection.execute(
            f"select '{site.institution}', '{table.name}', updated::bigint, id, body "
            f"from store.\"{table.name}\" where _institution = '{site.institution}'"
        )
        while rows := found.fetchmany(20_000):
            cloud.executemany("insert into row values (?, ?, ?, ?, ?)", rows)


@contextmanager
def serve_api(out: Path) -> Iterator[dict[str, str]]:
    """The cloud vendor's API over the city in ``out``, on a free loopback port, while it runs.

    ``GET /v2/<tenant>/<resource>?page=1&size=200&updatedSince=<milliseconds>`` with
    ``Authorization: Bearer <token>`` answers ``{"code": 0, "data": {"total", "page", "list"}}``.
    """
    token = secrets.token_urlsafe(24)
    database = out / "systems" / SYSTEM / "cloud.db"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(database, token))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {_API: f"http://127.0.0.1:{server.server_port}", _TOKEN: token}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(database: Path, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            parts = address.path.strip("/").split("/")
            asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
            if self.headers.get("Authorization") != f"Bearer {token}":
                self._answer(401, '{"code": 401, "message": "令牌无效"}')
            elif len(parts) != 3 or parts[0] != "v2":
                self._answer(404, '{"code": 404, "message": "没有这个资源"}')
            else:
                self._answer(200, _page(database, parts[1], parts[2], asked))

        def _answer(self, status: int, text: str) -> None:
            body = text.encode("utf-8")
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the collectors say what went wrong."""

    return Handler


def _page(database: Path, tenant: str, resource: str, asked: dict[str, str]) -> str:
    """One page of a tenant's rows, oldest change first."""
    size = min(int(asked.get("size", 100)), _LARGEST_PAGE)
    page = int(asked.get("page", 1))
    chosen: Sequence[str | int] = (tenant, resource.lower(), int(asked.get("updatedSince", 0)))
    where = "from row where tenant = ? and resource = ? and updated >= ?"
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as cloud:
        (total,) = cloud.execute(f"select count(*) {where}", chosen).fetchone()
        rows = cloud.execute(
            f"select body {where} order by updated, id limit ? offset ?",
            (*chosen, size, (page - 1) * size),
        ).fetchall()
    listed = ",".join(body for (body,) in rows)
    about = json.dumps({"total": total, "page": page})[1:-1]
    return f'{{"code": 0, "data": {{{about}, "list": [{listed}]}}}}'
