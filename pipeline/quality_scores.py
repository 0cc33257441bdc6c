"""The published scores as people ask for them: by organisation or by subject, and their course."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from kanghu.errors import KanghuError
from kanghu.settings import Settings

_LEVELS = ("city", "county", "institution")


def read_scores(
    settings: Settings, by: str, organisation: str | None = None
) -> list[dict[str, Any]]:
    """``by`` a level: each organisation's whole score, below ``organisation`` where given; by a
    kind of subject: those of ``organisation`` (default: the city). The best first, rules the worst
    first. Raises ``KanghuError`` without marts and for an unknown organisation."""
    with _marts(settings) as marts:
        where, values = _asked(marts, by, organisation)
        shown = "q.organisation_code, o.name" if by in _LEVELS else "q.subject, q.subject_name"
        order = "q.score" if by == "rule" else "q.score desc"
        return _dicts(
            marts,
            f"""
            select q.quality_date, {shown}, q.record_count, q.failing_count, q.score, q.grade,
                   q.rank, q.last_score, q.last_rank, q.target, q.target_difference
            from rpt_quality as q join dim_institution as o using (organisation_code)
            where {where} order by {order}, 2
            """,
            values,
        )


def read_trend(
    settings: Settings, by: str, organisation: str | None = None
) -> list[dict[str, Any]]:
    """The same by month: period_month, quality_date, code, name, score, grade, rank."""
    with _marts(settings) as marts:
        where, values = _asked(marts, by, organisation)
        shown = "q.organisation_code, o.name" if by in _LEVELS else "q.subject, q.subject as name"
        return _dicts(
            marts,
            f"""
            select strftime(q.period_month, '%Y-%m') as period_month, q.quality_date, {shown},
                   q.score, q.grade, q.rank
            from rpt_quality_trend as q join dim_institution as o using (organisation_code)
            where {where} order by 3, 1
            """,
            values,
        )


def _asked(
    marts: duckdb.DuckDBPyConnection, by: str, organisation: str | None
) -> tuple[str, list[str]]:
    row = marts.execute(
        "select organisation_code, kind from dim_institution "
        "where case when ? is null then kind = 'city' else organisation_code = ? or name = ? end",
        [organisation] * 3,
    ).fetchone()
    if row is None:
        raise KanghuError(
            what=f"没有机构或区县 {organisation!r}",
            where="--organisation",
            mend="写机构、区县或市的代码或全名,见 kanghu quality scores --by institution",
        )
    code = str(row[0])
    if by in _LEVELS:
        inside = "? in (o.organisation_code, o.county_code, o.city_code)"
        return f"q.level = ? and q.subject_kind = 'all' and {inside}", [by, code]
    return "q.organisation_code = ? and q.subject_kind = ?", [code, by]


def _dicts(marts: duckdb.DuckDBPyConnection, query: str, values: list[str]) -> list[dict[str, Any]]:
    found = marts.execute(query, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def _marts(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    if not Path(settings.marts).exists():
        raise KanghuError(what="还没有集市", where=settings.marts, mend="先运行 kanghu run")
    with duckdb.connect(settings.marts, read_only=True) as connection:
        yield connection
