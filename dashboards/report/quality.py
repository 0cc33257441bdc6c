"""The report's page on record quality, out of the published marts: figures and names of
institutions and rules only, nothing of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from standards.quality import DIMENSIONS

_WORST_RULES = 15


@dataclass(frozen=True)
class QualityFacts:
    """``whole`` and ``dimensions`` are the city's; each row of ``counties``, ``institutions``
    bears name, score, grade, rank, last_rank, difference and its ``dimensions``' scores."""

    day: str
    last_day: str
    grades: str
    whole: dict[str, Any] | None
    dimensions: list[dict[str, Any]]
    counties: list[dict[str, Any]]
    institutions: list[dict[str, Any]]
    programmes: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    trend: dict[str, list[tuple[str, float]]]


def gather_quality(connection: duckdb.DuckDBPyConnection) -> QualityFacts:
    """Read what the page shows from the attached database ``marts``."""
    city = _subjects(connection, "q.level = 'city'")
    whole = next((row for row in city if row["kind"] == "all"), None)
    grades = connection.execute(
        "select grade, lowest_score::integer from marts.dim_quality_grade order by 2 desc"
    ).fetchall()
    return QualityFacts(
        day=str(whole["quality_date"]) if whole else "—",
        last_day=str(whole["last_date"] or "—") if whole else "—",
        grades="、".join(f"{grade} ≥ {lowest}" for grade, lowest in grades),
        whole=whole,
        dimensions=[row for row in city if row["kind"] == "dimension"],
        counties=_organisations(connection, "county"),
        institutions=_organisations(connection, "institution"),
        programmes=[row for row in city if row["kind"] == "programme"],
        rules=sorted(
            (row for row in city if row["kind"] == "rule"),
            key=lambda row: (-row["failing"], row["subject"]),
        )[:_WORST_RULES],
        trend=_trend(connection),
    )


def _subjects(connection: duckdb.DuckDBPyConnection, where: str) -> list[dict[str, Any]]:
    found = connection.execute(
        f"""
        select q.quality_date, q.last_quality_date as last_date, q.subject_kind as kind, q.subject,
               q.subject_name as name, q.organisation_code as code, o.name as organisation,
               coalesce(o.county_name, '市属') as county, q.record_count as records,
               q.failing_count as failing, q.score::double as score, q.grade, q.rank,
               q.last_score::double as last_score, q.last_rank, q.target::double as target,
               q.target_difference::double as difference
        from marts.rpt_quality as q
        join marts.dim_institution as o using (organisation_code)
        where {where} and q.score is not null
        order by q.subject_kind, q.score desc, q.subject, q.organisation_code
        """
    )
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _organisations(connection: duckdb.DuckDBPyConnection, level: str) -> list[dict[str, Any]]:
    """The organisations of a level, best first, each with its four dimensions' scores."""
    rows = _subjects(connection, f"q.level = '{level}' and q.subject_kind in ('all', 'dimension')")
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["kind"] == "dimension":
            scores.setdefault(row["code"], {})[row["subject"]] = row["score"]
    return [
        {**row, "dimensions": [scores.get(row["code"], {}).get(name) for name in DIMENSIONS]}
        for row in rows
        if row["kind"] == "all"
    ]


def _trend(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, float]]]:
    """The city's scores by month: of all, and of each dimension."""
    rows = connection.execute(
        """
        select subject, strftime(period_month, '%Y-%m'), score::double
        from marts.rpt_quality_trend
        where level = 'city' and subject_kind in ('all', 'dimension') and score is not null
        order by 2
        """
    ).fetchall()
    names = {"": "总分", **DIMENSIONS}
    course: dict[str, list[tuple[str, float]]] = {name: [] for name in names.values()}
    for subject, month, score in rows:
        course[names[subject]].append((month, score))
    return course
