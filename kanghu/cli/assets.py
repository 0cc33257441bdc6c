"""``kanghu lineage``: where a column's values come from and where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from kanghu.cli.console import console
from kanghu.settings import load_settings

if TYPE_CHECKING:
    from pipeline.lineage import Lineage


def register(app: typer.Typer) -> None:
    app.command("lineage")(lineage)


def lineage(
    column: Annotated[str, typer.Argument(help="数据集.列、集市.列 或 系统.表.列")],
) -> None:
    """一列的来源和去向:从来源系统的列,经数据集,到集市。"""
    from collectors.registry import load_registry
    from pipeline.lineage import check_known
    from pipeline.lineage import lineage as read_lineage
    from standards.catalogue import load_catalogue

    settings, catalogue = load_settings(), load_catalogue()
    found = read_lineage(settings, load_registry(settings), catalogue)
    check_known(found, catalogue, column)
    for title, is_up in (("来源", True), ("去向", False)):
        tree = Tree(f"[bold]{title}[/bold] {escape(column)}")
        _grow(tree, found, column, is_up, {column})
        if not tree.children:
            tree.add("[dim]无[/dim]")
        console.print(tree, highlight=False)
    if not found.has_models:
        console.print("集市还没有构建:这里只有系统到数据集的映射;运行 kanghu run 之后再看")
    for model, why in found.unread.items():
        console.print(f"[yellow]模型 {model} 的列没有读懂[/yellow]:{escape(why)}")


def _grow(tree: Tree, found: Lineage, column: str, is_up: bool, seen: set[str]) -> None:
    for edge in found.upstream(column) if is_up else found.downstream(column):
        name = edge.origin if is_up else edge.target
        how = f"  [dim]{escape(edge.how[:80])}[/dim]" if edge.how else ""
        branch = tree.add(f"{escape(name)}{how}")
        if name not in seen:  # a recursive model comes by again
            _grow(branch, found, name, is_up, seen | {name})
