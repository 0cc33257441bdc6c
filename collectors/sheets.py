"""Filled sheets (L-18): read, and put where a source of their own delivers them from.

An institution's sheets of one dataset add up to one file: a row with a known key takes the earlier
one's place, any other is added. That file is read by an ordinary source, so that bronze keeps every
version, what does not pass is in quarantine, and nothing needs a rule of its own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import python_calamine
import yaml

from collectors.model import Source, System
from collectors.readers.excel_file import cell_text
from collectors.registry import Feed
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from standards.catalogue import Catalogue, Dataset, load_catalogue
from standards.organisations import load_organisations
from standards.projections.sheet import FILLED, HEADING_ROW, MARK, headings, sheet_system

FILE, ROW = "sheet_file", "sheet_row"
"""Which file a row came with (its sha256's beginning), and its row there."""


@dataclass(frozen=True)
class FilledSheet:
    """A sheet that was read: its rows as text under the catalogue's column names, with ``FILE`` and
    ``ROW``; ``headings`` as they stand in it."""

    path: Path
    dataset: Dataset
    digest: str
    headings: dict[str, str]
    rows: pa.Table


def read_sheet(path: Path, catalogue: Catalogue) -> FilledSheet:
    """Read a filled sheet; raises ``KanghuError`` for what is no sheet of ours, an unknown or
    missing heading, a value outside the headings, or a sheet with no rows."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (
            "没有这个文件" if isinstance(error, FileNotFoundError) else f"打不开:{error.strerror}"
        )
        raise KanghuError(what=reason, where=str(path), mend="核对路径和权限") from error
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        cells = book.get_sheet_by_name(FILLED).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise KanghuError(
            what=f"不是填报表:{error}",
            where=path.name,
            mend=f"用 kanghu sheet new 写出的工作簿填报,保留工作表“{FILLED}”",
        ) from error
    dataset = _dataset(path, cells, catalogue)
    known = headings(dataset)
    places = _places(path, [str(cell).strip() for cell in cells[HEADING_ROW - 1]], known)
    digest = hashlib.sha256(data).hexdigest()[:16]
    found: list[list[str | None]] = []
    numbers: list[str] = []
    for number, row in enumerate(cells[HEADING_ROW:], HEADING_ROW + 1):
        texts = [(cell_text(cell) or "").strip() or None for cell in row]
        if not any(texts):
            continue
        stray = [n for n, text in enumerate(texts) if text and n not in places.values()]
        if stray:
            raise KanghuError(
                what=f"这一行在没有列名的地方写了 {texts[stray[0]]!r}",
                where=f"{path.name} 第 {number} 行第 {stray[0] + 1} 列",
                mend="移到有列名的列里,或删去",
            )
        found.append([texts[place] if place < len(texts) else None for place in places.values()])
        numbers.append(str(number))
    if not found:
        raise KanghuError(what="表里没有数据", where=path.name, mend="从第 3 行起填写")
    columns = {
        name: pa.array([row[place] for row in found], pa.string())
        for place, name in enumerate(places)
    }
    columns |= {
        FILE: pa.array([digest] * len(found), pa.string()),
        ROW: pa.array(numbers, pa.string()),
    }
    return FilledSheet(path, dataset, digest, known, pa.table(columns))


def _dataset(path: Path, cells: Sequence[Sequence[object]], catalogue: Catalogue) -> Dataset:
    words = str(cells[0][0]).split() if cells and cells[0] else []
    name = words[-1] if words else ""
    if name not in catalogue.datasets or len(cells) < HEADING_ROW:
        raise KanghuError(
            what=f"第 1 行没有写明是哪个数据集(现在是 {name!r})",
            where=f"{path.name} 第 1 行",
            mend="不要改第 1、2 行;用 kanghu sheet new 重新写出空表",
        )
    return catalogue.datasets[name]


def _places(path: Path, heads: list[str], known: dict[str, str]) -> dict[str, int]:
    """Column -> its place in the sheet, in the catalogue's order; columns not there are left out,
    but for mandatory ones."""
    where = f"{path.name} 第 {HEADING_ROW} 行"
    bare = {heading.lstrip(MARK): name for name, heading in known.items()}
    places: dict[str, int] = {}
    for place, head in enumerate(heads):
        if not head:
            continue
        name = bare.get(head.lstrip(MARK))
        if name is None or name in places:
            said = "重复的列" if name else "不认识的列"
            raise KanghuError(
                what=f"{said} {head!r}", where=where, mend="列名照空表写,不要改名、加列"
            )
        places[name] = place
    missing = [head for name, head in known.items() if head.startswith(MARK) and name not in places]
    if missing:
        raise KanghuError(
            what=f"缺少必填的列:{'、'.join(missing)}",
            where=where,
            mend="用 kanghu sheet new 重新写出空表",
        )
    return {name: places[name] for name in known if name in places}


def sheet_feed(settings: Settings, dataset: Dataset, institution: str) -> Feed:
    """The feed by which ``institution``'s sheets of ``dataset`` are delivered."""
    system = System.model_validate(sheet_system(load_catalogue(), dataset))
    source = Source(
        source=f"{institution}-{system.system}",
        institution=institution,
        name=_name(institution),
        system=system.system,
        connection=str(settings.home / "sheets" / institution),
    )
    return Feed(source, system, "rows", system.tables["rows"])


def _name(institution: str) -> str:
    organisation = load_organisations().get(institution)
    if organisation is None:
        raise KanghuError(
            what=f"没有机构 {institution!r}",
            where="--institution",
            mend="写机构代码,见 standards/access/organisations.csv",
        )
    return organisation.name


def deliver_sheet(settings: Settings, sheet: FilledSheet, institution: str) -> Feed:
    """Add the sheet's rows to what the institution's source delivers; answers that feed.

    The workbook is kept beside; one that was delivered before is not taken a second time, so that
    it cannot undo what a later sheet corrected. Nothing is in the lake until the feed is run.
    """
    feed = sheet_feed(settings, sheet.dataset, institution)
    folder = settings.home / "sheets" / institution
    kept = folder / "received" / f"{sheet.dataset.name}-{sheet.digest}.xlsx"
    if not kept.exists():
        target = folder / f"{sheet.dataset.name}.csv"
        kept.parent.mkdir(parents=True, exist_ok=True)
        _add_rows(target, sheet)
        building = kept.with_suffix(".writing")
        building.write_bytes(sheet.path.read_bytes())
        os.replace(building, kept)
    _describe(settings, sheet.dataset, feed)
    return feed


def _add_rows(target: Path, sheet: FilledSheet) -> None:
    names = [*(one.name for one in sheet.dataset.columns), FILE, ROW]
    given = ", ".join(
        f'"{name}"' if name in sheet.rows.column_names else f'null as "{name}"' for name in names
    )
    building = target.with_suffix(".writing")
    key = ", ".join(f'"{name}"' for name in sheet.dataset.key)
    with duckdb.connect() as connection:
        connection.register("sheet", sheet.rows)
        rows = f"select {given} from sheet"
        if target.exists():
            before = f"read_csv('{target}', all_varchar = true, header = true, null_padding = true)"
            rows += f" union all by name select * from {before} anti join sheet using ({key})"
        connection.execute(f"copy ({rows}) to '{building}' (header, delimiter ',')")
    os.replace(building, target)


def _describe(settings: Settings, dataset: Dataset, feed: Feed) -> None:
    """The system and source files, projected anew each time: the catalogue may have grown."""
    folder = settings.sources or settings.home / "sources"
    source = feed.source.model_dump(
        include={"source", "institution", "name", "system", "connection"}
    )
    for place, content in (
        (folder / "systems" / f"{feed.system.system}.yml", sheet_system(load_catalogue(), dataset)),
        (folder / "sources" / f"{feed.source.source}.yml", source),
    ):
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"# 由 kanghu sheet load 生成,不要手改。\n{text}", encoding="utf-8")
