"""``kanghu quarantine``, ``explain``, ``dictionary``, ``link``: records and figures."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kanghu.cli.console import console, step_progress, table
from kanghu.errors import KanghuError
from kanghu.settings import load_settings

quarantine_app = typer.Typer(help="没有通过的行:为什么,怎么改。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)
    app.command("dictionary")(dictionary)
    app.command("link")(link)


@quarantine_app.command("list")
def quarantine_list(
    dataset: Annotated[str | None, typer.Option(help="只看这个数据集")] = None,
) -> None:
    """隔离区里各数据集、机构的行数和原因。"""
    from spark_jobs.quarantine import quarantine_summary

    _check_dataset(dataset)
    rows = quarantine_summary(load_settings(), dataset)
    console.print(
        table(
            "隔离区",
            ("数据集", "机构", "数据源", "规则", "行"),
            [(one.dataset, one.institution, one.feed, one.rule, one.rows) for one in rows],
        )
    )


@quarantine_app.command("show")
def quarantine_show(
    dataset: Annotated[str, typer.Argument(help="数据集")],
    institution: Annotated[str | None, typer.Option(help="机构代码")] = None,
    rule: Annotated[str | None, typer.Option(help="规则编号")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多几行")] = 20,
) -> None:
    """隔离的行:每行的全部原因和处理办法(直接标识已遮盖)。"""
    from spark_jobs.quarantine import quarantine_rows

    _check_dataset(dataset)
    for row in quarantine_rows(load_settings(), dataset, institution, rule, limit):
        console.print(f"[bold]{row.institution} {row.feed} {row.source_key}[/bold]")
        for reason in row.reasons:
            console.print(
                f"  {reason['column'] or '整行'} = {reason['value']!r}:{reason['message']}"
                f"([dim]{reason['rule']}[/dim]);{reason['mend']}"
            )


def _check_dataset(name: str | None) -> None:
    from standards.catalogue import load_catalogue

    if name is not None and name not in load_catalogue().datasets:
        alike = difflib.get_close_matches(name, load_catalogue().datasets, n=3, cutoff=0.5)
        raise KanghuError(
            what=f"目录里没有数据集 {name!r}{';像是 ' + '、'.join(alike) if alike else ''}",
            where="DATASET",
            mend="全部数据集见 kanghu dictionary",
        )


def explain(
    indicator: Annotated[str, typer.Argument(help="指标编号,如 F6")],
    organisation: Annotated[str | None, typer.Option(help="机构、区县或市的代码")] = None,
    month: Annotated[str | None, typer.Option(help="月份,如 2026-10")] = None,
    rows: Annotated[int, typer.Option(min=0, help="列出分子、分母背后的几行")] = 10,
) -> None:
    """一个指标的公式、参数、分子分母,以及背后的行。"""
    from pipeline.explain import explain as explain_indicator

    shown = explain_indicator(load_settings(), indicator.upper(), organisation, month)
    console.print(
        f"[bold]{shown.indicator} {shown.name_zh}[/bold]  {shown.organisation} {shown.month}"
    )
    console.print(shown.definition)
    console.print(f"分子 {shown.numerator:,} / 分母 {shown.denominator:,} = {shown.value_text}")
    for name, value in shown.parameters.items():
        console.print(f"  参数 {name} = {value}")
    console.print(f"[dim]出处 {shown.source}[/dim]")
    for title, facts in (("分子", shown.numerator_rows), ("分母", shown.denominator_rows)):
        console.print(f"[bold]{title}的行[/bold](共 {len(facts):,},列出 {min(rows, len(facts))})")
        for fact in facts[:rows]:
            told = ", ".join(f"{name}={value}" for name, value in fact.items() if value is not None)
            console.print(f"  {told}", highlight=False)


def dictionary(
    out: Annotated[Path | None, typer.Option(help="写到这个文件夹")] = None,
) -> None:
    """写出数据字典(可检索的网页,含资产的新鲜度、质量、血缘、标签)、数据契约和 JSON Schema。"""
    from collectors.registry import load_registry
    from dashboards.report import ECHARTS
    from pipeline.assets import asset_facts
    from standards.catalogue import load_catalogue
    from standards.projections.contract import write_contracts
    from standards.projections.dictionary import write_dictionary
    from standards.projections.json_schema import write_json_schemas

    settings, catalogue = load_settings(), load_catalogue()
    folder = out or settings.home / "dictionary"
    folder.mkdir(parents=True, exist_ok=True)
    assets = asset_facts(settings, load_registry(settings), catalogue)
    write_dictionary(folder / "index.html", catalogue, assets, ECHARTS)
    write_contracts(folder / "contracts")
    write_json_schemas(folder / "json-schema")
    console.print(f"数据字典:{folder / 'index.html'}")
    for text in assets["lacking"]:
        console.print(text)


def link(
    file: Annotated[
        Path, typer.Argument(help="CSV(UTF-8 或 GB18030)、Excel 或 Parquet,一行一个人的记录")
    ],
    out: Annotated[Path, typer.Option(help="结果文件夹")] = Path("linked"),
    config: Annotated[Path | None, typer.Option(help="YAML 配置;不给则按列名猜")] = None,
) -> None:
    """把任意名单里的同一个人归到一起,并写出每条关联的证据。"""
    from spark_jobs.identity import link_file
    from spark_jobs.identity.files import said_of_guess

    with step_progress() as progress, progress.step("关联"):
        result = link_file(file, config, out)
    if config is None:
        console.print(escape(said_of_guess(result.model)))
    console.print(
        f"{result.rows:,} 行归为 {result.clusters:,} 人,{result.links:,} 条关联;"
        f"结果 {result.clusters_path},证据 {result.evidence_path}"
    )
