"""``source new``: a first source file, and a first system file from a live list of tables.

What it writes is a draft to edit: each table with its key and columns as they lie there, and each
column's likeliest place in the catalogue by its comment, its name, or the pinyin initials of the
Chinese names. Guesses say how sure they are; what was not guessed is left as a comment.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import yaml
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

from collectors.check_source import TO_FILL, asked_parameters
from collectors.model import has_password
from collectors.registry import expand, load_registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from standards.catalogue import Catalogue, Dataset, load_catalogue

Array = npt.NDArray[Any]

_SURE = 0.75
_LIKELY = 0.5


@dataclass
class LiveTable:
    """A table or view as it lies in a source: its columns with their comments."""

    name: str
    comment: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)


def new_source(
    settings: Settings,
    folder: Path,
    *,
    institution: str,
    name: str,
    system: str,
    connection: str,
) -> list[Path]:
    """Write ``sources/<institution>-<system>.yml`` under ``folder``, and where no system of that
    name is known, ``systems/<system>.yml`` drafted from the tables behind ``connection``.

    Answers the files written. Raises ``KanghuError`` rather than overwrite one.
    """
    _check_name("INSTITUTION", institution)
    _check_name("--system", system)
    _check_no_password(connection)
    written = []
    registry = load_registry(settings)
    if system not in registry.systems:
        dialect, tables = live_tables(connection)
        draft = draft_system(system, dialect, tables, load_catalogue())
        written.append(_write(folder / "systems" / f"{system}.yml", draft))
    source = f"{institution}-{system}"
    said: dict[str, Any] = {
        "source": source,
        "institution": institution,
        "name": name or institution,
        "system": system,
        "connection": connection or "${KANGHU_" + system.upper() + "}",
        "schedule": "0 2 * * *",
    }
    known = registry.systems.get(system)
    if known is not None and (asked := asked_parameters(known)):
        said["parameters"] = {one: f"{TO_FILL}本机构在本系统里的 {one}" for one in asked}
    content = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    head = (
        "# 一家机构的一个系统。密码和令牌只写 ${环境变量}。这家机构与众不同之处写在 differs 下。\n"
    )
    written.append(_write(folder / "sources" / f"{source}.yml", head + content))
    return written


def _check_name(option: str, text: str) -> None:
    """Both become parts of file and folder names, in the site's folder and in the lake."""
    if not re.fullmatch(r"[\w-]+", text):
        raise KanghuError(
            what=f"{text!r} 不能作名字", where=option, mend="只用字母、数字、汉字、下划线和连字符"
        )


def _check_no_password(connection: str) -> None:
    if has_password(connection):
        raise KanghuError(
            what="连接里写着密码",
            where="--connection",
            mend="密码写成 ${NAME},运行前在环境里设置 NAME;文件里不留密码",
        )


def live_tables(connection: str) -> tuple[str, list[LiveTable]]:
    """The dialect and the tables behind ``connection`` (PostgreSQL's URL or a SQLite file)."""
    place = expand(connection)
    if place.startswith(("postgresql://", "postgres://")):
        try:
            return "postgresql", _postgresql_tables(place)
        except psycopg.Error as error:
            raise KanghuError(
                what=f"连不上数据库:{str(error).strip().splitlines()[0]}",
                where=f"--connection {connection}",
                mend="检查地址、账号、密码的环境变量和网络",
            ) from error
    if Path(place.removeprefix("sqlite:///")).expanduser().is_file():
        try:
            return "sqlite", _sqlite_tables(place.removeprefix("sqlite:///"))
        except sqlite3.Error as error:
            raise KanghuError(
                what=f"这个文件不是 SQLite 数据库:{error}",
                where=f"--connection {connection}",
                mend="给出 SQLite 文件;CSV、Excel 和消息类系统请照已有的系统文件手写",
            ) from error
    raise KanghuError(
        what="不能从这个连接列出表来起草系统",
        where=f"--connection {connection or '(没有写)'}",
        mend="给出 PostgreSQL 地址或 SQLite 文件;文件、接口和消息类系统请照已有的系统文件手写",
    )


def draft_system(system: str, dialect: str, tables: list[LiveTable], catalogue: Catalogue) -> str:
    """The text of a first system file."""
    lines = [
        "# 草稿:逐表核对。每张表选对数据集,改正或补上列的对应;标“?”的是猜的。",
        f"system: {system}",
        f"name: {system}",
        "vendor: 待填",
        'version: "1"',
        "kind: table",
        f"dialect: {dialect}",
        "tables:",
    ]
    for table in tables:
        dataset = guess_dataset(table, catalogue)
        found = guess_columns(table, catalogue, dataset) if dataset else {}
        lines.append(f"  {_yaml(table.name.replace('.', '_'))}:")
        lines.append(f"    from: {_yaml(table.name)}  # {table.comment}".rstrip(" #"))
        lines.append(f"    key: [{', '.join(map(_yaml, table.key))}]")
        if found:
            lines += ["    maps:", f"      {dataset}:", "        columns:"]
            for column, (name, ratio) in found.items():
                note = "" if ratio >= _SURE else "  # ?"
                lines.append(f"          {column}: {_yaml(name)}{note}")
        mapped = {name for name, _ in found.values()}
        lines += [
            f"    # 未对应:{name} {comment}".rstrip()
            for name, comment in table.columns.items()
            if name not in mapped
        ]
    return "\n".join(lines) + "\n"


