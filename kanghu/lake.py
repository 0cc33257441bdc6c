"""The lake: where each layer's tables lie, and how the embedded readers open them.

Each path is a Delta table of its own. Deletion vectors, column mapping and v2 checkpoints stay
off, so that Spark, Sail, Trino, DuckDB and deltalake all read every table.
"""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
from deltalake import DeltaTable

BRONZE_COLUMNS = (
    "_institution",
    "_feed",
    "_source_key",
    "_batch_id",
    "_row_hash",
    "_landed_at",
    "_operation",
)
"""What collect puts on every bronze row beside the delivered columns (all text).

``_operation`` is ``upsert`` or ``delete``; ``_row_hash`` the md5 of the delivered columns
(collectors/row_hash.py); ``_landed_at`` an instant.
"""


@dataclass(frozen=True)
class Lake:
    """Paths of the layers under one root (a path or ``s3://…``)."""

    root: str

    def bronze(self, system: str, table: str) -> str:
        return f"{self.root}/bronze/{system}/{table}"

    def staging(self, dataset: str) -> str:
        """Typed rows with their findings, between normalise's single evaluation and its writes."""
        return f"{self.root}/staging/{dataset}"

    def silver(self, dataset: str) -> str:
        return f"{self.root}/silver/{dataset}"

    def quarantine(self, dataset: str) -> str:
        return f"{self.root}/quarantine/{dataset}"

    def identity(self, table: str) -> str:
        """``person_link`` (a source's person -> resident), ``resident``, ``history``."""
        return f"{self.root}/identity/{table}"

    @property
    def findings(self) -> str:
        return f"{self.root}/quality/findings"

    @property
    def score_history(self) -> str:
        """The scores of each quality date (pipeline/quality_history.py)."""
        return f"{self.root}/quality/score_history"

    def storage_options(self) -> dict[str, str]:
        """Options for deltalake: from the environment for S3, none for files."""
        if not self.root.startswith("s3://"):
            return {}
        names = (
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
            "AWS_ENDPOINT_URL",
            "AWS_ALLOW_HTTP",
        )
        return {name: os.environ[name] for name in names if name in os.environ}

    def exists(self, path: str) -> bool:
        """Whether ``path`` holds a Delta table."""
        return DeltaTable.is_deltatable(path, storage_options=self.storage_options())

    def table(self, path: str) -> DeltaTable:
        return DeltaTable(path, storage_options=self.storage_options())


def connect_duckdb(
    database: str = ":memory:", *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that can read Delta tables and speaks the city's time zone."""
    connection = duckdb.connect(database, read_only=read_only)
    load_extension(connection, "delta")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    return connection


@contextmanager
def one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For statements whose rows come as one stream, which only one thread can take.

    With more threads it is chance which of them does; where it is not the caller's, the caller
    spins until the statement ends, and the work costs nearly three times the processor time.
    """
    connection.execute("set threads = 1")
    try:
        yield
    finally:
        connection.execute("reset threads")


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a DuckDB extension out of its wheel, so that nothing is fetched from outside.

    From where the wheel lies: an INSTALL would first copy it under the user's home, which may be
    closed or full, and which processes that start together would do on top of each other.
    """
    wheel = importlib.resources.files(f"duckdb_extension_{name}")
    file = wheel / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    connection.load_extension(str(file))
