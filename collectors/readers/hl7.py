"""Reads drops of HL7 version 2 messages, alone or in batch files, and splits them into segments.

A table's ``record`` is a segment's name; its columns are paths like ``PID-3.1`` seen from that
segment (docs/interfaces-messages.md). ``options.trigger`` restricts a table to message types.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.hl7_message import (
    Hl7Path,
    Message,
    Segment,
    Slice,
    declared_encoding,
    slices,
)
from collectors.readers.parts import UNITS, Part, SplittingReader, Unit, ValueOf
from collectors.readers.text_encoding import byte_order_mark, decode, keep
from collectors.registry import Feed, System, Table
from kanghu.errors import KanghuError


class Hl7Reader(SplittingReader):
    """HL7 v2 messages in files."""

    def units(self, feed: Feed, file: DeliveredFile) -> Iterator[Unit]:
        data = file.read()
        mark, marked = byte_order_mark(data)
        if marked.startswith("utf-16"):
            data, mark = decode(data, "", file.name).encode(), b""
        declared = str(feed.table.options.get("encoding", ""))
        promised = _Promised()
        for position, piece in enumerate(slices(data, len(mark)), start=1):
            if piece.name in ("FHS", "BHS", "BTS", "FTS"):
                yield from promised.check(piece, file, position)
            else:
                promised.count()
                yield _unit(piece, file, position, declared)

    def parts(self, table: Table, unit: Unit) -> Iterator[Part]:
        message: Message | None = unit.content
        if message is None or not _takes(table, message):
            return
        for at in message.places(table.record or ""):
            yield Part(f"{table.record}[{message.segments[at].ordinal}]", at)

    def count(self, table: Table, unit: Unit) -> int:
        message: Message | None = unit.content
        if message is None or not _takes(table, message):
            return 0
        return len(message.places(table.record or ""))

    def value_of(self, table: Table, path: str, where: str) -> ValueOf:
        compiled = Hl7Path.parse(path, where)
        return lambda unit, part: unit.content.value(
            0 if part.path == UNITS else part.place, compiled
        )

    def unmapped(self, system: System, unit: Unit) -> str:
        message: Message = unit.content
        kind = "^".join(part for part in message.kind if part)
        if not kind:
            return "消息没有给出类型(MSH-9 为空)"
        if any(_takes(table, message) for table in system.tables.values() if _is_part(table)):
            return f"消息类型 {kind} 已声明,但消息里没有任何一个声明的段"
        return f"消息类型 {kind} 没有任何表声明接收"


def _is_part(table: Table) -> bool:
    return table.record not in (UNITS, "MSH")


def _takes(table: Table, message: Message) -> bool:
    """Whether ``options.trigger`` names this message's type, as ``ADT^A01`` or ``ADT``."""
    triggers = table.options.get("trigger")
    if not triggers:
        return True
    kind, event = message.kind
    return bool(kind) and (f"{kind}^{event}" in triggers or kind in triggers)


def _unit(piece: Slice, file: DeliveredFile, position: int, declared: str) -> Unit:
    where = f"{file.name} 第 {position} 条"
    try:
        encoding = declared_encoding(piece.data) if piece.name == "MSH" else ""
        text = decode(piece.data, encoding or declared, where, piece.offset)
    except KanghuError as error:
        return Unit(file, position, keep(piece.data), None, error)
    try:
        return Unit(file, position, text, Message(text))
    except KanghuError as error:
        error.where = f"{where}(第 {piece.offset} 字节起)"
        return Unit(file, position, text, None, error)


class _Promised:
    """The numbers of messages that a batch file's trailers promise, against those that came."""

    def __init__(self) -> None:
        self._messages = 0
        self._batches = 0
        self._opened: list[str] = []

    def count(self) -> None:
        self._messages += 1

    def check(self, piece: Slice, file: DeliveredFile, position: int) -> Iterator[Unit]:
        """An undecodable unit where a trailer promises another number than came."""
        segment = Segment(keep(piece.data), 1, Message("MSH|^~\\&|").delimiters)
        if piece.name == "BHS":
            self._messages = 0
        elif piece.name == "FHS":
            self._batches = 0
        else:
            came = self._messages if piece.name == "BTS" else self._batches
            what = "条消息" if piece.name == "BTS" else "个批"
            promised = segment.field(1).strip()
            if piece.name == "BTS":
                self._batches += 1
            if promised.isdigit() and int(promised) != came:
                error = KanghuError(
                    what=f"批文件不完整:{piece.name}-1 说有 {promised} {what},实有 {came}",
                    where=file.name,
                    rule=f"{piece.name}-1",
                    mend="文件可能在传输中被截断,请来源重送",
                )
                yield Unit(file, position, segment.text, None, error)
