"""A small TCP proxy in front of a real PostgreSQL that goes dead in the middle of an answer.

The kernel here shapes no traffic, so network faults are made in between: after so many bytes from
the server the line is reset, closed, or simply says nothing more.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Fault = Literal["reset", "closed"]


class FaultProxy:
    """Stands before the server of a socket-folder URL; ``url`` is the way through it."""

    def __init__(self, behind: str) -> None:
        parts = urlsplit(behind)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._fault: Fault | None = None
        self._left = 0
        self.cuts = 0
        port = self._listener.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, size: int, fault: Fault) -> None:
        """Every connection dies with ``fault`` once the server has sent ``size`` more bytes."""
        self._left, self._fault = size, fault

    def mend(self) -> None:
        self._fault = None

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket)
                for function in (self._forward, self._answer):
                    threading.Thread(target=function, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if self._fault is not None:
                    self._left -= len(data)
                    if self._left <= 0:
                        self._cut(client, data)
                        break
                client.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cut(self, client: socket.socket, data: bytes) -> None:
        """Half a packet still arrives; a reset throws away what the client has not read yet."""
        self.cuts += 1
        client.sendall(data[: len(data) // 2])
        if self._fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def before(url: str) -> Iterator[FaultProxy]:
    """A proxy before the server of ``url``, gone after the block."""
    proxy = FaultProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
