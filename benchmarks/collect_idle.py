"""What a city costs when nothing happens: every feed of 1,104 institutions, none with news.

Nine tenths share one county database (rows told apart by a code), the others have a schema of views
each. The peer asks each feed the least that can be asked, one by one: its highest watermark.

    python -m benchmarks.collect_idle [institutions, default 1104] [tables, default 12]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.harness import race
from collectors.collect import collect as collect_feeds
from collectors.registry import Feed, Registry, Source, System
from kanghu.settings import load_settings
from kanghu.store import embedded_server_url

_ROWS_EACH = 20


def main() -> None:
    institutions = int(sys.argv[1]) if len(sys.argv) > 1 else 1104
    tables = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as folder:
        url = embedded_server_url(Path(folder) / "postgres")
        _make(url, institutions, tables)
        arguments = {
            "url": url, "folder": folder, "institutions": institutions, "tables": tables
        }  # fmt: skip
        first = collect(**arguments)
        assert first["rows"] == institutions * tables * _ROWS_EACH
        race(
            "collect_idle",
            "a collect that finds nothing new",
            f"{institutions:,} institutions, {institutions * tables:,} feeds",
            module="benchmarks.collect_idle",
            ours="collect",
            peers=["ask_each_feed"],
            arguments=arguments,
        )


def collect(url: str, folder: str, institutions: int, tables: int) -> dict[str, Any]:
    cities = _cities(url, institutions, tables)
    settings = load_settings({"KANGHU_HOME": str(Path(folder) / "home"), "KANGHU_STORE": url})
    result = collect_feeds(settings, cities, cities.feeds())
    assert result.failed == []
    return {"rows": result.bronze_rows}


def ask_each_feed(url: str, folder: str, institutions: int, tables: int) -> dict[str, Any]:
    del folder
    feeds = _cities(url, institutions, tables).feeds()
    with psycopg.connect(url) as connection:
        for feed in feeds:
            connection.execute(_highest(feed).encode()).fetchone()
    return {}


def _highest(feed: Feed) -> str:
    relation = feed.table.source.replace("{institution}", feed.institution)
    condition = (feed.table.filter or "true").replace("{institution}", feed.institution)
    return f"select max(changed_at) from {relation} where {condition}"


def _owners(institutions: int) -> tuple[list[str], list[str]]:
    names = [f"i{number:04}" for number in range(institutions)]
    apart = institutions // 10
    return names[apart:], names[:apart]


def _cities(url: str, institutions: int, tables: int) -> Registry:
    common = {"name": "x", "vendor": "x", "version": "1", "kind": "table", "dialect": "postgresql"}
    feed = {"key": ["no"], "watermark": {"column": "changed_at"}}
    shared = {
        f"t{number}": {**feed, "from": f"t{number}", "filter": "org = '{institution}'"}
        for number in range(tables)
    }
    own = {f"t{number}": {**feed, "from": f"{{institution}}.t{number}"} for number in range(tables)}
    systems = {
        name: System.model_validate({**common, "system": name, "tables": some})
        for name, some in (("shared", shared), ("own", own))
    }
    together, apart = _owners(institutions)
    sources = {
        name: Source.model_validate(
            {"source": name, "institution": name, "name": name, "system": of, "connection": url}
        )
        for of, names in (("shared", together), ("own", apart))
        for name in names
    }
    return Registry(systems, sources)


def _make(url: str, institutions: int, tables: int) -> None:
    _, apart = _owners(institutions)
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(tables):
            connection.execute(
                f"create table t{number} as select i as no, 'i' || lpad((i % {institutions})::text,"
                " 4, '0') as org, md5(i::text) as note, timestamp '2024-01-01' + i * interval "
                f"'1 minute' as changed_at from generate_series(0, "
                f"{institutions * _ROWS_EACH - 1}) as i"
            )
            connection.execute(f"create index on t{number} (org, changed_at)")
            connection.execute(f"create index on t{number} (changed_at)")
            connection.execute(f"analyze t{number}")
        for name in apart:
            connection.execute(f"create schema {name}")
            for number in range(tables):
                connection.execute(
                    f"create view {name}.t{number} as select * from public.t{number} "
                    f"where org = '{name}'"
                )


if __name__ == "__main__":
    main()
