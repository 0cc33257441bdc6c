"""Whole cities in memory, made once."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pytest

from simulator.city import generate_city


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
    """2,500 people, 14 institutions, all nine systems, the usual errors."""
    return whole_city(5, 2_500, institutions=14)


@pytest.fixture(scope="session")
def clean_city() -> WholeCity:
    """A city of all institutions in which nothing was planted (registrars still slip)."""
    return whole_city(6, 3_000, error_rate=0.0)
