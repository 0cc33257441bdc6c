"""``kanghu run``, ``replay``, ``compare``, ``status``: the line and how it stands."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Annotated

import typer

from kanghu.cli.city import institutions_answering
from kanghu.cli.console import console, step_progress, table
from kanghu.cli.outcome import EXTRA, show_refused, show_run, told
from kanghu.settings import load_settings

RESULTS = {"equal": "一致", "different": "不一致", "not comparable": "不可比"}


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("replay")(replay)
    app.command("compare")(compare)
    app.command("status")(status)


def run(
    source: Annotated[str | None, typer.Option(help="只跑这个来源(来源名或机构代码)")] = None,
    dataset: Annotated[str | None, typer.Option(help="只跑供给这个数据集的数据源")] = None,
    since: Annotated[str | None, typer.Option(help="增量数据源从这个水位重新读")] = None,
    full: Annotated[bool, typer.Option("--full", help="全部重读,来源删掉的行也就看得见")] = False,
) -> None:
    """采集新数据,比对、规范化、归并居民,并重建集市和指标。"""
    from collectors.registry import load_registry
    from pipeline.run import run as run_line

    settings = load_settings()
    with institutions_answering(settings), step_progress() as progress:
        result = run_line(
            settings,
            load_registry(settings),
            source=source,
            dataset=dataset,
            since=since,
            full=full,
            watcher=progress,
        )
    show_run(result)
    if not result.is_whole:
        raise typer.Exit(1)


def replay(
    dataset: Annotated[list[str] | None, typer.Option(help="只重放这些数据集")] = None,
) -> None:
    """改好映射或值域之后,让青铜层和隔离区的行重新通过。"""
    from collectors.registry import load_registry
    from pipeline.run import replay as replay_line

    settings = load_settings()
    with step_progress() as progress:
        result = replay_line(settings, load_registry(settings), datasets=dataset, watcher=progress)
    show_run(result)
    if not result.is_whole:
        raise typer.Exit(1)


def compare(
    source: Annotated[str | None, typer.Option(help="只比对这个来源")] = None,
) -> None:
    """逐数据源比对来源与数据湖:计数和校验和,不同的行列出来。"""
    from collectors.collect import check_names
    from collectors.compare import compare as compare_feeds
    from collectors.registry import load_registry

    settings = load_settings()
    registry = load_registry(settings)
    check_names(registry)
    with institutions_answering(settings), step_progress() as progress, progress.step("比对"):
        results = compare_feeds(settings, registry.feeds(source), note=progress.note)
    different = [one for one in results if one.result == "different"]
    rows = [
        (
            one.institution,
            one.feed,
            RESULTS[one.result],
            one.source_rows,
            one.lake_rows,
            one.missing_rows,
            one.extra_rows,
            one.altered_rows,
            told(one),
        )
        for one in results
        if one.result != "equal"
    ]
    equal = sum(one.result == "equal" for one in results)
    console.print(f"{equal} 个数据源与来源一致,{len(different)} 个不一致")
    if rows:
        heads = ("机构", "数据源", "结果", "来源行", "湖中行", "缺少", "多出", "改动", "说明")
        console.print(table("没有一致的数据源", heads, rows))
    if any(one.extra_rows for one in different):
        console.print(f"多出的行:{EXTRA}")
    refused = registry.refused if source is None else ()
    show_refused(refused)
    if different or (results and not equal) or refused:
        raise typer.Exit(1)


def status(
    institution: Annotated[str | None, typer.Option(help="只看这家机构")] = None,
    feed: Annotated[str | None, typer.Option(help="只看名字里有这个的数据源")] = None,
    dataset: Annotated[str | None, typer.Option(help="只看这个数据集")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="只看有错误或不一致的")] = False,
    everything: Annotated[bool, typer.Option("--all", help="逐条列出,再多也列")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="按 docs/interfaces.md 输出 JSON")
    ] = False,
) -> None:
    """每个数据源和数据集的行数、比对结果、最近一次成功和错误;多于 60 条时先给汇总。"""
    from collectors.registry import load_registry
    from kanghu.cli.statuses import Wanted, show_statuses
    from pipeline.status import feed_statuses

    settings = load_settings()
    registry = load_registry(settings)
    wanted = Wanted(institution, feed, dataset, problems)
    statuses = [one for one in feed_statuses(settings, registry) if wanted.takes(one)]
    if as_json:
        rows = [dataclasses.asdict(one) for one in statuses]
        print(json.dumps(rows, ensure_ascii=False, default=_iso, indent=1))
    else:
        show_statuses(statuses, one_by_one=everything or wanted.narrows)
    show_refused(registry.refused)
    if registry.refused:
        raise typer.Exit(1)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
