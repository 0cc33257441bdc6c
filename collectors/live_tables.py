"""The tables and views behind a connection, as they lie: columns, keys, comments, a sample."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from collectors.registry import expand
from kanghu.errors import KanghuError

_SAMPLE_ROWS = 500


@dataclass
class LiveTable:
    """A table or view as it lies in a source: its columns with their comments, its declared key,
    and what some of its rows hold (column -> values as text, null where empty)."""

    name: str
    comment: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    sample: dict[str, list[str | None]] = field(default_factory=dict)


def live_tables(connection: str) -> tuple[str, list[LiveTable]]:
    """The dialect and the tables behind ``connection`` (PostgreSQL's URL or a SQLite file)."""
    place = expand(connection)
    if place.startswith(("postgresql://", "postgres://")):
        try:
            return "postgresql", _postgresql_tables(place)
        except psycopg.Error as error:
            raise KanghuError(
                what=f"连不上数据库:{str(error).strip().splitlines()[0]}",
                where=f"--connection {connection}",
                mend="检查地址、账号、密码的环境变量和网络",
            ) from error
    if Path(place.removeprefix("sqlite:///")).expanduser().is_file():
        try:
            return "sqlite", _sqlite_tables(place.removeprefix("sqlite:///"))
        except sqlite3.Error as error:
            raise KanghuError(
                what=f"这个文件不是 SQLite 数据库:{error}",
                where=f"--connection {connection}",
                mend="给出 SQLite 文件;CSV、Excel 和消息类系统请照已有的系统文件手写",
            ) from error
    raise KanghuError(
        what="不能从这个连接列出表来起草系统",
        where=f"--connection {connection or '(没有写)'}",
        mend="给出 PostgreSQL 地址或 SQLite 文件;文件、接口和消息类系统请照已有的系统文件手写",
    )


def _postgresql_tables(url: str) -> list[LiveTable]:
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            """
            select n.nspname || '.' || c.relname, coalesce(obj_description(c.oid), ''),
                   a.attname, coalesce(col_description(c.oid, a.attnum), ''),
                   coalesce(a.attnum = any(i.indkey), false), n.nspname, c.relname
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where c.relkind in ('r', 'v', 'm', 'p', 'f')
              and n.nspname not in ('pg_catalog', 'information_schema')
              and n.nspname not like 'pg_toast%' and not c.relispartition
            order by 1, a.attnum
            """
        ).fetchall()
        tables: dict[str, LiveTable] = {}
        places: dict[str, tuple[str, str]] = {}
        for name, comment, column, note, is_key, schema, relation in rows:
            table = tables.setdefault(name, LiveTable(name, comment))
            places[name] = (schema, relation)
            table.columns[column] = note
            if is_key:
                table.key.append(column)
        for name, table in tables.items():
            fields = sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(one)) for one in table.columns
            )
            query = sql.SQL("select {} from {} limit {}").format(
                fields, sql.Identifier(*places[name]), _SAMPLE_ROWS
            )
            try:
                table.sample = _by_column(table, connection.execute(query).fetchall())
            except psycopg.Error:
                continue  # seen in the list but not to be read: drafted by its names alone
    return list(tables.values())


def _sqlite_tables(path: str) -> list[LiveTable]:
    tables: list[LiveTable] = []
    file = Path(path).expanduser().resolve()
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        for (name,) in connection.execute(
            "select name from sqlite_master where type in ('table', 'view') "
            "and name not like 'sqlite_%' order by name"
        ).fetchall():
            table = LiveTable(name)
            quoted = name.replace('"', '""')
            for row in connection.execute(f'pragma table_info("{quoted}")').fetchall():
                table.columns[row[1]] = ""
                if row[5]:
                    table.key.append(row[1])
            rows = connection.execute(f'select * from "{quoted}" limit {_SAMPLE_ROWS}').fetchall()
            table.sample = _by_column(table, rows)
            tables.append(table)
    finally:
        connection.close()
    return tables


def _by_column(table: LiveTable, rows: list[tuple[object, ...]]) -> dict[str, list[str | None]]:
    return {
        name: [None if row[place] is None else str(row[place]) for row in rows]
        for place, name in enumerate(table.columns)
    }
