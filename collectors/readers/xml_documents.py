"""Reads drops of XML documents (WS/T 500 shared documents in CDA form, and others).

A table's ``record`` is an XPath; ``h:`` stands for ``urn:hl7-org:v3``, ``xsi:`` for the schema
instance, others are declared in ``options.namespaces`` (docs/interfaces-messages.md). External
entities and the network are never followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.parts import UNITS, Part, SplittingReader, Unit, ValueOf
from collectors.readers.text_encoding import byte_order_mark, decode, keep
from collectors.registry import Feed, System, Table
from kanghu.errors import KanghuError

NAMESPACES = {
    "h": "urn:hl7-org:v3",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"\A\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")


class XmlReader(SplittingReader):
    """XML documents in files, one a file."""

    def __init__(self) -> None:
        super().__init__()
        self._compiled: dict[tuple[str, str], etree.XPath] = {}

    def units(self, feed: Feed, file: DeliveredFile) -> Iterator[Unit]:
        data = file.read()
        mark, _ = byte_order_mark(data)
        named = _ENCODING.match(data[len(mark) :])
        declared = str(feed.table.options.get("encoding", ""))
        if not declared:
            declared = named[1].decode("ascii") if named else "utf-8"
        try:
            text = decode(data, declared, file.name)
        except KanghuError as error:
            yield Unit(file, 1, keep(data), None, error)
            return
        yield _unit(text, file)

    def parts(self, table: Table, unit: Unit) -> Iterator[Part]:
        if unit.content is None:
            return
        for node in self._xpath(table, table.record or "", table.record or "")(unit.content):
            yield Part(_path_of(node), node)

    def value_of(self, table: Table, path: str, where: str) -> ValueOf:
        compiled = self._xpath(table, path, where)
        return lambda unit, part: _text(
            compiled(unit.content if part.path == UNITS else part.place)
        )

    def unmapped(self, system: System, unit: Unit) -> str:
        root = unit.content.getroot()
        code = root.find("h:code", NAMESPACES)
        kind = "" if code is None else f"(文档类型 {code.get('code', '')})"
        return f"文档 {etree.QName(root).localname}{kind} 没有任何表声明接收"

    def _xpath(self, table: Table, path: str, where: str) -> etree.XPath:
        spaces = {**NAMESPACES, **table.options.get("namespaces", {})}
        known = (path, repr(spaces))
        if known not in self._compiled:
            try:
                compiled = etree.XPath(path, namespaces=spaces)
                compiled(etree.Element("probe"))  # a prefix is looked up only now
                self._compiled[known] = compiled
            except etree.XPathError as error:
                raise KanghuError(
                    what=f"{path!r} 不是 XPath:{error}",
                    where=where,
                    rule="columns",
                    mend="前缀 h 是 urn:hl7-org:v3,别的前缀写进 options.namespaces",
                ) from error
        return self._compiled[known]


def _unit(text: str, file: DeliveredFile) -> Unit:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(_DECLARATION.sub("", text, count=1), parser)
    except etree.XMLSyntaxError as error:
        return Unit(
            file,
            1,
            text,
            None,
            KanghuError(
                what=f"不是完整的 XML:{error.msg}",
                where=file.name,
                mend="文件可能被截断或拼错了标签,请来源重新送",
            ),
        )
    return Unit(file, 1, text, root.getroottree())


def _path_of(node: etree._Element) -> str:
    """The element's place by local names: ``ClinicalDocument/component[2]/section``."""
    steps = []
    while node is not None:
        name = etree.QName(node).localname
        parent = node.getparent()
        same = [] if parent is None else [one for one in parent if _local(one) == name]
        steps.append(name if len(same) < 2 else f"{name}[{same.index(node) + 1}]")
        node = parent
    return "/".join(reversed(steps))


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _text(found: object) -> str | None:
    """An XPath's answer as text: of several nodes the first; ``None`` where there is none."""
    if isinstance(found, list):
        if not found:
            return None
        first = found[0]
        if isinstance(first, etree._Element):
            return "".join(first.itertext(etree.Element)).strip() or None
        return str(first)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() else repr(found)
    return str(found) or None
