"""What a reader is: the one way in which every kind of source hands its rows to collect.

A reader knows one kind of source (a database, an API, files, HL7 messages, documents) and nothing
of the lake. It gives what lies there, as text, as delivered: it types nothing, maps nothing, drops
nothing. Keys, hashes, duplicates, batches and commits are collect's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import pyarrow as pa

from collectors.registry import Feed, Kind
from kanghu.errors import KanghuError

PART_KEY = "_source_key"
"""A reader that splits a delivery (message, document, bundle) adds this column to its batches:
``<parent key>/<path>``. Other readers leave it out; collect makes it from ``table.key``."""

INSTITUTION = "_institution"
"""A reader that reads several institutions' feeds at once adds this column to its batches."""


@dataclass(frozen=True)
class SourceColumn:
    """A delivered column by its name in the source, and its type as the source calls it.

    Sources without types (files, messages) say ``text``.
    """

    name: str
    type: str


@dataclass(frozen=True)
class Direct:
    """The same rows as a statement for DuckDB's own PostgreSQL client, which takes half the work of
    batches through Python. ``connection``: libpq's words; ``explain``: DuckDB's error as a person
    reads it, ``None`` where the source is not at fault."""

    connection: str
    statement: str
    names: tuple[str, ...]
    explain: Callable[[Exception], KanghuError | None]


@dataclass
class Delivery:
    """What one read of a feed gives.

    ``columns``: all delivered columns, known before the first batch (without ``PART_KEY``).
    ``batches``: record batches with exactly these columns (and ``PART_KEY`` where the reader
    splits), all ``pa.string()``; null stays null and is not the empty string. An error while
    reading is raised from the iterator as ``KanghuError``, never swallowed: collect then drops the
    whole delivery.
    ``delivered``: the number of units as delivered (messages, documents), asked once the batches
    are exhausted; ``None`` where the rows themselves are the units. Of several institutions' feeds
    at once: institution -> number.
    ``unique_key``: the source itself guarantees that no key occurs twice.
    ``faults``: institution -> the files that could not be read and are left out while the others
    are given, complete once the batches are exhausted. Where nothing at all can be read, that is
    raised instead.
    ``direct``: a quicker way to the same rows, for who has a DuckDB to read them into.
    """

    columns: tuple[SourceColumn, ...]
    batches: Iterator[pa.RecordBatch]
    delivered: Callable[[], int | Mapping[str, int | None] | None] = lambda: None
    unique_key: bool = False
    faults: dict[str, list[KanghuError]] = field(default_factory=dict)
    direct: Direct | None = None


@dataclass(frozen=True)
class Request:
    """A feed to be read, from the watermark ``since`` on (``None``: everything)."""

    feed: Feed
    since: str | None


@dataclass(frozen=True)
class Load:
    """One reading that serves one feed, or several of one bronze table at once.

    Where ``requests`` are several, the batches have an ``INSTITUTION`` column.
    """

    requests: tuple[Request, ...]
    open: Callable[[], Delivery]


@dataclass(frozen=True)
class Checksum:
    """Count of rows and the sum over them of the first 64 bits of the row hash, modulo 2^64."""

    rows: int
    total: int


