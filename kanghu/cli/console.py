"""What all commands share on the screen: the console, tables, progress, errors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from kanghu.errors import KanghuError

console = Console()
error_console = Console(stderr=True)


def show_error(error: KanghuError) -> None:
    """What, where, which rule, how to mend, as four lines."""
    lines = [escape(error.what)]
    for label, text in (("位置", error.where), ("规则", error.rule), ("处理", error.mend)):
        if text:
            lines.append(f"[dim]{label}[/dim]  {escape(text)}")
    error_console.print(Panel("\n".join(lines), title="没有完成", border_style="red"))


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose numbers stand right and are grouped by thousands."""
    made = Table(title=title, title_justify="left", header_style="bold")
    numeric = {
        place
        for place in range(len(heads))
        if rows and all(isinstance(row[place], (int, float)) for row in rows)
    }
    for place, head in enumerate(heads):
        made.add_column(head, justify="right" if place in numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_shown(value) for value in row))
    return made


def _shown(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


class StepProgress:
    """Shows steps as they go: ``with progress.step("采集"): ...``; a callback for the rooms."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        task = self._progress.add_task(name, total=None, note="")
        began = time.perf_counter()
        self._current = task
        yield
        self.seconds[name] = time.perf_counter() - began
        self._progress.update(task, total=1, completed=1)

    def note(self, text: str) -> None:
        self._progress.update(self._current, note=text)


@contextmanager
def step_progress() -> Iterator[StepProgress]:
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=18),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=error_console) as progress:
        yield StepProgress(progress)
