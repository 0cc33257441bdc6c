"""``kanghu quality report``: the programmes' quality lists, tasks and exports.

Which filters there are, each report declares itself (dashboards/quality_reports/*.yml), so the
options are read here by what it says and not by typer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from kanghu.cli.console import console, table
from kanghu.errors import KanghuError
from kanghu.settings import load_settings

if TYPE_CHECKING:
    from dashboards.quality_reports.query import Answer

_WHERE = "kanghu quality report"
_SHOWN_COLUMNS = 14
"""What a screen holds; a file has them all."""


def register(group: typer.Typer) -> None:
    """Add the command ``report`` to ``group`` (``kanghu quality``)."""
    group.command(
        "report",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(report)


def report(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="报表编号或标题;list 列出全部", metavar="报表")],
) -> None:
    """质控报表:任务、管理情况、高危、完整性、查重;可筛选,可导出。

    kanghu quality report list;
    kanghu quality report 编号 [--county 区县 --institution 机构 …(各报表自己的筛选条件)]
    [--xlsx 文件 | --csv 文件 | --json] [--identified 显示姓名、证件号、电话] [--limit 行数]
    """
    if name == "list":
        _list()
        return
    from dashboards.quality_reports.declared import find_report
    from dashboards.quality_reports.export import as_json, write_csv, write_xlsx
    from dashboards.quality_reports.query import ask

    chosen = find_report(name)
    wanted = _read(context.args)
    with ask(load_settings(), chosen, wanted.filters, identified=wanted.identified) as answer:
        if wanted.xlsx is not None:
            rows = write_xlsx(answer, wanted.xlsx)
            console.print(f"《{chosen.title}》{rows:,} 行:{wanted.xlsx}")
        elif wanted.csv is not None:
            rows = write_csv(answer, wanted.csv)
            console.print(f"《{chosen.title}》{rows:,} 行:{wanted.csv}")
        elif wanted.json:
            typer.echo(as_json(answer))
        else:
            _show(answer, wanted.limit)


@dataclass
class _Wanted:
    """What the arguments after the report's name say."""

    filters: dict[str, str] = field(default_factory=dict)
    xlsx: Path | None = None
    csv: Path | None = None
    json: bool = False
    identified: bool = False
    limit: int = 50


def _read(arguments: Sequence[str]) -> _Wanted:
    wanted = _Wanted()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise KanghuError(
                what=f"不认得 {word!r}",
                where=_WHERE,
                mend="筛选条件写作 --名称 值",
            )
        option, has_value, value = word.removeprefix("--").partition("=")
        if option in ("json", "identified"):
            setattr(wanted, option, True)
            continue
        if not has_value:
            if not rest or rest[0].startswith("--"):
                raise KanghuError(
                    what=f"--{option} 没有给出值",
                    where=_WHERE,
                    mend="写作 --名称 值",
                )
            value = rest.pop(0)
        if option in ("xlsx", "csv"):
            setattr(wanted, option, Path(value))
        elif option == "limit":
            wanted.limit = _number(value)
        else:
            wanted.filters[option] = value
    return wanted


def _number(text: str) -> int:
    if not text.isdecimal():
        raise KanghuError(what=f"--limit {text!r} 不是行数", where="--limit", mend="写一个整数")
    return int(text)


def _list() -> None:
    from dashboards.quality_reports.declared import load_reports

    rows = [
        (
            one.programme,
            one.id,
            one.title,
            one.requirement,
            " ".join(f"--{f.option}" for f in one.filters),
        )
        for one in load_reports().values()
    ]
    console.print(table("质控报表", ("专项", "编号", "标题", "标书", "筛选条件"), rows))


def _show(answer: Answer, limit: int) -> None:
    from dashboards.quality_reports.export import filters_told, shown

    total = answer.count()
    heads = answer.headings[:_SHOWN_COLUMNS]
    rows = [[shown(cell) for cell in row[:_SHOWN_COLUMNS]] for row in answer.rows(limit)]
    title = (
        f"{answer.report.title}  质控日期 {answer.quality_date}  筛选条件 {filters_told(answer)}"
    )
    console.print(table(escape(title), heads, rows))
    hidden = len(answer.headings) - len(heads)
    more = f",右边还有 {hidden} 列(--xlsx 导出全部)" if hidden else ""
    console.print(f"共 {total:,} 行,列出 {len(rows):,} 行{more}")
