"""Reading the catalogue's tables: CSV, a row a thing, each error with its file and line (law 8)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from kanghu.errors import KanghuError

Tell = Callable[[KanghuError], None]
"""What is done about a wrong row: raise it (a reader), or note it and read on (a lint)."""


def stop_at(error: KanghuError) -> None:
    """The reader's way: the first wrong row ends the reading."""
    raise error


@contextmanager
def told(tell: Tell) -> Iterator[None]:
    """Give an error of the block to ``tell``; where that does not raise, the row is left out."""
    try:
        yield
    except KanghuError as error:
        tell(error)


@dataclass(frozen=True)
class Row:
    """One row of a table, with the place where it stands."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def fail(self, what: str, mend: str) -> NoReturn:
        raise KanghuError(what=what, where=f"{self.file}:{self.line}", mend=mend)


def read_rows(path: Path, columns: tuple[str, ...], tell: Tell = stop_at) -> Iterator[Row]:
    """The rows of ``path``, which must have exactly these columns, in this order.

    A missing file, another header or a row of another width is told as a ``KanghuError`` that
    names file and line; by default it is raised.
    """
    file = f"{path.parent.name}/{path.name}"
    if not path.exists():
        tell(KanghuError(what="目录缺少一张表", where=file, mend="恢复这个文件,或删去引用它的行"))
        return
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        if tuple(header) != columns:
            error = KanghuError(
                what=f"表头应为 {','.join(columns)}",
                where=f"{file}:1",
                mend="把表头改成应有的列,次序也要一致",
            )
            tell(error)
            return
        for cells in reader:
            row = Row(file, reader.line_num, dict(zip(columns, cells, strict=False)))
            if len(cells) == len(columns):
                yield row
                continue
            with told(tell):
                row.fail(
                    f"这一行有 {len(cells)} 格,应有 {len(columns)} 格",
                    "检查逗号;值里有逗号时整格加双引号",
                )
