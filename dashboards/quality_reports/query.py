"""A report's question to the marts: one SELECT, its filters as parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dashboards.quality_reports.declared import Report
from dashboards.quality_reports.filters import IDENTITY, Asked
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.completeness import load_completeness
from standards.catalogue import load_catalogue

_BY_AREA = "case kind when 'city' then 0 when 'county' then 1 else 2 end, organisation_code"


@dataclass(frozen=True)
class Answer:
    """What a report says, while the marts are open: headings, the filters used, the day it is
    about."""

    report: Report
    headings: list[str]
    filters: dict[str, str]
    quality_date: date
    sql: str
    values: list[Any] = field(repr=False)
    marts: duckdb.DuckDBPyConnection = field(repr=False)

    def rows(self, limit: int | None = None) -> list[tuple[Any, ...]]:
        ending = f" limit {limit}" if limit is not None else ""
        return self.marts.execute(self.sql + ending, self.values).fetchall()

    def batches(self, size: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, so many at a time."""
        cursor = self.marts.execute(self.sql, self.values)
        while rows := cursor.fetchmany(size):
            yield rows

    def count(self) -> int:
        row = self.marts.execute(f"select count(*) from ({self.sql})", self.values).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def ask(
    settings: Settings, report: Report, options: Mapping[str, str], *, identified: bool = False
) -> Iterator[Answer]:
    """``report`` with ``options`` (by filter name, values as a person writes them).

    Direct identifiers are masked unless ``identified``. Raises ``KanghuError`` for an unknown
    filter or value, and where no marts are published.
    """
    if not Path(settings.marts).exists():
        raise KanghuError(
            what="集市还没有发布", where=settings.marts, mend="先运行 kanghu run 或 kanghu demo"
        )
    with duckdb.connect(settings.marts, read_only=True) as marts:
        _refuse_older_marts(marts, report)
        asked = Asked(marts, report, options)
        as_of = _quality_date(marts)
        if report.kind == "task":
            sql, headings = _task(asked)
        elif report.kind == "area":
            sql, headings = _area(asked, as_of)
        else:
            sql, headings = _listed(asked, identified)
        used = {one.heading: options[one.option] for one in report.filters if one.option in options}
        yield Answer(report, headings, used, as_of, sql, asked.values, marts)


def _refuse_older_marts(marts: duckdb.DuckDBPyConnection, report: Report) -> None:
    """Marts that an earlier version built lack what later reports ask."""
    held = {
        str(row[0]) for row in marts.execute("select table_name from duckdb_tables()").fetchall()
    }
    if missing := {report.model, "dim_form_identity"} - held:
        raise KanghuError(
            what=f"集市里没有 {'、'.join(sorted(missing))}:是本软件的旧版本建的",
            where=f"质控报表 {report.title}",
            mend="运行 kanghu run,集市就按现在的版本重建",
        )


def _quality_date(marts: duckdb.DuckDBPyConnection) -> date:
    row = marts.execute("select coalesce(max(month_end), current_date) from dim_month").fetchone()
    assert row is not None
    found: date = row[0]
    return found


def _listed(asked: Asked, identified: bool) -> tuple[str, list[str]]:
    """A row of the mart a row."""
    report = asked.report
    columns = [("机构名称", "o.name"), *report.columns, *_missing_by_group(report.form)]
    shown = ", ".join(f'{_expression(sql, identified)} as "{heading}"' for heading, sql in columns)
    conditions = [f"({report.where})", *asked.conditions()]
    return (
        f"select {shown} from {report.model} as m"
        " left join dim_form_identity as f on m.form_id = f.form_id"
        " left join dim_resident_identity as d on m.resident_id = d.resident_id"
        " left join dim_institution as o on m.institution_code = o.organisation_code"
        f" where {' and '.join(conditions)} order by {report.order}",
        [heading for heading, _ in columns],
    )


def _missing_by_group(form: str) -> list[tuple[str, str]]:
    """What is missing of each content group of a form, a column a group."""
    names = dict.fromkeys(
        name
        for one in (load_completeness(load_catalogue()) if form else [])
        if one.form == form
        for name in one.groups
    )
    return [
        (
            f"{name}缺漏",
            f"nullif(regexp_extract(m.missing_items, '(?:^|;){re.escape(name)}:([^;]*)', 1), '')",
        )
        for name in names
    ]


