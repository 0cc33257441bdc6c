"""``kanghu simulate`` and ``kanghu demo``: a synthetic city, and the whole line on it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from kanghu.cli.console import console, step_progress, table
from kanghu.cli.flow import show_run
from kanghu.errors import KanghuError
from kanghu.settings import load_settings

DEMO_RESIDENTS = 5_000


def register(app: typer.Typer) -> None:
    app.command("simulate")(simulate)
    app.command("demo")(demo)


def simulate(
    out: Annotated[Path, typer.Option(help="写到这个文件夹")],
    seed: Annotated[int, typer.Option(help="随机种子:同样的种子得到同样的城市")] = 1,
    residents: Annotated[int, typer.Option(help="居民数")] = DEMO_RESIDENTS,
    months: Annotated[int, typer.Option(help="多少个月的业务")] = 24,
    as_of: Annotated[str, typer.Option(help="截止日期")] = "2026-06-30",
    error_rate: Annotated[float, typer.Option(help="埋错的行所占比例")] = 0.02,
    institutions: Annotated[int | None, typer.Option(help="只要这么多家机构")] = None,
) -> None:
    """造一座城市:每家机构自己的系统和数据,以及真相。"""
    from simulator.simulate import simulate as simulate_city

    with step_progress() as progress, progress.step("模拟城市"):
        summary = simulate_city(
            seed=seed,
            residents=residents,
            out=out.resolve(),
            as_of=as_of,
            months=months,
            error_rate=error_rate,
            institutions=institutions,
            progress=lambda done, of: progress.note(f"{done:,}/{of:,} 位居民"),
        )
    console.print(
        f"{summary.residents:,} 位居民,{summary.institutions} 家机构,"
        f"{summary.rows:,} 行,埋了 {summary.errors:,} 处错误 → {out}"
    )


def demo(
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    residents: Annotated[int, typer.Option(help="居民数")] = DEMO_RESIDENTS,
    home: Annotated[Path | None, typer.Option(help="放在这个文件夹(默认 KANGHU_HOME)")] = None,
) -> None:
    """从一座模拟城市的各家机构,到集市、指标、质量报告,整条线走一遍。"""
    began = time.perf_counter()
    settings = load_settings()
    settings = settings.at_home((home or settings.home / "demo").resolve())
    _make_room(settings.home)

    from collectors.registry import load_registry
    from dashboards.report import write_report
    from expectations.data_docs import write_data_docs
    from pipeline.run import run as run_line
    from pipeline.verdict import verify_against_truth
    from simulator.serve import start_city
    from simulator.simulate import simulate as simulate_city

    with step_progress() as progress:
        with progress.step("模拟城市"):
            simulate_city(
                seed=seed,
                residents=residents,
                out=settings.home,
                progress=lambda done, of: progress.note(f"{done:,}/{of:,} 位居民"),
            )
        with start_city(settings.home) as environment:
            os.environ.update(environment)
            result = run_line(settings, load_registry(settings), watcher=progress)
        with progress.step("核对真相"):
            verdicts = verify_against_truth(settings, settings.home / "truth")
        with progress.step("写报告"):
            report = write_report(settings, settings.home / "report.html", verdicts)
            docs = write_data_docs(settings, settings.home / "data_docs")
    show_run(result)
    rows = [(one.name, one.precision_text, one.recall_text, one.note) for one in verdicts]
    console.print(table("对照真相", ("核对", "精确率", "召回率", "说明"), rows))
    console.print(f"报告       {report}")
    console.print(f"Data Docs  {docs}")
    console.print(f"用时 {time.perf_counter() - began:.0f} 秒。接着可以:")
    console.print(f"  KANGHU_HOME={settings.home} kanghu status")
    console.print(f"  KANGHU_HOME={settings.home} kanghu explain F6")
    if not result.is_whole:
        raise typer.Exit(1)


def _make_room(home: Path) -> None:
    """Clear what an earlier demo left; never a folder that a demo did not make."""
    mark = home / ".kanghu-demo"
    if home.exists() and any(home.iterdir()):
        if not mark.exists():
            raise KanghuError(
                what=f"{home} 里已有别的东西",
                where="--home",
                mend="给演示一个空文件夹;演示会清空它自己上次留下的",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    mark.touch()
