"""A simulated city's servers: the institutions' PostgreSQL and the cloud vendor's API."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kanghu.errors import KanghuError
from kanghu.store import embedded_server_url
from simulator.simulate import read_arguments

POSTGRES = "KANGHU_SIMULATED_POSTGRES"


@contextmanager
def start_city(out: Path) -> Iterator[Mapping[str, str]]:
    """Start the servers of the city in ``out`` and yield the environment that its sources ask for.

    A city that was written into somebody's own PostgreSQL expects ``KANGHU_SIMULATED_POSTGRES`` to
    be set already. The API answers until the block ends.
    """
    if read_arguments(out).own_postgres:
        url = embedded_server_url(out / "postgres")
    else:
        url = os.environ.get(POSTGRES, "")
        if not url:
            raise KanghuError(
                what="这座模拟城市的机构库在外部 PostgreSQL 里,不知道它的地址",
                where=str(out),
                mend=f"设置环境变量 {POSTGRES},或不带 --postgres 重新模拟",
            )
    if not (out / "systems" / "kangjian_cloud").exists():
        yield {POSTGRES: url}
        return
    from simulator.systems import serve_api  # a web server is only for those who have an API

    with serve_api(out) as environment:
        yield {POSTGRES: url, **environment}
