"""Reads one CSV file as text columns, in a stream, whatever its encoding.

Parsing is pyarrow's; what it lets pass is checked here first: a wrong byte, a file that ends
within quotation marks, a row with too few or too many fields each fail the file by name and place.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from collectors.readers.delivered_files import DeliveredFile
from collectors.readers.text_encoding import broken, byte_order_mark, codec_name
from kanghu.errors import KanghuError

_CHUNK = 1 << 20
_WITHOUT_MARK = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
"""Codecs that take the byte order mark off."""
_BLOCK = 1 << 23
"""No row may be longer than a block."""


@dataclass(frozen=True)
class CsvOptions:
    """How a system writes its CSV: a table's ``options``."""

    encoding: str = ""
    delimiter: str = ","
    quote: str = '"'
    header_row: int = 1
    header: tuple[str, ...] = ()
    remark: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> CsvOptions:
        delimiter = {"tab": "\t", "\\t": "\t"}.get(
            str(options.get("delimiter", ",")), str(options.get("delimiter", ","))
        )
        return cls(
            encoding=str(options.get("encoding", "")),
            delimiter=delimiter,
            quote=str(options.get("quote", '"')),
            header_row=int(options.get("header_row", 1)),
            header=tuple(options.get("header", ())),
            remark=str(options.get("remark", "")),
        )


