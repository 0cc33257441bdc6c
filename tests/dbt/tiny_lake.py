"""Tiny Delta tables written by hand: silver by the catalogue's types, identity, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from kanghu.lake import Lake
from pipeline.dbt_lake import silver_columns
from standards.catalogue import load_catalogue

SHANGHAI = timezone(timedelta(hours=8))
BATCH = "b20260105200304567"
"""The store's clock in UTC: already the 6th in Shanghai."""

_ARROW = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "decimal(18,4)": pa.decimal128(18, 4),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "boolean": pa.bool_(),
}

Row = Mapping[str, Any]


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """An instant by its local time: ``2025-03-01 08:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def write_silver(lake: Lake, dataset: str, rows: Iterable[Row]) -> None:
    """Rows with ``_institution`` and catalogue columns; keys, feed and batch are filled in."""
    declared = load_catalogue().dataset(dataset)
    columns = silver_columns(declared)
    full = []
    for row in rows:
        key = "|".join(str(row[column]) for column in declared.key)
        meta = {"_feed": f"tiny.{dataset}", "_source_key": key, "_batch_id": BATCH}
        unknown = set(row) - set(columns)
        assert not unknown, f"{dataset} has no column {unknown}"
        full.append({**dict.fromkeys(columns), **meta, "_row_hash": "x", **row})
    _write(lake.silver(dataset), columns, full, partition="_institution")


def write_residents(lake: Lake, rows: Iterable[Row]) -> None:
    columns = {
        name: "date" if name == "birth_date" else "varchar"
        for name in ("resident_id", "name", "sex_code", "birth_date", "id_no", "phone_no")
    }
    full = [{**dict.fromkeys(columns), **row} for row in rows]
    _write(lake.identity("resident"), columns, full)


def write_findings(lake: Lake, rows: Iterable[Row]) -> None:
    names = "institution feed dataset source_key column rule dimension severity mend batch_id"
    columns = dict.fromkeys(names.split(), "varchar")
    full = [{**dict.fromkeys(columns), **row} for row in rows]
    _write(lake.findings, columns, full, partition="dataset")


def write_quarantine(lake: Lake, dataset: str, rows: Iterable[Row]) -> None:
    columns = dict.fromkeys(
        [
            "_institution",
            "_feed",
            "_source_key",
            "_batch_id",
            "_row_hash",
            "_reasons",
            "_delivered",
        ],
        "varchar",
    )
    full = [{**dict.fromkeys(columns), "_batch_id": BATCH, **row} for row in rows]
    _write(lake.quarantine(dataset), columns, full, partition="_institution")


def _write(
    path: str, columns: Mapping[str, str], rows: list[dict[str, Any]], partition: str | None = None
) -> None:
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
    exact = [{name: _decimal(value, columns[name]) for name, value in row.items()} for row in rows]
    table = pa.Table.from_pylist(exact, schema)
    by = [partition] if partition else None
    write_deltalake(path, table, mode="overwrite", partition_by=by)


def _decimal(value: Any, kind: str) -> Any:
    if value is not None and kind.startswith("decimal"):
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    return value
