"""SQLite files (small clinics' systems): tables, views and queries, by the standard library.

Numbers become the text that SQLite's own values have in Python (a real keeps its shortest exact
form); text in another encoding (``options.encoding``, for programs that store GBK bytes) is
decoded; blobs are written in hexadecimal. SQLite cannot hash, so comparison is by a second read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from collectors.columns import own_name
from collectors.readers import Delivery, Reader, SourceColumn
from collectors.readers.statements import relation
from collectors.registry import Feed, expand
from collectors.row_hash import quoted
from kanghu.errors import KanghuError

_ROWS = 20_000
_BUSY_SECONDS = 20.0


class SqliteReader(Reader):
    """Reads feeds of kinds ``table`` and ``sql`` whose dialect is ``sqlite``.

    ``connection`` is the file's path, or ``sqlite:///`` and the path.
    """

    def __init__(self) -> None:
        self._files: dict[str, sqlite3.Connection] = {}

    def read(self, feed: Feed, since: str | None) -> Delivery:
        about = relation(feed)
        try:
            connection = self._open(feed)
            connection.execute("drop view if exists temp.feed")
            connection.execute(f"create temp view feed as select * from {about.text} as q")
            described = connection.execute("pragma temp.table_info(feed)").fetchall()
            columns = tuple(
                SourceColumn(str(row["name"]), str(row["type"]) or "text") for row in described
            )
            conditions = [about.filter] if about.filter else []
            values: list[Any] = []
            if since is not None and feed.table.watermark is not None:
                column = quoted(own_name(feed, feed.table.watermark.column))
                conditions.append(f"{column} >= ? or {column} is null")
                values.append(_like_stored(connection, column, since))
            where = " and ".join(f"({one})" for one in conditions)
            query = f"select * from {about.text} as q" + (f" where {where}" if where else "")
            encoding = str(feed.table.options.get("encoding", "utf-8"))
            connection.text_factory = lambda raw: raw.decode(encoding)
            cursor = connection.execute(query, values)
        except sqlite3.Error as error:
            raise _failure(feed, error) from error
        return Delivery(columns, _batches(feed, cursor, [column.name for column in columns]))

    def close(self) -> None:
        for connection in self._files.values():
            connection.close()
        self._files.clear()

    def _open(self, feed: Feed) -> sqlite3.Connection:
        place = expand(feed.source.connection).removeprefix("sqlite:///")
        if place not in self._files:
            path = Path(place).expanduser()
            if not path.is_file():
                raise KanghuError(
                    what=f"没有数据库文件 {path.name}",
                    where=f"{feed.institution} {feed.name}",
                    rule=f"sources/{feed.source.source}.yml: connection",
                    mend="核对路径,确认文件已经送到",
                )
            connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_SECONDS,
                check_same_thread=False,  # DuckDB pulls from a thread of its own
            )
            connection.row_factory = sqlite3.Row
            self._files[place] = connection
        held = self._files[place]
        held.text_factory = str  # names are UTF-8 whatever the rows hold
        return held


def _batches(feed: Feed, cursor: sqlite3.Cursor, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        while rows := cursor.fetchmany(_ROWS):
            arrays = [
                pa.array([_text(value) for value in values], pa.string())
                for values in zip(*rows, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=list(names))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _failure(feed, error) from error


def _text(value: Any) -> str | None:
    if value is None or type(value) is str:
        return value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _like_stored(connection: sqlite3.Connection, column: str, since: str) -> str | int | float:
    """The watermark as SQLite stores that column: it orders numbers and text apart."""
    row = connection.execute(
        f"select typeof({column}) from temp.feed where {column} is not null limit 1"
    ).fetchone()
    stored = row[0] if row else "text"
    if stored == "integer":
        return int(since)
    return float(since) if stored == "real" else since


def _failure(feed: Feed, error: Exception) -> KanghuError:
    where = f"{feed.institution} {feed.name}"
    if isinstance(error, UnicodeDecodeError) or "Could not decode" in str(error):
        return KanghuError(
            what=f"文字编码不对:{error}",
            where=where,
            rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}.options.encoding",
            mend="写明库里文字的编码(如 gb18030);个别坏字符请来源改正,本批没有收这个数据源的行",
        )
    if "malformed" in str(error) or "not a database" in str(error):
        return KanghuError(
            what=f"数据库文件残缺或不是 SQLite:{error}",
            where=where,
            mend="请来源重新送完整的文件;已经入湖的行不受影响",
        )
    if "no such" in str(error):
        return KanghuError(
            what=f"来源的结构变了:{error}",
            where=where,
            rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}",
            mend="按来源现在的表和列改系统文件,或在 differs 里写明这家机构的不同",
        )
    return KanghuError(
        what=f"读 SQLite 出错:{error}", where=where, mend="核对系统文件里的查询,确认文件没有被占用"
    )
