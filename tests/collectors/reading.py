"""Feeds over a few files in a folder, and what their reader gives, as plain rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from collectors.readers import Delivery, Readers
from collectors.registry import Feed, Kind, Source, System, Table

Row = dict[str, str | None]


def feeds(kind: Kind, folder: Path, tables: dict[str, dict[str, Any]]) -> dict[str, Feed]:
    """One system over ``folder`` with these tables, written as in its YAML."""
    system = System(
        system="tiny",
        name="小系统",
        vendor="测试",
        version="1",
        kind=kind,
        tables={name: Table.model_validate(table) for name, table in tables.items()},
    )
    source = Source(
        source="tiny-1", institution="JG1", name="一院", system="tiny", connection=str(folder)
    )
    return {name: Feed(source, system, name, table) for name, table in system.tables.items()}


def file_feed(folder: Path, pattern: str, **table: Any) -> Feed:
    return feeds("file", folder, {"t": {"from": pattern, **table}})["t"]


def deliver(feed: Feed, since: str | None = None) -> Delivery:
    return Readers().of(feed).read(feed, since)


def rows(feed: Feed, since: str | None = None) -> list[Row]:
    """All rows of one read."""
    return [row for batch in deliver(feed, since).batches for row in batch.to_pylist()]
