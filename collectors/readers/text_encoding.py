"""Which text encoding a delivered file has, and its text.

Vendors deliver UTF-8 (with and without a byte order mark), GB18030 and its older halves GBK and
GB2312, sometimes UTF-16. What is declared wins and must be right; undeclared files are tried as
UTF-8 and then as GB18030, which between them are unambiguous for all but very short texts.
"""

from __future__ import annotations

import codecs

from kanghu.errors import KanghuError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SUPERSET = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "ascii": "", "utf-16": ""}
"""A GBK or GB2312 declaration is read by the superset that the vendors really write; ``ascii``
says nothing about the Chinese text that follows it; ``utf-16`` needs its mark anyway."""


def byte_order_mark(data: bytes) -> tuple[bytes, str]:
    """The mark at the head of ``data`` and its encoding; both empty where there is none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", ""


def codec_name(declared: str, where: str = "") -> str:
    """Python's name for a declared encoding; empty where the declaration settles nothing.

    Raises ``KanghuError`` for a name that nobody knows.
    """
    if not declared:
        return ""
    try:
        name = codecs.lookup(declared.strip()).name
    except LookupError as error:
        raise KanghuError(
            what=f"不认识文本编码 {declared!r}",
            where=where,
            rule="options.encoding",
            mend="写 utf-8、gb18030、utf-16 等通行名称",
        ) from error
    return _SUPERSET.get(name, name)


def decode(data: bytes, declared: str, where: str, offset: int = 0) -> str:
    """Text of ``data``, without its byte order mark.

    ``declared`` is an encoding's name or empty; ``where`` names the file; ``offset`` is the place
    of ``data`` in it, so that a wrong byte is named by its place in the file. Raises
    ``KanghuError`` at the first byte that does not belong to the encoding.
    """
    mark, marked = byte_order_mark(data)
    body = data[len(mark) :]
    encoding = marked or codec_name(declared, where)
    try:
        if encoding:
            return body.decode(encoding)
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as as_utf8:
            try:
                return body.decode("gb18030")
            except UnicodeDecodeError as as_gb18030:
                raise max(as_utf8, as_gb18030, key=lambda one: one.start) from None
    except UnicodeDecodeError as error:
        raise broken(where, error, offset + len(mark), encoding) from error


def broken(where: str, error: UnicodeDecodeError, offset: int, encoding: str) -> KanghuError:
    """The error for a byte outside the encoding; ``offset`` is added to its place."""
    place = offset + error.start
    wrong = error.object[error.start : error.start + 4].hex(" ")
    return KanghuError(
        what=f"文本编码损坏:第 {place} 字节({wrong})不是有效的 {encoding or error.encoding} 文字",
        where=where,
        rule="options.encoding",
        mend="核对来源声明的编码(GB18030 还是 UTF-8),或请来源重新导出这个文件",
    )


def keep(data: bytes) -> str:
    """Text of bytes that cannot be decoded: wrong bytes are kept visible as ``\\xNN``."""
    mark, marked = byte_order_mark(data)
    return data[len(mark) :].decode(marked or "utf-8", errors="backslashreplace")
