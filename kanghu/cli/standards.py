"""``kanghu standards``: the catalogue checked, compared, held against the standards, replaced."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kanghu.cli.console import console, table
from kanghu.errors import KanghuError
from kanghu.settings import CHECKOUT, load_settings

app = typer.Typer(help="数据目录:检查、比较、对照国家标准、载入官方表。", no_args_is_help=True)


@app.command("lint")
def lint(
    room: Annotated[Path | None, typer.Argument(help="目录所在的文件夹(默认:本仓库的)")] = None,
) -> None:
    """检查目录的每一张表:标识、格式、值域、关系、命名。"""
    from standards.catalogue import ROOM
    from standards.lint import lint as lint_catalogue

    problems = lint_catalogue(room or ROOM)
    for one in problems:
        console.print(f"[red]✗[/red] {one.where}:{one.what}", highlight=False)
        console.print(f"   [dim]{one.rule or '读表'}[/dim] {one.mend}", highlight=False)
    if problems:
        console.print(f"{len(problems)} 处要改")
        raise typer.Exit(1)
    console.print("目录没有问题")


@app.command("conformance")
def conformance(
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    missing: Annotated[bool, typer.Option("--missing", help="逐项列出没有收的和偏离的")] = False,
) -> None:
    """对照 WS 363、364、365、445:收了多少,哪里偏离,为什么。"""
    from standards.catalogue import load_catalogue
    from standards.conformance import conformance as account_for

    account = account_for(load_catalogue())
    if as_json:
        print(json.dumps([asdict(one) for one in account], ensure_ascii=False, indent=1))
        return
    rows = [
        (one.standard, one.part, one.published, one.held, f"{one.share:.0%}", len(one.deviations))
        for one in account
    ]
    console.print(table("符合性", ("标准", "部分", "公布", "收录", "比例", "偏离"), rows))
    if missing:
        for one in account:
            for text in (*one.missing, *one.deviations):
                console.print(f"{one.standard} {one.part}:{text}", highlight=False, markup=False)


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="旧目录:standards 文件夹,或本仓库的一个版本(git)")],
    new: Annotated[str | None, typer.Argument(help="新目录(默认:现在的)")] = None,
) -> None:
    """两版目录之间改了什么;不兼容的改动没有升版本号时,以非零状态结束。"""
    from standards.catalogue import ROOM, read_catalogue
    from standards.changes import difference
    from standards.tables import stop_at

    with _room(old) as before, _room(new or str(ROOM)) as after:
        found = difference(read_catalogue(before, stop_at), read_catalogue(after, stop_at))
    for one in found.changes:
        mark = "[red]不兼容[/red]" if one.is_breaking else "兼容  "
        console.print(f"{mark} {one.place}:{one.what}", highlight=False)
    breaking = sum(one.is_breaking for one in found.changes)
    console.print(f"{len(found.changes)} 处改动,{breaking} 处不兼容")
    if not found.is_acceptable:
        raise KanghuError(
            what=f"不兼容的改动没有升版本号:{', '.join(found.unversioned)}",
            where="standards/datasets/datasets.csv",
            rule="version",
            mend="把这些数据集的 version 加 1;再用 kanghu replay 从青铜层重做标准库",
        )


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="官方表(CSV,UTF-8 或 GB18030)")],
    table_name: Annotated[
        str, typer.Option("--as", help="值域标识(ICD-10、CV04.50.005 …)或 data_elements")
    ],
    std_version: Annotated[str, typer.Option(help="标准的版本,例如 WS/T 364-2023")] = "",
    coverage: Annotated[
        str | None, typer.Option(help="closed 封闭、open 开放、extract 摘录(默认:不变)")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="看过差异,直接生效")] = False,
) -> None:
    """用官方表替换目录里的表:先看差异,再生效;旧表和来历都保留。"""
    from typing import get_args

    from standards.catalogue import load_catalogue
    from standards.model import Coverage
    from standards.official import accept, propose

    if coverage is not None and coverage not in get_args(Coverage):
        raise KanghuError(
            what=f"coverage 不能是 {coverage!r}",
            where="--coverage",
            mend=f"可用:{', '.join(get_args(Coverage))}",
        )
    proposal = propose(
        load_catalogue(),
        table_name,
        file,
        std_version=std_version,
        coverage=coverage,  # type: ignore[arg-type]
    )
    shown = sorted(proposal.changes, key=lambda one: (not one.is_breaking, one.place))
    rows = [("不兼容" if one.is_breaking else "", one.place, one.what) for one in shown[:20]]
    if rows:
        more = f"(列出 20 处,共 {len(shown):,} 处)" if len(shown) > 20 else ""
        console.print(table(f"{table_name} 的改动{more}", ("", "哪里", "改动"), rows))
    console.print(
        f"文件 {proposal.rows:,} 行;新增 {proposal.count('新'):,},"
        f"删去 {proposal.count('代码被删去'):,},改名 {proposal.count('名称由'):,}"
    )
    if not yes and not typer.confirm("让它生效?"):
        console.print("没有改动")
        raise typer.Exit(1)
    target = accept(proposal, load_settings().standards, datetime.now().astimezone())
    console.print(f"已生效:{target};用 kanghu replay 让已有的记录按新表重新检查")


@app.command("history")
def history() -> None:
    """载入过哪些官方表。"""
    from standards.official import history as loaded

    rows = [
        (one[0], one[1], one[2], one[4], f"+{one[6]} -{one[7]} 改名 {one[8]}", one[9] or "—")
        for one in loaded(load_settings().standards)
    ]
    heads = ("时间", "表", "版本", "文件", "改动", "旧表存为")
    console.print(table("官方表的来历", heads, rows))


@contextmanager
def _room(where: str) -> Iterator[Path]:
    """A folder with the catalogue's tables: ``where`` itself, or that revision of the checkout."""
    folder = Path(where)
    if (folder / "data_elements.csv").exists():
        yield folder
        return
    made = subprocess.run(
        ["git", "archive", "--format=tar", where, "--", "standards"],
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        raise KanghuError(
            what=f"{where!r} 既不是目录的文件夹,也不是本仓库的一个版本",
            where="OLD 或 NEW",
            mend="给 standards 文件夹的路径,或 git 的版本号、标签",
        )
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "standards.tar"
        archive.write_bytes(made.stdout)
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        yield Path(scratch) / "standards"
