"""All systems and sources of this site, read and checked (what they may say: ``model.py``).

A file that cannot be taken stops what it describes and nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from collectors.check_mapping import check_system
from collectors.check_source import check_source
from collectors.model import (
    Aggregate,
    ColumnMap,
    DatasetMap,
    DateAdd,
    Differences,
    Kind,
    Source,
    System,
    Table,
    Void,
    Watermark,
)
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from kanghu.validation import in_chinese
from standards.catalogue import Catalogue, load_catalogue

__all__ = [
    "Aggregate",
    "ColumnMap",
    "DatasetMap",
    "DateAdd",
    "Differences",
    "Feed",
    "Kind",
    "Refused",
    "Registry",
    "Source",
    "System",
    "Table",
    "Void",
    "Watermark",
    "expand",
    "load_registry",
]

ROOM = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Feed:
    """One table of one institution's system: what collect reads."""

    source: Source
    system: System
    table_name: str
    table: Table

    @property
    def institution(self) -> str:
        return self.source.institution

    @property
    def name(self) -> str:
        """``<system>.<table>``: unique within an institution; ``_feed`` on every row."""
        return f"{self.system.system}.{self.table_name}"


@dataclass(frozen=True)
class Refused:
    """A file that cannot be taken, or a source whose system cannot: it stops nothing else."""

    file: str
    error: KanghuError
    system: str
    """The system that is not to be had; its rows in bronze wait until it is."""
    source: str = ""
    institution: str = ""


@dataclass(frozen=True)
class Registry:
    """All systems and sources of this site. ``refused``: what could not be read, and why."""

    systems: dict[str, System]
    sources: dict[str, Source]
    refused: tuple[Refused, ...] = ()

    def feeds(self, source: str | None = None) -> list[Feed]:
        """Every feed, in a stable order; of one source only where its name is given."""
        chosen = list(self.sources.values()) if source is None else self.named(source)
        return [
            Feed(one, self.systems[one.system], name, table)
            for one in chosen
            for name, table in self.systems[one.system].tables.items()
            if name not in one.differs.without
        ]

    def named(self, name: str) -> list[Source]:
        """The source of that name, or all of the institution with that code."""
        if name in self.sources:
            return [self.sources[name]]
        for one in self.refused:
            if name in (one.source, one.institution, Path(one.file).stem):
                raise one.error
        matching = [one for one in self.sources.values() if one.institution == name]
        if matching:
            return matching
        raise KanghuError(
            what=f"没有名为 {name!r} 的来源",
            where="sources/",
            mend="用 kanghu source list 查看全部来源",
        )

    @property
    def refused_systems(self) -> frozenset[str]:
        return frozenset(one.system for one in self.refused if one.system not in self.systems)


@dataclass
class _Reading:
    """The registry while its files are read: a later folder's file stands over an earlier one's,
    also where it cannot be taken (falling back would silently read by another mapping)."""

    systems: dict[str, System] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    files: dict[tuple[Path, str], Path] = field(default_factory=dict)

    def system(self, path: Path, catalogue: Catalogue) -> None:
        content: Any = None
        try:
            content = _yaml(path)
            system = _checked(path, System, content)
            check_system(system, catalogue, path)
            self._check_said_once(path, f"systems/{system.system}", "system")
        except KanghuError as error:
            name = path.stem if path.stem in self.systems else _said(content, "system") or path.stem
            self.systems.pop(name, None)
            self.refused[f"systems/{name}"] = Refused(path.name, error, name)
            return
        self.systems[system.system] = system
        self.refused.pop(f"systems/{system.system}", None)

    def source(self, path: Path) -> None:
        content: Any = None
        try:
            content = _yaml(path)
            one = _checked(path, Source, content)
            self._check_said_once(path, f"sources/{one.source}", "source")
        except KanghuError as error:
            name = path.stem if path.stem in self.sources else _said(content, "source") or path.stem
            self.sources.pop(name, None)
            self.refused[f"sources/{name}"] = Refused(
                path.name, error, _said(content, "system"), name, _said(content, "institution")
            )
            return
        self.sources[one.source] = one
        self.refused.pop(f"sources/{one.source}", None)

    def _check_said_once(self, path: Path, thing: str, field_name: str) -> None:
        """Two files of a folder that say the same name: which of them is meant, nobody knows."""
        other = self.files.setdefault((path.parent, thing), path)
        if other != path:
            raise KanghuError(
                what=f"{other.name} 和 {path.name} 写的是同一个 {field_name}",
                where=f"{path.parent.name}/{path.name}: {field_name}",
                mend="给其中一个换名,或删去多余的文件",
            )

    def finished(self) -> Registry:
        """Sources whose system is not to be had are refused with it, and those that do not fit
        their system."""
        for one in list(self.sources.values()):
            error = self._fault(one)
            if error is None:
                continue
            del self.sources[one.source]
            self.refused[f"sources/{one.source}"] = Refused(
                f"{one.source}.yml", error, one.system, one.source, one.institution
            )
        return Registry(self.systems, self.sources, tuple(self.refused.values()))

    def _fault(self, source: Source) -> KanghuError | None:
        if source.system not in self.systems:
            of_system = self.refused.get(f"systems/{source.system}")
            return of_system.error if of_system else _no_system(source)
        try:
            check_source(source, self.systems[source.system])
        except KanghuError as error:
            return error
        return None


def load_registry(settings: Settings, catalogue: Catalogue | None = None) -> Registry:
    """Read the product's own systems and sources, and those of the site's folder over them.

    A file that cannot be taken stops what it describes and nothing else: it is in ``refused`` with
    a ``KanghuError`` that names the file, the place in it and how to mend it.
    """
    if settings.sources is not None and not settings.sources.is_dir():
        raise KanghuError(
            what=f"没有文件夹 {settings.sources}",
            where="环境变量 KANGHU_SOURCES",
            mend="写一个有 systems/ 和 sources/ 的文件夹",
        )
    reading = _Reading()
    for folder in [ROOM] + ([settings.sources] if settings.sources else []):
        for path in sorted((folder / "systems").glob("*.yml")):
            reading.system(path, catalogue or load_catalogue())
        for path in sorted((folder / "sources").glob("*.yml")):
            reading.source(path)
    return reading.finished()


def _no_system(source: Source) -> KanghuError:
    return KanghuError(
        what=f"来源 {source.source} 所用系统 {source.system!r} 没有定义",
        where=f"sources/{source.source}.yml",
        mend=f"新增 systems/{source.system}.yml,或改正 system 一项",
    )


_Model = TypeVar("_Model", bound=BaseModel)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise KanghuError(
            what="不是有效的 YAML",
            where=f"{path.name}: {error}",
            mend="检查缩进、冒号和编码(UTF-8)",
        ) from error


def _checked(path: Path, model: type[_Model], content: Any) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise KanghuError(
            what=f"配置不合要求:{in_chinese(first['msg'])}",
            where=f"{path.name}: {place}",
            mend="字段的写法见 docs/add-an-institution.md",
        ) from error


def _said(content: Any, name: str) -> str:
    """What a file that cannot be taken says of itself, as far as it can be read."""
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, str) else ""


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Put in the environment's values for ``${NAME}``; a missing one is an error, never empty."""
    env = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in env:
            raise KanghuError(
                what=f"环境变量 {name} 没有设置",
                where=text,
                mend=f"运行前设置 {name}(密码和令牌只从环境读取,不写进文件)",
            )
        return env[name]

    return re.sub(r"\$\{(\w+)\}", value, text)
