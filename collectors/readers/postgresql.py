"""PostgreSQL (tables, views, queries), by COPY to CSV, parsed by Arrow while the server sends.

Every value travels as the text that PostgreSQL itself writes (DateStyle ISO, the session in the
city's time zone), so nothing is typed twice, and null differs from the empty string. A reading is
one statement in a read-only snapshot; many institutions that share a table, or have one each in a
schema of their own, are read by one statement. Its limit is COPY's text output on the server's
side: one core there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from collectors.columns import own_name
from collectors.readers import (
    INSTITUTION,
    Checksum,
    Delivery,
    Direct,
    Load,
    Reader,
    Request,
    SourceColumn,
    different_columns,
)
from collectors.readers.copy_stream import read_copy
from collectors.readers.postgresql_errors import (
    as_person_reads,
    in_words_of_psycopg,
    of_source,
    unreachable,
)
from collectors.readers.postgresql_statements import (
    at_or_after,
    shared_table,
    text_literal,
    where_all,
)
from collectors.readers.statements import Relation, relation
from collectors.registry import Feed, expand
from collectors.row_hash import postgresql_checksum, postgresql_hash, quoted
from kanghu.engine import TIME_ZONE
from kanghu.errors import KanghuError

_TABLES_A_STATEMENT = 100
_INSTITUTIONS_A_STATEMENT = 2000
"""Rows of a shared table are told apart by one column, so many go into one statement."""
_PARAMETERS: dict[str, Any] = {
    "client_encoding": "utf8",
    "connect_timeout": 15,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "kanghu collect",
}
_SESSION = {
    "DateStyle": "ISO,YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": TIME_ZONE,
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
"""How values are written as text; one way for all who read or hash them."""
_READ_ONLY = "default_transaction_read_only=on"


class PostgresqlReader(Reader):
    """Reads feeds of kinds ``table`` and ``sql`` whose dialect is ``postgresql``."""

    def __init__(self) -> None:
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._unreachable: dict[str, str] = {}
        self._described: dict[tuple[str, str], tuple[SourceColumn, ...]] = {}

    def loads(self, requests: Sequence[Request]) -> Iterator[Load]:
        """Feeds of one database are read many at a time."""
        shared: dict[tuple[str, ...], list[Request]] = defaultdict(list)
        for request in requests:
            feed = request.feed
            about = relation(feed)
            since = "" if request.since is None else "since"
            place = (feed.source.connection, since, str(feed.source.differs.columns))
            if about.owner_column:
                shared[(*place, about.text, about.owner_column)].append(request)
            else:
                shared[place].append(request)
        for group in shared.values():
            is_one_table = bool(relation(group[0].feed).owner_column)
            together = _INSTITUTIONS_A_STATEMENT if is_one_table else _TABLES_A_STATEMENT
            for first in range(0, len(group), together):
                some = tuple(group[first : first + together])
                yield Load(some, partial(self._read_many, some))

    def read(self, feed: Feed, since: str | None) -> Delivery:
        about = relation(feed)
        columns = self._columns(feed, about)
        after = at_or_after(feed, columns, text_literal(since)) if since is not None else ""
        where = where_all(about.filter, after)
        statement = f"select {_as_text(columns) or 'null::text'} from {about.text} as q{where}"
        names = [column.name for column in columns]
        batches = self._stream(feed, statement, names)
        direct = self._direct(feed, statement, names) if since is None else None
        return Delivery(columns, batches, unique_key=self._key_is_unique(feed), direct=direct)

    def _read_many(self, requests: tuple[Request, ...]) -> Delivery:
        if len(requests) == 1:
            return self.read(requests[0].feed, requests[0].since)
        first = requests[0].feed
        abouts = [relation(request.feed) for request in requests]
        self._describe_all(first, abouts)
        columns = self._columns(first, abouts[0])
        for request, about in zip(requests, abouts, strict=True):
            if self._columns(request.feed, about) != columns:
                raise different_columns(request.feed)
        names = _as_text(columns)
        if abouts[0].owner_column:
            statement = shared_table(requests, abouts, columns, names)
        else:
            statement = " union all ".join(
                f"select {text_literal(request.feed.institution)} as {INSTITUTION}, {names} "
                f"from {about.text} as q"
                + where_all(
                    about.filter,
                    at_or_after(request.feed, columns, text_literal(request.since))
                    if request.since is not None
                    else "",
                )
                for request, about in zip(requests, abouts, strict=True)
            )
        delivered = [INSTITUTION, *(column.name for column in columns)]
        return Delivery(
            columns,
            self._stream(first, statement, delivered),
            unique_key=bool(abouts[0].owner_column) and self._key_is_unique(first),
            direct=self._direct(first, statement, delivered) if requests[0].since is None else None,
        )

    def checksums(self, feeds: Sequence[Feed], columns: Sequence[str]) -> dict[str, Checksum]:
        """One statement a shared table, else one a feed."""
        together: dict[tuple[str, str, str], list[Feed]] = defaultdict(list)
        for number, feed in enumerate(feeds):
            about = relation(feed)
            alone = "" if about.owner_column else str(number)
            place = (feed.source.connection, f"{about.text}{alone}", about.owner_column)
            together[place].append(feed)
        answers: dict[str, Checksum] = {}
        for some in together.values():
            about = relation(some[0])
            row_hash = self._hash(some[0], columns)
            measures = f"count(*), {postgresql_checksum(row_hash)} from {about.text} as q"
            if not about.owner_column:
                where = where_all(about.filter)
                count, total = self._rows(some[0], f"select {measures}{where}")[0]
                answers[some[0].institution] = Checksum(int(count), int(total))
                continue
            owner = f"q.{about.owner_column}::text"
            owners = {relation(feed).owner: feed.institution for feed in some}
            wanted = ", ".join(text_literal(name) for name in owners)
            statement = f"select {owner}, {measures} where {owner} in ({wanted}) group by 1"
            answers |= {feed.institution: Checksum(0, 0) for feed in some}
            for name, count, total in self._rows(some[0], statement):
                answers[owners[name]] = Checksum(int(count), int(total))
        return answers

    def hashes(self, feed: Feed, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        about = relation(feed)
        row_hash = self._hash(feed, columns)
        parts = ", ".join(
            f"coalesce(q.{quoted(own_name(feed, name))}::text, '')" for name in feed.table.key
        )
        key = f"concat_ws('|', {parts})" if parts else row_hash
        where = where_all(about.filter)
        statement = f"select {key}, {row_hash} from {about.text} as q{where}"
        return self._stream(feed, statement, ["key", "row_hash"])

    def _hash(self, feed: Feed, columns: Sequence[str]) -> str:
        encoding = self._connection(feed).info.parameter_status("server_encoding")
        present = {column.name for column in self._columns(feed, relation(feed))}
        return postgresql_hash(columns, present, utf8=encoding == "UTF8")

    def _rows(self, feed: Feed, statement: str) -> list[tuple[Any, ...]]:
        connection = self._connection(feed)
        try:
            rows = connection.execute(statement.encode()).fetchall()
            connection.commit()
        except psycopg.Error as error:
            raise self._failure(feed, error) from error
        return rows

    def _direct(self, feed: Feed, statement: str, names: list[str]) -> Direct:
        """For whole tables; increments are small, and a connection is open for them already."""
        url = expand(feed.source.connection)
        options = [str(conninfo_to_dict(url).get("options", "")), f"-c {_READ_ONLY}"]
        options += [f"-c {name}={value}" for name, value in _SESSION.items()]
        connection = make_conninfo(url, **_PARAMETERS, options=" ".join(options).strip())

        def explain(error: Exception) -> KanghuError | None:
            return self._failure(feed, in_words_of_psycopg(error)) if of_source(error) else None

        return Direct(connection, statement, tuple(names), explain)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _stream(self, feed: Feed, statement: str, names: list[str]) -> Iterator[pa.RecordBatch]:
        connection = self._connection(feed)
        copy = f"copy ({statement}) to stdout (format csv)"
        try:
            yield from read_copy(connection, copy, names)
            connection.commit()
        except (psycopg.Error, pa.ArrowInvalid) as error:
            raise self._failure(feed, error) from error
        except GeneratorExit:
            self._forget(feed)
            raise

    def _connection(self, feed: Feed) -> psycopg.Connection[Any]:
        """The connection of a URL, opened once; a URL that does not answer is not asked again."""
        url = expand(feed.source.connection)
        if url in self._unreachable:
            raise unreachable(feed, self._unreachable[url])
        held = self._connections.get(url)
        if held is not None and not held.closed:
            return held
        try:
            connection: psycopg.Connection[Any] = psycopg.connect(url, **_PARAMETERS)
        except psycopg.Error as error:
            self._unreachable[url] = str(error).strip()
            raise unreachable(feed, self._unreachable[url]) from error
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for name, value in _SESSION.items():
            connection.execute("select set_config(%s, %s, false)", (name, value))
        connection.commit()
        self._connections[url] = connection
        return connection

    def _forget(self, feed: Feed) -> None:
        held = self._connections.pop(expand(feed.source.connection), None)
        if held is not None:
            held.close()

    def _columns(self, feed: Feed, about: Relation) -> tuple[SourceColumn, ...]:
        place = (feed.source.connection, about.text)
        if place not in self._described:
            if about.text.startswith("("):
                self._described[place] = self._describe_query(feed, about)
            else:
                self._describe_all(feed, [about])
        if not self._described[place]:
            raise KanghuError(
                what=f"来源里没有表 {about.text}",
                where=f"{feed.institution} {feed.name}",
                rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}.from",
                mend="核对表名和授权;机构没有此表时在 differs.without 里写明",
            )
        return self._described[place]

    def _describe_all(self, feed: Feed, abouts: Sequence[Relation]) -> None:
        """Columns of many tables in one query; a table that is not there has none."""
        url = feed.source.connection
        asked = {one.text for one in abouts if not one.text.startswith("(")}
        asked -= {text for place, text in self._described if place == url}
        if not asked:
            return
        found: dict[str, list[SourceColumn]] = {text: [] for text in asked}
        try:
            connection = self._connection(feed)
            rows = connection.execute(
                """
                select asked, attname, format_type(atttypid, null)
                from unnest(%s::text[]) as asked
                join pg_attribute on attrelid = to_regclass(asked)
                where attnum > 0 and not attisdropped
                order by asked, attnum
                """,
                (sorted(asked),),
            ).fetchall()
            connection.commit()
        except psycopg.Error as error:
            raise self._failure(feed, error) from error
        for text, name, type_name in rows:
            found[text].append(SourceColumn(name, type_name))
        for text, columns in found.items():
            self._described[url, text] = tuple(columns)

    def _describe_query(self, feed: Feed, about: Relation) -> tuple[SourceColumn, ...]:
        try:
            connection = self._connection(feed)
            statement = f"select * from {about.text} as q limit 0"
            described = connection.execute(statement.encode()).description or []
            types = connection.execute(
                "select oid, format_type(oid, null) from unnest(%s::oid[]) as oid",
                ([column.type_code for column in described],),
            ).fetchall()
            connection.commit()
        except psycopg.Error as error:
            raise self._failure(feed, error) from error
        names = dict(types)
        return tuple(SourceColumn(one.name, names[one.type_code]) for one in described)

    def _key_is_unique(self, feed: Feed) -> bool:
        """Whether a unique index of the source guarantees the feed's key."""
        about = relation(feed)
        if about.text.startswith("(") or not feed.table.key:
            return False
        key = sorted(own_name(feed, name) for name in feed.table.key)
        connection = self._connection(feed)
        row = connection.execute(
            """
            select 1 from pg_index
            where indrelid = to_regclass(%s) and indisunique and indpred is null
              and indisvalid and indexprs is null
              and (select array_agg(attname::text order by attname::text collate "C")
                   from pg_attribute
                   where attrelid = indrelid and attnum = any(indkey) and attnotnull) = %s
              and indnatts = %s
            """,
            (about.text, key, len(key)),
        ).fetchone()
        connection.commit()  # no snapshot stays open while another connection reads the rows
        return row is not None

    def _failure(self, feed: Feed, error: Exception) -> KanghuError:
        """The error as a person reads it; a connection that failed is given up."""
        self._forget(feed)
        return as_person_reads(feed, error)


def _as_text(columns: Sequence[SourceColumn]) -> str:
    names = (quoted(column.name) for column in columns)
    return ", ".join(f"q.{name}::text as {name}" for name in names)
