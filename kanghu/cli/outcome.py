"""The end of a run on the screen: what was done, what was not, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from kanghu.cli.console import console, error_console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collectors.compare import ComparisonResult
    from collectors.registry import Refused
    from pipeline.run import RunResult

LINES = 20
"""How many of a kind are told one by one; the others are counted, and ``status`` has them all."""

EXTRA = (
    "来源删了的,全量重读后就没有了;重读后仍多出,是湖里同一行存了两份,重读改不了:"
    "用 Delta 的历史查明是谁写的,把这张青铜表恢复到写重之前的版本,再运行"
)
"""How rows that the lake has beyond its source come right, as far as they do."""


def told(result: ComparisonResult) -> str:
    """Some rows that differ and how, by their keys; behind them what else is to be known."""
    return "; ".join([*result.examples[:3], *([result.reason] if result.reason else [])])


def _show_comparisons(result: RunResult) -> None:
    different = result.different
    for one in different[:LINES]:
        error_console.print(
            f"[yellow]与来源不一致[/yellow] {one.institution} {one.feed}:"
            f"来源 {one.source_rows:,},湖中 {one.lake_rows:,}"
            f"(缺 {one.missing_rows:,},多 {one.extra_rows:,},改 {one.altered_rows:,});"
            f"{escape(told(one))}"
        )
    if different:
        error_console.print(
            f"{len(different)} 个数据源与来源不一致:来源正在变,或删过、改过水位之前的行;"
            "下一次运行会全量重读它们"
        )
        if any(one.extra_rows for one in different):
            error_console.print(f"多出的行:{EXTRA}")


def _show_failed(result: RunResult) -> None:
    """Feeds that could not be read; those of a source that failed alike are told as one."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for feed, error in result.failed:
        place = (feed.institution, feed.system.system, error)
        alike.setdefault(place, []).append(feed.name)
    for (institution, system, error), names in list(alike.items())[:LINES]:
        which = names[0] if len(names) == 1 else f"{system} 的 {len(names)} 个数据源"
        error_console.print(f"[red]未能读取[/red] {institution} {which}:{escape(error)}")
    rest = sum(len(names) for names in list(alike.values())[LINES:])
    if rest:
        error_console.print(f"[red]未能读取[/red] 的还有 {rest} 个数据源:kanghu status")


def show_refused(refused: Sequence[Refused]) -> None:
    """Files of systems and sources that cannot be taken: told every time, until they are mended."""
    for one in refused:
        error_console.print(f"[red]配置没有读成[/red] {one.file}:{escape(str(one.error))}")


def show_run(result: RunResult) -> None:
    """The end of a run: what was collected, that nothing was lost, what could not be read."""
    if result.collected is not None:
        done = result.collected
        console.print(
            f"采集 {done.feeds:,} 个数据源:新行 {done.bronze_rows:,},"
            f"未变 {done.unchanged_rows:,},失败 {len(done.failed)}"
        )
    if result.normalised:
        broken = result.unbalanced or result.uncounted
        counted = {
            name: sum(getattr(one, name) for one in result.normalised)
            for name in ("bronze", "silver", "quarantine", "superseded")
        }
        console.print(
            f"{'[red]不守恒[/red]' if broken else '守恒'}(本次):送达 {counted['bronze']:,}"
            f" = 标准库 {counted['silver']:,} + 隔离区 {counted['quarantine']:,}"
            f" + 被替代 {counted['superseded']:,}"
        )
    if result.evolved is not None:
        for dataset, columns in result.evolved.added.items():
            console.print(
                f"标准库 {dataset} 新增列 {'、'.join(columns)};"
                f"旧记录要它有值:kanghu replay --dataset {dataset}"
            )
        if result.evolved.rebuilding:
            console.print(f"按新版本从青铜层重做:{'、'.join(result.evolved.rebuilding)}")
    if result.identified is not None:
        people = result.identified
        console.print(f"居民:{people.persons:,} 条人员记录归为 {people.residents:,} 位居民")
    if result.built is not None:
        console.print(f"集市:{result.built.models} 个模型,{result.built.tests} 项检验通过")
    _show_comparisons(result)
    _show_failed(result)
    show_refused(result.refused)
    for table in result.uncarried:
        into = f" → {table.dataset}" if table.dataset else ""
        error_console.print(
            f"[red]没有带进标准库[/red] {table.system}.{table.table_name}{into}:"
            f"{escape(table.error)};改好后下一次运行会从青铜层补上"
        )
    for gap in result.uncounted:
        error_console.print(
            f"[red]不守恒[/red] {gap.institution} {gap.feed}:"
            f"青铜层 {gap.rows:,} 行,各数据集只数到 {gap.counted:,} 行"
        )
    for count in result.unbalanced:
        error_console.print(
            f"[red]不守恒[/red] {count.institution} {count.feed} {count.dataset}:"
            f"{count.bronze} ≠ {count.silver} + {count.quarantine} + {count.superseded}"
        )
