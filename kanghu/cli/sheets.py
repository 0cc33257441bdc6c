"""``kanghu sheet``: a dataset as a sheet to fill in, checked and loaded like any source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kanghu.cli.console import console, step_progress, table
from kanghu.cli.outcome import show_run
from kanghu.errors import KanghuError
from kanghu.settings import load_settings

app = typer.Typer(help="填报表:写出空表、检查、载入。", no_args_is_help=True)
_SHOWN = 200
_GRADES = {"blocking": "阻断", "error": "错误", "warning": "警告", "notice": "提示"}


@app.command("new")
def new(
    dataset: Annotated[str, typer.Argument(help="数据集(见 kanghu dictionary)", metavar="数据集")],
    out: Annotated[Path, typer.Option(help="写到这个 xlsx 文件")],
) -> None:
    """写出一个数据集的空表:中文表头、必填标记、下拉选项、填写说明。"""
    from standards.catalogue import load_catalogue
    from standards.projections.sheet import write_sheet

    catalogue = load_catalogue()
    if dataset not in catalogue.datasets:
        raise KanghuError(
            what=f"目录里没有数据集 {dataset!r}", where="DATASET", mend="用 kanghu dictionary 查看"
        )
    console.print(f"已写 {write_sheet(out, catalogue, catalogue.dataset(dataset))}")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="填好的 xlsx", metavar="文件")],
    institution: Annotated[str, typer.Option(help="哪个机构的(代码)")],
) -> None:
    """试读(不写入):逐行逐列说明违反了哪条规则、怎样改。"""
    from collectors.sheets import read_sheet
    from spark_jobs.sheet_check import check_sheet
    from standards.catalogue import load_catalogue

    sheet = read_sheet(file, load_catalogue())
    with step_progress() as progress, progress.step("检查"):
        found = check_sheet(load_settings(), sheet, institution)
    rows = [
        (
            one.row,
            one.heading,
            _GRADES.get(one.severity, one.severity),
            one.message,
            one.mend,
            one.rule,
        )
        for one in found[:_SHOWN]
    ]
    if rows:
        heads = ("行", "列", "级别", "问题", "怎样改", "规则")
        console.print(table(f"{len(found)} 处(最多列出 {_SHOWN} 处)", heads, rows))
    refused = {one.row for one in found if one.severity == "blocking"}
    console.print(f"{sheet.rows.num_rows} 行,{len(refused)} 行不能入库")
    if refused:
        raise typer.Exit(1)


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="填好的 xlsx", metavar="文件")],
    institution: Annotated[str, typer.Option(help="哪个机构的(代码)")],
) -> None:
    """载入:像任何来源一样落到青铜层,再规范化;不合格的行进隔离区。"""
    from collectors.registry import load_registry
    from collectors.sheets import deliver_sheet, read_sheet
    from pipeline.run import run
    from standards.catalogue import load_catalogue

    settings = load_settings()
    sheet = read_sheet(file, load_catalogue())
    feed = deliver_sheet(settings, sheet, institution)
    settings = load_settings()  # the home has a folder of sources now
    with step_progress() as progress:
        result = run(settings, load_registry(settings), source=feed.source.source, watcher=progress)
    show_run(result)
    if not result.is_whole:
        raise typer.Exit(1)
