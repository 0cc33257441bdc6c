"""A city is written in blocks: how large they are changes how much lies in memory, nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import openpyxl
import psycopg
import pytest

from simulator import plan
from simulator.simulate import simulate
from tests.simulator.conftest import new_database

Content = dict[str, list[str]]
"""Where -> what lies there, sorted."""


def _files(folder: Path) -> Content:
    """Exports, messages and documents, in the units in which they are read."""
    found: Content = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".hl7":
            found[name] = sorted(str(one) for one in path.read_bytes().split(b"MSH|"))
        elif path.suffix in (".csv", ".xml"):
            found[name] = sorted(str(one) for one in path.read_bytes().splitlines())
        elif path.suffix == ".xlsx":
            rows = openpyxl.load_workbook(path, read_only=True).active.values
            found[name] = sorted(str(row) for row in rows)
        elif path.suffix == ".db":
            with closing(sqlite3.connect(path)) as database:
                tables = database.execute("select name from sqlite_master where type = 'table'")
                for (table,) in tables.fetchall():
                    rows = database.execute(f'select * from "{table}"')
                    found[f"{name} {table}"] = sorted(str(row) for row in rows)
    return found


def _truth(folder: Path) -> Content:
    return {
        str(path.relative_to(folder)): sorted(
            str(row) for row in duckdb.read_parquet(str(path)).fetchall()
        )
        for path in sorted(folder.rglob("*.parquet"))
    }


def _tables(url: str) -> Content:
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        return {
            name: sorted(str(row) for row in connection.execute(f"select * from {name}"))  # type: ignore[call-overload]
            for (name,) in names
        }


def test_the_size_of_a_block_changes_nothing(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "CHUNK_RESIDENTS", 120)
    contents = []
    for at_once in (1, 3):
        folder = tmp_path / str(at_once)
        url = new_database(postgres_url, f"blocks_{at_once}")
        simulate(12, 450, folder, postgres=url, months=3, institutions=8, chunks_at_once=at_once)
        contents.append({**_files(folder / "systems"), **_truth(folder / "truth"), **_tables(url)})
    one, other = contents
    assert len(plan.plan_city(12, 450, 8).chunks) >= 4
    kinds = {Path(name).suffix.split(" ")[0] for name in one}
    assert {".hl7", ".csv", ".xml", ".xlsx", ".db", ".parquet", ".t_mzjzjl"} <= kinds
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