def guess_dataset(table: LiveTable, catalogue: Catalogue) -> str | None:
    """The dataset that takes most of the table's columns, its own name breaking ties."""
    best, best_score = None, 0.0
    likely = _likenesses(table, catalogue)
    bare = table.name.rpartition(".")[2]
    for name, dataset in catalogue.datasets.items():
        found = _pick(table, dataset, likely)
        titled = max(
            alike(label, title)
            for label in (bare, table.comment)
            for title in (dataset.name_zh, name)
        )
        # Columns that every dataset has (name, birth date) say little of which one it is.
        score = sum(ratio for _, ratio in found.values()) / max(8, len(table.columns)) + titled
        is_plausible = len(found) >= 2 or (found and titled >= _SURE)
        if score > best_score and is_plausible:
            best, best_score = name, score
    return best


def guess_columns(
    table: LiveTable, catalogue: Catalogue, dataset: str
) -> dict[str, tuple[str, float]]:
    """Catalogue column -> (the table's column, how sure from 0 to 1), each used once."""
    return _pick(table, catalogue.datasets[dataset], _likenesses(table, catalogue))


Likenesses = dict[tuple[str, str], Array]
"""(A catalogue column's name, its Chinese name) -> how alike each of the table's columns is."""


def _likenesses(table: LiveTable, catalogue: Catalogue) -> Likenesses:
    """Every column of the table against every column of the catalogue, in one go."""
    labels = sorted(
        {(one.name, one.name_zh) for set_ in catalogue.datasets.values() for one in set_.columns}
    )
    bare = [zh.removesuffix("代码").removesuffix("名称") or zh for _, zh in labels]
    initials = [_initials(zh) for zh in bare]
    names, comments = list(table.columns), list(table.columns.values())
    lowered = [name.lower().strip("_") for name in names]
    score = np.maximum.reduce(
        [
            _ratios([zh for _, zh in labels], comments),
            _ratios(bare, comments),
            _ratios([zh for _, zh in labels], names),
            _ratios([_stem(name) for name, _ in labels], [_stem(name) for name in lowered])
            * (0.9 + 0.1 * (_ratios([name for name, _ in labels], lowered) == 1.0)),
        ]
    )
    for row, letters in enumerate(initials):
        if len(letters) > 1:
            for place, name in enumerate(lowered):
                if name in (letters, f"{letters}dm", f"{letters}mc"):
                    score[row, place] = max(score[row, place], 0.8)
    return dict(zip(labels, score, strict=True))


def _pick(table: LiveTable, dataset: Dataset, likely: Likenesses) -> dict[str, tuple[str, float]]:
    names = list(table.columns)
    pairs = [
        (float(ratios[place]), column.name, names[place])
        for column in dataset.columns
        for ratios in (likely[column.name, column.name_zh],)
        for place in np.flatnonzero(ratios >= _LIKELY)
    ]
    found: dict[str, tuple[str, float]] = {}
    used: set[str] = set()
    for ratio, column, name in sorted(pairs, key=lambda pair: -pair[0]):
        if column not in found and name not in used:
            found[column] = (name, round(ratio, 2))
            used.add(name)
    return found


def alike(one: str, other: str) -> float:
    """How alike two labels are, from 0 to 1."""
    return float(fuzz.ratio(one, other)) / 100 if one and other else 0.0


def _ratios(ours: list[str], theirs: list[str]) -> Array:
    """``alike`` of each pair: a row for each of ours, a column for each of theirs."""
    found: Array = process.cdist(ours, theirs, scorer=fuzz.ratio, dtype=np.float32) / 100
    found[:, [place for place, text in enumerate(theirs) if not text]] = 0
    return found


_ENDINGS = re.compile(r"_(code|name|date|at|no|id|dm|mc|rq|sj|bh)$")


def _stem(name: str) -> str:
    """A name without the ending that only tells its kind: ``org_code`` is not like ``sex_code``."""
    return _ENDINGS.sub("", name.lower())


@cache
def _initials(text: str) -> str:
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def _postgresql_tables(url: str) -> list[LiveTable]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            select n.nspname || '.' || c.relname, coalesce(obj_description(c.oid), ''),
                   a.attname, coalesce(col_description(c.oid, a.attnum), ''),
                   coalesce(a.attnum = any(i.indkey), false)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where c.relkind in ('r', 'v', 'm', 'p', 'f')
              and n.nspname not in ('pg_catalog', 'information_schema')
              and n.nspname not like 'pg_toast%' and not c.relispartition
            order by 1, a.attnum
            """
        ).fetchall()
    tables: dict[str, LiveTable] = {}
    for name, comment, column, note, is_key in rows:
        table = tables.setdefault(name, LiveTable(name, comment))
        table.columns[column] = note
        if is_key:
            table.key.append(column)
    return list(tables.values())


def _sqlite_tables(path: str) -> list[LiveTable]:
    tables: dict[str, LiveTable] = defaultdict(lambda: LiveTable(""))
    file = Path(path).expanduser().resolve()
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        for (name,) in connection.execute(
            "select name from sqlite_master where type in ('table', 'view') "
            "and name not like 'sqlite_%' order by name"
        ).fetchall():
            table = tables[name]
            table.name = name
            quoted = name.replace('"', '""')
            for row in connection.execute(f'pragma table_info("{quoted}")').fetchall():
                table.columns[row[1]] = ""
                if row[5]:
                    table.key.append(row[1])
    finally:
        connection.close()
    return list(tables.values())


def _yaml(text: str) -> str:
    """A scalar as YAML writes it."""
    return yaml.safe_dump(text, allow_unicode=True, width=1000).splitlines()[0]


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise KanghuError(
            what=f"{path.name} 已经有了", where=str(path), mend="改名,或直接编辑已有的文件"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
