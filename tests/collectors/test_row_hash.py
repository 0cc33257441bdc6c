"""PostgreSQL and DuckDB agree on the hash of any row, and the sum on any order of rows."""

from __future__ import annotations

import duckdb
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.row_hash import (
    MODULUS,
    bronze_column,
    duckdb_checksum,
    duckdb_hash,
    postgresql_checksum,
    postgresql_hash,
)

COLUMNS = ("甲", "b c", "a")
LANDED = [bronze_column(name) for name in COLUMNS]
TEXT = st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8)


def _by_duckdb(rows: list[tuple[str | None, ...]]) -> tuple[list[str], int, int]:
    arrays = [pa.array([row[at] for row in rows], pa.string()) for at in range(3)]
    delivered = pa.table(arrays, names=LANDED)
    with duckdb.connect() as db:
        db.register("delivered", delivered)
        hashes = [
            row[0] for row in db.execute(f"select {duckdb_hash(LANDED)} from delivered").fetchall()
        ]
        counted = db.execute(
            f"select count(*), {duckdb_checksum(duckdb_hash(LANDED))} from delivered"
        ).fetchone()
    assert counted is not None
    return hashes, counted[0], int(counted[1])


@pytest.mark.requirement("L-01")
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_both_engines_say_the_same(postgres_url: str, rows: list[tuple[str | None, ...]]) -> None:
    in_order = sorted(COLUMNS, key=bronze_column)
    row_hash = postgresql_hash(in_order, COLUMNS)
    with psycopg.connect(postgres_url) as connection:
        connection.execute(
            'create temp table delivered (place serial, "甲" text, "b c" text, a text)'
        )
        with connection.cursor() as cursor:
            cursor.executemany('insert into delivered ("甲", "b c", a) values (%s, %s, %s)', rows)
            hashes = cursor.execute(
                f"select {row_hash} from delivered order by place".encode()
            ).fetchall()
            counted = cursor.execute(
                f"select count(*), {postgresql_checksum(row_hash)} from delivered".encode()
            ).fetchone()
        connection.rollback()
    assert counted is not None
    assert _by_duckdb(rows) == ([row[0] for row in hashes], counted[0], int(counted[1]))
    assert counted[1] < MODULUS


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, seed=st.randoms())
def test_the_sum_does_not_depend_on_the_order(
    rows: list[tuple[str | None, ...]], seed: st.random.Random
) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)
    assert _by_duckdb(rows)[1:] == _by_duckdb(shuffled)[1:]


def test_null_and_empty_and_shifted_values_differ() -> None:
    hashes, _, _ = _by_duckdb([(None, "", "a"), ("", None, "a"), ("", "", "a"), ("a", "", "")])
    assert len(set(hashes)) == 4
