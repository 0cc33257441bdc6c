"""A paged JSON API with a token, on a real local HTTP server that fails when told to."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Server(ThreadingHTTPServer):
    """Serves ``rows`` in pages; what goes wrong is said by its attributes.

    ``dropping``: so many connections die within page 2; ``failing``: so many answers are HTTP 500;
    ``expires_after``: the token is good for so many answers; ``short``: page 1 lacks its last row.
    """

    rows: list[dict[str, Any]]
    dropping = 0
    failing = 0
    expires_after: int | None = None
    short = False
    told_total: int | None = None
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers["Authorization"] != "Bearer geheim" or self.server.expires_after == 0:
            self.send_error(401)
            return
        if self.server.expires_after is not None:
            self.server.expires_after -= 1
        if self.server.failing:
            self.server.failing -= 1
            self.send_error(500)
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
        given = rows[(page - 1) * size : page * size]
        answer = {
            "total": len(rows) if total is None else total,
            "data": {"rows": given[:-1] if self.server.short and page == 1 else given},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
