"""Whole cities, made once: in memory, and one written into its institutions' systems."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator.changes import ChangeSummary, simulate_changes
from simulator.city import generate_city
from simulator.simulate import Summary, simulate

RESIDENTS = 400


@dataclass(frozen=True)
class WholeCity:
    """All chunks set together."""

    tables: dict[str, pa.Table]
    persons: pa.Table
    errors: pa.Table

    @property
    def dirty(self) -> set[tuple[str, str]]:
        return set(
            zip(
                self.errors["dataset"].to_pylist(), self.errors["event_id"].to_pylist(), strict=True
            )
        )


def whole_city(seed: int, residents: int, **arguments: object) -> WholeCity:
    chunks = list(generate_city(seed, residents, **arguments))  # type: ignore[arg-type]
    names = sorted({name for chunk in chunks for name in chunk.tables})
    return WholeCity(
        {
            name: pa.concat_tables(c.tables[name] for c in chunks if name in c.tables)
            for name in names
        },
        pa.concat_tables(chunk.persons for chunk in chunks),
        pa.concat_tables(chunk.errors for chunk in chunks),
    )


@pytest.fixture(scope="session")
def town() -> WholeCity:
    """2,500 people, 14 institutions, all its systems, the usual errors."""
    return whole_city(5, 2_500, institutions=14)


@pytest.fixture(scope="session")
def clean_city() -> WholeCity:
    """A city of all institutions in which nothing was planted (registrars still slip)."""
    return whole_city(6, 3_000, error_rate=0.0)


def new_database(postgres_url: str, name: str) -> str:
    """An empty database of that name; its URL."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    return postgres_url.replace("/postgres?", f"/{name}?")


@dataclass(frozen=True)
class Written:
    """A city on disk before and after a later delivery."""

    folder: Path
    url: str
    """Of its institutions' PostgreSQL."""
    summary: Summary
    before: dict[str, pa.Table]
    changes: ChangeSummary
    progress: list[tuple[int, int]]


def truth_tables(folder: Path) -> dict[str, pa.Table]:
    return {path.stem: pq.read_table(path) for path in sorted((folder / "truth").glob("*.parquet"))}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Written:
    folder = tmp_path_factory.mktemp("city")
    url = new_database(postgres_url, "simulated_city")
    progress: list[tuple[int, int]] = []
    summary = simulate(
        11,
        RESIDENTS,
        folder,
        postgres=url,
        months=9,
        institutions=8,
        progress=lambda done, of: progress.append((done, of)),
    )
    before = truth_tables(folder)
    changes = simulate_changes(folder, postgres=url, share=0.02)
    return Written(folder, url, summary, before, changes, progress)
