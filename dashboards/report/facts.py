"""What the report says, gathered once: from the store, the lake's findings and the marts.

Counts and scores only; nothing here names or identifies a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from collectors.registry import Registry, load_registry
from dashboards.report.quality import QualityFacts, gather_quality
from expectations.suite import suite_for
from kanghu.engine import TIME_ZONE
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect
from pipeline.status import FeedStatus, feed_statuses
from pipeline.verdict import Verdict
from standards.catalogue import load_catalogue
from standards.organisations import load_organisations
from standards.quality import DIMENSIONS

SEVERITIES = {"blocking": "隔离", "error": "错误", "warning": "警告"}
KINDS = {
    "table": "数据库表/视图",
    "sql": "自定义 SQL",
    "api": "API",
    "file": "文件",
    "hl7": "HL7 消息",
    "json": "JSON/FHIR",
    "xml": "共享文档(XML)",
}
LINKED_BY = {
    "id_number": "有效身份证号",
    "person_number": "同一机构的同一编号",
    "similarity": "姓名、出生日期等相似",
    "decision": "人的判定",
    "alone": "没有与别的记录相连",
}
_MOST_FINDINGS = 40


@dataclass
class Facts:
    """Everything on the page; rows are plain dictionaries that the template reads."""

    city: str
    generated_at: str
    batch: str
    tiles: list[dict[str, str]]
    conservation: dict[str, Any]
    systems: list[dict[str, Any]]
    datasets: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    counties: list[str]
    quality: QualityFacts
    institutions: list[dict[str, Any]]
    indicators: list[dict[str, Any]]
    trends: dict[str, list[tuple[str, float | None]]]
    links: list[dict[str, Any]]
    truth: list[dict[str, str]] = field(default_factory=list)


def gather_facts(settings: Settings, verdicts: list[Verdict]) -> Facts:
    """Read all that the report shows."""
    registry = load_registry(settings)
    statuses = feed_statuses(settings, registry)
    with connect_duckdb() as connection:
        connection.execute(f"attach '{settings.marts}' as marts (read_only)")
        counted = _findings(connection, settings)
        quality = gather_quality(connection)
        indicators, trends = _indicators(connection)
        people, residents = _people(connection, settings)
    totals = {
        name: sum(getattr(one, name) for one in statuses)
        for name in ("bronze", "silver", "quarantine", "superseded")
    }
    institutions = _institutions(registry, statuses, quality)
    failed = {(one.institution, one.feed) for one in statuses if one.error}
    return Facts(
        city=next(one.name for one in load_organisations().values() if one.kind == "city"),
        generated_at=datetime.now(ZoneInfo(TIME_ZONE)).strftime("%Y-%m-%d %H:%M"),
        batch=_last_batch(settings),
        tiles=[
            _tile("机构", len(institutions), f"{len(registry.sources)} 个来源"),
            _tile(
                "数据源", len({(one.institution, one.feed) for one in statuses}), _failed(failed)
            ),
            _tile(
                "送达行",
                totals["bronze"],
                f"{len({one.dataset for one in statuses if one.bronze})} 个数据集",
            ),
            _tile("标准库", totals["silver"], "按目录规范后的记录"),
            _tile("隔离", totals["quarantine"], "等待改正后重放"),
            _tile("问题", sum(row["count"] for row in counted), "每条有规则和处理办法"),
            _tile("居民", residents, f"来自 {sum(row['count'] for row in people):,} 条人员记录"),
        ],
        conservation={
            **totals,
            "holds": all(
                one.bronze == one.silver + one.quarantine + one.superseded for one in statuses
            ),
        },
        systems=_systems(registry, statuses),
        datasets=_datasets(statuses),
        reasons=[row for row in counted if row["severity"] == "blocking"],
        findings=[row for row in counted if row["severity"] != "blocking"][:_MOST_FINDINGS],
        counties=[one.name for one in load_organisations().values() if one.kind == "county"],
        quality=quality,
        institutions=institutions,
        indicators=indicators,
        trends=trends,
        links=people,
        truth=[
            {
                "name": one.name,
                "precision": one.precision_text,
                "recall": one.recall_text,
                "note": one.note,
            }
            for one in verdicts
        ],
    )


def _tile(label: str, value: int, note: str) -> dict[str, str]:
    return {"label": label, "value": f"{value:,}", "note": note}


def _failed(failed: set[tuple[str, str]]) -> str:
    return f"{len(failed)} 个读取失败" if failed else "全部读取成功"


def _last_batch(settings: Settings) -> str:
    with connect(settings) as connection:
        row = connection.execute(
            "select batch_id from kanghu.batch where state = 'done' order by batch_id desc limit 1"
        ).fetchone()
    return str(row["batch_id"]) if row else ""


def _findings(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[dict[str, Any]]:
    """Findings counted by rule, most first, with what the rule says."""
    names = load_catalogue().datasets
    rules = {one.id: one for name in names for one in suite_for(name)}
    counted = connection.execute(
        f"""
        select dataset, rule, any_value(dimension), any_value(severity), count(*),
               any_value(message), any_value(mend)
        from delta_scan('{Lake(settings.lake).findings}')
        group by dataset, rule order by count(*) desc, rule
        """
    ).fetchall()
    return [
        {
            "dataset_name": names[dataset].name_zh,
            "rule": rule,
            "sentence": rules[rule].sentence if rule in rules else message,
            "dimension": DIMENSIONS[dimension],
            "severity": severity,
            "severity_name": SEVERITIES[severity],
            "count": count,
            "mend": mend,
        }
        for dataset, rule, dimension, severity, count, message, mend in counted
    ]


def _people(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> tuple[list[dict[str, Any]], int]:
    link = Lake(settings.lake).identity("person_link")
    rows = connection.execute(
        "select linked_by, count(distinct (_institution, _feed, _source_key, dataset)) "
        f"from delta_scan('{link}') group by all order by 2 desc"
    ).fetchall()
    (residents,) = connection.execute(
        f"select count(distinct resident_id) from delta_scan('{link}')"
    ).fetchone() or (0,)
    return [{"name": LINKED_BY.get(by, by), "count": count} for by, count in rows], int(residents)


def _indicators(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[list[dict[str, Any]], dict[str, list[tuple[str, float | None]]]]:
    """The last month's figures with a column a county, and the city's course by month."""
    counties = [
        one.organisation_code for one in load_organisations().values() if one.kind == "county"
    ]
    rows = connection.execute(
        """
        select i.indicator, d.name_zh, i.level, i.organisation_code,
               strftime(i.period_month, '%Y-%m'), i.numerator, i.denominator, i.value
        from marts.rpt_indicator as i join marts.dim_indicator as d using (indicator)
        where i.level in ('city', 'county') order by i.indicator, 5
        """
    ).fetchall()
    latest = max((row[4] for row in rows), default="")
    figures: dict[str, dict[str, Any]] = {}
    trends: dict[str, list[tuple[str, float | None]]] = {}
    for indicator, name, level, organisation, month, numerator, denominator, value in rows:
        figure = figures.setdefault(
            indicator,
            {
                "id": indicator,
                "name": name,
                "value": "—",
                "numerator": 0,
                "denominator": 0,
                "by_county": ["—"] * len(counties),
            },
        )
        share = None if value is None else float(value)
        if level == "city":
            trends.setdefault(f"{indicator} {name}", []).append((month, share))
        if month != latest:
            continue
        if level == "city":
            figure |= {
                "value": _percent(share),
                "numerator": int(numerator),
                "denominator": int(denominator),
            }
        elif organisation in counties:
            figure["by_county"][counties.index(organisation)] = _percent(share)
    return list(figures.values()), trends


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1f}%"


def _systems(registry: Registry, statuses: list[FeedStatus]) -> list[dict[str, Any]]:
    rows = []
    for name, system in registry.systems.items():
        mine = [one for one in statuses if one.feed.split(".", 1)[0] == name]
        if not mine:
            continue
        feeds = {(one.institution, one.feed): one for one in mine}
        words = [one.comparison for one in feeds.values()]
        rows.append(
            {
                "system": name,
                "name": system.name,
                "kind": KINDS[system.kind],
                "institutions": len({one.institution for one in mine}),
                "feeds": len(feeds),
                "bronze": sum(one.bronze for one in mine),
                "equal": sum(word == "equal" for word in words),
                "different": sum(word.startswith("different") for word in words),
                "not_comparable": sum(word.startswith("not comparable") for word in words),
                "failed": sum(one.error is not None for one in feeds.values()),
                "last_success": _latest(mine),
            }
        )
    return rows


def _datasets(statuses: list[FeedStatus]) -> list[dict[str, Any]]:
    rows = []
    for name, dataset in load_catalogue().datasets.items():
        mine = [one for one in statuses if one.dataset == name]
        if mine:
            rows.append(
                {
                    "name": dataset.name_zh,
                    "silver": sum(one.silver for one in mine),
                    "quarantine": sum(one.quarantine for one in mine),
                    "superseded": sum(one.superseded for one in mine),
                }
            )
    return sorted(rows, key=lambda row: row["silver"])


def _institutions(
    registry: Registry, statuses: list[FeedStatus], quality: QualityFacts
) -> list[dict[str, Any]]:
    organisations = load_organisations()
    names = {one.institution: one.name for one in registry.sources.values()}
    mine: dict[str, list[FeedStatus]] = {code: [] for code in names}
    for status in statuses:
        mine[status.institution].append(status)
    valued = {row["code"]: row for row in quality.institutions}
    rows = []
    for code, found in mine.items():
        place = organisations.get(code)
        county = organisations.get(place.parent_code) if place else None
        score = valued.get(code, {})
        rows.append(
            {
                "code": code,
                "name": place.name if place else names[code],
                "county": county.name if county else "",
                "systems": "、".join(
                    registry.systems[one.system].name
                    for one in registry.sources.values()
                    if one.institution == code
                ),
                "bronze": sum(one.bronze for one in found),
                "silver": sum(one.silver for one in found),
                "quarantine": sum(one.quarantine for one in found),
                "scores": [
                    "—" if one is None else f"{one:.2f}"
                    for one in (*score.get("dimensions", (None,) * 4), score.get("score"))
                ],
                "last_success": _latest(found),
                "error": next((one.error for one in found if one.error), ""),
            }
        )
    return rows


def _latest(statuses: list[FeedStatus]) -> str:
    times = [one.last_success for one in statuses if one.last_success]
    return max(times).astimezone(ZoneInfo(TIME_ZONE)).strftime("%m-%d %H:%M") if times else "—"
