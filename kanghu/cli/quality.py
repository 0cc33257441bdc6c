"""``kanghu quality``: what the records are worth, what is wrong with them, and who was excused."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import typer
from rich.markup import escape

from kanghu.cli import quality_find
from kanghu.cli.console import console, step_progress, table
from kanghu.errors import KanghuError
from kanghu.settings import Settings, load_settings

app = typer.Typer(help="数据质量:得分、权重、例外、查询、导出。", no_args_is_help=True)
weights_app = typer.Typer(help="评分的权重:看、改;只增不改,都有理由。", no_args_is_help=True)
except_app = typer.Typer(help="例外:授予、收回、列出。", no_args_is_help=True)
app.add_typer(weights_app, name="weights")
app.add_typer(except_app, name="except")
app.command("find")(quality_find.find)
app.command("export")(quality_find.export)

By = Literal["city", "county", "institution", "dimension", "dataset", "programme", "rule"]
Who = Annotated[str, typer.Option("--who", help="谁")]
Why = Annotated[str, typer.Option("--why", help="为什么")]
Now = Annotated[bool, typer.Option("--now", help="立即重建集市,按新的计分")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@app.command("scores")
def scores(
    by: Annotated[By, typer.Option(help="按什么列出")] = "county",
    organisation: Annotated[
        str | None, typer.Option(help="机构、区县或市(代码或名称);默认全市")
    ] = None,
    trend: Annotated[bool, typer.Option("--trend", help="逐月走势,至多两年")] = False,
    as_json: Json = False,
) -> None:
    """得分、等级、排名、上次排名,与目标值之差。"""
    from pipeline.quality_scores import read_scores, read_trend

    if trend:
        course = read_trend(load_settings(), by, organisation)
        if as_json:
            print(json.dumps(course, ensure_ascii=False, default=str, indent=1))
            return
        months = ("月份", "质控日期", "代码", "名称", "得分", "等级", "排名")
        console.print(table("逐月走势", months, [tuple(one.values()) for one in course]))
        return
    found = read_scores(load_settings(), by, organisation)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=str, indent=1))
        return
    heads = (
        *("代码", "名称", "记录", "有问题", "得分", "等级", "排名", "上次得分", "上次排名"),
        *("目标", "差"),
    )
    rows = [tuple(one.values())[1:] for one in found]
    day = found[0]["quality_date"] if found else "—"
    console.print(table(f"质量得分 · 质控日期 {day}", heads, rows))


@weights_app.command("list")
def weights_list(
    day: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="这一天有效的")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="列出每一次设定")] = False,
    as_json: Json = False,
) -> None:
    """维度、严重程度、规则、数据集的权重,等级和目标值。"""
    from pipeline.quality_inputs import quality_today
    from standards.quality import in_force, weight_rows

    site = load_settings().standards
    valued = in_force(day.date() if day else quality_today(), site)
    shown = weight_rows(site) if history else list(valued.weights.values())
    if as_json:
        print(json.dumps([vars(one) for one in shown], ensure_ascii=False, default=str, indent=1))
        return
    rows = [(one.kind, one.name, str(one.weight), one.valid_from, one.reason) for one in shown]
    console.print(table("权重", ("种类", "名称", "权重", "自", "理由"), rows))
    if not history:
        grades = [(one.grade, str(one.lowest_score), one.valid_from) for one in valued.grades]
        console.print(table("等级", ("等级", "最低分", "自"), grades))
        targets = [
            (":".join(filter(None, (one.kind, one.name))), str(one.target), one.source)
            for one in valued.targets.values()
        ]
        console.print(table("目标值", ("对象", "目标", "出处"), targets))


@weights_app.command("set")
def weights_set(
    kind: Annotated[
        Literal["dimension", "severity", "rule", "dataset"],
        typer.Argument(help="种类", metavar="种类"),
    ],
    name: Annotated[str, typer.Argument(help="维度、严重程度、规则编号或数据集", metavar="名称")],
    weight: Annotated[str, typer.Argument(help="权重", metavar="权重")],
    why: Why,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="生效日期(默认今天)")
    ] = None,
    now: Now = False,
) -> None:
    """加一行权重,从生效日期起用;旧的留着,已经过去的日子不变。"""
    from expectations.suite import all_expectations
    from kanghu.lease import lease
    from pipeline.quality_inputs import quality_today
    from standards.quality import Weight, append_weight

    if kind == "rule" and name not in {one.id for one in all_expectations()}:
        raise KanghuError(what=f"没有规则 {name!r}", where="NAME", mend="检查规则编号")
    try:
        value = Decimal(weight)
    except InvalidOperation as error:
        raise KanghuError(
            what=f"权重 {weight!r} 不是数", where="WEIGHT", mend="写一个数,如 0.5"
        ) from error
    settings, today = load_settings(), quality_today()
    begins = since.date() if since else today
    with lease(settings, "standards/quality"):
        append_weight(settings.standards, Weight(begins, kind, name, value, why), today)
    console.print(f"{kind} {name} 自 {begins} 起为 {value}", highlight=False)
    _rebuild(settings, now)


@except_app.command("grant")
def except_grant(
    rule: Annotated[str, typer.Argument(help="规则编号", metavar="规则")],
    subject: Annotated[
        str, typer.Argument(help="机构代码,或记录:机构/数据源/源键", metavar="对象")
    ],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="到哪天为止(含)")
    ],
    who: Who,
    why: Why,
    now: Now = False,
) -> None:
    """授予例外:问题还在,显示为豁免,到期以前不扣分。"""
    from pipeline.quality_exceptions import grant
    from pipeline.quality_inputs import quality_today

    settings = load_settings()
    made = grant(
        settings, rule, subject, until=until.date(), who=who, why=why, today=quality_today()
    )
    console.print(f"已记下:{escape(str(made))}", highlight=False, soft_wrap=True)
    _rebuild(settings, now)


@except_app.command("revoke")
def except_revoke(
    number: Annotated[int, typer.Argument(help="例外的编号", metavar="编号")],
    who: Who,
    why: Why,
    now: Now = False,
) -> None:
    """收回例外;授予和收回都留着。"""
    from pipeline.quality_exceptions import revoke

    settings = load_settings()
    gone = revoke(settings, number, who=who, why=why)
    console.print(f"已收回:{escape(str(gone))}", highlight=False, soft_wrap=True)
    _rebuild(settings, now)


@except_app.command("list")
def except_list(
    everything: Annotated[bool, typer.Option("--all", help="过期和收回的也列出")] = False,
    as_json: Json = False,
) -> None:
    """现在有效的例外。"""
    from pipeline.quality_exceptions import granted
    from pipeline.quality_inputs import quality_today

    today = quality_today()
    found = [one for one in granted(load_settings()) if everything or one.holds_on(today)]
    if as_json:
        print(json.dumps([vars(one) for one in found], ensure_ascii=False, default=str, indent=1))
        return
    rows = [
        (
            str(one.exception_id),
            one.rule,
            one.subject,
            one.until_date,
            one.who,
            one.why,
            _standing(one.revoked_by, one.holds_on(today)),
        )
        for one in found
    ]
    heads = ("编号", "规则", "对象", "到", "谁", "为什么", "")
    console.print(table("例外", heads, rows))


def _standing(revoked_by: int | None, holds: bool) -> str:
    if revoked_by is not None:
        return f"已收回({revoked_by})"
    return "有效" if holds else "已到期"


def _rebuild(settings: Settings, now: bool) -> None:
    if not now:
        console.print("下次 kanghu run 按它计分;或加 --now 立即重建集市")
        return
    from pipeline.build import STEP, build

    with step_progress() as progress, progress.step(STEP):
        build(settings)
