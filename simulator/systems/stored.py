"""Vendors that keep rows somewhere of their own and hand them out in another shape.

The vendor's store is a DuckDB file beside its deliveries, which holds delivered columns and the
layout's hidden ones; files, databases and answers are made from it, so that changes in place and
tables without a row come out right, and millions of rows need not lie in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from simulator.events import Chunk
from simulator.plan import Assignment
from simulator.systems.deviations import deviation
from simulator.systems.layout import Layout, VendorTable
from simulator.systems.source_files import source_file


class StoredWriter:
    """Evaluates the layout into the store; ``hand_out`` makes an institution's deliveries of it."""

    system = ""
    void: tuple[str, str] = ("", "")
    """The void mark: its column and its value for a voided row."""

    def __init__(self, sites: Sequence[Assignment], data: Path, *, keep: bool = False) -> None:
        self.sites = tuple(sites)
        self.folder = data / self.system
        self.folder.mkdir(parents=True, exist_ok=True)
        self.layout = Layout(self.system, [site.institution for site in self.sites])
        self._store = data / f"{self.system}.duckdb"
        if not keep:
            self._store.unlink(missing_ok=True)
        with self._attached():
            for table in self.layout.tables:
                self.layout.connection.execute(
                    f'create table if not exists store."{table.name}" as '
                    f'select * from "{table.name}" limit 0'
                )

    def write(self, chunk: Chunk) -> list[pa.Table]:
        """Append the chunk's rows; answers what became of the events."""
        answers = []
        with self._attached(), self.layout.loaded(chunk):
            for table in self.layout.deliveries():
                self._append(table)
                answers.append(self.layout.delivered(table))
        return answers

    def change(self, chunk: Chunk) -> list[pa.Table]:
        """Apply changes to rows that are there, found by their keys."""
        answers = []
        for operations in (("insert", "update"), ("void",), ("delete",)):
            with self._attached(), self.layout.loaded(chunk, operations):
                for table in self.layout.deliveries():
                    self._remove(table)
                    if operations == ("insert", "update") or (
                        operations == ("void",) and self.mark_void(table)
                    ):
                        self._append(table)
                        answers.append(self.layout.delivered(table))
        return answers

    def mark_void(self, table: VendorTable) -> bool:
        """Set the void mark in ``in_hand``; false where the table has none."""
        column, value = self.void
        if column not in table.columns:
            return False
        self.layout.connection.execute(f"update in_hand set \"{column}\" = '{value}'")
        return True

    def close(self) -> list[dict[str, Any]]:
        """Hand everything out; answers the source files."""
        said = []
        with self._attached():
            for place, site in enumerate(self.sites):
                self.hand_out(place, site)
                said.append(self.source(place, site))
        self.layout.close()
        return said

    def hand_out(self, place: int, site: Assignment) -> None:
        """Make the institution's files from the store."""
        raise NotImplementedError

    def source(self, place: int, site: Assignment) -> dict[str, Any]:
        """The institution's source file; by default its deliveries lie in a folder of its own."""
        return source_file(site, self.system, place, connection=str(self.place_of(site)))

    def place_of(self, site: Assignment) -> Path:
        """The folder of an institution's deliveries."""
        return self.folder / site.institution

    def rows_of(self, table: VendorTable, place: int, site: Assignment) -> str:
        """An institution's rows of a table as SQL, under its own column names, in a fixed order."""
        own = deviation(self.system, place)
        renamed = own.renamed.get(table.name, {}) if own else {}
        columns = ", ".join(f'"{name}" as "{renamed.get(name, name)}"' for name in table.columns)
        return (
            f'select {columns} from store."{table.name}" '
            f"where _institution = '{site.institution}' order by _key"
        )

    @contextmanager
    def _attached(self) -> Iterator[None]:
        """The store while the block runs: what is detached keeps no block in memory."""
        self.layout.connection.execute(f"attach '{self._store}' as store")
        yield
        self.layout.connection.execute("detach store")

    def _remove(self, table: VendorTable) -> None:
        """Take the rows with the keys of ``in_hand`` out of the store."""
        self.layout.connection.execute(
            f'delete from store."{table.name}" as kept using in_hand as changed '
            "where kept._institution = changed._institution and kept._key = changed._key"
        )

    def _append(self, table: VendorTable) -> None:
        self.layout.connection.execute(f'insert into store."{table.name}" select * from in_hand')
