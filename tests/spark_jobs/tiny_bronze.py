"""Tiny bronze tables in, silver, quarantine and findings out: what spec tests stand on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import write_deltalake

from collectors.registry import Registry, Source, System
from kanghu.batch_log import advance
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.normalise import NormaliseResult, normalise

Row = Mapping[str, str | None]


def system(tables: Mapping[str, Any], **facts: Any) -> System:
    """A system named ``his`` with these tables."""
    given = {"name": "测试", "vendor": "测试", "version": "1", "kind": "table", **facts}
    return System.model_validate({"system": "his", **given, "tables": tables})


def registry_of(one: System, *institutions: str, differs: Any = None) -> Registry:
    """``one`` run by ``institutions`` (default: H1); ``differs``: institution -> differences."""
    sources = {
        name: Source.model_validate(
            {
                "source": name,
                "institution": name,
                "name": name,
                "system": one.system,
                "differs": (differs or {}).get(name, {}),
            }
        )
        for name in institutions or ("H1",)
    }
    return Registry({one.system: one}, sources)


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    return connect_duckdb()


@dataclass
class TinyLake:
    """A lake whose bronze a test writes row by row, as collect would."""

    settings: Settings
    system: str = "his"
    batches: list[str] = field(default_factory=list)

    def deliver(
        self,
        tables: Mapping[str, Sequence[Row]],
        *,
        institution: str = "H1",
        key: str = "id",
        deleted: Mapping[str, Iterable[str]] | None = None,
        state: str = "collected",
    ) -> str:
        """One batch of one institution; ``deleted``: table -> keys gone at the source."""
        batch = f"b{len(self.batches) + 1:04d}"
        self.batches.append(batch)
        with connect(self.settings) as connection:
            connection.execute(
                "insert into kanghu.batch (batch_id, kind, state) values (%s, 'collect', %s)",
                (batch, state),
            )
        for table in {**tables, **(deleted or {})}:
            rows = list(tables.get(table, ()))
            gone = list((deleted or {}).get(table, ()))
            self._land(batch, table, rows, gone, institution, key)
        return batch

    def _land(
        self,
        batch: str,
        table: str,
        rows: list[Row],
        gone: list[str],
        institution: str,
        key: str,
    ) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row if name != "_source_key"))
        seen: dict[str, int] = {}
        landed = []
        for row in rows:
            source_key = row.get("_source_key") or str(row.get(key))
            seen[source_key] = seen.get(source_key, 0) + 1
            if seen[source_key] > 1:
                source_key += f"#{seen[source_key]}"
            landed.append((source_key, "upsert", [row.get(name) for name in names]))
        landed += [(source_key, "delete", [None] * len(names)) for source_key in gone]
        now = datetime.now(UTC)
        columns: dict[str, Any] = {
            "_institution": [institution] * len(landed),
            "_feed": [f"{self.system}.{table}"] * len(landed),
            "_source_key": [one[0] for one in landed],
            "_batch_id": [batch] * len(landed),
            "_row_hash": [hashlib.md5(str(one[2]).encode()).hexdigest() for one in landed],
            "_landed_at": pa.array([now] * len(landed), pa.timestamp("us", tz="UTC")),
            "_operation": [one[1] for one in landed],
        }
        for position, name in enumerate(names):
            columns[name] = pa.array([one[2][position] for one in landed], pa.string())
        write_deltalake(
            Lake(self.settings.lake).bronze(self.system, table),
            pa.table(columns),
            mode="append",
            partition_by=["_institution"],
            schema_mode="merge",
        )
        with connect(self.settings) as connection:
            connection.execute(
                "insert into kanghu.feed_run (batch_id, institution, feed, system, table_name, "
                "mode, state, bronze_rows, deleted_rows, started_at) "
                "values (%s, %s, %s, %s, %s, 'full', 'collected', %s, %s, now())",
                (
                    *(batch, institution, f"{self.system}.{table}", self.system, table),
                    *(len(rows), len(gone)),
                ),
            )

    def normalise(self, registry: Registry, *batches: str) -> NormaliseResult:
        """Normalise the batches and, as the pipeline does, bring them to their end."""
        result = normalise(self.settings, registry, batches)
        advance(self.settings, batches, "done")
        return result

    def silver(self, dataset: str, *columns: str) -> list[tuple[Any, ...]]:
        return self._read(Lake(self.settings.lake).silver(dataset), columns)

    def quarantine(self, dataset: str, *columns: str) -> list[tuple[Any, ...]]:
        return self._read(Lake(self.settings.lake).quarantine(dataset), columns)

    def findings(self, *columns: str) -> list[tuple[Any, ...]]:
        return self._read(Lake(self.settings.lake).findings, columns)

    def _read(self, path: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if not Lake(self.settings.lake).exists(path):
            return []
        names = ", ".join(f'"{name}"' for name in columns) if columns else "*"
        return (
            _duckdb().execute(f"select {names} from delta_scan('{path}') order by all").fetchall()
        )


def link(settings: Settings, *rows: tuple[str, str, str, str]) -> None:
    """``person_link``: institution, source key, patient number -> resident."""
    names = ("_institution", "_source_key", "number", "resident_id")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    table = pa.table(
        {
            **{name: list(values) for name, values in columns.items()},
            "_feed": ["his.brxx"] * len(rows),
            "dataset": ["patient"] * len(rows),
            "number_kind": ["patient_no"] * len(rows),
        }
    )
    write_deltalake(Lake(settings.lake).identity("person_link"), table, mode="overwrite")
