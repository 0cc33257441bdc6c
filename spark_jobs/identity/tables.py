"""Identity's own tables in the lake: ``person_link``, ``resident``, ``history``, ``evidence``.

``person_link`` is the truth. A run writes evidence, then history, then ``person_link``, then
``resident``, each in one Delta commit that carries the run's number. A run counts when
``person_link`` carries it: history of a higher run is a dead run's and is taken out, evidence of
another run is made anew, and ``resident`` of an older run is written again. ``person_link``
carries too which decisions (decisions.py) it follows.
"""

from __future__ import annotations

from typing import Literal

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, Transaction, write_deltalake

from kanghu.lake import Lake

Table = Literal["person_link", "resident", "history", "evidence"]

_RUN = "kanghu.identity"
_DECIDED = "kanghu.identity.decisions"
_BATCH_ROWS = 100_000

_TEXT = pa.string()
_INSTANT = pa.timestamp("us", tz="UTC")
PERSON_LINK = pa.schema(
    [
        ("_institution", _TEXT),
        ("_feed", _TEXT),
        ("_source_key", _TEXT),
        ("dataset", _TEXT),
        ("number_kind", _TEXT),
        ("number", _TEXT),
        ("resident_id", _TEXT),
        ("linked_by", _TEXT),
        ("batch_id", _TEXT),
        ("row_id", pa.int64()),
        ("row_hash", pa.int64()),
    ]
)
"""One row for each number of each person row. ``row_id`` is the row in ``evidence``; ``row_hash``
what identity last saw of it, null once the row is no longer in silver (its numbers stay known)."""

HISTORY = pa.schema(
    [
        ("resident_id", _TEXT),
        ("event", _TEXT),
        ("into_resident_id", _TEXT),
        ("batch_id", _TEXT),
        ("at", _INSTANT),
        ("run", pa.int64()),
        ("reason", _TEXT),
        ("decision_id", pa.int64()),
    ]
)
"""``created``; ``merged`` (``resident_id`` is retired, its people are ``into_resident_id``);
``split`` (part of ``resident_id`` went to ``into_resident_id``). ``reason``: ``evidence`` or
``decision`` (whose entry ``decision_id`` names)."""


def run_of(lake: Lake, table: Table) -> int:
    """The run that last wrote the table; 0 before the first."""
    path = lake.identity(table)
    if not lake.exists(path):
        return 0
    return int(lake.table(path).transaction_version(_RUN) or 0)


def decided_of(lake: Lake) -> int:
    """The last decision that ``person_link`` follows; 0 before the first."""
    path = lake.identity("person_link")
    if not lake.exists(path):
        return 0
    return int(lake.table(path).transaction_version(_DECIDED) or 0)


def load(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, name: str) -> bool:
    """The lake's table as a temporary table ``name``; false where there is none yet."""
    path = lake.identity(table)
    if not lake.exists(path):
        return False
    connection.register("stored", lake.table(path).to_pyarrow_dataset())
    connection.execute(f"create or replace temp table {name} as from stored")
    connection.unregister("stored")
    return True


def empty(connection: duckdb.DuckDBPyConnection, schema: pa.Schema, name: str) -> None:
    connection.register("stored", schema.empty_table())
    connection.execute(f"create or replace temp table {name} as from stored")
    connection.unregister("stored")


def save(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: Table,
    query: str,
    run: int,
    *,
    append: bool = False,
    decided: int | None = None,
) -> None:
    """Write a query's rows as the table (or behind it) in one commit that carries ``run``, and
    the last decision followed."""
    marks = [Transaction(_RUN, run)]
    if decided is not None:
        marks.append(Transaction(_DECIDED, decided))
    write_deltalake(
        lake.identity(table),
        connection.execute(query).to_arrow_reader(_BATCH_ROWS),
        mode="append" if append else "overwrite",
        schema_mode="merge" if append else "overwrite",
        storage_options=lake.storage_options(),
        commit_properties=CommitProperties(app_transactions=marks),
    )