class CsvFile:
    """One file, checked for its encoding and for being whole when opened."""

    def __init__(self, file: DeliveredFile, options: CsvOptions) -> None:
        """Raises ``KanghuError`` naming the file and the byte or line."""
        self.file = file
        self.options = options
        self.encoding = self._checked()
        self.names = list(options.header) or column_names(self._header_cells(), file.name)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of ``self.names``, all text; an empty field is null, a quoted one is not."""
        wrong: list[arrow_csv.InvalidRow] = []
        remark = re.compile(self.options.remark) if self.options.remark else None

        def ragged(row: arrow_csv.InvalidRow) -> str:
            if remark and remark.search(row.text.lstrip(self.options.quote)):
                return "skip"
            wrong.append(row)
            return "error"

        parsing = self._parse_options(ragged)
        reading = arrow_csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK,
            encoding=self.encoding,
            column_names=self.names,
            skip_rows=0 if self.options.header else self.options.header_row - 1,
            skip_rows_after_names=0 if self.options.header else 1,
        )
        try:
            with arrow_csv.open_csv(
                self.file.path, reading, parsing, _as_text(self.names)
            ) as reader:
                for batch in reader:
                    yield _without_remarks(batch, self.options.remark)
        except pa.ArrowInvalid as error:
            if str(error).startswith("Empty CSV"):  # a header and no rows
                return
            raise self._unreadable(error, wrong) from error

    def _parse_options(self, ragged: Any) -> arrow_csv.ParseOptions:
        return arrow_csv.ParseOptions(
            delimiter=self.options.delimiter,
            quote_char=self.options.quote or False,
            newlines_in_values=bool(self.options.quote),
            invalid_row_handler=ragged,
        )

    def _unreadable(
        self, error: pa.ArrowInvalid, wrong: Sequence[arrow_csv.InvalidRow]
    ) -> KanghuError:
        if not wrong:
            return KanghuError(
                what=f"CSV 解析失败:{error}", where=self.file.name, mend="请来源重新导出这个文件"
            )
        row = wrong[0]
        # The row itself is not told: it may be somebody's name and number, and errors are kept.
        line = "" if row.number is None else f" 第 {row.number + self._rows_above()} 行"
        return KanghuError(
            what=f"列数不对:应有 {row.expected_columns} 列,实有 {row.actual_columns} 列",
            where=f"{self.file.name}{line}",
            rule="options.delimiter",
            mend="文件可能被截断,或文字里的分隔符没有加引号;请来源重新导出",
        )

    def _rows_above(self) -> int:
        return 0 if self.options.header else self.options.header_row - 1

    def _checked(self) -> str:
        """Decode the file once, chunk by chunk: its encoding, and that it ends outside quotes."""
        with self._open() as lines:
            head = lines.read(4)
        mark, marked = byte_order_mark(head)
        declared = marked or codec_name(self.options.encoding, self.file.name)
        candidates = [declared] if declared else ["utf-8", "gb18030"]
        failures: list[tuple[int, UnicodeDecodeError]] = []
        for encoding in candidates:
            failure = self._first_wrong_byte(encoding, len(mark))
            if failure is None:
                self._ends_outside_quotes(encoding)
                return _WITHOUT_MARK[encoding] if mark else encoding
            failures.append(failure)
        place, error = max(failures, key=lambda one: one[0] + one[1].start)
        raise broken(self.file.name, error, place, declared)

    def _first_wrong_byte(self, encoding: str, start: int) -> tuple[int, UnicodeDecodeError] | None:
        decoder = codecs.getincrementaldecoder(encoding)()
        with self._open() as lines:
            lines.seek(start)
            place = start
            while True:
                chunk = lines.read(_CHUNK)
                pending = len(decoder.getstate()[0])
                try:
                    decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    return place - pending, error
                if not chunk:
                    return None
                place += len(chunk)

    def _ends_outside_quotes(self, encoding: str) -> None:
        """An odd number of quotation marks may mean a cut file; then look closely."""
        if not self.options.quote:
            return
        mark = self.options.quote.encode(encoding.removesuffix("-sig"))
        with self._open() as lines:
            marks = sum(chunk.count(mark) for chunk in iter(lambda: lines.read(_CHUNK), b""))
        if marks % 2 == 0:
            return
        with self.file.path.open(encoding=encoding, newline="") as text:
            rows = csv.reader(
                text, delimiter=self.options.delimiter, quotechar=self.options.quote, strict=True
            )
            csv.field_size_limit(_BLOCK)
            try:
                for _ in rows:
                    pass
            except csv.Error as error:
                if "unexpected end of data" not in str(error):
                    return  # a bare mark inside a field, which pyarrow reads as it stands
                raise KanghuError(
                    what="文件在引号内的文字中途结束,后面的内容丢失",
                    where=f"{self.file.name} 第 {rows.line_num} 行以前",
                    mend="传输可能被截断,请来源重新送这个文件",
                ) from error

    def _header_cells(self) -> list[str]:
        with self._open() as raw, io.TextIOWrapper(raw, self.encoding, newline="") as text:
            for _ in range(self.options.header_row - 1):
                text.readline()
            rows = csv.reader(
                text, delimiter=self.options.delimiter, quotechar=self.options.quote or None
            )
            cells = next((row for row in rows if row), [])
        if not any(cell.strip() for cell in cells):
            raise KanghuError(
                what=f"第 {self.options.header_row} 行没有列名,文件可能是空的",
                where=self.file.name,
                rule="options.header_row",
                mend="核对文件;列名不在这一行时改 options.header_row",
            )
        return cells

    def _open(self) -> io.BufferedReader:
        try:
            return self.file.path.open("rb")
        except OSError as error:
            raise KanghuError(
                what=f"文件读不出来:{error.strerror or error}",
                where=self.file.name,
                mend="检查文件是否还在传输、权限和磁盘是否正常",
            ) from error


def column_names(cells: Sequence[str], where: str) -> list[str]:
    """Names from a header row: trimmed, nameless ones by position, repeated ones numbered.

    ``["姓名", "备注", "", "备注"]`` -> ``["姓名", "备注", "列3", "备注#2"]``.
    """
    seen: dict[str, int] = {}
    names = []
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"列{position}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    if not names:
        raise KanghuError(what="没有列名", where=where, mend="核对 options.header_row")
    return names


def _as_text(names: Sequence[str]) -> arrow_csv.ConvertOptions:
    return arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        check_utf8=False,
    )


def _without_remarks(batch: pa.RecordBatch, remark: str) -> pa.RecordBatch:
    if not remark or not batch.num_rows:
        return batch
    matches = pc.match_substring_regex(pc.fill_null(batch.column(0), ""), remark)
    return batch.filter(pc.invert(matches))
