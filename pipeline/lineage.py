"""Lineage, column to column: what every column of every dataset and mart is made of.

Two halves meet at the catalogue: the systems' mappings (a delivered column becomes a dataset's)
and the compiled models of the last build (datasets' columns become marts'). Kept as plain JSON
beside the dictionary (``<home>/lineage.json``) for the site, ``kanghu lineage`` and whoever else
reads it; never made during a run. A model whose SQL is as before is not parsed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlglot.errors import SqlglotError
from sqlglot.schema import MappingSchema

from collectors.expression import read_expression
from collectors.model import ColumnMap
from collectors.registry import Registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.dbt_lake import FINDINGS, IDENTITY, silver_columns
from pipeline.lineage_sql import DIALECT, columns_made_of
from pipeline.quality_history import COLUMNS as SCORE_HISTORY
from pipeline.quality_inputs import TABLES as QUALITY_INPUTS
from standards.catalogue import Catalogue

VERSION = 2
"""Of the artefact's shape, and of what is read into a query: a higher one is computed anew."""
_SHADOWED = ("institution_code", "feed", "source_key", "batch_id")
"""Names that the macro ``silver`` gives to the row's own origin: a dataset's column of that name
stands behind it, and no model can mean it."""
_OTHER = {
    "identity": IDENTITY,
    "quality": {
        "findings": dict.fromkeys(FINDINGS, "varchar"),
        "records": {
            **dict.fromkeys(
                ("institution_code", "feed", "dataset", "source_key", "batch_id"), "varchar"
            ),
            "is_quarantined": "boolean",
            "event_date": "date",
        },
        "score_history": SCORE_HISTORY,
        **{name: dict.fromkeys(one.names, "unknown") for name, one in QUALITY_INPUTS.items()},
    },
    "standards": {
        "organisation": dict.fromkeys(
            ("organisation_code", "name", "kind", "tier_code", "parent_code", "region_code"),
            "varchar",
        ),
        "region": dict.fromkeys(("region_code", "name", "level", "parent"), "varchar"),
        "code": dict.fromkeys(("value_domain", "code", "name_zh"), "varchar"),
    },
}


@dataclass(frozen=True)
class Edge:
    """``target`` takes values from ``origin``: ``qingyun_his.patients.xb`` -> ``patient.sex_code``
    (kind ``mapping``), ``patient.sex_code`` -> ``stg_patient.sex_code`` (kind ``model``)."""

    origin: str
    target: str
    kind: str
    how: str
    """The mapping's rule or the model's expression; empty where the value is taken as it is."""


@dataclass(frozen=True)
class Lineage:
    """Every edge, and the models that could not be read (name -> why)."""

    edges: tuple[Edge, ...]
    unread: dict[str, str]
    has_models: bool
    """Whether a build has left its models; without one only the mappings are known."""

    def upstream(self, column: str) -> list[Edge]:
        return [one for one in self.edges if one.target == column]

    def downstream(self, column: str) -> list[Edge]:
        return [one for one in self.edges if one.origin == column]


def lineage(settings: Settings, registry: Registry, catalogue: Catalogue) -> Lineage:
    """Read mappings and the last build's models; writes ``<home>/lineage.json`` when it changed."""
    path = settings.home / "lineage.json"
    kept = _kept(path)
    models, unread = _models(settings, catalogue, kept)
    edges = [*_mapping_edges(registry), *_model_edges(models)]
    made = Lineage(tuple(edges), unread, bool(models))
    document = {
        "version": VERSION,
        "edges": [asdict(one) for one in edges],
        "unread": unread,
        "models": models,
    }
    if document != kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=0), encoding="utf-8")
    return made


