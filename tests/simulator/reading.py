"""A second, independent reading of a system's YAML, so that writers and mappings are proved on
each other: delivered text through the ten rule kinds in DuckDB, back to canonical text."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from collectors.readers import PART_KEY, Readers
from collectors.registry import ColumnMap, Feed, Source, System
from standards.catalogue import Column, load_catalogue

_PATTERNS = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S",
    "M": "%-m", "d": "%-d", "H": "%-H",
}  # fmt: skip


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _engine() -> duckdb.DuckDBPyConnection:
    connection = _database().cursor()
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    return connection


def feeds(system: System, said: dict[str, Any]) -> list[Feed]:
    """The feeds of a source as its YAML content says."""
    source = Source.model_validate(said)
    return [
        Feed(source, system, name, table)
        for name, table in system.tables.items()
        if name not in source.differs.without
    ]


def delivered(feed: Feed, readers: Readers) -> pa.Table:
    """All rows of a feed as text with ``_source_key``, product column names, void rows gone."""
    delivery = readers.of(feed).read(feed, None)
    renamed = feed.source.differs.columns.get(feed.table_name, {})
    batches = list(delivery.batches)
    names = [column.name for column in delivery.columns]
    if not batches:
        return pa.table({name: pa.array([], pa.string()) for name in [*names, "_source_key"]})
    rows = pa.Table.from_batches(batches)
    rows = rows.rename_columns([renamed.get(name, name) for name in rows.column_names])
    connection = _engine()
    key = "_source_key" if PART_KEY in rows.column_names else None
    if key is None:
        joined = " || '|' || ".join(f'"{name}"' for name in feed.table.key)
        rows = connection.execute(
            f"select *, {joined} || case when nth > 1 then '#' || nth else '' end as _source_key "
            f"from (select *, row_number() over (partition by {joined}) as nth from rows)"
        ).to_arrow_table()
    if feed.table.void:
        values = ", ".join(f"'{value}'" for value in feed.table.void.values)
        rows = connection.execute(
            f"select * from rows where coalesce(\"{feed.table.void.column}\", '') not in ({values})"
        ).to_arrow_table()
    return rows


def catalogue_rows(
    feed: Feed, rows: pa.Table, dataset: str, others: dict[str, pa.Table] | None = None
) -> dict[str, dict[str, str | None]]:
    """``_source_key`` -> the dataset's columns in canonical text."""
    mapping = feed.table.maps[dataset]
    connection = _engine()
    connection.register("rows", rows)
    for name, table in (others or {}).items():
        connection.register(f"other_{name}", table)
    columns = load_catalogue().dataset(dataset)
    chosen = [
        f'{_expression(feed, rule, columns.column(name))} as "{name}"'
        for name, rule in mapping.columns.items()
    ]
    where = f" where {mapping.where}" if mapping.where else ""
    found = connection.execute(
        f"select _source_key, {', '.join(chosen)} from rows{where}"
    ).to_arrow_table()
    return {row.pop("_source_key"): row for row in found.to_pylist()}


def _expression(feed: Feed, rule: ColumnMap, column: Column) -> str:
    text = _empty_as_null(feed, _origin(feed, rule))
    if rule.lookup:
        codes = {
            **feed.system.lookups[rule.lookup],
            **feed.source.differs.lookups.get(rule.lookup, {}),
        }
        cases = " ".join(f"when {_quoted(a)} then {_quoted(b)}" for a, b in codes.items())
        text = f"case {text} {cases} else {text} end"
    if rule.scale:
        text = f"cast(try_cast({text} as decimal(18,6)) * {rule.scale} as varchar)"
    if rule.null_as is not None:
        text = f"coalesce({text}, {_quoted(rule.null_as)})"
    text = _canonical(text, rule, column)
    return f"coalesce({text})" if not rule.date_add else text


def _origin(feed: Feed, rule: ColumnMap) -> str:
    if rule.source is not None:
        return _column(rule.source)
    if rule.first is not None:
        return "coalesce(" + ", ".join(_empty_as_null(feed, _column(x)) for x in rule.first) + ")"
    if rule.date_add is not None:
        return _column(rule.date_add.source)
    if rule.aggregate is not None:
        asked = rule.aggregate
        on = " and ".join(f'o."{child}" = rows."{own}"' for child, own in asked.by.items())
        value = f'try_cast(o."{asked.column}" as decimal(18,4))' if asked.column else "*"
        made = f"cast({asked.function}({value}) as varchar)"
        return f"(select {made} from other_{asked.table} o where {on})"
    if rule.constant is not None:
        return _quoted(rule.constant)
    return f"cast({rule.arithmetic or rule.string} as varchar)"


def _canonical(text: str, rule: ColumnMap, column: Column) -> str:
    if column.type in ("D", "DT"):
        patterns = (rule.date,) if isinstance(rule.date, str) else rule.date or ("iso",)
        moment = f"coalesce({', '.join(_moment(text, pattern) for pattern in patterns)})"
        if rule.date_add:
            moment = f"{moment} + to_days({rule.date_add.days})"
        shape = "%Y-%m-%d" if column.type == "D" else "%Y-%m-%dT%H:%M:%S"
        return f"strftime({moment}, '{shape}')"
    if column.type == "L":
        return (
            f"case when {text} in ('1', 'true', 'T', '是') then '1' "
            f"when {text} in ('0', 'false', 'F', '否') then '0' else {text} end"
        )
    if column.type == "N":
        return f"coalesce(cast(try_cast({text} as decimal(18,4)) as varchar), {text})"
    return text


def _moment(text: str, pattern: str) -> str:
    if pattern == "epoch_millis":
        return f"cast(make_timestamptz(try_cast({text} as bigint) * 1000) as timestamp)"
    if pattern == "iso":
        return f"cast(try_cast({text} as timestamptz) as timestamp)"
    out, rest = "", pattern
    while rest:
        for length in (4, 2, 1):
            if rest[:length] in _PATTERNS:
                out, rest = out + _PATTERNS[rest[:length]], rest[length:]
                break
        else:
            out, rest = out + rest[0], rest[1:]
    return f"try_strptime({text}, '{out}')"


def _empty_as_null(feed: Feed, text: str) -> str:
    nothing = ", ".join(_quoted(value) for value in feed.system.nulls)
    return f"case when trim({text}) not in ({nothing}) then trim({text}) end"


def _column(name: str) -> str:
    return f'"{name}"'


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
