"""``kanghu standards load``: a site's official list takes the place of ours, with its history.

What the repository carries is what public evidence tells; a site that holds the official file of
a code list (ICD-10, ICD-9-CM-3, a WS 364 table, the drug or price list) or of WS 363 elements
loads it. The difference is shown before anything is written; the table that it replaces is kept
beside the new one, and ``history.csv`` says when which file brought which edition.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from kanghu.errors import KanghuError
from standards.catalogue import read_catalogue
from standards.changes import Change, difference, domain_changes
from standards.model import Catalogue, Code, Coverage, DataElement, ValueDomain
from standards.tables import stop_at

ELEMENTS = "data_elements"
"""What to load a file of data elements as; every other name is a value domain's."""

_HEADS = {
    "code": ("code", "代码", "编码", "值", "诊断编码", "手术编码", "药品编码", "项目编码"),
    "name_zh": ("name_zh", "name", "名称", "值含义", "中文名称", "诊断名称", "手术名称"),
    "parent": ("parent", "上级代码", "父代码", "上级编码"),
    "aliases": ("aliases", "别名", "其他写法"),
}
_HISTORY = (
    *("loaded_at", "table", "std_version", "coverage", "file", "sha256"),
    *("added", "removed", "renamed", "kept_as"),
)


@dataclass(frozen=True)
class Proposal:
    """A file that was read and found good, and what it would change; nothing is written yet."""

    table: str
    source: Path
    sha256: str
    changes: tuple[Change, ...]
    domain: ValueDomain | None
    elements: tuple[DataElement, ...]
    rows: int

    def count(self, word: str) -> int:
        return sum(one.what.startswith(word) for one in self.changes)


def propose(
    catalogue: Catalogue,
    table: str,
    path: Path,
    *,
    std_version: str = "",
    coverage: Coverage | None = None,
) -> Proposal:
    """Read ``path`` as the table ``table`` and say what it changes in ``catalogue``.

    Raises ``KanghuError`` for a file that is missing, is not text, lacks a column, or repeats a
    code; and for a table that the catalogue does not have.
    """
    data = _bytes(path)
    heads, rows = _table(path, data)
    digest = hashlib.sha256(data).hexdigest()
    if table == ELEMENTS:
        elements = _elements(path, heads, rows)
        after = Catalogue(
            {**catalogue.elements, **{one.identifier: one for one in elements}},
            catalogue.value_domains,
            catalogue.groups,
            catalogue.datasets,
        )
        return Proposal(
            table, path, digest, _element_changes(catalogue, after), None, elements, len(rows)
        )
    before = catalogue.value_domains.get(table)
    if before is None:
        raise KanghuError(
            what=f"目录里没有值域 {table!r}",
            where="--as",
            mend="用 kanghu dictionary 查值域标识,例如 ICD-10、ICD-9-CM-3、CV04.50.005",
        )
    after_domain = ValueDomain(
        identifier=table,
        name_zh=before.name_zh,
        coverage=coverage or before.coverage,
        std_version=std_version or before.std_version,
        codes=_codes(path, heads, rows, before),
        ignored=before.ignored,
        note=f"由 {path.name} 载入",
    )
    users = tuple(
        one.name
        for one in catalogue.datasets.values()
        if any(column.value_domain == table for column in one.columns)
    )
    changes = tuple(domain_changes(before, after_domain, users))
    return Proposal(table, path, digest, changes, after_domain, (), len(rows))


def accept(proposal: Proposal, site: Path, now: datetime) -> Path:
    """Put the proposal's table in force under ``site``; answers the file that now holds it.

    Tried on a copy first: a table that the catalogue cannot be read with raises ``KanghuError``
    and nothing is written, since every later command would stumble over it. The history's line is
    written last: a table without one is loaded again by the same command.
    """
    with TemporaryDirectory() as scratch:
        trial = Path(scratch) / "site"
        if site.exists():
            shutil.copytree(site, trial)
        _put(proposal, trial)
        read_catalogue(Path(__file__).resolve().parent, stop_at, trial)
    kept = _keep(site, _target(proposal, site), now)
    _put(proposal, site)
    domain = proposal.domain
    edition = domain.std_version if domain else proposal.elements[0].std_version
    entry = (
        *(now.isoformat(timespec="seconds"), proposal.table, edition),
        *(str(domain.coverage) if domain else "", proposal.source.name, proposal.sha256),
        *(str(proposal.count(word)) for word in ("新", "代码被删去", "名称由")),
        kept.name if kept else "",
    )
    _write(site / "history.csv", _HISTORY, [*history(site), entry])
    return _target(proposal, site)


def _target(proposal: Proposal, site: Path) -> Path:
    """The file of ``site`` that holds the proposal's table."""
    if proposal.domain is not None:
        return site / "value_domains" / f"{proposal.table}.csv"
    return site / "data_elements.csv"


def _put(proposal: Proposal, site: Path) -> None:
    target = _target(proposal, site)
    if proposal.domain is not None:
        _write(target, ("code", "name_zh", "parent", "aliases"), _code_rows(proposal.domain))
        _replace_rows(
            target.with_name("value_domains.csv"),
            ("value_domain", "name_zh", "coverage", "std_version", "ignored", "note"),
            [_domain_row(proposal.domain)],
        )
        return
    columns = tuple(DataElement.__annotations__)
    rows = [tuple(getattr(one, name) for name in columns) for one in proposal.elements]
    _replace_rows(target, columns, rows)


