"""HL7 version 2 text: splitting, delimiters, escapes and paths to values.

Vectorised where it pays: a message is split into segments by one regular expression, a segment
into fields only when a value in it is asked for. Serves the 2.3 to 2.8 message structures
without knowing any of them: what is a group of what is said by the order of segments.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kanghu.errors import KanghuError

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_MESSAGE_START = re.compile(rb"(?:\A|(?<=[\r\n\x0b]))(?:MSH|FHS|BHS|FTS|BTS)(?=[^A-Za-z0-9])")
_PATH = re.compile(
    r"(?P<after>>{0,2})(?P<segment>[A-Z][A-Z0-9]{2})"
    r"-(?P<field>\d+)(?:\[(?P<repetition>\d+|\*)\])?"
    r"(?:\.(?P<component>\d+)(?:\.(?P<subcomponent>\d+))?)?"
)
_ORDINAL = re.compile(r"(?P<after>>?)(?P<segment>[A-Z][A-Z0-9]{2})-@index")
_FRAMING = b"\x0b\x1c\r\n"
"""What MLLP and editors leave around a message."""

CHARACTER_SETS = {
    "ASCII": "",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "BIG-5": "big5",
    "CNS 11643-1992": "",
}
"""HL7 table 0211 and what is written in its place: the encodings of MSH-18."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators that MSH-1 and MSH-2 declare."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @classmethod
    def of(cls, header: str) -> Delimiters:
        """From an MSH, FHS or BHS segment; those it does not give keep the usual ones."""
        given = header[4 : header.find(header[3], 4)] if len(header) > 4 else ""
        usual = "^~\\&"
        return cls(header[3:4] or "|", *(given[:4] + usual[len(given[:4]) :]))


class Segment:
    """One segment: its name, its text, its place among those of its name (from 1)."""

    __slots__ = ("_fields", "_values", "delimiters", "name", "ordinal", "text")

    def __init__(self, text: str, ordinal: int, delimiters: Delimiters) -> None:
        self.text = text
        self.name = text[:3]
        self.ordinal = ordinal
        self.delimiters = delimiters
        self._fields: list[str] | None = None
        self._values: dict[Hl7Path, str | None] = {}

    def field(self, number: int) -> str:
        """Field ``number`` as delivered; empty where the segment is shorter."""
        if self._fields is None:
            parts = self.text.split(self.delimiters.field)
            if self.name in ("MSH", "FHS", "BHS"):  # the separator itself is their field 1
                parts.insert(1, self.delimiters.field)
            self._fields = parts
        return self._fields[number] if number < len(self._fields) else ""

    def value(self, path: Hl7Path) -> str | None:
        """The value at ``path`` with its escapes undone; ``None`` where nothing is delivered."""
        if path not in self._values:
            self._values[path] = self._read(path)
        return self._values[path]

    def _read(self, path: Hl7Path) -> str | None:
        text = self.field(path.field)
        if not text:
            return None
        if path.field <= 2 and self.name in ("MSH", "FHS", "BHS"):
            return text
        marks = self.delimiters
        repetitions = text.split(marks.repetition)
        if path.repetition == 0:
            found = [_part(one, path, marks) for one in repetitions]
            return marks.repetition.join(found) if any(found) else None
        if path.repetition > len(repetitions):
            return None
        return _part(repetitions[path.repetition - 1], path, marks) or None


@dataclass(frozen=True, slots=True, eq=False)
class Hl7Path:
    """``PID-3[2].1.1``: segment, field, repetition (0 = all, joined), component, subcomponent.

    Component and subcomponent 0 mean the whole. ``after``: ``>`` looks for the nearest segment
    after the part (up to the next part of its kind) rather than before it, ``>>`` takes all there.
    Compared by identity, since values are remembered by path.
    """

    segment: str
    field: int
    repetition: int = 1
    component: int = 0
    subcomponent: int = 0
    after: str = ""

    @classmethod
    def parse(cls, text: str, where: str = "") -> Hl7Path:
        """Raises ``KanghuError`` where ``text`` is not such a path. Field 0 is ``@index``."""
        found = _ORDINAL.fullmatch(text)
        if found:
            return cls(found["segment"], 0, after=found["after"])
        found = _PATH.fullmatch(text)
        if not found or int(found["field"]) == 0 or found["repetition"] == "0":
            raise KanghuError(
                what=f"{text!r} 不是 HL7 取值路径",
                where=where,
                rule="columns",
                mend="写作 PID-3.1、PID-3[2].1、PID-3[*].1、>RXR-1.1、>>OBX-5、OBR-@index",
            )
        repetition = found["repetition"] or "1"
        return cls(
            found["segment"],
            int(found["field"]),
            0 if repetition == "*" else int(repetition),
            int(found["component"] or 0),
            int(found["subcomponent"] or 0),
            found["after"],
        )


_KIND = Hl7Path("MSH", 9, component=1)
_EVENT = Hl7Path("MSH", 9, component=2)


def _part(repetition: str, path: Hl7Path, marks: Delimiters) -> str:
    text = repetition
    if path.component:
        components = text.split(marks.component)
        text = components[path.component - 1] if path.component <= len(components) else ""
        if path.subcomponent:
            smaller = text.split(marks.subcomponent)
            text = smaller[path.subcomponent - 1] if path.subcomponent <= len(smaller) else ""
    return unescape(text, marks)