def _expression(sql: str, identified: bool) -> str:
    """A column as it is shown: identifiers from the guarded tables, masked unless asked.

    Masked keeps the first and last character, of two the first (as findings do).
    """
    if not sql.startswith("identity."):
        return f"({sql})"
    plain = IDENTITY[sql.removeprefix("identity.")]
    if identified:
        return plain
    return (
        f"case when length({plain}) > 2 then {plain}[1] || repeat('*', length({plain}) - 2)"
        f" || {plain}[-1] else {plain}[1] || '*' end"
    )


def _task(asked: Asked) -> tuple[str, list[str]]:
    """Indicators by area and month, with the rank among neighbours and the last month's."""
    parts = [sql.split(".") for _, sql in asked.report.columns]
    measures = ", ".join(
        _measure(indicator, part) + f" as c{place}" for place, (indicator, part) in enumerate(parts)
    )
    indicators = ", ".join(sorted({f"'{indicator}'" for indicator, _ in parts}))
    cells = (
        f"select organisation_code, period_month, {measures} from rpt_indicator"
        f" where indicator in ({indicators}) group by organisation_code, period_month"
    )
    sql, headings = _by_area(asked, cells, ", strftime(period_month, '%Y-%m') as \"月份\"")
    asked.values += asked.months()
    return (
        f"{sql} and period_month between ? and ? order by period_month, {_BY_AREA}",
        ["区域", "月份", *headings],
    )


def _measure(indicator: str, part: str) -> str:
    """One cell of an indicator; a count of which no row is known is 0, a rate is none."""
    cell = f"max({part}) filter (where indicator = '{indicator}')"
    return cell if part == "value" else f"coalesce({cell}, 0)"


def _area(asked: Asked, as_of: date) -> tuple[str, list[str]]:
    """The mart summed by area over a span of days; ranks then, and at the end of the month before.

    A measure's SQL says ``$from`` and ``$as_of`` for the span.
    """
    first, last = asked.days(as_of)
    report = asked.report
    ends = [last.replace(day=1) - timedelta(days=1), last] if report.rank else [last]
    measures = ", ".join(f"{sql} as c{place}" for place, (_, sql) in enumerate(report.columns))
    cells = " union all ".join(
        f"select s.organisation_code, date '{end}' as period_month, "
        + measures.replace("$from", f"date '{first}'").replace("$as_of", f"date '{end}'")
        + f" from {report.model} as m inner join dim_organisation_scope as s"
        f" on m.institution_code = s.institution_code where ({report.where})"
        " group by s.organisation_code"
        for end in ends
    )
    sql, headings = _by_area(asked, cells, "")
    return f"{sql} and period_month = date '{last}' order by {_BY_AREA}", ["区域", *headings]


def _by_area(asked: Asked, cells: str, between: str) -> tuple[str, list[str]]:
    """``cells`` (``organisation_code, period_month, c0, c1, ...``) with names and ranks."""
    report = asked.report
    headings = [heading for heading, _ in report.columns]
    shown = "".join(f', c{place} as "{heading}"' for place, heading in enumerate(headings))
    ranked = "cells"
    if report.rank:
        by = f"c{headings.index(report.rank)}"
        order = "desc" if report.direction == "up" else "asc"
        ranked = (
            f"(select *, lag(place) over (partition by organisation_code order by period_month)"
            f" as place_before from (select *, case when {by} is not null then rank() over"
            f" (partition by parent_code, kind, period_month order by {by} {order} nulls last) end"
            " as place from cells))"
        )
        shown += ', place as "排名", place_before as "上次排名"'
        headings += ["排名", "上次排名"]
    return (
        f"with cells as (select o.name, o.kind, o.parent_code, c.* from ({cells}) as c"
        " inner join dim_institution as o on c.organisation_code = o.organisation_code)"
        f' select name as "区域"{between}{shown} from {ranked} where {asked.areas()}',
        headings,
    )