def _kept(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if document.get("version") == VERSION else {}


def _mapping_edges(registry: Registry) -> Iterator[Edge]:
    for system in registry.systems.values():
        for name, table in system.tables.items():
            for dataset, plan in table.maps.items():
                for column, rule in plan.columns.items():
                    how = _rule_text(rule)
                    for origin in delivered_columns(rule):
                        if rule.aggregate is not None and origin == rule.aggregate.column:
                            place = f"{system.system}.{rule.aggregate.table}.{origin}"
                        else:
                            place = f"{system.system}.{name}.{origin}"
                        yield Edge(place, f"{dataset}.{column}", "mapping", how)


def delivered_columns(rule: ColumnMap) -> tuple[str, ...]:
    """The delivered columns that a mapping's rule reads."""
    if rule.source is not None:
        return (rule.source,)
    if rule.first is not None:
        return rule.first
    if rule.date_add is not None:
        return (rule.date_add.source,)
    if rule.aggregate is not None:
        return (rule.aggregate.column,) if rule.aggregate.column else tuple(rule.aggregate.by)
    text = rule.arithmetic or rule.string
    if text is None:
        return ()
    return read_expression(text, "number" if rule.arithmetic else "text", "lineage").columns


def _rule_text(rule: ColumnMap) -> str:
    said = rule.model_dump(by_alias=True, exclude_none=True)
    said.pop("from", None)
    return "; ".join(f"{name}: {_plain(value)}" for name, value in said.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={_plain(one)}" for name, one in value.items() if one)
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def _models(
    settings: Settings, catalogue: Catalogue, kept: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Model -> its sha256 and columns (column -> expression, origins), in the order of building."""
    path = settings.home / "dbt" / "target" / "manifest.json"
    if not path.exists():
        return {}, {}
    nodes = {
        one["unique_id"]: one
        for one in json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
        if one["resource_type"] == "model" and one.get("compiled_code")
    }
    schema = MappingSchema(dialect=DIALECT)
    for dataset in catalogue.datasets.values():
        columns = silver_columns(dataset)
        seen = {name: kind for name, kind in columns.items() if name not in _SHADOWED}
        schema.add_table(f"lake.silver.{dataset.name}", seen)
    for place, tables in _OTHER.items():
        for table, columns in tables.items():
            schema.add_table(f"lake.{place}.{table}", columns)
    models: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for node in _in_order(nodes):
        name = node["name"]
        upstream = [models[nodes[one]["name"]]["sha256"] for one in _parents(node, nodes, models)]
        said = "\n".join([node["compiled_code"], *upstream, _sources_text(node, catalogue)])
        digest = hashlib.sha256(said.encode()).hexdigest()
        before = kept.get("models", {}).get(name)
        if before and before["sha256"] == digest:
            models[name] = before
        else:
            try:
                made = columns_made_of(node["compiled_code"], schema)
            except SqlglotError as error:
                unread[name] = str(error).splitlines()[0]
                made = dict.fromkeys(node["columns"], ("", ()))
            made_columns = {
                column: {"how": how, "from": [_place(*one) for one in origins]}
                for column, (how, origins) in made.items()
            }
            # What was not understood is told each time, and tried anew.
            models[name] = {"sha256": "" if name in unread else digest, "columns": made_columns}
        schema.add_table(
            node["relation_name"].replace('"', ""),
            dict.fromkeys(models[name]["columns"], "unknown"),
        )
    return models, unread


def _parents(node: dict[str, Any], nodes: dict[str, Any], models: dict[str, Any]) -> Iterator[str]:
    for one in sorted(node["depends_on"]["nodes"]):
        if one in nodes and nodes[one]["name"] in models:
            yield one


def _sources_text(node: dict[str, Any], catalogue: Catalogue) -> str:
    """The columns of the datasets that a model reads: ``select *`` depends on them."""
    names = (one.rsplit(".", 1)[-1] for one in node["depends_on"]["nodes"])
    return ";".join(
        ",".join(column.name for column in catalogue.datasets[name].columns)
        for name in sorted(names)
        if name in catalogue.datasets
    )


def _in_order(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """Parents before their children."""
    order: dict[str, dict[str, Any]] = {}

    def visit(identifier: str) -> None:
        if identifier in nodes and identifier not in order:
            for parent in sorted(nodes[identifier]["depends_on"]["nodes"]):
                visit(parent)
            order[identifier] = nodes[identifier]

    for identifier in sorted(nodes):
        visit(identifier)
    return list(order.values())


def _place(relation: str, column: str) -> str:
    """``silver.patient`` and models by their bare names; other sources with their schema."""
    schema, _, table = relation.partition(".")
    bare = schema in ("silver", "staging", "main")
    return f"{table if bare else relation}.{column}"


def _model_edges(models: dict[str, Any]) -> Iterator[Edge]:
    for name, model in models.items():
        for column, made in model["columns"].items():
            how = "" if made["how"] == column else made["how"]
            for origin in made["from"]:
                yield Edge(origin, f"{name}.{column}", "model", how)


def check_known(found: Lineage, catalogue: Catalogue, column: str) -> None:
    """Raises ``KanghuError`` for a name that is no column of a dataset, mart or system."""
    dataset, _, name = column.partition(".")
    known = {one.origin for one in found.edges} | {one.target for one in found.edges}
    if dataset in catalogue.datasets:
        known |= {f"{dataset}.{one.name}" for one in catalogue.datasets[dataset].columns}
    if column in known:
        return
    near = sorted(one for one in known if one.startswith(f"{dataset}.") or one.endswith(f".{name}"))
    raise KanghuError(
        what=f"没有列 {column!r}" + (f",相近的有 {'、'.join(near[:5])}" if near else ""),
        where="kanghu lineage",
        mend="写成 数据集.列 或 集市.列,例如 patient.sex_code、dim_resident.sex_code"
        + ("" if found.has_models else ";集市还没有构建,先运行 kanghu run"),
    )
