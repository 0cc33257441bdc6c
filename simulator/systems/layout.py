"""A vendor's layout: views in DuckDB that turn canonical events into the vendor's own rows.

``layouts/<system>.sql`` has a view a vendor table. A view's columns are what the vendor delivers,
beside three hidden kinds: ``_institution`` (whose row), ``_key`` (what collect will call it) and
``_event_<dataset>`` (which event of that dataset it carries; several where a table is wide).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from simulator.columns import columns_of
from simulator.events import DELIVERED, META_COLUMNS, OPERATION, SYSTEM_DATASETS, Chunk
from simulator.systems.deviations import deviation
from standards.catalogue import load_catalogue

FOLDER = Path(__file__).with_name("layouts")
_MEMORY = "256MB"
"""What a system's DuckDB may hold before it spills: twice what most chunks need."""


@dataclass(frozen=True)
class VendorTable:
    """A table as the vendor has it: its delivered columns and their DuckDB types, in order."""

    name: str
    columns: dict[str, str]
    datasets: tuple[str, ...]


class Layout:
    """A system's views over the canonical tables of the chunk in hand."""

    def __init__(self, system: str, institutions: Sequence[str] = ()) -> None:
        """``institutions``: those that run the system, in order; some have codes of their own."""
        self.system = system
        self._institutions = tuple(institutions)
        self._spill = tempfile.TemporaryDirectory(prefix="kanghu-layout-")
        self.connection = duckdb.connect(
            config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": self._spill.name}
        )
        self.connection.execute("SET TimeZone = 'Asia/Shanghai'")
        catalogue = load_catalogue()
        self._empty()
        self._instants = {
            dataset: {c.name for c in catalogue.dataset(dataset).columns if c.type == "DT"}
            | {"_changed_at"}
            for dataset in SYSTEM_DATASETS[system]
        }
        for name in ("dialect", system):
            self.connection.execute((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
        self.tables = self._find_tables()

    def close(self) -> None:
        self.connection.close()
        self._spill.cleanup()

    @contextmanager
    def loaded(self, chunk: Chunk, operations: tuple[str, ...] = ()) -> Iterator[None]:
        """While the block runs, hold this system's rows of ``chunk`` (of some operations only)."""
        self._load(chunk, operations)
        yield
        self.connection.execute("drop table if exists in_hand")
        self._empty()

    def _empty(self) -> None:
        """New tables in place of the old: rows that are only deleted keep their memory."""
        for dataset in SYSTEM_DATASETS[self.system]:
            names = [*META_COLUMNS, OPERATION, *columns_of(dataset)]
            columns = ", ".join(f'"{name}" varchar' for name in names)
            self.connection.execute(f"create or replace table {dataset} ({columns})")

    def _load(self, chunk: Chunk, operations: tuple[str, ...]) -> None:
        for dataset in SYSTEM_DATASETS[self.system]:
            events = chunk.tables.get(dataset)
            if events is None:
                continue
            chosen = f"where _system = '{self.system}'"
            if operations:
                chosen += f" and {OPERATION} in ({', '.join(repr(one) for one in operations)})"
            instants = self._instants[dataset] & set(events.column_names)
            spaced = ", ".join(
                f"case when substr({name}, 11, 1) = 'T' "
                f"then substr({name}, 1, 10) || ' ' || substr({name}, 12) else {name} end as {name}"
                for name in sorted(instants)
            )
            self.connection.execute(
                f"insert into {dataset} by name select * replace ({spaced}) from events {chosen}"
            )

    def deliveries(self) -> Iterator[VendorTable]:
        """Evaluate each table once into ``in_hand`` and yield the tables that have rows."""
        for table in self.tables:
            self.connection.execute(
                f'create or replace temp table in_hand as select * from "{table.name}"'
            )
            if self.connection.execute("select 1 from in_hand limit 1").fetchone():
                self._put_own_codes(table)
                yield table

    def delivered(self, table: VendorTable) -> pa.Table:
        """Which event became which row of ``in_hand``: a table of schema ``DELIVERED``."""
        repeated = self.connection.execute(
            "select count(*) > count(distinct (_institution, _key)) from in_hand"
        ).fetchone()
        number = "1"
        if repeated and repeated[0]:
            # Of copies that are alike in all, the later event is the one too many.
            order = ", ".join([_hash(table), *(f"_event_{name}" for name in table.datasets)])
            number = f"row_number() over (partition by _institution, _key order by {order})"
        parts = [
            f"select '{dataset}' as dataset, _event_{dataset} as event_id, _institution, _key, _nth"
            f" from numbered where _event_{dataset} is not null"
            for dataset in table.datasets
        ]
        return (
            self.connection.execute(
                f"with numbered as (select *, {number} as _nth from in_hand) "
                "select dataset, event_id, _institution as institution, "
                f"'{self.system}.{table.name}' as feed, "
                "_key || case when _nth > 1 then '#' || _nth else '' end as source_key "
                f"from ({' union all '.join(parts)})"
            )
            .to_arrow_table()
            .cast(DELIVERED)
        )

    def _put_own_codes(self, table: VendorTable) -> None:
        for place, institution in enumerate(self._institutions):
            own = deviation(self.system, place)
            for column, (_, codes) in own.codes.items() if own else ():
                if column in table.columns:
                    cases = " ".join(f"when '{a}' then '{b}'" for a, (b, _) in codes.items())
                    self.connection.execute(
                        f'update in_hand set "{column}" = case "{column}" {cases} '
                        f'else "{column}" end where _institution = ?',
                        [institution],
                    )

    def _find_tables(self) -> list[VendorTable]:
        views = self.connection.execute(
            "select view_name from duckdb_views() where not internal order by view_oid"
        ).fetchall()
        found = []
        for (view,) in views:
            columns = {
                str(name): str(kind)
                for name, kind, *_ in self.connection.execute(f'describe "{view}"').fetchall()
            }
            if "_key" not in columns:  # a helper of the layout
                continue
            events = tuple(n.removeprefix("_event_") for n in columns if n.startswith("_event_"))
            delivered = {name: kind for name, kind in columns.items() if not name.startswith("_")}
            found.append(VendorTable(view, delivered, events))
        return found


def _hash(table: VendorTable) -> str:
    """The hash by which collect numbers rows that share a key: md5 over the delivered columns in
    the order of their names, null apart from empty."""
    values = ", ".join(f'coalesce("{name}"::varchar, chr(30))' for name in sorted(table.columns))
    return f"md5(concat_ws(chr(31), {values}))" if values else "_key"
