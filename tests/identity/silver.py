"""Silver as identity reads it, from tiny tables: one row a person row, what is left out is null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from kanghu.lake import Lake
from spark_jobs.identity.city import IdentifyResult, identify_lake
from spark_jobs.identity.model import city_model
from standards.catalogue import load_catalogue

Row = Mapping[str, Any]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(region: str, birth: date, sequence: int) -> str:
    """A valid number (GB 11643); an odd ``sequence`` is a man's."""
    body = f"{region}{birth:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def row(key: str, dataset: str = "patient", institution: str = "I1", **said: Any) -> Row:
    """A person row; its number is its key unless it says one."""
    number = "record_no" if dataset == "resident_record" else "patient_no"
    if dataset == "death_registration":
        number = "certificate_no"
    return {
        "_institution": institution,
        "_feed": f"his.{dataset}",
        "_source_key": key,
        "_batch_id": "b",
        "_row_hash": "h",
        "dataset": dataset,
        number: key,
        **said,
    }


def write_silver(lake: Lake, rows: Iterable[Row]) -> None:
    """Make silver hold exactly ``rows``."""
    rows = list(rows)
    catalogue = load_catalogue()
    for name in ("patient", "resident_record", "death_registration"):
        columns = [column.name for column in catalogue.dataset(name).columns]
        meta = ["_institution", "_feed", "_source_key", "_batch_id", "_row_hash"]
        dates = {c.name for c in catalogue.dataset(name).columns if c.type == "D"}
        schema = pa.schema(
            [
                (column, pa.date32() if column in dates else pa.string())
                for column in [*meta, *columns]
            ]
        )
        found = [one for one in rows if one["dataset"] == name]
        write_deltalake(
            lake.silver(name), pa.Table.from_pylist(found, schema=schema), mode="overwrite"
        )


def run(lake: Lake, batch: str = "b") -> IdentifyResult:
    return identify_lake(lake, load_catalogue(), city_model(), batch)


def residents(lake: Lake) -> dict[str, str]:
    """Source key -> resident, of every row that identity knows."""
    links = lake.table(lake.identity("person_link")).to_pyarrow_table()
    return dict(
        zip(links["_source_key"].to_pylist(), links["resident_id"].to_pylist(), strict=True)
    )


def history(lake: Lake) -> list[tuple[str, str, str | None]]:
    """(event, resident, into) of every event, sorted."""
    table = lake.table(lake.identity("history")).to_pyarrow_table()
    events = table.select(["event", "resident_id", "into_resident_id"]).to_pylist()
    return sorted((e["event"], e["resident_id"], e["into_resident_id"]) for e in events)


def lake_at(folder: Path) -> Lake:
    return Lake(str(folder / "lake"))
