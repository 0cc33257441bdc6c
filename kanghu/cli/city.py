"""``kanghu simulate`` and ``kanghu demo``: a synthetic city, and the whole line on it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kanghu.cli.console import console, error_console, step_progress, table
from kanghu.cli.outcome import show_run
from kanghu.errors import KanghuError
from kanghu.settings import Settings, load_settings

DEMO_RESIDENTS = 10_000
AS_OF = datetime(2026, 6, 30)


city_app = typer.Typer(help="模拟城市:让它的机构答话,或再送一批变化。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("simulate")(simulate)
    app.command("demo")(demo)
    app.add_typer(city_app, name="city")


@contextmanager
def institutions_answering(settings: Settings) -> Iterator[None]:
    """Let the institutions of a simulated city answer while the block runs.

    Only where the home is such a city's folder (``kanghu simulate``, ``kanghu demo``); elsewhere
    institutions answer for themselves.
    """
    if not (settings.home / "city.yml").exists():
        yield
        return
    from simulator.serve import start_city

    with start_city(settings.home) as environment:
        os.environ.update(environment)
        yield


@city_app.command("serve")
def serve(
    folder: Annotated[Path, typer.Argument(help="模拟城市的文件夹")],
) -> None:
    """让模拟城市的机构库和接口答话,直到 Ctrl-C;地址以环境变量给出。"""
    from simulator.serve import start_city

    _check_city(folder)
    with start_city(folder.resolve()) as environment:
        for name, value in environment.items():
            print(f"export {name}='{value}'", flush=True)
        error_console.print("机构都在答话;Ctrl-C 结束")
        threading.Event().wait()


@city_app.command("change")
def change(
    folder: Annotated[Path, typer.Argument(help="模拟城市的文件夹")],
    turn: Annotated[int, typer.Option(min=1, max=9, help="第几批变化;同一批总是一样")] = 1,
    days: Annotated[int, typer.Option(min=1, help="变化落在之后的几天里")] = 7,
) -> None:
    """过几天:新就诊、晚到的、改过的、删掉的、作废的,都进各机构自己的系统。"""
    from simulator.changes import simulate_changes

    _check_city(folder)
    done = simulate_changes(folder.resolve(), turn=turn, days=days)
    console.print(
        f"新增 {done.inserted:,} 行,修改 {done.updated:,},"
        f"删除 {done.deleted:,},作废 {done.voided:,}"
    )


def _check_city(folder: Path) -> None:
    if not (folder / "city.yml").exists():
        raise KanghuError(
            what=f"{folder} 不是模拟城市的文件夹",
            where="FOLDER",
            mend="先用 kanghu simulate --out 造一座,或给演示的文件夹(.kanghu/demo)",
        )


def simulate(
    out: Annotated[Path, typer.Option(help="写到这个文件夹")],
    seed: Annotated[int, typer.Option(help="随机种子:同样的种子得到同样的城市")] = 1,
    residents: Annotated[int, typer.Option(min=1, help="居民数")] = DEMO_RESIDENTS,
    months: Annotated[int, typer.Option(min=1, help="多少个月的业务")] = 24,
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="截止日期,如 2026-06-30")
    ] = AS_OF,
    error_rate: Annotated[float, typer.Option(min=0, max=1, help="埋错的行所占比例")] = 0.02,
    institutions: Annotated[int | None, typer.Option(min=1, help="只要这么多家机构")] = None,
) -> None:
    """造一座城市:每家机构自己的系统和数据,以及真相。"""
    from simulator.simulate import simulate as simulate_city

    with step_progress() as progress, progress.step("模拟城市"):
        summary = simulate_city(
            seed=seed,
            residents=residents,
            out=out.resolve(),
            as_of=f"{as_of:%Y-%m-%d}",
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
    residents: Annotated[int, typer.Option(min=1, help="居民数")] = DEMO_RESIDENTS,
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
