"""Vendors whose products keep their data in PostgreSQL.

Three ways of living together, as in counties: 基卫一体化 has one county database in which each row
bears its organisation's code; 青云HIS has shared base tables and a schema of views for each
institution; 妇幼HIS has a schema with tables of its own for each institution.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
from psycopg import sql

from simulator.events import Chunk
from simulator.plan import Assignment
from simulator.systems.deviations import deviation
from simulator.systems.layout import Layout, VendorTable
from simulator.systems.source_files import source_file

CONNECTION = "${KANGHU_SIMULATED_POSTGRES}"
_TYPES = {"VARCHAR": "text", "INTEGER": "integer", "BIGINT": "bigint", "BOOLEAN": "boolean"}


class PostgresWriter:
    """Common to the three: evaluate the layout, COPY each table's rows, replace rows by key."""

    system = ""
    schema = ""
    """Where the rows are copied to."""
    organisation = ""
    """The column with the institution's code, in every table."""
    keys: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Tables whose key is not just the first column after the organisation's."""
    is_shared = True
    """Whether institutions share tables."""
    void: tuple[str, str] = ("", "")
    """The void mark: its column and its value for a voided row."""

    def __init__(self, sites: Sequence[Assignment], url: str, *, keep: bool = False) -> None:
        self.sites = tuple(sites)
        self.layout = Layout(self.system, [site.institution for site in self.sites])
        self.postgres = psycopg.connect(url, options="-c synchronous_commit=off")
        self._spool = tempfile.TemporaryDirectory(prefix="kanghu-simulator-")
        if not keep:
            self._create()
            self.postgres.commit()

    def write(self, chunk: Chunk) -> list[pa.Table]:
        """Append the chunk's rows; answers what became of the events."""
        answers = []
        with self.layout.loaded(chunk):
            for table in self.layout.deliveries():
                self._copy(table)
                answers.append(self.layout.delivered(table))
        self.postgres.commit()
        return answers

    def change(self, chunk: Chunk) -> list[pa.Table]:
        """Apply changes to rows that are there, found by their keys."""
        answers = []
        for operations in (("insert", "update"), ("void",), ("delete",)):
            with self.layout.loaded(chunk, operations):
                for table in self.layout.deliveries():
                    self._remove_twins(table)
                    self._delete(table)
                    column, value = self.void
                    if operations == ("void",) and column in table.columns:
                        self.layout.connection.execute(
                            f"update in_hand set \"{column}\" = '{value}'"
                        )
                    elif operations != ("insert", "update"):
                        continue
                    self._copy(table)
                    answers.append(self.layout.delivered(table))
        self.postgres.commit()
        return answers

    def close(self) -> list[dict[str, Any]]:
        """Index what the institutions' views filter by; answers the source files."""
        for table in self.layout.tables if self.is_shared else ():
            self.postgres.execute(
                sql.SQL("create index if not exists {} on {} ({})").format(
                    sql.Identifier(f"{table.name}_by_organisation"),
                    self._target(table),
                    sql.Identifier(self.organisation),
                )
            )
        self.postgres.commit()
        self.postgres.close()
        self.layout.close()
        self._spool.cleanup()
        return [self._source(place, site) for place, site in enumerate(self.sites)]

    def key(self, table: VendorTable) -> tuple[str, ...]:
        """The columns that name a row within its institution."""
        named = [name for name in table.columns if name != self.organisation]
        return self.keys.get(table.name, (named[0],))

    def _create(self) -> None:
        self._new_schema(self.schema)
        for table in self.layout.tables:
            self.postgres.execute(
                sql.SQL("create table {} ({})").format(self._target(table), self._columns(table))
            )

    def _new_schema(self, name: str) -> None:
        schema = sql.Identifier(name)
        self.postgres.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
        self.postgres.execute(sql.SQL("create schema {}").format(schema))

    def _source(self, place: int, site: Assignment) -> dict[str, Any]:
        raise NotImplementedError

    def _target(self, table: VendorTable) -> sql.Identifier:
        return sql.Identifier(self.schema, table.name)

    def _columns(self, table: VendorTable) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_postgres_type(kind)))
            for name, kind in table.columns.items()
        )

    def _copy(self, table: VendorTable) -> None:
        spool = Path(self._spool.name) / "rows.csv"
        names = ", ".join(f'"{name}"' for name in table.columns)
        self.layout.connection.execute(
            f"copy (select {names} from in_hand) to '{spool}' (format csv, header false)"
        )
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
            self._target(table), sql.SQL(", ").join(map(sql.Identifier, table.columns))
        )
        with self.postgres.cursor().copy(statement) as copy, spool.open("rb") as rows:
            while block := rows.read(1 << 20):
                copy.write(block)

    def _remove_twins(self, table: VendorTable) -> None:
        events = " and ".join(f"_event_{name} is null" for name in table.datasets)
        self.layout.connection.execute(f"delete from in_hand where {events}")

    def _mark_void(self, table: VendorTable) -> bool:
        """Set the void mark in ``in_hand``; false where the table has none."""
        column, value = self.void
        if column not in table.columns:
            return False
        self.layout.connection.execute(f"update in_hand set \"{column}\" = '{value}'")
        return True

    def _delete(self, table: VendorTable) -> None:
        columns = (self.organisation, *self.key(table))
        names = ", ".join(f'"{name}"' for name in columns)
        keys = self.layout.connection.execute(f"select {names} from in_hand").fetchall()
        matching = sql.SQL(" and ").join(
            sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns
        )
        self.postgres.cursor().executemany(
            sql.SQL("delete from {} where {}").format(self._target(table), matching), keys
        )


