"""``kanghu source``: the data engineer's friend for taking in a new institution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from kanghu.cli.city import institutions_answering
from kanghu.cli.console import console, step_progress, table
from kanghu.cli.outcome import show_refused
from kanghu.errors import KanghuError
from kanghu.settings import Settings, load_settings

if TYPE_CHECKING:
    from collectors.registry import Feed

app = typer.Typer(help="来源:新建、检查、列出。", no_args_is_help=True)


@app.command("list")
def list_sources() -> None:
    """全部来源:机构、系统、接入方式、数据源个数、计划。"""
    from collectors.registry import load_registry

    registry = load_registry(load_settings())
    rows = [
        (
            one.source,
            one.name,
            registry.systems[one.system].name,
            registry.systems[one.system].kind,
            len(registry.systems[one.system].tables) - len(one.differs.without),
            one.schedule,
        )
        for one in registry.sources.values()
    ]
    heads = ("来源", "机构", "系统", "方式", "数据源", "计划")
    console.print(table(f"{len(rows)} 个来源", heads, rows))
    show_refused(registry.refused)
    if registry.refused:
        raise typer.Exit(1)


@app.command("new")
def new(
    institution: Annotated[str, typer.Argument(help="机构代码")],
    system: Annotated[str, typer.Option(help="所用系统;没有就按连接里的表起草一个")],
    name: Annotated[str, typer.Option(help="机构名称")] = "",
    connection: Annotated[str, typer.Option(help="连接,密码写成 ${NAME}")] = "",
) -> None:
    """写出一个新来源(必要时连同系统草稿)供编辑。"""
    from collectors.scaffold import new_source

    settings = load_settings()
    folder = settings.sources or settings.home / "sources"
    for path in new_source(
        settings, folder, institution=institution, name=name, system=system, connection=connection
    ):
        console.print(f"已写 {path}")
    console.print(f"下一步:编辑后运行 kanghu source check {institution}-{system}")


@app.command("check")
def check(
    source: Annotated[str, typer.Argument(help="来源名或机构代码")],
    sample: Annotated[int, typer.Option(help="每个数据源读多少行")] = 1000,
    feed: Annotated[str | None, typer.Option(help="只看这张表")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="映射已适应来源变了的列类型:接受现在的列")
    ] = False,
) -> None:
    """试读一批样本(不写入):列的概貌、映射、未知代码及建议、能通过多少行。"""
    settings = load_settings()
    with institutions_answering(settings):
        _check(settings, source, sample, feed, accept)


def _check(settings: Settings, source: str, sample: int, feed: str | None, accept: bool) -> None:
    from collectors.profile import profile_feed
    from collectors.registry import load_registry
    from kanghu.batch_log import accept_columns
    from spark_jobs.dry_run import dry_run

    registry = load_registry(settings)
    feeds = [one for one in registry.feeds(source) if feed in (None, one.table_name)]
    if not feeds:
        raise KanghuError(
            what=f"来源 {source} 没有数据源 {feed or ''}",
            where="--feed",
            mend="用 kanghu source list 查看",
        )
    _check_environment(feeds)
    broken = 0
    for number, one in enumerate(feeds, 1):
        console.rule(f"{one.institution} {one.name}({number}/{len(feeds)})")
        try:
            with step_progress() as progress, progress.step("读样本"):
                profile = profile_feed(settings, one, sample)
        except KanghuError as error:
            broken += 1
            console.print(f"[red]{escape(str(error))}[/red]")
            continue
        _show_profile(profile)
        _show_trial(dry_run(settings, registry, one, profile.sample))
        if profile.missing:
            broken += 1
        elif accept:
            accept_columns(settings, one.institution, one.name)
            console.print("已接受现在的列;下一次 kanghu run 按它们读")
    if broken:
        raise typer.Exit(1)


def _check_environment(feeds: Sequence[Feed]) -> None:
    """A variable that is not set is told once, not for each table."""
    from collectors.registry import expand

    for source in {one.source.source: one.source for one in feeds}.values():
        for text in (source.connection, source.token):
            try:
                expand(text)
            except KanghuError as error:
                concerned = sum(one.source is source for one in feeds)
                where = f"{source.source}: {text},{concerned} 张表要用"
                raise KanghuError(error.what, where, error.rule, error.mend) from error


def _show_profile(profile: object) -> None:
    from collectors.profile import FeedProfile

    assert isinstance(profile, FeedProfile)
    rows = [
        (
            column.name,
            column.type_guess,
            column.nulls,
            column.distinct,
            escape(", ".join(column.examples[:3])),
            ", ".join(column.mapped_to) or "[yellow]未映射[/yellow]",
        )
        for column in profile.columns
    ]
    heads = ("列", "像是", "空", "不同值", "例", "映射到")
    console.print(table(f"样本 {profile.rows} 行", heads, rows))
    if profile.missing:
        console.print(f"[red]映射要用、来源却没有的列[/red]:{', '.join(profile.missing)}")
    unknown = [
        (code.column, code.value, code.rows, ", ".join(code.suggestions) or "—")
        for code in profile.unknown_codes
    ]
    if unknown:
        console.print(table("未知代码", ("列", "代码", "行", "建议"), unknown))
    for place, rule in profile.date_rules.items():
        console.print(f"[yellow]日期写法[/yellow] {place} 不是 ISO 8601,映射可写作 {escape(rule)}")


def _show_trial(trials: object) -> None:
    from spark_jobs.dry_run import DryRunResult

    assert isinstance(trials, list)
    for trial in trials:
        assert isinstance(trial, DryRunResult)
        console.print(
            f"数据集 {trial.dataset}:{trial.rows} 行中 [bold]{trial.passing}[/bold] 行会通过"
        )
        if trial.findings:
            rows = [(one.rule, one.severity, one.rows, one.message) for one in trial.findings]
            console.print(table("发现", ("规则", "级别", "行", "说明"), rows))
