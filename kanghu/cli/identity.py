"""``kanghu identity``: who is who, where a person has to decide, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from kanghu.cli.console import console, step_progress, table
from kanghu.cli.outcome import show_run
from kanghu.settings import Settings, load_settings

if TYPE_CHECKING:
    from spark_jobs.identity.decision_store import Decision, Side

app = typer.Typer(help="谁是谁:矛盾、疑似重复、合并、拆分、撤销。", no_args_is_help=True)

_CONFLICTS = {
    "id_numbers": "一人多个自洽的身份证号",
    "sexes": "性别不一",
    "birth_dates": "出生日期不一",
    "shared_number": "一号多人",
}
_EVENTS = {"created": "建立", "merged": "并入", "split": "分出"}
_KINDS = {"same": "是同一人", "different": "不是同一人"}
_FIELDS = {
    "name": "姓名",
    "birth_date": "出生日期",
    "sex": "性别",
    "id_no": "身份证号",
    "phone": "电话(本人、联系人)",
    "address": "地址",
    "mother": "母亲姓名",
}

Who = Annotated[str, typer.Option("--who", help="谁作的判定")]
Why = Annotated[str, typer.Option("--why", help="为什么")]
Now = Annotated[bool, typer.Option("--now", help="立即归并,并更新标准库和集市")]
Clear = Annotated[bool, typer.Option("--clear", help="不遮盖直接标识")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="最多几条")]


@app.command("conflicts")
def conflicts(limit: Limit = 100, clear: Clear = False) -> None:
    """记录互相矛盾的居民:两个身份证号、性别或出生日期不一、一个号码几个人用。"""
    from spark_jobs.identity.review import conflicts as find

    found = find(load_settings(), limit=limit, clear=clear)
    rows = [
        (_CONFLICTS[one.kind], " ".join(one.residents), " / ".join(one.values), one.rows)
        for one in found
    ]
    console.print(table("矛盾", ("矛盾", "居民", "说法", "记录"), rows))


@app.command("candidates")
def candidates(limit: Limit = 50, clear: Clear = False) -> None:
    """疑似重复、证据不够自动合并的居民,证据强的在前。"""
    from spark_jobs.identity.review import candidates as find

    found = find(load_settings(), limit=limit, clear=clear)
    rows = [
        (
            one.left_resident,
            one.left_name,
            one.right_resident,
            one.right_name,
            f"{one.weight:.1f}",
            one.pairs,
            "证据够,但不止一人相符" if one.is_above else "",
        )
        for one in found
    ]
    if not found:
        console.print("没有疑似重复要人决定")
        return
    heads = ("居民", "姓名", "居民", "姓名", "权重", "记录对", "说明")
    console.print(table("疑似重复", heads, rows))
    console.print("逐项对照:kanghu identity show 居民 居民;合并:kanghu identity merge")


@app.command("show")
def show(
    one: Annotated[str, typer.Argument(metavar="A", help="居民编号,或 机构/数据源/源键")],
    other: Annotated[str, typer.Argument(metavar="B", help="居民编号,或 机构/数据源/源键")],
    clear: Clear = False,
) -> None:
    """两位居民(或两行)逐项对照:各说什么,一致到什么程度,值多少。"""
    from spark_jobs.identity.beside import side_by_side

    found = side_by_side(load_settings(), one, other, clear=clear)
    _show_side("A", found.left)
    _show_side("B", found.right)
    rows = [
        (_FIELDS.get(f.name, f.name), f.left or "—", f.right or "—", f.agreement, _bits(f.weight))
        for f in found.fields
    ]
    rows.append(("先验", "", "", "任取两行是同一人", _bits(found.prior)))
    rows.append(("合计", "", "", f"达到 {found.threshold:.1f} 就相连", _bits(found.weight)))
    console.print(table("证据最强的一对记录", ("项目", "A", "B", "一致程度", "权重(比特)"), rows))
    console.print(f"A 行  {escape(str(found.left_row))}", highlight=False, soft_wrap=True)
    console.print(f"B 行  {escape(str(found.right_row))}", highlight=False, soft_wrap=True)
    for decision in found.decisions:
        console.print(escape(str(decision)), highlight=False, soft_wrap=True)


@app.command("merge")
def merge(
    one: Annotated[str, typer.Argument(metavar="A", help="居民编号,或 机构/数据源/源键")],
    other: Annotated[str, typer.Argument(metavar="B", help="居民编号,或 机构/数据源/源键")],
    who: Who,
    why: Why,
    now: Now = False,
) -> None:
    """判定 A 和 B 是同一人。"""
    from spark_jobs.identity.refer import merge as decide

    settings = load_settings()
    _decided(settings, decide(settings, one, other, who=who, why=why), now)


@app.command("split")
def split(
    row: Annotated[str, typer.Argument(help="机构/数据源/源键")],
    resident: Annotated[str, typer.Option("--from", help="居民编号")],
    who: Who,
    why: Why,
    now: Now = False,
) -> None:
    """判定这一行(连同机构用同一人员号码的行)不是这位居民。"""
    from spark_jobs.identity.refer import split as decide

    settings = load_settings()
    _decided(settings, decide(settings, row, resident, who=who, why=why), now)


@app.command("undo")
def undo(
    decision: Annotated[int, typer.Argument(help="判定的编号")],
    who: Who,
    why: Why,
    now: Now = False,
) -> None:
    """撤销一条判定;判定和撤销都保留。"""
    from spark_jobs.identity.decisions import undo as take_back

    settings = load_settings()
    _decided(settings, take_back(settings, decision, who=who, why=why), now)


@app.command("history")
def history(resident: Annotated[str, typer.Argument(help="居民编号")]) -> None:
    """一个居民编号的来历:建立、并入、分出,由证据还是由人判定。"""
    from spark_jobs.identity.review import history as find

    events, decisions = find(load_settings(), resident)
    rows = [
        (
            one.at,
            _EVENTS[one.event],
            one.resident_id,
            one.into_resident_id,
            f"判定 {one.decision_id}" if one.reason == "decision" else "证据",
            one.batch_id,
        )
        for one in events
    ]
    console.print(table(resident, ("时间", "事件", "居民", "到", "缘由", "批次"), rows))
    _show_decisions(decisions)


def _decided(settings: Settings, decision: Decision, now: bool) -> None:
    console.print(f"已记下:{escape(str(decision))}", highlight=False, soft_wrap=True)
    if not now:
        console.print("下次归并生效(kanghu run);或加 --now 立即生效")
        return
    from pipeline.run import regroup

    with step_progress() as progress:
        result = regroup(settings, watcher=progress)
    people = result.identified
    if people is not None:
        console.print(f"合并 {people.merged},分出 {people.split},新编号 {people.new}")
    show_run(result)
    if not result.is_whole:
        raise typer.Exit(1)


def _show_side(label: str, side: Side) -> None:
    console.print(f"{label}  居民 {side.resident_id},{len(side.rows)} 行", highlight=False)
    for row in side.rows[:10]:
        console.print(f"   {escape(str(row))}", highlight=False, soft_wrap=True)
    if len(side.rows) > 10:
        console.print(f"   …… 共 {len(side.rows)} 行")


def _show_decisions(decisions: Sequence[Decision]) -> None:
    if not decisions:
        return
    rows = [
        (
            str(one.decision_id),
            f"{one.decided_at:%Y-%m-%d %H:%M}",
            one.who,
            _KINDS.get(one.kind, f"撤销判定 {one.undoes}"),
            f"{one.left.resident_id} / {one.right.resident_id}",
            one.why,
            f"已由 {one.undone_by} 撤销" if one.undone_by else "",
        )
        for one in decisions
    ]
    heads = ("编号", "时间", "谁", "判定", "居民(当时)", "为什么", "")
    console.print(table("人的判定", heads, rows))


def _bits(weight: float) -> str:
    return f"{weight:+.1f}"
