"""What the readers share that split a delivery into parts: messages, JSON and XML documents.

Each unit (a message, a document) is itself a part, with path ``/``, of the table whose ``record``
is ``/`` (for HL7 also ``MSH``); each other table takes the parts that its ``record`` names. Nothing
is dropped: a unit that cannot be decoded, or in which no table finds anything, is delivered in
the ``/`` table with the reason in ``_delivery_error`` and its text in ``_delivery_text``, and
normalise sends it to quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from collectors.readers import PART_KEY, Delivery, Reader, SourceColumn
from collectors.readers.delivered_files import DeliveredFile, delivered_files, fingerprint
from collectors.registry import Feed, System, Table
from kanghu.errors import KanghuError

ERROR = "_delivery_error"
"""``undecodable: <reason>`` or ``unmapped: <reason>``; null on a unit that arrived well."""
TEXT = "_delivery_text"
"""The unit's text where ``ERROR`` says something; null elsewhere."""
UNITS = "/"
BATCH_ROWS = 20_000
BATCH_CHARACTERS = 20_000_000
"""A batch ends at either: documents carry their whole text."""


@dataclass(frozen=True)
class Unit:
    """One delivered message or document."""

    file: DeliveredFile
    position: int
    """From 1 within its file."""
    text: str
    content: Any
    """What the reader parsed; ``None`` where it could not."""
    error: KanghuError | None = None


@dataclass(frozen=True)
class Part:
    """One part of a unit: its path in it, and what the reader needs to read values there."""

    path: str
    place: Any


ValueOf = Callable[[Unit, Part], str | None]


