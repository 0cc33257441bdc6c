"""Small systems and sources for the tests of this room, and looks into their bronze."""

from __future__ import annotations

from typing import Any

import psycopg
import pyarrow as pa

from collectors.registry import Registry, Source, System
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings

VISITS: dict[str, Any] = {
    "from": "visits",
    "filter": "org = '{institution}'",
    "key": ["no"],
    "watermark": {"column": "changed_at"},
    "maps": {"outpatient_encounter": {"columns": {"encounter_no": "no", "patient_no": "patient"}}},
}


def system(kind: str = "table", dialect: str = "postgresql", **tables: Any) -> System:
    """A system named ``small`` with these tables."""
    return System.model_validate(
        {
            "system": "small",
            "name": "小系统",
            "vendor": "测试",
            "version": "1",
            "kind": kind,
            "dialect": dialect,
            "tables": tables,
        }
    )


def registry(
    one: System, connection: str, institutions: tuple[str, ...] = ("A",), **more: Any
) -> Registry:
    """Each institution runs ``one`` at ``connection``."""
    return Registry(
        {one.system: one},
        {
            name: Source.model_validate(
                {
                    "source": name,
                    "institution": name,
                    "name": name,
                    "system": one.system,
                    "connection": connection,
                    **more,
                }
            )
            for name in institutions
        },
    )


def make_visits(url: str, rows: list[tuple[Any, ...]]) -> None:
    """A table of visits: no, org, patient, pressure, note, changed_at."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "create table visits (no bigint primary key, org text, patient text, pressure numeric, "
            "note text, changed_at timestamp)"
        )
        with connection.cursor() as cursor:
            cursor.executemany("insert into visits values (%s, %s, %s, %s, %s, %s)", rows)


def run_sql(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def bronze(settings: Settings, table: str, query: str) -> list[tuple[Any, ...]]:
    """``query`` over the bronze table, there named ``bronze``."""
    path = Lake(settings.lake).bronze("small", table)
    with connect_duckdb() as connection:
        connection.execute(f"create view bronze as select * from delta_scan('{path}')")
        return connection.execute(query).fetchall()


def batches(**columns: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {name: pa.array(values, pa.string()) for name, values in columns.items()}
    )
