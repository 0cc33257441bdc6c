"""Reads drops of JSON documents (FHIR bundles and others) and splits them into parts.

A table's ``record`` is a path like ``entry[*].resource[resourceType=Patient]``
(docs/interfaces-messages.md). With ``options.lines`` each line of a file is a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.json_path import Document, Found, JsonPath, parse
from collectors.readers.parts import Part, SplittingReader, Unit, ValueOf
from collectors.readers.text_encoding import decode, keep
from collectors.registry import Feed, System, Table
from kanghu.errors import KanghuError


class JsonReader(SplittingReader):
    """JSON documents in files."""

    def units(self, feed: Feed, file: DeliveredFile) -> Iterator[Unit]:
        data = file.read()
        try:
            text = decode(data, str(feed.table.options.get("encoding", "utf-8")), file.name)
        except KanghuError as error:
            yield Unit(file, 1, keep(data), None, error)
            return
        if not feed.table.options.get("lines"):
            yield _unit(text, file, 1, file.name)
            return
        for position, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield _unit(line, file, position, f"{file.name} 第 {position} 行")

    def parts(self, table: Table, unit: Unit) -> Iterator[Part]:
        document: Document | None = unit.content
        if document is None:
            return
        for found in _compiled(table.record or "").find(Found(document.content), document):
            yield Part(found.path, found)

    def value_of(self, table: Table, path: str, where: str) -> ValueOf:
        compiled = JsonPath(path, where)
        return lambda unit, part: compiled.text_of(
            part.place or Found(unit.content.content), unit.content
        )

    def unmapped(self, system: System, unit: Unit) -> str:
        return "文档里没有任何一种声明的记录"


@cache
def _compiled(record: str) -> JsonPath:
    return JsonPath(record)


def _unit(text: str, file: DeliveredFile, position: int, where: str) -> Unit:
    try:
        return Unit(file, position, text, Document(parse(text)))
    except (ValueError, RecursionError) as error:
        place = f" 第 {error.pos} 个字符" if hasattr(error, "pos") else ""
        return Unit(
            file,
            position,
            text,
            None,
            KanghuError(
                what=f"不是完整的 JSON{place}:{getattr(error, 'msg', '嵌套太深')}",
                where=where,
                mend="文件可能被截断,请来源重新送",
            ),
        )