class Message:
    """One message's segments in order."""

    __slots__ = ("_places", "delimiters", "segments", "text")

    def __init__(self, text: str) -> None:
        """Raises ``KanghuError`` where ``text`` does not begin with a usable MSH."""
        if not text.startswith("MSH") or len(text) < 8:
            raise KanghuError(
                what="消息不以 MSH 段开头",
                rule="MSH",
                mend="请来源按 HL7 v2 发送完整消息",
            )
        self.text = text
        self.delimiters = Delimiters.of(text)
        self.segments: list[Segment] = []
        self._places: dict[str, list[int]] = {}
        for at, line in enumerate(_segment_texts(text, self.delimiters.field)):
            places = self._places.setdefault(line[:3], [])
            places.append(at)
            self.segments.append(Segment(line, len(places), self.delimiters))

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> tuple[str, str]:
        """Message type and trigger event: ``("ADT", "A01")``; empty strings where not given."""
        return (
            self.header.value(_KIND) or "",
            self.header.value(_EVENT) or "",
        )

    def places(self, name: str) -> Sequence[int]:
        """Indexes of the segments called ``name``."""
        return self._places.get(name, ())

    def value(self, at: int, path: Hl7Path) -> str | None:
        """The value at ``path`` seen from segment ``at``.

        The segment itself, else the nearest one of that name before it; with ``>`` the nearest
        after it, with ``>>`` the values of all after it as lines.
        """
        if path.after == ">>":
            values = (segment.value(path) for segment in self._after(at, path.segment))
            given = [value for value in values if value is not None]
            return "\n".join(given) if given else None
        if path.after:
            segment = next(self._after(at, path.segment), None)
        else:
            segment = self._nearest(at, path.segment)
        if segment is None:
            return None
        return str(segment.ordinal) if path.field == 0 else segment.value(path)

    def _nearest(self, at: int, name: str) -> Segment | None:
        places = self._places.get(name, ())
        before = bisect_right(places, at)
        return self.segments[places[before - 1]] if before else None

    def _after(self, at: int, name: str) -> Iterator[Segment]:
        """Those called ``name`` after ``at``, up to the next segment of the same kind as ``at``."""
        own = self.segments[at].name
        for segment in self.segments[at + 1 :]:
            if segment.name == name:
                yield segment
            if segment.name == own:
                return


def _segment_texts(text: str, separator: str) -> Iterator[str]:
    """Segments of a message. A line that names no segment continues the one before it."""
    held = ""
    for line in _LINE_END.split(text):
        if not held:
            held = line
        elif _SEGMENT_NAME.match(line) and line[3:4] in ("", separator):
            yield held
            held = line
        elif line.strip():
            held = f"{held}\n{line}"
    yield held


@dataclass(frozen=True, slots=True)
class Slice:
    """A message's or a batch segment's bytes in a file, with their place in it."""

    data: bytes
    offset: int

    @property
    def name(self) -> str:
        return self.data[:3].decode("ascii", errors="replace")


def slices(data: bytes, start: int = 0) -> Iterator[Slice]:
    """Split a file into messages (MSH) and batch segments (FHS BHS BTS FTS).

    On bytes, before decoding, since each message declares its own encoding: the line ends and
    the names are ASCII and never part of a character in UTF-8 or GB18030. What stands before the
    first of them is yielded too (with any other name), so that nothing is lost.
    """
    places = [found.start() for found in _MESSAGE_START.finditer(data, start)]
    if not places or data[start : places[0]].strip(_FRAMING):
        places.insert(0, start)
    for begin, end in zip(places, [*places[1:], len(data)], strict=True):
        body = data[begin:end]
        if body.strip(_FRAMING):
            yield Slice(body.strip(_FRAMING), begin + len(body) - len(body.lstrip(_FRAMING)))


def declared_encoding(header: bytes) -> str:
    """Python's name of the encoding in MSH-18; empty where it settles nothing.

    ``header`` is the MSH segment's bytes. It may itself hold Chinese names, so it is read as
    UTF-8 where that works and as GB18030 where not.
    """
    line = re.split(rb"[\r\n]", header, maxsplit=1)[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("gb18030", errors="replace")
    marks = Delimiters.of(text)
    first, _, _ = Segment(text, 1, marks).field(18).partition(marks.repetition)
    return CHARACTER_SETS.get(first.strip().upper(), "")


_PLAIN = {"F": "field", "S": "component", "T": "subcomponent", "R": "repetition", "E": "escape"}
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


def unescape(text: str, marks: Delimiters) -> str:
    """Undo the escapes of HL7 2.x chapter 2.7: separators, hexadecimal data and line breaks.

    Highlighting is dropped, other formatting and local (``Z``) escapes stay as delivered.
    """
    mark = marks.escape
    if mark not in text:
        return text
    pieces = text.split(mark)
    out = [pieces[0]]
    inside = True
    for at, piece in enumerate(pieces[1:], start=1):
        if not inside:
            out.append(piece)
            inside = True
            continue
        undone = _undo(piece, marks) if at < len(pieces) - 1 else None
        if undone is None:  # not an escape: keep the mark, and look again from here
            out.append(mark + piece)
        else:
            out.append(undone)
            inside = False
    return "".join(out)


def _undo(code: str, marks: Delimiters) -> str | None:
    if code in _PLAIN:
        return str(getattr(marks, _PLAIN[code]))
    if code in ("H", "N"):
        return ""
    if code == ".br":
        return "\n"
    found = _HEX.fullmatch(code)
    if found:
        data = bytes.fromhex(found[1])
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("gb18030", errors="backslashreplace")
    return None
