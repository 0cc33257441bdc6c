"""What the reports are, as ``*.yml`` in this folder declare them.

``kind`` says how rows come about: ``task`` (indicators of ``rpt_indicator`` by area and month),
``area`` (a mart summed by area over a span of days) or ``list`` (a row of the mart a row). A column
is a Chinese heading and an SQL expression that sees the mart as ``m`` (of a task:
``<indicator>.numerator|denominator|value``); ``identity.name`` and its like are direct identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from kanghu.errors import KanghuError

ROOM = Path(__file__).resolve().parent

Kind = Literal["task", "area", "list"]


@dataclass(frozen=True)
class Filter:
    """An option of a report. ``how``: ``scope``, ``contains``, ``equals``, ``at_least``, ``from``,
    ``to`` (days), ``period`` (months and years), ``choice`` (named conditions) or ``yes_no``."""

    option: str
    heading: str
    how: str
    sql: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def told(self) -> str:
        """How a person writes it."""
        values = "|".join(name for name, _ in self.choices) or {"yes_no": "是|否"}.get(self.how, "")
        return f"--{self.option} {values or '…'}({self.heading})"


@dataclass(frozen=True)
class Report:
    """One report of the tender. ``rank``: the column by which areas are ranked, and whether the
    greatest (``up``) or the least (``down``) is first. ``form``: its content groups follow the
    columns, each with what is missing. ``colours``: a colour block by heading and value."""

    id: str
    programme: str
    title: str
    requirement: str
    kind: Kind
    model: str
    columns: tuple[tuple[str, str], ...]
    filters: tuple[Filter, ...]
    where: str
    order: str
    rank: str
    direction: str
    form: str
    colours: Mapping[str, Mapping[str, str]]

    def filter(self, option: str) -> Filter | None:
        return next((one for one in self.filters if one.option == option), None)


@cache
def load_reports() -> dict[str, Report]:
    """All reports by id, in the tender's order."""
    common = _read(ROOM / "common.yml")
    found: dict[str, Report] = {}
    for file in common["programmes"]:
        said = _read(ROOM / f"{file}.yml")
        for one in said["reports"]:
            found[one["id"]] = _report(one, said["programme"], common["filters"])
    return found


def find_report(name: str) -> Report:
    """One report by id or title; raises ``KanghuError`` that names them all."""
    for one in load_reports().values():
        if name in (one.id, one.title):
            return one
    raise KanghuError(
        what=f"没有质控报表 {name!r}",
        where="kanghu quality report",
        mend=f"可用:{'、'.join(load_reports())}(kanghu quality report list 列出标题)",
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _report(one: Mapping[str, Any], programme: str, common: Mapping[str, Any]) -> Report:
    return Report(
        id=one["id"],
        programme=programme,
        title=one["title"],
        requirement=one["requirement"],
        kind=one["kind"],
        model=one["model"],
        columns=tuple(one["columns"].items()),
        filters=tuple(
            _filter(option, said or common[option]) for option, said in one["filters"].items()
        ),
        where=one.get("where", "true"),
        order=one.get("order", "all"),
        rank=one.get("rank", ""),
        direction=one.get("direction", "up"),
        form=one.get("form", ""),
        colours=one.get("colours", {}),
    )


def _filter(option: str, said: Mapping[str, Any]) -> Filter:
    return Filter(
        option=option,
        heading=said["heading"],
        how=said["how"],
        sql=said.get("sql", ""),
        choices=tuple(said.get("choices", {}).items()),
    )
