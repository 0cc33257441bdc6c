"""Paths into JSON documents: which objects are parts, and which values lie in a part.

``entry[*].resource[resourceType=Patient]`` names parts; ``name[0].given[*]``, ``^.id`` (the object
around the part), ``$.type`` (from the root) and ``subject.reference->name[0].family`` (in the
resource that a FHIR reference names) name values. Numbers stay as they were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kanghu.errors import KanghuError

JOIN = "~"
"""Between the values of a path with ``[*]``, as HL7 writes repetitions."""


class WrittenNumber(str):
    """A number exactly as the document writes it."""

    __slots__ = ()


def parse(text: str) -> Any:
    """The document, its numbers as ``WrittenNumber``. Raises ``ValueError`` as ``json`` does."""
    return json.loads(
        text, parse_float=WrittenNumber, parse_int=WrittenNumber, parse_constant=WrittenNumber
    )


def written(value: Any) -> str | None:
    """A value as delivered text: objects and arrays as compact JSON, null as ``None``."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, WrittenNumber):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{_json(name)}:{_json(one)}" for name, one in value.items())
        return f"{{{','.join(inside)}}}"
    if isinstance(value, list):
        return f"[{','.join(_json(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Found:
    """A value with the way to it: the objects around it, outermost first, and its path."""

    value: Any
    around: tuple[Any, ...] = ()
    path: str = ""


class Document:
    """A parsed document, and what references in it may name."""

    def __init__(self, content: Any) -> None:
        self.content = content

    @cached_property
    def references(self) -> dict[str, Any]:
        """The resources of a FHIR bundle by ``fullUrl`` and by ``Type/id``."""
        named: dict[str, Any] = {}
        entries = self.content.get("entry") if isinstance(self.content, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                named[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
                named[str(entry.get("fullUrl"))] = resource
        return named


Step = Callable[[Found, Document], Iterator[Found]]
_NAME = re.compile(r"[^.\[\]>-]+(?:-(?!>)[^.\[\]>-]*)*")
_FOLLOW = "->"


class JsonPath:
    """A compiled path."""

    def __init__(self, text: str, where: str = "") -> None:
        """Raises ``KanghuError`` where ``text`` is not a path."""
        self.text = text
        self.where = where
        rest = text
        self.from_root = rest == "$" or rest.startswith("$.")
        if self.from_root:
            rest = rest[2:]
        self.up = len(rest) - len(rest.lstrip("^"))
        rest = rest[self.up :].removeprefix(".") if self.up else rest
        self.steps = list(self._compile("" if rest == "." else rest))

    def find(self, start: Found, document: Document) -> Iterator[Found]:
        """All that the path names, seen from ``start``."""
        found = Found(document.content) if self.from_root else start
        if self.up:
            if self.up > len(found.around):
                return
            found = Found(found.around[-self.up], found.around[: -self.up], found.path)
        yield from _walk(found, document, self.steps)

    def text_of(self, start: Found, document: Document) -> str | None:
        """The first value as text; with ``[*]`` all of them, joined; ``None`` where none lies."""
        texts = (written(found.value) for found in self.find(start, document))
        if "[*]" in self.text:
            given = [text for text in texts if text is not None]
            return JOIN.join(given) if given else None
        return next(texts, None)

    def _compile(self, rest: str) -> Iterator[Step]:
        at = 0
        while at < len(rest):
            if rest[at] == "[":
                end = self._closing(rest, at)
                yield self._bracket(rest[at + 1 : end])
                at = end + 1
            else:
                name = _NAME.match(rest, at)
                if not name:
                    raise self._wrong()
                yield _member(name[0])
                at = name.end()
            if rest.startswith(_FOLLOW, at):
                yield _referenced
                at += len(_FOLLOW)
            elif rest.startswith(".", at):
                at += 1
            elif at < len(rest) and rest[at] != "[":
                raise self._wrong()
            else:
                continue
            if at == len(rest) or rest[at] in ".[":
                raise self._wrong()

    def _closing(self, rest: str, at: int) -> int:
        depth = 0
        for place in range(at, len(rest)):
            depth += {"[": 1, "]": -1}.get(rest[place], 0)
            if depth == 0:
                return place
        raise self._wrong()

    def _bracket(self, inside: str) -> Step:
        if inside == "*":
            return _each
        if inside.isdigit():
            return _item(int(inside))
        name, sign, value = inside.partition("=")
        if not sign or not name.rstrip("!"):
            raise self._wrong()
        wanted = name.endswith("!")
        return _filter(JsonPath(name.rstrip("!"), self.where), value, not wanted)

    def _wrong(self) -> KanghuError:
        return KanghuError(
            what=f"{self.text!r} 不是 JSON 取值路径",
            where=self.where,
            rule="columns",
            mend="写作 entry[*].resource[resourceType=Patient]、name[0].family、^.id 或 $.id",
        )


def _walk(found: Found, document: Document, steps: list[Step]) -> Iterator[Found]:
    if not steps:
        yield found
        return
    for one in steps[0](found, document):
        yield from _walk(one, document, steps[1:])


def _member(name: str) -> Step:
    def step(found: Found, document: Document) -> Iterator[Found]:
        if isinstance(found.value, dict) and name in found.value:
            path = f"{found.path}.{name}" if found.path else name
            yield Found(found.value[name], (*found.around, found.value), path)

    return step


def _item(position: int) -> Step:
    def step(found: Found, document: Document) -> Iterator[Found]:
        if isinstance(found.value, list) and position < len(found.value):
            yield Found(found.value[position], found.around, f"{found.path}[{position}]")

    return step


def _each(found: Found, document: Document) -> Iterator[Found]:
    if isinstance(found.value, list):
        for position, one in enumerate(found.value):
            yield Found(one, found.around, f"{found.path}[{position}]")


def _referenced(found: Found, document: Document) -> Iterator[Found]:
    if isinstance(found.value, str) and found.value in document.references:
        yield Found(document.references[found.value], found.around, f"{found.path}->")


def _filter(path: JsonPath, value: str, wanted: bool) -> Step:
    """Keep an object, or the objects of an array, whose ``path`` is one of ``a|b`` (or is not)."""
    values = set(value.split("|"))

    def step(found: Found, document: Document) -> Iterator[Found]:
        many = isinstance(found.value, list)
        for one in _each(found, document) if many else iter((found,)):
            if (path.text_of(Found(one.value), document) in values) == wanted:
                yield one

    return step
