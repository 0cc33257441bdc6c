"""What the quality marts are made with besides the lake: weights, grades, targets, exceptions.

A build takes them once, for its quality date, and hands them to dbt as small Parquet files
(``pipeline/dbt_lake.py`` opens them), so that the SQL joins tables and no figure is written into
it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.model import WEIGHTS
from expectations.suite import all_expectations
from kanghu.engine import TIME_ZONE
from kanghu.settings import CHECKOUT, Settings
from kanghu.store import connect
from pipeline.quality_exceptions import granted, holding
from standards.catalogue import load_catalogue
from standards.quality import in_force

_text, _number, _day = pa.string(), pa.float64(), pa.date32()
TABLES: dict[str, pa.Schema] = {
    "quality_date": pa.schema([("quality_date", _day)]),
    "weight": pa.schema([("kind", _text), ("name", _text), ("weight", _number)]),
    "grade": pa.schema([("grade", _text), ("lowest_score", _number), ("below_score", _number)]),
    "target": pa.schema([("subject_kind", _text), ("subject", _text), ("target", _number)]),
    "exception": pa.schema(
        [
            *(("rule", _text), ("institution_code", _text), ("feed", _text)),
            *(("source_key", _text), ("until_date", _day)),
        ]
    ),
    "rule": pa.schema([("rule", _text), ("sentence", _text), ("factor", _number)]),
    "programme": pa.schema(
        [("dataset", _text), ("dataset_name", _text), ("programme", _text), ("name", _text)]
    ),
}
"""Name -> columns of each file. ``grade`` reaches from ``lowest_score`` to less than
``below_score``; ``factor`` multiplies what a finding of the rule takes."""


def quality_today() -> date:
    """The city's day."""
    return datetime.now(ZoneInfo(TIME_ZONE)).date()


def quality_inputs(settings: Settings, day: date) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of :data:`TABLES` as they hold on ``day``."""
    valued = in_force(day, settings.standards)
    catalogue = load_catalogue()
    below = [101.0, *(float(one.lowest_score) for one in valued.grades)]
    by_hand = {name: one.weight for (kind, name), one in valued.weights.items() if kind == "rule"}
    return {
        "quality_date": [(day,)],
        "weight": [
            (kind, name, float(one.weight))
            for (kind, name), one in valued.weights.items()
            if kind != "rule"
        ],
        "grade": [
            (one.grade, float(one.lowest_score), top)
            for one, top in zip(valued.grades, below, strict=False)
        ],
        "target": [(*subject, float(one.target)) for subject, one in valued.targets.items()],
        "exception": [
            (one.rule, one.institution, one.feed, one.source_key, one.until_date)
            for one in holding(granted(settings), day)
        ],
        "rule": [
            (
                one.id,
                one.sentence,
                float(by_hand.get(one.id, one.weight / WEIGHTS[one.severity])),
            )
            for one in all_expectations()
        ],
        "programme": [
            (one.name, one.name_zh, one.group, catalogue.groups[one.group].name_zh)
            for one in catalogue.datasets.values()
        ],
    }


def write_inputs(settings: Settings, folder: Path, day: date) -> str:
    """Write the files of ``day`` to ``folder``; answers the fingerprint of what they say."""
    rows = quality_inputs(settings, day)
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in TABLES.items():
        columns = list(zip(*rows[name], strict=True)) or [()] * len(schema)
        arrays = [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)]
        pq.write_table(pa.table(arrays, schema=schema), folder / f"{name}.parquet")
    return _fingerprint(rows)


def are_changed(settings: Settings, day: date) -> bool:
    """Whether the published marts were made with other weights, grades, targets or exceptions, or
    by another version of the models."""
    with connect(settings) as connection:
        row = connection.execute("select fingerprint from kanghu.quality_carried").fetchone()
    return row is not None and row["fingerprint"] != _fingerprint(quality_inputs(settings, day))


def carried(settings: Settings, fingerprint: str) -> None:
    """The published marts were made with these."""
    with connect(settings) as connection:
        connection.execute(
            "insert into kanghu.quality_carried (single, fingerprint) values (true, %s) "
            "on conflict (single) do update set fingerprint = excluded.fingerprint",
            (fingerprint,),
        )


_MODELS = CHECKOUT / "dbt"


def _fingerprint(rows: dict[str, list[tuple[Any, ...]]]) -> str:
    said = {name: sorted(map(str, found)) for name, found in rows.items() if name != "quality_date"}
    said["models"] = [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(_MODELS.rglob("*.sql"))
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
