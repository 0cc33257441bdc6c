"""What is known of every asset beside its definition: how fresh, how good, whence, which tags.

An asset is a dataset of the catalogue or a mart. The dictionary page shows these facts; what is not
to be had yet (no run, no build) is left out and said in ``lacking``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from psycopg import OperationalError

from collectors.registry import Registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.lineage import lineage
from pipeline.status import feed_statuses
from standards.assets import load_tags
from standards.catalogue import Catalogue

MARTS_SCHEMA = "main"


def asset_facts(settings: Settings, registry: Registry, catalogue: Catalogue) -> dict[str, Any]:
    """Plain data for the page: ``datasets`` (name -> facts), ``marts``, ``edges`` (origin, target,
    how) and ``lacking`` (what is not known, in Chinese)."""
    lacking: list[str] = []
    found = lineage(settings, registry, catalogue)
    if not found.has_models:
        lacking.append("集市还没有构建:没有集市、得分、标签和数据集到集市的血缘")
    lacking += [f"模型 {name} 的血缘没有读懂" for name in found.unread]
    datasets: dict[str, dict[str, Any]] = {}
    try:
        _freshness(settings, registry, datasets)
    except (KanghuError, OperationalError):
        lacking.append("运行记录打不开:没有新鲜度")
    marts = _marts(settings)
    with _published(settings) as connection:
        if connection is not None:
            _count_rows(connection, marts)
            _quality(connection, datasets)
            _tags(connection, catalogue, datasets)
    return {
        "datasets": datasets,
        "marts": marts,
        "edges": [[one.origin, one.target, one.how] for one in found.edges],
        "lacking": lacking,
    }


def _freshness(settings: Settings, registry: Registry, datasets: dict[str, dict[str, Any]]) -> None:
    """Of each dataset: its rows, the feeds that bring it and the last success among them."""
    if settings.store == "embedded" and not (settings.home / "postgres").exists():
        raise KanghuError(what="还没有运行过", where=str(settings.home), mend="先运行 kanghu run")
    for one in feed_statuses(settings, registry):
        if not one.dataset:
            continue
        facts = datasets.setdefault(
            one.dataset, {"rows": 0, "quarantined": 0, "feeds": 0, "last": "", "stopped": 0}
        )
        facts["rows"] += one.silver
        facts["quarantined"] += one.quarantine
        facts["feeds"] += 1
        facts["stopped"] += one.error is not None
        if one.last_success is not None:
            last = one.last_success.astimezone().isoformat(sep=" ", timespec="minutes")[:16]
            facts["last"] = max(facts["last"], last)


def _marts(settings: Settings) -> list[dict[str, Any]]:
    """Every mart of the last build, as dbt's manifest tells it."""
    path = settings.home / "dbt" / "target" / "manifest.json"
    if not path.exists():
        return []
    document = json.loads(path.read_text(encoding="utf-8"))
    built_at = document["metadata"]["generated_at"][:16].replace("T", " ")
    return [
        {
            "id": one["name"],
            "zh": one["description"],
            "owner": one["config"]["meta"].get("owner", ""),
            "kind": one["name"].split("_")[0],
            "layer": one["schema"],
            "built": f"{built_at} UTC",
            "columns": [
                [
                    column["name"],
                    column["data_type"] or "",
                    column["description"],
                    column["config"]["meta"].get("sensitivity", ""),
                ]
                for column in one["columns"].values()
            ],
        }
        for one in sorted(document["nodes"].values(), key=lambda node: node["name"])
        if one["resource_type"] == "model" and one["schema"] == MARTS_SCHEMA
    ]


@contextmanager
def _published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection | None]:
    if not Path(settings.marts).exists():
        yield None
        return
    with duckdb.connect(settings.marts, read_only=True) as connection:
        yield connection


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("select table_name from information_schema.tables").fetchall()
    return {row[0] for row in rows}


def _count_rows(connection: duckdb.DuckDBPyConnection, marts: list[dict[str, Any]]) -> None:
    sizes = dict(
        connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall()
    )
    for mart in marts:
        mart["rows"] = sizes.get(mart["id"])


def _quality(connection: duckdb.DuckDBPyConnection, datasets: dict[str, dict[str, Any]]) -> None:
    """The whole city's score and grade of each dataset, from what the published marts hold: with
    grades where they were built, else the mean score without one."""
    tables = _tables(connection)
    if "rpt_quality" in tables:
        sql = """select subject, cast(score as double), grade from rpt_quality
            where level = 'city' and subject_kind = 'dataset' and score is not null"""
    elif "rpt_quality_score" in tables:
        sql = """select dataset, round(sum(score * record_count) / sum(record_count), 2)::double, ''
            from rpt_quality_score group by dataset"""
    else:
        return
    for dataset, score, grade in connection.execute(sql).fetchall():
        datasets.setdefault(dataset, {}).update({"score": score, "grade": grade or ""})


def _tags(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    datasets: dict[str, dict[str, Any]],
) -> None:
    counted = {}
    if "fct_tag" in _tables(connection):
        rows = connection.execute(
            "select tag, count(*), count(distinct resident_id) from fct_tag group by tag"
        ).fetchall()
        counted = {tag: (records, residents) for tag, records, residents in rows}
    for one in load_tags(catalogue):
        records, residents = counted.get(one.tag, (0, 0))
        datasets.setdefault(one.dataset, {}).setdefault("tags", []).append(
            [one.tag, one.sentence, one.expression, records, residents]
        )


def list_tagged(
    settings: Settings, tag: str, institution: str | None, limit: int
) -> list[tuple[str, str, str, str, str]]:
    """The rows that bear ``tag``: institution, its name, dataset, source key, resident."""
    with _published(settings) as connection:
        if connection is None or "fct_tag" not in _tables(connection):
            raise KanghuError(
                what="集市里还没有标签", where=settings.marts, mend="先运行 kanghu run 构建集市"
            )
        rows: list[tuple[str, str, str, str, str]] = connection.execute(
            """select t.institution_code, i.name, t.dataset, t.source_key, t.resident_id
            from fct_tag as t
            left join dim_institution as i on t.institution_code = i.organisation_code
            where t.tag = ? and (? is null or t.institution_code = ?)
            order by 1, 3, 4 limit ?""",
            [tag, institution, institution, limit],
        ).fetchall()
    return rows