def history(site: Path) -> list[tuple[str, ...]]:
    """The lines of the site's history, oldest first, in the columns of ``history.csv``."""
    path = site / "history.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in csv.reader(lines)][1:]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KanghuError(
            what=f"读不了文件:{error.strerror}", where=str(path), mend="检查路径和权限"
        ) from error


def _table(path: Path, data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows; UTF-8 (with or without its mark), else GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KanghuError(
            what="文件不是 UTF-8 或 GB18030 文本",
            where=str(path),
            mend="把电子表格另存为 CSV(UTF-8)再载入",
        )
    reader = csv.reader(io.StringIO(text, newline=""))
    heads = [head.strip() for head in next(reader, [])]
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    for line, row in rows:
        if len(row) != len(heads):
            raise KanghuError(
                what=f"这一行有 {len(row)} 格,表头有 {len(heads)} 格",
                where=f"{path.name}:{line}",
                mend="检查逗号;值里有逗号时整格加双引号",
            )
    return heads, rows


def _codes(
    path: Path, heads: list[str], rows: list[tuple[int, list[str]]], before: ValueDomain
) -> dict[str, Code]:
    """The file's codes; spellings known of a code stay with it, as far as they still fit."""
    places = {name: _place(heads, names) for name, names in _HEADS.items()}
    for name in ("code", "name_zh"):
        if places[name] is None:
            raise KanghuError(
                what=f"文件里没有{'代码' if name == 'code' else '名称'}列",
                where=f"{path.name}:1",
                rule=name,
                mend=f"表头里应有其一:{'、'.join(_HEADS[name])};现在是 {'、'.join(heads)}",
            )
    found: dict[str, Code] = {}
    lines: dict[str, int] = {}

    def cell(row: Sequence[str], name: str) -> str:
        place = places[name]
        return row[place].strip() if place is not None else ""

    for line, row in rows:
        code = cell(row, "code")
        if not code:
            raise KanghuError(
                what="这一行没有代码", where=f"{path.name}:{line}", mend="补上代码,或删去这一行"
            )
        if code in found:
            raise KanghuError(
                what=f"代码 {code} 重复,第 {lines[code]} 行已有",
                where=f"{path.name}:{line}",
                mend="每个代码只写一行",
            )
        lines[code] = line
        found[code] = Code(
            code, cell(row, "name_zh"), cell(row, "parent"), tuple(cell(row, "aliases").split())
        )
    if not found:
        raise KanghuError(what="文件里没有代码", where=str(path), mend="检查是不是空表")
    taken = {spelling for one in found.values() for spelling in (one.code, one.name_zh)}
    for code, known in before.codes.items():
        if code in found and not found[code].aliases:
            spellings = tuple(one for one in known.aliases if one not in taken)
            one = found[code]
            found[code] = Code(one.code, one.name_zh, one.parent, spellings)
    return found


def _elements(
    path: Path, heads: list[str], rows: list[tuple[int, list[str]]]
) -> tuple[DataElement, ...]:
    wanted = tuple(DataElement.__annotations__)
    if tuple(heads) != wanted:
        raise KanghuError(
            what=f"表头应为 {','.join(wanted)}",
            where=f"{path.name}:1",
            mend="照 standards/data_elements.csv 的列写",
        )
    if not rows:
        raise KanghuError(what="文件里没有数据元", where=str(path), mend="检查是不是空表")
    return tuple(DataElement(*(cell.strip() for cell in row)) for _, row in rows)  # type: ignore[arg-type]


def _element_changes(before: Catalogue, after: Catalogue) -> tuple[Change, ...]:
    changes = []
    for identifier, element in after.elements.items():
        old = before.elements.get(identifier)
        if old is None:
            changes.append(Change("", identifier, f"新数据元:{element.name_zh}", False))
        elif old != element:
            told = [
                f"{name} {getattr(old, name)!r} → {getattr(element, name)!r}"
                for name in DataElement.__annotations__
                if getattr(old, name) != getattr(element, name)
            ]
            changes.append(
                Change("", identifier, "改为 " + ";".join(told), old.type != element.type)
            )
    return (*changes, *difference(before, after).changes)


def _place(heads: Sequence[str], names: Iterable[str]) -> int | None:
    lowered = [head.lower() for head in heads]
    return next((lowered.index(name) for name in names if name in lowered), None)


def _keep(site: Path, target: Path, now: datetime) -> Path | None:
    """Copy the table that is about to be replaced into the history."""
    if not target.exists():
        return None
    kept = site / "history" / f"{target.stem}-{now:%Y%m%dT%H%M%S%f}.csv"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(target.read_bytes())
    return kept


def _code_rows(domain: ValueDomain) -> list[tuple[str, ...]]:
    return [
        (one.code, one.name_zh, one.parent, " ".join(one.aliases)) for one in domain.codes.values()
    ]


def _domain_row(domain: ValueDomain) -> tuple[str, ...]:
    return (
        *(domain.identifier, domain.name_zh, domain.coverage, domain.std_version),
        *(" ".join(domain.ignored), domain.note),
    )


def _replace_rows(path: Path, columns: Sequence[str], new: Sequence[tuple[str, ...]]) -> None:
    """Put each of ``new`` in the place of the row with the same first cell, or at the end."""
    rows: list[tuple[str, ...]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [tuple(one) for one in csv.reader(lines)][1:]
    replaced = {one[0] for one in new}
    _write(path, columns, [*(one for one in rows if one[0] not in replaced), *new])


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.{os.getpid()}")
    with building.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    os.replace(building, path)
