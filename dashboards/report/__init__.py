"""The report at the end of a run: one self-contained page that works offline.

ECharts lies in ``vendor/`` (Apache-2.0) and is written into the page; nothing is fetched.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jinja2

from dashboards.report.facts import Facts, gather_facts
from kanghu.settings import Settings
from pipeline.verdict import Verdict
from standards.quality import DIMENSIONS

_ROOM = Path(__file__).resolve().parent
_WORST = 12
ECHARTS = _ROOM / "vendor" / "echarts.common.min.js"


def write_report(settings: Settings, path: Path, verdicts: list[Verdict]) -> Path:
    """Write the report to ``path``; ``verdicts`` are shown where a truth is known."""
    facts = gather_facts(settings, verdicts)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["score"] = lambda score: "—" if score is None else f"{score:.2f}"
    environment.filters["signed"] = lambda score: "—" if score is None else f"{score:+.2f}"
    environment.filters["thousands"] = lambda number: f"{number:,}"
    page = environment.get_template("page.html.j2").render(
        facts=facts,
        echarts=jinja2.filters.do_mark_safe(  # ours, not input
            ECHARTS.read_text(encoding="utf-8")
        ),
        charts=jinja2.filters.do_mark_safe(
            json.dumps(chart_options(facts), ensure_ascii=False).replace("<", "\\u003c")
        ),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".writing")
    unfinished.write_text(page, encoding="utf-8")
    os.replace(unfinished, path)
    return path


def chart_options(facts: Facts) -> dict[str, Any]:
    """ECharts options by place on the page."""
    counties = facts.quality.counties
    worst = facts.quality.institutions[-_WORST:]
    course = facts.quality.trend
    quality_months = [month for month, _ in course["总分"]]
    months = sorted({month for course in facts.trends.values() for month, _ in course})
    return {
        "datasets": {
            "color": ["#0f6e84", "#c0392b", "#b5bec7"],
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "legend": {"top": 0},
            "grid": {"left": 150, "right": 60, "top": 36, "bottom": 24},
            "xAxis": {"type": "log", "min": 1, "logBase": 10},
            "yAxis": {"type": "category", "data": [row["name"] for row in facts.datasets]},
            "series": [
                {
                    "name": name,
                    "type": "bar",
                    "barGap": "0%",
                    "data": [row[key] or None for row in facts.datasets],
                }
                for name, key in (
                    ("标准库", "silver"),
                    ("隔离", "quarantine"),
                    ("被替代", "superseded"),
                )
            ],
        },
        "quality": {
            "title": {"text": "各区县四个维度的得分", "textStyle": {"fontSize": 14}},
            "tooltip": {"trigger": "axis"},
            "legend": {"bottom": 0},
            "grid": {"left": 48, "right": 16, "top": 44, "bottom": 56},
            "xAxis": {
                "type": "category",
                "data": [row["organisation"] for row in counties],
                "axisLabel": {"rotate": 40},
            },
            "yAxis": {"type": "value", "scale": True, "max": 100},
            "series": [
                {
                    "name": name,
                    "type": "scatter",
                    "data": [row["dimensions"][place] for row in counties],
                }
                for place, name in enumerate(DIMENSIONS.values())
            ],
        },
        "trend": {
            "title": {"text": "全市得分逐月(至多两年)", "textStyle": {"fontSize": 14}},
            "tooltip": {"trigger": "axis"},
            "legend": {"bottom": 0},
            "grid": {"left": 48, "right": 16, "top": 44, "bottom": 56},
            "xAxis": {"type": "category", "data": quality_months},
            "yAxis": {"type": "value", "scale": True, "max": 100},
            "series": [
                {
                    "name": name,
                    "type": "line",
                    "data": [dict(points).get(month) for month in quality_months],
                }
                for name, points in course.items()
            ],
        },
        "worst": {
            "title": {"text": f"得分最低的 {len(worst)} 家", "textStyle": {"fontSize": 14}},
            "color": ["#c77d0a"],
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "grid": {"left": 190, "right": 48, "top": 44, "bottom": 24},
            "xAxis": {"type": "value", "scale": True, "max": 100},
            "yAxis": {
                "type": "category",
                "data": [row["organisation"] for row in worst],
                "axisLabel": {"width": 180, "overflow": "truncate"},
            },
            "series": [{"type": "bar", "data": [row["score"] for row in worst]}],
        },
        "indicators": {
            "title": {"text": "全市逐月(年初至当月)", "textStyle": {"fontSize": 14}},
            "tooltip": {"trigger": "axis"},
            "legend": {"type": "scroll", "bottom": 0},
            "grid": {"left": 48, "right": 16, "top": 44, "bottom": 56},
            "xAxis": {"type": "category", "data": months},
            "yAxis": {"type": "value", "axisLabel": {"formatter": "{value}%"}},
            "series": [
                {
                    "name": name,
                    "type": "line",
                    "showSymbol": False,
                    "connectNulls": True,
                    "data": [dict(course).get(month) for month in months],
                }
                for name, course in facts.trends.items()
            ],
        },
    }
