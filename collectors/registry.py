"""Systems and sources as data: what their YAML files may say, read and checked.

``systems/<system>.yml`` describes a vendor's product and version once: its tables, messages or
files, and their mapping to the catalogue by the ten rule kinds of the migration rules
(S1-3.15.4). ``sources/<name>.yml`` says which institution runs it, where, on what schedule, and
what it does differently. Secrets come only from the environment, as ``${NAME}``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from standards.catalogue import Catalogue, load_catalogue

ROOM = Path(__file__).resolve().parent

Kind = Literal["table", "sql", "api", "file", "hl7", "json", "xml"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Watermark(Strict):
    """Incremental reading: rows at or after the last seen value of ``column``, less ``lag``.

    Reading starts *at* the last value, not after it, so that ties are never lost; what was
    already delivered is recognised by its hash. ``lag_seconds`` re-reads a window for late rows.
    ``column`` must be text that sorts, a number, or an instant in the source.
    """

    column: str
    lag_seconds: int = 0


class Void(Strict):
    """The system's own void mark (作废标志): rows with these values are withdrawn from silver."""

    column: str
    values: tuple[str, ...]


class Aggregate(Strict):
    """Rule 9, aggregate: over the rows of ``table`` (same system) whose ``by`` columns match."""

    table: str
    by: dict[str, str]  # child column -> this table's column
    function: Literal["sum", "count", "avg", "min", "max"]
    column: str = ""


class DateAdd(Strict):
    """Rule 8, date arithmetic: ``from`` plus ``days``."""

    source: str = Field(alias="from")
    days: int


class ColumnMap(Strict):
    """How one catalogue column is made from delivered columns (all text): one of ten rule kinds.

    1 direct ``from``; 2 ``arithmetic`` and 4 ``string``: an expression in the SQL that Spark and
    DuckDB share, over delivered columns; 3 lookup ``from`` + ``lookup``; 5 null test ``first``:
    the first of several columns that is not empty; 6 ``null_as``: an agreed value for null;
    7 date ``from`` + ``date``; 8 ``date_add``; 9 ``aggregate``; 10 ``constant``.
    ``lookup``, ``null_as`` and ``date`` also follow an expression.
    """

    source: str | None = Field(default=None, alias="from")
    first: tuple[str, ...] | None = None
    arithmetic: str | None = None
    string: str | None = None
    constant: str | None = None
    date_add: DateAdd | None = None
    aggregate: Aggregate | None = None
    lookup: str | None = None
    """Name of a lookup of this system. A code that it lacks passes as delivered, so that the
    value domain's check can name it."""
    date: str | tuple[str, ...] | None = None
    """Patterns tried in turn: ``yyyyMMdd``, ``yyyy-MM-dd HH:mm:ss``, ``yyyy年M月d日``, ..."""
    null_as: str | None = None
    scale: str | None = None
    """A factor for a unit slip of the whole system, e.g. ``0.01`` for fen to yuan."""

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMap:
        origins = (
            self.source,
            self.first,
            self.arithmetic,
            self.string,
            self.constant,
            self.date_add,
            self.aggregate,
        )
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError(
                "每列恰好写一种来源:from, first, arithmetic, string, constant, date_add, aggregate"
            )
        return self


class DatasetMap(Strict):
    """How a table's rows become rows of one dataset. ``columns``: catalogue column -> rule."""

    columns: dict[str, ColumnMap]
    where: str | None = None
    """Which rows are meant for this dataset (SQL over delivered columns); the others are counted
    as not meant for it. Default: all."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("columns"), dict):
            columns = {
                name: {"from": rule} if isinstance(rule, str) else rule
                for name, rule in value["columns"].items()
            }
            value = {**value, "columns": columns}
        return value


class Table(Strict):
    """One bronze table of a system.

    Where it comes from depends on the system's kind: ``source`` is a table or view (kind
    ``table``), a query in ``sql`` (kind ``sql``), a resource path (``api``), a glob under the
    source's folder (``file``, ``hl7``, ``json``, ``xml``). Kinds that split a delivery into
    parts say with ``record`` which parts (an HL7 segment group, a JSON path, an XPath) and with
    ``columns`` where each bronze column lies in a part. ``{name}`` in ``source``, ``sql`` and
    ``filter`` is a parameter of the source.
    """

    source: str = Field(default="", alias="from")
    sql: str | None = None
    filter: str | None = None
    """For shared databases: which rows are this institution's (``jgdm = '{institution}'``)."""
    key: tuple[str, ...] = ()
    watermark: Watermark | None = None
    void: Void | None = None
    record: str | None = None
    columns: dict[str, str] | None = None
    options: dict[str, Any] = {}
    """Reader's options: ``encoding``, ``delimiter``, ``header_row``, ``sheet``, ``page_size``,
    ``items`` (path of the rows in an API answer), ``namespaces``, ``trigger`` (HL7), ..."""
    maps: dict[str, DatasetMap] = {}


