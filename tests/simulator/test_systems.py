"""What a vendor wrote comes back through its YAML as what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from collectors.check_mapping import check_system
from collectors.readers import Readers
from collectors.registry import DatasetMap, Feed, System
from simulator.columns import columns_of
from simulator.events import SYSTEM_DATASETS
from simulator.plan import Assignment
from simulator.systems import NOT_CARRIED, open_writers, serve_api
from standards.catalogue import load_catalogue
from tests.simulator.canonical import canonical_chunk
from tests.simulator.reading import catalogue_rows, delivered, feeds

SYSTEMS = Path(__file__).parents[2] / "collectors" / "systems"
CATALOGUE = load_catalogue()


def system_of(name: str) -> System:
    path = SYSTEMS / f"{name}.yml"
    system = System.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    check_system(system, CATALOGUE, path)
    return system


def sites(name: str, count: int = 3) -> list[Assignment]:
    tier = "" if name == "muying_mch" else "3"  # hospitals and townships keep other tables in it
    return [
        Assignment(f"35040000{place:02d}", f"第{place}卫生院", tier, "350402", (name,))
        for place in range(count)
    ]


@pytest.fixture(params=sorted(SYSTEM_DATASETS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_was_written_comes_back(
    name: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANGHU_SIMULATED_POSTGRES", database_url)
    run_by = sites(name)
    writers = open_writers(run_by, tmp_path, database_url)
    chunks = [canonical_chunk(run_by, seed=3, number=number) for number in (0, 1)]
    places = pa.concat_tables([writers.write(chunk) for chunk in chunks]).to_pylist()
    sources = writers.close()
    with serve_api(tmp_path) if name == "kangjian_cloud" else nullcontext({}) as environment:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        read = {
            (feed.institution, feed.name, dataset): (feed.table.maps[dataset], found)
            for said in sources
            for feed, dataset, found in everything(system_of(name), said)
        }
    wanted = {
        key: {line["source_key"]: line["event_id"] for line in lines}
        for key, lines in groupby_place(places).items()
    }
    for key, (_, found) in read.items():
        if key[2] == "exchange_message":  # the truth tells of some kinds of messages only
            for source_key in found.keys() - wanted.get(key, {}).keys():
                del found[source_key]
    assert {key: set(found) for key, (_, found) in read.items() if found} == {
        key: set(lines) for key, lines in wanted.items()
    }
    assert {dataset for _, _, dataset in wanted} == set(SYSTEM_DATASETS[name])
    events = {
        row["_event_id"]: row
        for chunk in chunks
        for table in chunk.tables.values()
        for row in table.to_pylist()
    }
    differing = [
        f"{key}.{column}: {got!r} for {meant!r}"
        for key, (mapping, found) in read.items()
        for source_key, row in found.items()
        for column, got, meant in compared(
            key[2],
            mapping,
            row,
            events[wanted[key][source_key]],
            NOT_CARRIED.get(name, frozenset()),
        )
    ]
    assert not differing, "\n".join(differing[:40])


def everything(
    system: System, said: dict[str, Any]
) -> Iterator[tuple[Feed, str, dict[str, dict[str, str | None]]]]:
    """Each feed and dataset of a source, with what its mapping makes of the delivered rows."""
    readers = Readers()
    all_feeds = feeds(system, said)
    rows = {feed.table_name: delivered(feed, readers) for feed in all_feeds}
    for feed in all_feeds:
        for dataset in feed.table.maps:
            yield feed, dataset, catalogue_rows(feed, rows[feed.table_name], dataset, rows)


def groupby_place(
    places: list[dict[str, str]],
) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    grouped: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for line in places:
        grouped.setdefault((line["institution"], line["feed"], line["dataset"]), []).append(line)
    return grouped


def compared(
    dataset: str,
    mapping: DatasetMap,
    row: dict[str, str | None],
    event: dict[str, str | None],
    left_out: frozenset[tuple[str, str]] = frozenset(),
) -> Iterator[tuple[str, str | None, str | None]]:
    """The columns that came back otherwise than they went."""
    for column in map(CATALOGUE.dataset(dataset).column, columns_of(dataset)):
        rule = mapping.columns.get(column.name)
        if rule is None and (dataset, column.name) in left_out:
            continue
        if rule and (rule.aggregate or rule.constant or column.name == "part_count"):
            continue
        agreed = rule.null_as if rule else None
        meant, got = event[column.name] or agreed, row.get(column.name)
        if column.type == "N" and meant is not None and got is not None:
            meant, got = f"{float(meant):.4f}", f"{float(got):.4f}"
        if got != meant:
            yield column.name, got, meant
