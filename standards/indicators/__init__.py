"""The indicators as data: what is counted, over which mart, with which parameters.

``indicators.csv`` declares an indicator a row (F1 to F9 of the city's requirements): numerator and
denominator are each a predicate over one mart, in SQL that sees the mart as ``m``, the month as
``p`` (``period_month``, ``year_start``, ``month_end``) and the resident as ``r``; ``{name}`` is a
parameter. ``parameters.csv`` fills what the tender leaves open, the national norm (国家基本公共
卫生服务规范, third edition) by default; a site sets its own in ``indicators/parameters.csv``
(parameter,value) under KANGHU_SOURCES.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kanghu.errors import KanghuError
from standards.tables import Row, read_rows

ROOM = Path(__file__).resolve().parent

Area = Literal["institution", "organisation"]


@dataclass(frozen=True)
class Side:
    """A numerator or denominator: the rows of ``mart`` where ``where`` holds.

    ``counts`` is a column, whose distinct values are counted, or ``sum <column>``.
    """

    name_zh: str
    mart: str
    counts: str
    where: str

    @property
    def column(self) -> str:
        return self.counts.removeprefix("sum ")

    @property
    def is_sum(self) -> bool:
        return self.counts.startswith("sum ")


@dataclass(frozen=True)
class Indicator:
    """One indicator, its parameters already put in.

    ``area``: how the numerator's mart knows where a row counts: by the institution that
    reported it, or by an organisation of any level for which it was made (person-months).
    """

    id: str
    name_zh: str
    definition: str
    numerator: Side
    denominator: Side
    area: Area
    direction: Literal["up", "down"]
    target: str
    source: str
    parameters: tuple[str, ...]
    """Names of the parameters that it uses."""

    def formula(self) -> str:
        return f"{self.numerator.name_zh} ÷ {self.denominator.name_zh} × 100%"


@dataclass(frozen=True)
class Parameter:
    """A value that a site may set; ``gap``: what the tender leaves open and the norm says."""

    name: str
    value: str
    unit: str
    name_zh: str
    gap: str

    def shown(self) -> str:
        """The value as people read it."""
        if self.unit == "是否":
            return "是" if self.value == "true" else "否"
        return f"{self.value} {self.unit}"


_COLUMNS = (
    "indicator",
    "name_zh",
    "definition",
    "numerator_name",
    "numerator_mart",
    "numerator_counts",
    "numerator_where",
    "denominator_name",
    "denominator_mart",
    "denominator_counts",
    "denominator_where",
    "area",
    "direction",
    "target",
    "source",
)


def load_parameters(sources: Path | None = None) -> dict[str, Parameter]:
    """The parameters by name, with a site's own values over the norm's.

    Raises ``KanghuError`` for a site's parameter that does not exist or is of another kind.
    """
    columns = ("parameter", "value", "unit", "name_zh", "gap")
    found = {
        row["parameter"]: Parameter(*(row[column] for column in columns))
        for row in read_rows(ROOM / "parameters.csv", columns)
    }
    own = sources / "indicators" / "parameters.csv" if sources else None
    if own is not None and own.exists():
        for row in read_rows(own, ("parameter", "value")):
            known = found.get(row["parameter"])
            if known is None:
                row.fail(f"没有指标参数 {row['parameter']!r}", f"可用:{', '.join(found)}")
            _same_kind(row, known)
            found[known.name] = Parameter(
                known.name, row["value"], known.unit, known.name_zh, known.gap
            )
    return found


def _same_kind(row: Row, known: Parameter) -> None:
    value = row["value"]
    if known.unit == "列":
        fits, kind = re.fullmatch(r"[a-z0-9_ ]*", value), "以空格分开的列名"
    elif known.unit == "是否":
        fits, kind = re.fullmatch(r"true|false", value), "true 或 false"
    else:
        fits, kind = re.fullmatch(r"\d+(\.\d+)?", value), "数字"
    if not fits:
        row.fail(f"参数 {known.name} 的值 {value!r} 不是{kind}", f"写{kind}({known.unit})")


def load_indicators(parameters: Mapping[str, Parameter] | None = None) -> dict[str, Indicator]:
    """The indicators by id; raises ``KanghuError`` for an unknown parameter in a predicate."""
    values = parameters if parameters is not None else load_parameters()
    return {
        row["indicator"]: _indicator(row, values)
        for row in read_rows(ROOM / "indicators.csv", _COLUMNS)
    }


def find_indicator(name: str, parameters: Mapping[str, Parameter] | None = None) -> Indicator:
    """One indicator by id or Chinese name."""
    everything = load_indicators(parameters)
    for one in everything.values():
        if name in (one.id, one.name_zh):
            return one
    raise KanghuError(
        what=f"没有指标 {name!r}",
        where="standards/indicators/indicators.csv",
        mend=f"可用:{'、'.join(f'{one.id} {one.name_zh}' for one in everything.values())}",
    )


def _indicator(row: Row, parameters: Mapping[str, Parameter]) -> Indicator:
    used: list[str] = []

    def filled(column: str) -> str:
        return re.sub(r"\{(\w+)\}", words if column == "definition" else value, row[column])

    def words(match: re.Match[str]) -> str:
        return {"true": "是", "false": "否"}.get(text := value(match), text)

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in parameters:
            row.fail(f"没有指标参数 {name!r}", "在 parameters.csv 里补上")
        if name not in used:
            used.append(name)
        return parameters[name].value

    cells = {column: filled(column) for column in _COLUMNS}

    def side(which: str) -> Side:
        return Side(*(cells[f"{which}_{part}"] for part in ("name", "mart", "counts", "where")))

    return Indicator(
        id=cells["indicator"],
        name_zh=cells["name_zh"],
        definition=cells["definition"],
        numerator=side("numerator"),
        denominator=side("denominator"),
        area=cells["area"],  # type: ignore[arg-type]
        direction=cells["direction"],  # type: ignore[arg-type]
        target=cells["target"],
        source=cells["source"],
        parameters=tuple(used),
    )
