"""``kanghu lineage`` and ``kanghu tag``: where a column comes from and goes to; who bears a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from kanghu.cli.console import console, table
from kanghu.settings import load_settings

if TYPE_CHECKING:
    from pipeline.lineage import Lineage


tag_app = typer.Typer(help="标签:按声明的规则带在记录和居民上。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("lineage")(lineage)
    app.add_typer(tag_app, name="tag")


def lineage(
    column: Annotated[str, typer.Argument(help="数据集.列、集市.列 或 系统.表.列", metavar="列")],
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


@tag_app.command("list")
def list_tags(
    tag: Annotated[
        str | None, typer.Argument(help="标签;不给则列出全部标签", metavar="标签")
    ] = None,
    institution: Annotated[str | None, typer.Option(help="只看这个机构(代码)")] = None,
    limit: Annotated[int, typer.Option(help="最多列出多少条")] = 100,
) -> None:
    """全部标签及其规则;给出标签时,列出带它的记录(不含姓名、证件号)。"""
    from kanghu.errors import KanghuError
    from pipeline.assets import list_tagged
    from standards.assets import load_tags
    from standards.catalogue import load_catalogue

    tags = load_tags(load_catalogue())
    if tag is None:
        rows = [(one.tag, one.sentence, one.dataset, one.expression) for one in tags]
        console.print(table("标签", ("标签", "说明", "数据集", "规则"), rows))
        return
    if tag not in {one.tag for one in tags}:
        raise KanghuError(
            what=f"没有标签 {tag!r}", where="kanghu tag list", mend="不带参数运行,查看全部标签"
        )
    found = list_tagged(load_settings(), tag, institution, limit)
    heads = ("机构", "名称", "数据集", "来源主键", "居民标识")
    console.print(table(f"{tag}:{len(found)} 条", heads, found))
