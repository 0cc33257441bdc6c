"""Systems and sources as data: what their YAML files may say.

``systems/<system>.yml`` describes a vendor's product and version once: its tables, messages or
files, and their mapping to the catalogue by the ten rule kinds of the migration rules
(S1-3.15.4). ``sources/<name>.yml`` says which institution runs it, where, on what schedule, and
what it does differently. Secrets come only from the environment, as ``${NAME}``.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

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
    """Which rows are meant for this dataset (SQL over delivered columns); a row for which this is
    false or null is not. Default: all. What no map of a table takes goes to quarantine."""

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
    unclaimed: str = ""
    """What the rows are that no map takes, where that is known (in Chinese): they are still kept in
    quarantine, with this as the reason."""


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

    @field_validator("source", "institution", "system")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not re.fullmatch(r"[\w-]+", value):
            raise ValueError(f"{value!r} 不能作名字:只用字母、数字、汉字、下划线和连字符")
        return value

    @field_validator("token")
    @classmethod
    def _is_from_the_environment(cls, value: str) -> str:
        if value and not re.fullmatch(r"\$\{\w+\}", value):
            raise ValueError("令牌只能写成 ${NAME},值从环境读取")
        return value

    @field_validator("connection")
    @classmethod
    def _keeps_no_password(cls, value: str) -> str:
        if has_password(value):
            raise ValueError("连接里写着密码;写成 ${NAME},值从环境读取")
        return value


def has_password(connection: str) -> bool:
    """Whether a URL carries a password as such, not as ``${NAME}``."""
    found = re.match(r"\w+://[^/@]*?:([^/]*)@", connection)
    return found is not None and not re.fullmatch(r"(\$\{\w+\})?", found.group(1))