class JiweiWriter(PostgresWriter):
    """基卫一体化: one county database for all, told apart by ``jgdm``."""

    system = "jiwei_phis"
    schema = "jwphis"
    organisation = "jgdm"
    keys: ClassVar = {
        "t_bsjl": ("lb", "bsbh"),
        "t_cfmx": ("cfh", "mxh"),
        "t_sfyy": ("sfbh", "yyh"),
        "t_qytdcy": ("tdbh", "gh"),
        "t_fwbx": ("fwbbh", "fwxbh"),
    }
    void = ("zfbz", "1")

    def _source(self, place: int, site: Assignment) -> dict[str, Any]:
        return source_file(
            site,
            self.system,
            place,
            connection=CONNECTION,
            parameters={"jgdm": site.institution},
        )


class QingyunWriter(PostgresWriter):
    """青云HIS: shared base tables, and for each institution a schema of views over its rows."""

    system = "qingyun_his"
    schema = "qingyun_base"
    organisation = "org_id"
    keys: ClassVar = {"hx_event": ("hx_type", "hx_id")}
    void = ("record_state", "VOID")

    def _create(self) -> None:
        super()._create()
        for place, site in enumerate(self.sites):
            self._new_schema(_schema("qy", site))
            own = deviation(self.system, place)
            for table in self.layout.tables:
                renamed = own.renamed.get(table.name, {}) if own else {}
                self._create_view(site, table, renamed)

    def _create_view(self, site: Assignment, table: VendorTable, renamed: dict[str, str]) -> None:
        columns = sql.SQL(", ").join(
            sql.SQL("{} as {}").format(sql.Identifier(n), sql.Identifier(renamed.get(n, n)))
            for n in table.columns
            if n != self.organisation
        )
        self.postgres.execute(
            sql.SQL("create view {} as select {} from {} where {} = {}").format(
                sql.Identifier(_schema("qy", site), f"v_{table.name}"),
                columns,
                self._target(table),
                sql.Identifier(self.organisation),
                sql.Literal(site.institution),
            )
        )

    def _source(self, place: int, site: Assignment) -> dict[str, Any]:
        return source_file(
            site,
            self.system,
            place,
            connection=CONNECTION,
            parameters={"schema": _schema("qy", site)},
        )


class FuyouWriter(PostgresWriter):
    """妇幼HIS: each hospital's tables are partitions, in its own schema, of one to load into."""

    system = "fuyou_his"
    schema = "fuyou_load"
    is_shared = False
    organisation = "hospital_no"
    keys: ClassVar = {
        "outp_presc_detail": ("presc_no", "item_no"),
        "mr_first_page": ("mr_no", "inp_no"),
    }
    void = ("del_flag", "1")

    def _create(self) -> None:
        self._new_schema(self.schema)
        for site in self.sites:
            self._new_schema(_schema("fy", site))
        for table in self.layout.tables:
            self.postgres.execute(
                sql.SQL("create table {} ({}) partition by list ({})").format(
                    self._target(table), self._columns(table), sql.Identifier(self.organisation)
                )
            )
            for place, site in enumerate(self.sites):
                own = deviation(self.system, place)
                renamed = own.renamed.get(table.name, {}) if own else {}
                self._create_partition(site, table, renamed)

    def _create_partition(
        self, site: Assignment, table: VendorTable, renamed: dict[str, str]
    ) -> None:
        name = f"{table.name}_base" if renamed else table.name
        partition = sql.Identifier(_schema("fy", site), name)
        self.postgres.execute(
            sql.SQL("create table {} partition of {} for values in ({})").format(
                partition, self._target(table), sql.Literal(site.institution)
            )
        )
        if renamed:
            columns = sql.SQL(", ").join(
                sql.SQL("{} as {}").format(sql.Identifier(n), sql.Identifier(renamed.get(n, n)))
                for n in table.columns
            )
            self.postgres.execute(
                sql.SQL("create view {} as select {} from {}").format(
                    sql.Identifier(_schema("fy", site), table.name), columns, partition
                )
            )

    def _source(self, place: int, site: Assignment) -> dict[str, Any]:
        return source_file(
            site,
            self.system,
            place,
            connection=CONNECTION,
            parameters={"schema": _schema("fy", site)},
        )


def _schema(prefix: str, site: Assignment) -> str:
    return f"{prefix}_{site.institution.lower()}"


def _postgres_type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    return _TYPES.get(kind, kind.lower())
