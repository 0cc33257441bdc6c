"""``kanghu status`` on the screen: many feeds summed up, or each in lines that fit 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.markup import escape

from kanghu.cli.console import console, table

if TYPE_CHECKING:
    from pipeline.status import FeedStatus

MANY = 60
"""More entries than this are summed up by system, where nobody asked for each."""
_INSTITUTIONS = 20
_RESULTS = {"equal": "一致", "different": "[red]不一致[/red]", "not comparable": "不可比"}


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for; ``feed``: a part of its name."""

    institution: str | None = None
    feed: str | None = None
    dataset: str | None = None
    problems: bool = False

    @property
    def narrows(self) -> bool:
        return any((self.institution, self.feed, self.dataset, self.problems))

    def takes(self, one: FeedStatus) -> bool:
        return (
            self.institution in (None, one.institution)
            and (self.feed is None or self.feed in one.feed)
            and self.dataset in (None, one.dataset)
            and (not self.problems or has_problem(one))
        )


def has_problem(one: FeedStatus) -> bool:
    """An error, or a lake that differs from its source."""
    return one.error is not None or one.comparison.startswith("different")


def show_statuses(statuses: Sequence[FeedStatus], *, one_by_one: bool) -> None:
    """Each entry in two lines, or, where they are many and nobody asked for each, a summary."""
    if not one_by_one and len(statuses) > MANY:
        _show_summary(statuses)
        return
    console.print(f"数据源状态:{len(statuses):,} 条")
    shown = None
    for one in statuses:
        if one.institution != shown:
            console.print(f"[bold]{escape(one.institution or '—')}[/bold]")
            shown = one.institution
        _show_entry(one)


def _show_entry(one: FeedStatus) -> None:
    state, _, detail = one.comparison.partition(":")
    into = f" → {one.dataset}" if one.dataset else ""
    result = _RESULTS.get(state, state)
    name = f"  {one.feed}"
    if cell_len(name + into) + 8 > console.width:
        console.print(escape(name))
        name = "   "
    console.print(f"{escape(name + into)}  {result}")
    source = "—" if one.source_rows is None else f"{one.source_rows:,}"
    console.print(
        f"    来源 {source}  青铜 {one.bronze:,}  标准库 {one.silver:,}"
        f"  隔离 {one.quarantine:,}  替代 {one.superseded:,}",
        highlight=False,
    )
    for text in (detail.strip(), one.error or ""):
        if text:
            console.print(f"    {escape(text)}", style="yellow")


def _show_summary(statuses: Sequence[FeedStatus]) -> None:
    systems: dict[str, list[FeedStatus]] = {}
    troubled: dict[str, int] = {}
    for one in statuses:
        systems.setdefault(one.feed.partition(".")[0], []).append(one)
        if has_problem(one):
            troubled[one.institution] = troubled.get(one.institution, 0) + 1
    heads = ("系统", "机构", "条", "青铜", "标准库", "隔离", "问题")
    rows = [
        (
            name,
            len({one.institution for one in some}),
            len(some),
            sum(one.bronze - one.shared for one in some),
            sum(one.silver for one in some),
            sum(one.quarantine for one in some),
            sum(has_problem(one) for one in some),
        )
        for name, some in sorted(systems.items())
    ]
    console.print(table(f"数据源状态:{len(statuses):,} 条,按系统汇总", heads, rows))
    if troubled:
        most = sorted(troubled.items(), key=lambda pair: (-pair[1], pair[0]))
        told = "、".join(f"{name or '—'}({count})" for name, count in most[:_INSTITUTIONS])
        rest = f" 等 {len(most):,} 家" if len(most) > _INSTITUTIONS else ""
        console.print(f"有问题的机构:{told}{rest}", highlight=False)
    console.print("细看:--problems、--institution、--feed、--dataset,或 --all 逐条列出")
