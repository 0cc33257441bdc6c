"""build: dbt makes the marts from silver, identity and findings, and they are published whole.

One dbt invocation a run, in this process (its import alone takes seconds). It writes a new DuckDB
file beside the published one; when every model and every data test passed, the new file takes its
place by rename. Until then, and for ever when a test fails, readers keep the old marts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.lease import lease
from kanghu.settings import CHECKOUT, Settings
from pipeline import completeness
from pipeline.dbt_project import assemble
from pipeline.indicator_sql import for_dbt
from pipeline.quality_history import remember
from pipeline.quality_inputs import carried, quality_today, write_inputs
from spark_jobs.machine_errors import full_disk, in_short, is_of_a_full_disk
from standards.assets import load_tags
from standards.catalogue import Catalogue, load_catalogue
from standards.indicators import load_indicators, load_parameters

PROJECT = CHECKOUT / "dbt"
STEP = "构建集市与指标"


@dataclass(frozen=True)
class _FailedTest:
    """A data test that did not hold; ``message`` names the model and how many rows."""

    test: str
    message: str


@dataclass(frozen=True)
class BuildResult:
    """What a published build did: models made, data tests passed, seconds."""

    models: int
    tests: int
    seconds: float


def build(
    settings: Settings, *, docs: Path | None = None, quality_date: date | None = None
) -> BuildResult:
    """Build all marts and publish them at ``settings.marts``; with ``docs``, dbt's pages there.

    Record quality is valued as of ``quality_date`` (default: the city's day), and its scores are
    remembered in the lake before the marts are published.

    Raises ``KanghuError`` when a model cannot be made or a data test fails; the marts that were
    published before stay as they are.
    """
    target = _marts_file(settings)
    started = time.monotonic()
    with lease(settings, "marts"):
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = target.parent / f".{target.name}.building"
        shutil.rmtree(folder, ignore_errors=True)  # what a killed build left behind
        folder.mkdir()
        # The file bears its final name from the start: DuckDB names the database after it.
        building = folder / target.name
        day = quality_date or quality_today()
        try:
            catalogue = load_catalogue()
            assemble(PROJECT, _project(settings), catalogue, datasets_named(catalogue))
            inputs = folder / "quality"
            fingerprint = write_inputs(settings, inputs, day)
            with _environment(settings, building, inputs):
                results = _invoke(settings, ["build"])
                outcome = _outcome(results, time.monotonic() - started)
                if docs is not None:
                    _invoke(settings, ["docs", "generate", "--static"])
                    docs.mkdir(parents=True, exist_ok=True)
                    shutil.copy(_work(settings) / "target" / "static_index.html", docs)
            _settle(building)
            remember(Lake(settings.lake), building, day)
            os.replace(building, target)
            carried(settings, fingerprint)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return outcome


def datasets_named(catalogue: Catalogue) -> set[str]:
    """Datasets that models read because tags and forms name them, not their own text."""
    forms = completeness.load_completeness(catalogue)
    return {one.dataset for one in load_tags(catalogue)} | {one.dataset for one in forms}


def _marts_file(settings: Settings) -> Path:
    if "://" in settings.marts:
        raise KanghuError(
            what=f"集市只能建在 DuckDB 文件里,现在是 {settings.marts!r}",
            where="环境变量 KANGHU_MARTS",
            mend="写一个 .duckdb 文件的路径",
        )
    return Path(settings.marts)


def _work(settings: Settings) -> Path:
    """Where dbt keeps its parsed project, compiled SQL and log."""
    return settings.home / "dbt"


def _project(settings: Settings) -> Path:
    """The project that dbt is given: ours with the projected sources."""
    return _work(settings) / "project"


@contextmanager
def _environment(settings: Settings, building: Path, inputs: Path) -> Iterator[None]:
    """What ``dbt/profiles.yml`` reads; put back afterwards."""
    wanted = {
        "KANGHU_MARTS_BUILDING": str(building),
        "KANGHU_LAKE": settings.lake,
        "KANGHU_QUALITY_INPUTS": str(inputs),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def dbt_vars(settings: Settings) -> dict[str, Any]:
    """What the models read of the catalogue and the indicators (``dbt_project.yml``)."""
    catalogue = load_catalogue()
    parameters = load_parameters(settings.sources)
    columns = parameters["standard_record_columns"].value.split() or [
        column.name
        for column in catalogue.dataset("resident_record").columns
        if column.required in ("M", "R")
    ]
    return {
        "keys": {name: list(dataset.key) for name, dataset in catalogue.datasets.items()},
        "parameters": {name: one.value for name, one in parameters.items()},
        "record_columns": columns,
        "tags": [
            {**asdict(one), "person": bool(catalogue.dataset(one.dataset).person)}
            for one in load_tags(catalogue)
        ],
        "completeness": completeness.for_dbt(catalogue),
        "indicators": [for_dbt(one) for one in load_indicators(parameters).values()],
    }


def _invoke(settings: Settings, command: list[str]) -> Any:
    """Run dbt once; answers its result, raises ``KanghuError`` when it could not run at all."""
    from dbt.cli.main import dbtRunner

    work = _work(settings)
    outcome = dbtRunner().invoke(
        [
            "--quiet",
            "--log-level",
            "none",
            "--log-level-file",
            "info",
            "--log-path",
            str(work / "log"),
            *command,
            "--project-dir",
            str(_project(settings)),
            "--profiles-dir",
            str(_project(settings)),
            "--target-path",
            str(work / "target"),
            "--vars",
            json.dumps(dbt_vars(settings), ensure_ascii=False),
        ]
    )
    if outcome.exception is not None and is_of_a_full_disk(outcome.exception):
        raise full_disk(in_short(outcome.exception), STEP) from outcome.exception
    if outcome.exception is not None:
        raise KanghuError(
            what=f"dbt 无法运行:{outcome.exception}",
            where=str(PROJECT),
            mend=f"详情见 {work / 'log' / 'dbt.log'}",
        ) from outcome.exception
    return outcome.result


def _settle(building: Path) -> None:
    """Everything into the one file: dbt may leave its connection open, and changes in a WAL."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    with duckdb.connect(str(building)) as connection:
        connection.execute("checkpoint")


def _outcome(results: Any, seconds: float) -> BuildResult:
    """Count what passed; raises ``KanghuError`` naming each model or test that did not."""
    models = passed = 0
    failed: list[_FailedTest] = []
    broken: list[str] = []
    for result in results:
        node = result.node
        is_test = node.resource_type == "test"
        if result.status in ("success", "pass"):
            models += not is_test
            passed += is_test
        elif is_test and result.status == "fail":
            failed.append(_failed_test(node, int(result.failures or 0)))
        elif result.status in ("error", "fail"):
            broken.append(f"{node.name}:{_first_line(result.message)}")
    if broken and is_of_a_full_disk(broken):
        raise full_disk(";".join(broken), STEP)
    if broken:
        raise KanghuError(
            what=f"有 {len(broken)} 个集市模型或检验没有执行成功,集市未发布",
            where=";".join(broken),
            mend="改正模型的 SQL 后重新运行 kanghu run",
        )
    if failed:
        raise KanghuError(
            what=f"有 {len(failed)} 项集市数据检验没有通过,集市未发布(旧集市保持不变)",
            where=";".join(one.message for one in failed),
            rule=",".join(one.test for one in failed),
            mend="按检验名在 dbt/ 中找到规则,修正来源数据或模型后重新运行 kanghu run",
        )
    return BuildResult(models, passed, round(seconds, 2))


_SAYINGS: Mapping[str, str] = {
    "unique": "{column} 有 {rows} 个值重复",
    "not_null": "{column} 有 {rows} 行为空",
    "relationships": "{column} 有 {rows} 行在 {to} 里找不到对应的行",
    "accepted_values": "{column} 有 {rows} 个值不在允许的取值里",
    "accepted_codes": "有 {rows} 行的代码不在值域里",
    "unique_together": "主键 {columns} 有 {rows} 组重复",
}


def _failed_test(node: Any, rows: int) -> _FailedTest:
    metadata = getattr(node, "test_metadata", None)
    attached = (getattr(node, "attached_node", None) or "").split(".")[-1]
    model = attached or ", ".join(ref.name for ref in node.refs)
    if metadata is not None and metadata.name in _SAYINGS:
        kwargs = metadata.kwargs
        says = _SAYINGS[metadata.name].format(
            column=kwargs.get("column_name", ""),
            rows=rows,
            to=re.sub(r"^ref\('|'\)$", "", str(kwargs.get("to", ""))),
            columns="+".join(kwargs.get("columns", ())),
        )
    else:
        says = f"{node.description or node.name}({rows} 行不符)"
    return _FailedTest(node.name, f"{model}:{says}")


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return " ".join(lines[:3])
