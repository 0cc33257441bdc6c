"""``source new``: a first source file, and a first system file from a live list of tables.

What it writes is a draft to edit: each table with its key, its likely watermark and void mark, and
each column's likeliest place in the catalogue (``draft.py``). Guesses say how sure they are; what
was not sure enough is left as a comment with its likeliest places.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from collectors.check_source import TO_FILL, asked_parameters
from collectors.draft import SURE, Draft, Drafter
from collectors.live_tables import LiveTable, live_tables
from collectors.model import has_password
from collectors.registry import load_registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from standards.catalogue import Catalogue, load_catalogue


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


def draft_system(system: str, dialect: str, tables: list[LiveTable], catalogue: Catalogue) -> str:
    """The text of a first system file."""
    lines = [
        "# 草稿:逐表核对。每张表选对数据集,改正或补上列的对应;标“?”的是把握不大的。",
        f"system: {system}",
        f"name: {system}",
        "vendor: 待填",
        'version: "1"',
        "kind: table",
        f"dialect: {dialect}",
        "tables:",
    ]
    drafter = Drafter(catalogue)
    for table in tables:
        lines += _table_lines(table, drafter.draft(table))
    return "\n".join(lines) + "\n"


def _table_lines(table: LiveTable, draft: Draft) -> list[str]:
    guessed = "" if draft.key == table.key else "  # ? 没有声明主键,取了各行不同的列"
    lines = [
        f"  {_yaml(table.name.replace('.', '_'))}:",
        f"    from: {_yaml(table.name)}  # {table.comment}".rstrip(" #"),
        f"    key: [{', '.join(map(_yaml, draft.key))}]{guessed}",
    ]
    if draft.watermark:
        lines.append(f"    watermark: {{column: {_yaml(draft.watermark)}}}")
    if draft.void:
        values = ", ".join(f"'{value}'" for value in draft.void_values)
        lines.append(f"    void: {{column: {_yaml(draft.void)}, values: [{values}]}}")
    if draft.columns:
        lines += ["    maps:", f"      {draft.dataset}:", "        columns:"]
    for column, guess in draft.columns.items():
        rule = _yaml(guess.source)
        if guess.pattern:
            rule = f"{{from: {rule}, date: {_yaml(guess.pattern)}}}"
        note = "" if guess.sureness >= SURE else f"  # ? {guess.sureness}"
        lines.append(f"          {column}: {rule}{note}")
    for name, places in draft.unmapped.items():
        likely = "、".join(f"{column} {sureness}" for column, sureness in places)
        hint = f";可能是 {likely}" if likely else ""
        lines.append(f"    # 未对应:{name} {table.columns[name]}".rstrip() + hint)
    return lines


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