class System(Strict):
    """A vendor's product and version: how its data lie and what they mean in the catalogue."""

    system: str
    name: str
    vendor: str
    version: str
    kind: Kind
    dialect: str = ""
    """For ``table`` and ``sql``: ``postgresql``, ``sqlite``, ``mysql``."""
    time_zone: str = "Asia/Shanghai"
    nulls: tuple[str, ...] = ("",)
    """Values that mean "nothing" everywhere in this system."""
    lookups: dict[str, dict[str, str]] = {}
    tables: dict[str, Table]


class Differences(Strict):
    """What one institution does differently from its system's product."""

    columns: dict[str, dict[str, str]] = {}
    """table -> {this institution's column: the system's column}."""
    lookups: dict[str, dict[str, str]] = {}
    """lookup -> {code: standard code}: added to, and stronger than, the system's."""
    without: tuple[str, ...] = ()
    """Tables that this institution does not have."""


class Source(Strict):
    """One institution's running system."""

    source: str
    institution: str
    name: str
    system: str
    connection: str = ""
    """A URL, a folder or a file; ``${NAME}`` is read from the environment."""
    token: str = ""
    """For an API: ``${NAME}`` only."""
    schedule: str = "0 2 * * *"
    parameters: dict[str, str] = {}
    differs: Differences = Differences()


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
class Registry:
    """All systems and sources of this site."""

    systems: dict[str, System]
    sources: dict[str, Source]

    def feeds(self, source: str | None = None) -> list[Feed]:
        """Every feed, in a stable order; of one source only where its name is given."""
        chosen = self.sources.values() if source is None else [self.source(source)]
        return [
            Feed(one, self.systems[one.system], name, table)
            for one in chosen
            for name, table in self.systems[one.system].tables.items()
            if name not in one.differs.without
        ]

    def source(self, name: str) -> Source:
        """By source name, or by institution code where that is unique."""
        if name in self.sources:
            return self.sources[name]
        matching = [one for one in self.sources.values() if one.institution == name]
        if len(matching) == 1:
            return matching[0]
        raise KanghuError(
            what=f"没有名为 {name!r} 的来源",
            where="sources/",
            mend="用 kanghu source list 查看全部来源",
        )


def load_registry(settings: Settings, catalogue: Catalogue | None = None) -> Registry:
    """Read the product's own systems and sources, and those of the site's folder over them.

    Raises ``KanghuError`` that names the file, the place in it and how to mend it.
    """
    folders = [ROOM] + ([settings.sources] if settings.sources else [])
    systems: dict[str, System] = {}
    sources: dict[str, Source] = {}
    for folder in folders:
        for path in sorted((folder / "systems").glob("*.yml")):
            system = _read(path, System)
            systems[system.system] = system
            check_system(system, catalogue or load_catalogue(), path)
        for path in sorted((folder / "sources").glob("*.yml")):
            one = _read(path, Source)
            sources[one.source] = one
    for one in sources.values():
        if one.system not in systems:
            raise KanghuError(
                what=f"来源 {one.source} 所用系统 {one.system!r} 没有定义",
                where=f"sources/{one.source}.yml",
                mend=f"新增 systems/{one.system}.yml,或改正 system 一项",
            )
    return Registry(systems, sources)


def check_system(system: System, catalogue: Catalogue, path: Path) -> None:
    """Every dataset, column and lookup that the mapping names must exist."""
    for table_name, table in system.tables.items():
        for dataset_name, mapping in table.maps.items():
            where = f"{path.name}: tables.{table_name}.maps.{dataset_name}"
            if dataset_name not in catalogue.datasets:
                raise KanghuError(
                    what=f"目录里没有数据集 {dataset_name!r}",
                    where=where,
                    mend="数据集名见 kanghu dictionary",
                )
            known = {column.name for column in catalogue.dataset(dataset_name).columns}
            for column, rule in mapping.columns.items():
                if column not in known:
                    raise KanghuError(
                        what=f"数据集 {dataset_name} 没有列 {column!r}",
                        where=where,
                        mend=f"可用的列:{', '.join(sorted(known))}",
                    )
                if rule.lookup is not None and rule.lookup not in system.lookups:
                    raise KanghuError(
                        what=f"列 {column} 用到的对照 {rule.lookup!r} 没有定义",
                        where=where,
                        mend=f"在 lookups 下补上 {rule.lookup}",
                    )


_Model = TypeVar("_Model", bound=BaseModel)


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise KanghuError(
            what="不是有效的 YAML", where=f"{path.name}: {error}", mend="检查缩进和冒号"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise KanghuError(
            what=f"配置不合要求:{first['msg']}",
            where=f"{path.name}: {place}",
            mend="字段的写法见 docs/add-an-institution.md",
        ) from error


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
