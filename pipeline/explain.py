"""explain: a figure opened down to the rows behind it (law 7).

The same compiled SQL that ``rpt_indicator`` counts is asked here for its rows, on the published
marts; the counts must come out equal to the published figure, else that is an error of ours and
said so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.indicator_sql import counting, rows_behind
from standards.indicators import Indicator, Side, find_indicator, load_parameters


@dataclass(frozen=True)
class Explanation:
    """One figure: what it means, how it was counted, and the rows behind it.

    ``organisation`` is "code name", ``month`` the month (YYYY-MM) to whose end it was counted;
    ``numerator_rows`` and ``denominator_rows`` are the marts' rows that counted, one a counted
    thing; ``value`` is in percent, None where the denominator is 0.
    """

    indicator: str
    name_zh: str
    definition: str
    formula: str
    source: str
    organisation: str
    level: str
    month: str
    parameters: dict[str, str]
    """Chinese name of each parameter -> value with unit."""
    numerator: int
    denominator: int
    value: Decimal | None
    numerator_name: str
    denominator_name: str
    numerator_sql: str
    denominator_sql: str
    numerator_rows: list[dict[str, Any]]
    denominator_rows: list[dict[str, Any]]

    @property
    def value_text(self) -> str:
        return "无分母" if self.value is None else f"{self.value}%"


def explain(
    settings: Settings,
    indicator: str,
    organisation: str | None = None,
    month: str | None = None,
) -> Explanation:
    """Open one figure of ``rpt_indicator``.

    ``organisation`` is a code or name (default: the city), ``month`` is ``YYYY-MM`` (default: the
    last one counted). Raises ``KanghuError`` for an unknown indicator, organisation or month, when
    no marts are published, and when the published figure and its rows differ.
    """
    parameters = load_parameters(settings.sources)
    one = find_indicator(indicator, parameters)
    with _marts(settings) as marts:
        code, name, level = _organisation(marts, organisation)
        period = _period(marts, month)
        published = marts.execute(
            "select numerator, denominator, value from rpt_indicator"
            " where indicator = ? and organisation_code = ? and period_month = ?",
            [one.id, code, period],
        ).fetchone() or (0, 0, None)
        numerator_sql = _side_sql(one, one.numerator, code, period)
        denominator_sql = _side_sql(one, one.denominator, code, period)
        numerator = _count(marts, one.numerator, numerator_sql)
        denominator = _count(marts, one.denominator, denominator_sql)
        if (numerator, denominator) != tuple(published[:2]):
            raise KanghuError(
                what=f"{one.id} 的明细({numerator}/{denominator})与已发布的指标"
                f"({published[0]}/{published[1]})不一致",
                where=f"{code} {name} {month or period[:7]}",
                rule="figures open",
                mend="指标声明或参数在发布后改过:重新运行 kanghu run 发布集市",
            )
        return Explanation(
            indicator=one.id,
            name_zh=one.name_zh,
            definition=one.definition,
            formula=one.formula(),
            source=one.source,
            organisation=f"{code} {name}",
            level=level,
            month=period[:7],
            parameters={
                parameters[used].name_zh: parameters[used].shown() for used in one.parameters
            },
            numerator=numerator,
            denominator=denominator,
            value=published[2],
            numerator_name=one.numerator.name_zh,
            denominator_name=one.denominator.name_zh,
            numerator_sql=numerator_sql,
            denominator_sql=denominator_sql,
            numerator_rows=_rows(marts, one.numerator, numerator_sql),
            denominator_rows=_rows(marts, one.denominator, denominator_sql),
        )


def _marts(settings: Settings) -> duckdb.DuckDBPyConnection:
    if not Path(settings.marts).exists():
        raise KanghuError(
            what="集市还没有发布", where=settings.marts, mend="先运行 kanghu run 或 kanghu demo"
        )
    return duckdb.connect(settings.marts, read_only=True)


def _organisation(
    marts: duckdb.DuckDBPyConnection, organisation: str | None
) -> tuple[str, str, str]:
    """``(code, name, level)``; the city where none is named."""
    found = marts.execute(
        "select organisation_code, name,"
        " case when kind = 'authority' then 'institution' else kind end"
        " from dim_institution where case when $1 is null then kind = 'city'"
        " else $1 in (organisation_code, name) end order by 1",
        [organisation],
    ).fetchone()
    if found is None:
        raise KanghuError(
            what=f"没有机构 {organisation!r}",
            where="dim_institution",
            mend="写机构、县(区)或市的代码或全称",
        )
    return found


def _period(marts: duckdb.DuckDBPyConnection, month: str | None) -> str:
    """First day of the month, as text."""
    if month is not None and not re.fullmatch(r"\d{4}-\d{2}", month):
        raise KanghuError(what=f"月份 {month!r} 写法不对", where="--month", mend="写作 2026-10")
    known = [
        str(row[0])
        for row in marts.execute("select period_month from dim_month order by 1").fetchall()
    ]
    wanted = f"{month}-01" if month else (known[-1] if known else "")
    if wanted not in known:
        span = f"{known[0][:7]} 到 {known[-1][:7]}" if known else "没有"
        raise KanghuError(
            what=f"月份 {month or ''} 没有指标", where="dim_month", mend=f"可选的月份:{span}"
        )
    return wanted


def _side_sql(one: Indicator, side: Side, code: str, period: str) -> str:
    return (
        f"select *\nfrom (\n{rows_behind(one, side, facts=True)}\n) as behind\n"
        f"where organisation_code = '{code}' and period_month = date '{period}'"
    )


def _count(marts: duckdb.DuckDBPyConnection, side: Side, sql: str) -> int:
    row = marts.execute(f"select coalesce({counting(side)}, 0) from ({sql})").fetchone()
    return int(row[0]) if row else 0


def _rows(marts: duckdb.DuckDBPyConnection, side: Side, sql: str) -> list[dict[str, Any]]:
    """One row a counted thing, its facts by column; what is counted comes first."""
    answer = marts.execute(
        f"select counted, * exclude (level, organisation_code, period_month, counted) from ({sql})"
        " order by all"
    )
    names = [column[0] for column in answer.description]
    shown = sorted(names[1:], key=lambda name: name != side.column)
    found: dict[Any, dict[str, Any]] = {}
    for place, cells in enumerate(answer.fetchall()):
        row = dict(zip(names, cells, strict=True))
        if row["counted"] is not None:
            # A thing that several rows prove is shown with the first of them.
            found.setdefault(place if side.is_sum else row["counted"], row)
    return [{name: row[name] for name in shown} for row in found.values()]