class SplittingReader(Reader):
    """Reads the units of each file and gives the parts that a table names."""

    snapshot: ClassVar[bool] = False

    def __init__(self) -> None:
        self._kept: dict[DeliveredFile, list[Unit]] = {}
        self._kept_bytes = 0

    def units(self, feed: Feed, file: DeliveredFile) -> Iterator[Unit]:
        """Split one file and parse each unit."""
        raise NotImplementedError

    def parts(self, table: Table, unit: Unit) -> Iterator[Part]:
        """The parts of a parsed unit that ``table`` takes, in order."""
        raise NotImplementedError

    def count(self, table: Table, unit: Unit) -> int:
        """How many parts ``table`` takes of a unit."""
        return sum(1 for _ in self.parts(table, unit))

    def value_of(self, table: Table, path: str, where: str) -> ValueOf:
        """Compile a column's path; raises ``KanghuError`` where it is not one."""
        raise NotImplementedError

    def unmapped(self, system: System, unit: Unit) -> str:
        """Why no table takes anything of ``unit``, in Chinese."""
        raise NotImplementedError

    def fingerprint(self, feed: Feed) -> str | None:
        return fingerprint(feed, delivered_files(feed, needed=False))

    def read(self, feed: Feed, since: str | None) -> Delivery:
        columns = feed.table.columns
        if not columns or not feed.table.record:
            raise KanghuError(
                what=f"表 {feed.table_name} 没有写 record 和 columns",
                where=f"{feed.system.system}.yml",
                rule=f"tables.{feed.table_name}",
                mend="写明取哪一种记录、每列在其中的位置,见 docs/interfaces-messages.md",
            )
        getters = [self._value(feed, path) for path in columns.values()]
        files = _since(feed, delivered_files(feed, needed=False), since)
        counter = _Counter()
        faults: list[KanghuError] = []
        names = [*columns, ERROR, TEXT] if takes_units(feed.table) else list(columns)
        rows = self._rows(feed, files, getters, counter, faults)
        return Delivery(
            tuple(SourceColumn(name, "text") for name in names),
            batches(rows, [PART_KEY, *names]),
            lambda: counter.units,
            faults={feed.institution: faults},
        )

    def _rows(
        self,
        feed: Feed,
        files: list[DeliveredFile],
        getters: list[ValueOf],
        counter: _Counter,
        faults: list[KanghuError],
    ) -> Iterator[Sequence[str | None]]:
        keys = _key_positions(feed)
        errors_have_a_place = any(takes_units(table) for table in feed.system.tables.values())
        good = 0
        for file in files:
            for unit in self._units_or_fault(feed, file, faults):
                good += unit.error is None
                if takes_units(feed.table):
                    counter.units += 1
                    yield self._unit_row(feed, unit, getters, keys)
                elif unit.error is not None:
                    if not errors_have_a_place:
                        faults.append(unit.error)
                else:
                    found = False
                    for part in self.parts(feed.table, unit):
                        found = True
                        values = [getter(unit, part) for getter in getters]
                        yield [f"{_key(unit, values, keys)}/{part.path}", *values]
                    counter.units += found
        if faults and not good:
            raise faults[0]

    def _units_or_fault(
        self, feed: Feed, file: DeliveredFile, faults: list[KanghuError]
    ) -> Iterator[Unit]:
        """A file's units; one that cannot be read at all is told, and the others go on."""
        units = iter(self._units(feed, file))
        while True:
            try:
                unit = next(units, None)
            except KanghuError as error:
                faults.append(error)
                return
            if unit is None:
                return
            yield unit

    def _unit_row(
        self, feed: Feed, unit: Unit, getters: list[ValueOf], keys: list[int]
    ) -> list[str | None]:
        """The row of the unit itself, with the reason why it goes no further, if it does not."""
        whole = Part(UNITS, None)
        reason = f"undecodable: {unit.error}" if unit.error else ""
        if unit.error:
            values = _virtual_values(feed.table, unit)
        else:
            values = [getter(unit, whole) for getter in getters]
            if not self._part_count(feed.system, unit) and _has_parts(feed.system):
                reason = f"unmapped: {self.unmapped(feed.system, unit)}"
        text = unit.text if reason else None
        return [f"{_key(unit, values, keys)}/", *values, reason or None, text]

    def _part_count(self, system: System, unit: Unit) -> int:
        return sum(
            self.count(table, unit) for table in system.tables.values() if not takes_units(table)
        )

    def _value(self, feed: Feed, path: str) -> ValueOf:
        """A column's value: one of ours (``@text``, ``@file``, ...) or the reader's own."""
        if path == "@parts":
            return lambda unit, _: str(self._part_count(feed.system, unit))
        if path in _VIRTUAL:
            return lambda unit, _: _VIRTUAL[path](unit)
        return self.value_of(feed.table, path, f"{feed.system.system}.yml: {feed.table_name}")

    def _units(self, feed: Feed, file: DeliveredFile) -> Iterable[Unit]:
        """A file's units; small deliveries are parsed once for all tables of a source."""
        if file.size > _KEPT_BYTES:
            return self.units(feed, file)
        if file not in self._kept:
            if self._kept_bytes + file.size > _KEPT_BYTES:
                self._kept.clear()
                self._kept_bytes = 0
            self._kept[file] = list(self.units(feed, file))
            self._kept_bytes += file.size
        return self._kept[file]

    def close(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0


_KEPT_BYTES = 8_000_000
"""Parsed units take some tenfold of their bytes in memory."""


@dataclass
class _Counter:
    units: int = 0


_VIRTUAL: dict[str, Callable[[Unit], str]] = {
    "@text": lambda unit: unit.text,
    "@file": lambda unit: unit.file.name,
    "@file_time": lambda unit: unit.file.modified_at,
    "@position": lambda unit: str(unit.position),
}


def takes_units(table: Table) -> bool:
    """Whether a table takes the messages or documents themselves rather than parts of them."""
    return table.record in (UNITS, "MSH")


def _has_parts(system: System) -> bool:
    return any(not takes_units(table) for table in system.tables.values())


def _virtual_values(table: Table, unit: Unit) -> list[str | None]:
    paths = (table.columns or {}).values()
    return [_VIRTUAL[path](unit) if path in _VIRTUAL else None for path in paths]


def _key_positions(feed: Feed) -> list[int]:
    names = list(feed.table.columns or {})
    missing = [name for name in feed.table.key if name not in names]
    if missing:
        raise KanghuError(
            what=f"键列 {', '.join(missing)} 不在 columns 里",
            where=f"{feed.system.system}.yml",
            rule=f"tables.{feed.table_name}.key",
            mend="拆分的表用 key 写明哪些列构成整条消息或文档的键,先在 columns 里取出它们",
        )
    return [names.index(name) for name in feed.table.key]


def _key(unit: Unit, values: Sequence[str | None], keys: list[int]) -> str:
    """The unit's key: the key columns' values, or its place where they are all empty."""
    given = [values[at] or "" for at in keys]
    return "|".join(given) if any(given) else f"{unit.file.name}#{unit.position}"


def _since(feed: Feed, files: list[DeliveredFile], since: str | None) -> list[DeliveredFile]:
    """Leave out files before the watermark, where that is the file's name or time.

    Other watermarks cannot be known before reading; what was already delivered is then
    recognised by its hash.
    """
    watermark = feed.table.watermark
    if since is None or watermark is None:
        return files
    path = (feed.table.columns or {}).get(watermark.column)
    if path == "@file":
        return [file for file in files if file.name >= since]
    if path == "@file_time":
        return [file for file in files if file.modified_at >= since]
    return files


def batches(rows: Iterator[Sequence[str | None]], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Record batches of text columns from rows, of bounded size."""
    schema = pa.schema([(name, pa.string()) for name in names])
    held: list[Sequence[str | None]] = []
    characters = 0
    for row in rows:
        held.append(row)
        characters += sum(map(len, filter(None, row)))
        if len(held) == BATCH_ROWS or characters > BATCH_CHARACTERS:
            yield _batch(held, schema)
            held, characters = [], 0
    if held:
        yield _batch(held, schema)


def _batch(rows: list[Sequence[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [_array(values) for values in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half a character, which JSON can write and no encoding can
        return pa.array([value and _visible(value) for value in values], pa.string())


def _visible(text: str) -> str:
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")
