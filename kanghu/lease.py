"""One writer a table at a time: a lease row with expiry and a fencing number (law 3).

A holder that dies frees its lease by expiry; a second writer waits and says whom it waits for.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from rich.console import Console

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from kanghu.store import connect, store_url

_TERM_SECONDS = 30.0
_RENEW_SECONDS = 10.0


@contextmanager
def lease(settings: Settings, resource: str, *, wait_seconds: float = 600.0) -> Iterator[int]:
    """Hold ``resource`` while the block runs; answers the fencing number.

    Raises ``KanghuError`` when it was not to be had within ``wait_seconds``.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    fencing = _acquire(settings, resource, holder, wait_seconds)
    stop = threading.Event()
    renewal = threading.Thread(
        target=_renew, args=(store_url(settings), resource, holder, stop), daemon=True
    )
    renewal.start()
    try:
        yield fencing
    finally:
        stop.set()
        renewal.join()
        with connect(settings) as connection:
            connection.execute(
                "update kanghu.lease set expires_at = now() where resource = %s and holder = %s",
                (resource, holder),
            )


def _acquire(settings: Settings, resource: str, holder: str, wait_seconds: float) -> int:
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        with connect(settings) as connection:
            row = connection.execute(
                """
                insert into kanghu.lease as held (resource, holder, fencing, expires_at)
                values (%(resource)s, %(holder)s, 1, now() + %(term)s * interval '1 second')
                on conflict (resource) do update
                    set holder = excluded.holder,
                        fencing = held.fencing + 1,
                        expires_at = excluded.expires_at
                    where held.expires_at <= now()
                returning fencing
                """,
                {"resource": resource, "holder": holder, "term": _TERM_SECONDS},
            ).fetchone()
            if row is not None:
                return int(row["fencing"])
            other = connection.execute(
                "select holder from kanghu.lease where resource = %s", (resource,)
            ).fetchone()
        if time.monotonic() > deadline:
            raise KanghuError(
                what=f"等不到 {resource} 的写入租约",
                where=f"当前持有者 {other['holder'] if other else '未知'}",
                mend="等另一个任务结束;若它已死,租约会在 30 秒内自行失效",
            )
        if not told:
            Console(stderr=True).print(f"等待 {resource} 的写入租约", style="dim")
            told = True
        time.sleep(0.5)


def _renew(url: str, resource: str, holder: str, stop: threading.Event) -> None:
    while not stop.wait(_RENEW_SECONDS):
        with psycopg.connect(url) as connection:
            connection.execute(
                "update kanghu.lease set expires_at = now() + %s * interval '1 second' "
                "where resource = %s and holder = %s",
                (_TERM_SECONDS, resource, holder),
            )