class Reader:
    """One kind of source. One instance serves many feeds of a batch, one after another."""

    snapshot: ClassVar[bool] = True
    """Whether a read without watermark shows all that exists, so that a key which is missing has
    been deleted in the source. False for drops of messages and documents, which only ever add.
    A table overrides it with ``options.snapshot``."""

    sparse: ClassVar[bool] = False
    """Whether the source leaves out columns that are empty in all rows of a delivery."""

    def read(self, feed: Feed, since: str | None) -> Delivery:
        """Open ``feed``; with ``since`` only rows whose watermark is at or after it, or is null.

        Raises ``KanghuError`` naming the feed, what was expected and how to mend it.
        """
        raise NotImplementedError

    def loads(self, requests: Sequence[Request]) -> Iterator[Load]:
        """How feeds of one bronze table are best read: here one after another, some at once, for
        a load has a cost of its own. Where one of them fails, collect reads each alone."""
        for first in range(0, len(requests), _FEEDS_A_LOAD):
            some = tuple(requests[first : first + _FEEDS_A_LOAD])
            yield Load(some, partial(self._one_after_another, some))

    def _one_after_another(self, requests: Sequence[Request]) -> Delivery:
        begun = self.read(requests[0].feed, requests[0].since)
        if len(requests) == 1:
            return begun
        units: dict[str, int | None] = {}
        faults: dict[str, list[KanghuError]] = {}

        def batches() -> Iterator[pa.RecordBatch]:
            for request in requests:
                feed = request.feed
                delivery = begun if request is requests[0] else self.read(feed, request.since)
                if delivery.columns != begun.columns:
                    raise different_columns(feed)
                for batch in delivery.batches:
                    institution = pa.array([feed.institution] * batch.num_rows, pa.string())
                    yield pa.RecordBatch.from_arrays(
                        [institution, *batch.columns], [INSTITUTION, *batch.schema.names]
                    )
                units[feed.institution] = delivery.delivered()  # type: ignore[assignment]
                faults.update(delivery.faults)

        return Delivery(begun.columns, batches(), lambda: units, faults=faults)

    def fingerprint(self, feed: Feed) -> str | None:
        """Something cheap that changes whenever the feed's data may have changed (names, sizes and
        times of files), or ``None`` where there is nothing cheaper than reading."""
        return None

    def checksums(self, feeds: Sequence[Feed], columns: Sequence[str]) -> dict[str, Checksum]:
        """Institution -> count and checksum of all its rows by the source's own engine.

        ``feeds`` are of one bronze table; ``columns`` the hashed ones by their names in the source,
        in the order of the hash (collectors/row_hash.py). Empty where the source cannot do it:
        then compare reads a second time.
        """
        return {}

    def hashes(self, feed: Feed, columns: Sequence[str]) -> Iterator[pa.RecordBatch] | None:
        """Key and row hash of all the feed's rows by the source's own engine, as columns ``key``
        and ``row_hash``, ``columns`` as above; ``None`` where the source cannot do it."""
        return None

    def shows_all(self, feed: Feed) -> bool:
        """Whether a read without watermark shows all that exists (``snapshot``)."""
        return bool(feed.table.options.get("snapshot", self.snapshot))

    def not_comparable(self, feed: Feed) -> str | None:
        """Why the feed cannot be read twice, or ``None`` where it can."""
        return None

    def close(self) -> None:
        """Give back connections."""


def different_columns(feed: Feed) -> KanghuError:
    """Feeds that were to be read at once turn out to differ: collect then reads each alone."""
    return KanghuError(what="各机构的表列不同,不能一起读", where=f"{feed.institution} {feed.name}")


_FEEDS_A_LOAD = 25
_DATABASES = {
    "postgresql": ("collectors.readers.postgresql", "PostgresqlReader"),
    "sqlite": ("collectors.readers.sqlite", "SqliteReader"),
}
_READERS: dict[Kind, tuple[str, str]] = {
    "api": ("collectors.readers.api", "ApiReader"),
    "file": ("collectors.readers.files", "FileReader"),
    "hl7": ("collectors.readers.hl7", "Hl7Reader"),
    "json": ("collectors.readers.json_documents", "JsonReader"),
    "xml": ("collectors.readers.xml_documents", "XmlReader"),
}


def _place(feed: Feed) -> tuple[str, str]:
    if feed.system.kind not in ("table", "sql"):
        return _READERS[feed.system.kind]
    if feed.system.dialect not in _DATABASES:
        raise KanghuError(
            what=f"不认识的数据库类型 {feed.system.dialect!r}",
            where=f"systems/{feed.system.system}.yml: dialect",
            mend=f"可用的有:{', '.join(_DATABASES)}",
        )
    return _DATABASES[feed.system.dialect]


class Readers:
    """The readers of one batch, one for each kind, loaded when first asked for."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Reader] = {}

    def of(self, feed: Feed) -> Reader:
        place = _place(feed)
        if place not in self._open:
            module, name = place
            self._open[place] = getattr(importlib.import_module(module), name)()
        return self._open[place]

    def close(self) -> None:
        for reader in self._open.values():
            reader.close()
        self._open.clear()
