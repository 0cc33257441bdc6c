"""``kanghu quality find`` and ``export``: records one by one, in batches, and whole lists."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from kanghu.cli.console import console, step_progress, table
from kanghu.errors import KanghuError
from kanghu.settings import load_settings

if TYPE_CHECKING:
    from pipeline.quality_find import FoundRecord

_SHOWN = 20

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="送达日期")]


def find(
    number: Annotated[
        list[str] | None, typer.Argument(help="记录号:档案号、随访号等,或源键", metavar="记录号")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="一个文件的记录号(CSV 或 xlsx,第一列)")] = None,
    resident: Annotated[str | None, typer.Option(help="居民编号")] = None,
    id_number: Annotated[
        bool, typer.Option("--id-number", help="按身份证号找;号码另行输入,不显示也不留存")
    ] = False,
    county: Annotated[str | None, typer.Option(help="区县(代码或名称)")] = None,
    institution: Annotated[str | None, typer.Option(help="机构(代码或名称)")] = None,
    dataset: Annotated[str | None, typer.Option(help="数据集")] = None,
    grade: Annotated[str | None, typer.Option(help="等级")] = None,
    status: Annotated[str | None, typer.Option(help="状态:正常、有错、隔离、豁免")] = None,
    dimension: Annotated[str | None, typer.Option(help="在这个维度有问题的")] = None,
    rule: Annotated[str | None, typer.Option(help="不符合这条规则的")] = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, typer.Option(min=1, help="最多几条记录")] = 1000,
    xlsx: Annotated[Path | None, typer.Option(help="写成 xlsx,附档案、随访、体检明细")] = None,
    csv: Annotated[Path | None, typer.Option(help="写成 CSV")] = None,
    identified: Annotated[
        bool, typer.Option("--identified", help="明细不遮盖直接标识;要写 --who 和 --why,会留存")
    ] = False,
    who: Annotated[str, typer.Option("--who", help="谁查看")] = "",
    why: Annotated[str, typer.Option("--why", help="为什么")] = "",
) -> None:
    """查记录的质控日期、等级、状态、区县、得分,缺什么、怎么改。"""
    from pipeline.quality_details import detail_sheets, quality_sheet
    from pipeline.quality_find import Question, disclose
    from pipeline.quality_find import find as search
    from pipeline.quality_inputs import quality_today
    from pipeline.record_numbers import read_numbers
    from pipeline.spreadsheet import write_csv, write_workbook

    settings = load_settings()
    question = Question(
        numbers=(*(number or ()), *(read_numbers(file) if file else ())),
        resident=resident,
        id_number=typer.prompt("身份证号", hide_input=True) if id_number else None,
        county=county,
        institution=institution,
        dataset=dataset,
        grade=grade,
        status=status,
        dimension=dimension,
        rule=rule,
        since=_day(since),
        until=_day(until),
        limit=limit,
    )
    found = search(settings, question, quality_today())
    if identified:
        disclose(settings, question, who=who, why=why, records=len(found.records))
    if csv is not None:
        write_csv(csv, quality_sheet(found.records))
    if xlsx is not None:
        details = detail_sheets(settings, found.records, identified=identified)
        sheets = (sheet for part in ((quality_sheet(found.records),), details) for sheet in part)
        write_workbook(xlsx, sheets)
    if found.records:
        _show(found.records)
    else:
        console.print("0 条记录")
    if found.missing:
        shown = "、".join(found.missing[:_SHOWN])
        more = "……" if len(found.missing) > _SHOWN else ""
        console.print(f"{len(found.missing)} 个记录号没有找到:{escape(shown)}{more}")
    for written in (csv, xlsx):
        if written is not None:
            console.print(f"已写到 {written}", highlight=False)
    if question.names_records and not found.records:
        raise typer.Exit(1)


def export(
    institution: Annotated[list[str] | None, typer.Option(help="机构代码,可以写几个")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="所有有问题的机构")] = False,
    out: Annotated[Path, typer.Option(help="写到这个文件夹")] = Path("quality-export"),
) -> None:
    """每家机构一个 xlsx:全部有问题的记录,缺什么、怎么改、从哪天起。"""
    from pipeline.quality_inputs import quality_today
    from pipeline.quality_lists import export_institutions

    settings, today = load_settings(), quality_today()
    if bool(institution) == everyone:
        raise KanghuError(
            what="没有说导出哪些机构,或两样都说了",
            where="--institution, --all",
            mend="写 --institution 机构代码,或 --all",
        )
    with step_progress() as progress, progress.step("导出"):
        for one in export_institutions(settings, institution, out, today):
            progress.note(f"{one.institution} {one.rows:,} 行")
            console.print(f"{one.rows:,} 条问题 → {one.path}", highlight=False, soft_wrap=True)


def _show(records: tuple[FoundRecord, ...]) -> None:
    rows = [
        (
            one.name,
            one.dataset_name,
            one.county_name or "市属",
            one.institution_name,
            one.arrived_date,
            one.quality_date,
            f"{one.score:.2f}",
            one.grade,
            one.status,
            len(one.faults),
        )
        for one in records[:_SHOWN]
    ]
    more = f"(列出 {_SHOWN} 条)" if len(records) > _SHOWN else ""
    heads = ("记录", "数据集", "区县", "机构", "送达", "质控日期", "得分", "等级", "状态", "问题")
    console.print(table(f"{len(records):,} 条记录{more}", heads, rows))
    for one in records[:_SHOWN]:
        if one.faults:
            console.print(f"[bold]{escape(one.name)}[/bold]", highlight=False)
        for fault in one.faults:
            exempt = f"[已豁免,到 {fault.exempt_until}] " if fault.exempt_until else ""
            console.print(
                f"  {escape(exempt)}{escape(fault.column_name)} = {escape(repr(fault.value))}:"
                f"{escape(fault.message)}([dim]{fault.rule}[/dim]);{escape(fault.mend)}",
                highlight=False,
            )


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
