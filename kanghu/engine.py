"""The DataFrame engine behind one URL: Sail in this process, or any Spark Connect server.

Nothing else in the code knows which one answers (law 4).
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from kanghu.errors import KanghuError
from kanghu.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TIME_ZONE = "Asia/Shanghai"
"""The one rule for time zones: a source's naive time is read in its system's ``time_zone`` (this
one unless the system says otherwise), silver holds instants, and people read them in this zone."""

_lock = threading.Lock()
_sail_server: Any = None
_sessions: dict[str, SparkSession] = {}


def spark_session(settings: Settings) -> SparkSession:
    """The session for ``settings.engine``; starts Sail on a free loopback port when asked for."""
    from pyspark.sql import SparkSession  # takes a second, which collect need not pay

    with _lock:
        session = _sessions.get(settings.engine)
        if session is None:
            session = SparkSession.builder.remote(_address(settings.engine)).create()
            session.conf.set("spark.sql.session.timeZone", TIME_ZONE)
            _sessions[settings.engine] = session
        return session


def _address(engine: str) -> str:
    global _sail_server
    if engine.startswith("sc://"):
        return engine
    if engine != "sail":
        raise KanghuError(
            what=f"不认识的计算引擎 {engine!r}",
            where="环境变量 KANGHU_ENGINE",
            mend="写 sail(默认),或 sc://主机:端口",
        )
    if _sail_server is None:
        os.environ.setdefault("RUST_LOG", "error")
        from pysail.spark import SparkConnectServer

        _sail_server = SparkConnectServer("127.0.0.1", 0)
        _sail_server.start(background=True)
    host, port = _sail_server.listening_address
    return f"sc://{host}:{port}"
