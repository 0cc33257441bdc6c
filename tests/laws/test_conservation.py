"""Law 2: every row collected is in silver or in quarantine, once, on every feed."""

from __future__ import annotations

import duckdb
import pytest

from collectors.registry import Registry, load_registry
from kanghu.lake import Lake, connect_duckdb
from pipeline.run import run
from pipeline.status import FeedStatus, feed_statuses
from standards.catalogue import load_catalogue
from tests.laws.conftest import FinishedLine
from tests.laws.lake_content import lake_content

LAYERS = ("bronze", "silver", "quarantine", "quality", "identity")


def test_every_feed_balances(finished: FinishedLine) -> None:
    statuses = feed_statuses(finished.settings, load_registry(finished.settings))
    assert sum(one.bronze for one in statuses) > 0
    assert [
        one for one in statuses if one.bronze != one.silver + one.quarantine + one.superseded
    ] == []


def test_every_row_of_the_bronze_tables_is_counted(finished: FinishedLine) -> None:
    """By feed, rows of the Delta tables against silver + quarantine + superseded of all its
    datasets. A row of several datasets counts once for each: all but its first are ``shared``."""
    registry = load_registry(finished.settings)
    said: dict[tuple[str, str], int] = {}
    for one in feed_statuses(finished.settings, registry):
        place = (one.institution, one.feed)
        counted = one.silver + one.quarantine + one.superseded - one.shared
        said[place] = said.get(place, 0) + counted
    lake = Lake(finished.settings.lake)
    landed: dict[tuple[str, str], int] = {}
    with connect_duckdb() as connection:
        for system, table in mapped_tables(registry, lake):
            landed |= _counted(connection, lake, lake.bronze(system, table))
    assert len(landed) > 20
    assert {place: rows for place, rows in said.items() if rows} == landed


def test_a_row_of_several_datasets_counts_once_for_each(finished: FinishedLine) -> None:
    """Where the first map takes every row, its dataset counts them all, and what others count of
    them is shared; where every map has its own rows, none are."""
    registry = load_registry(finished.settings)
    lake = Lake(finished.settings.lake)
    by_feed: dict[str, list[FeedStatus]] = {}
    for one in feed_statuses(finished.settings, registry):
        by_feed.setdefault(one.feed, []).append(one)
    several = 0
    with connect_duckdb() as connection:
        for system, table in mapped_tables(registry, lake):
            maps = registry.systems[system].tables[table].maps
            first = next(iter(maps))
            landed = sum(_counted(connection, lake, lake.bronze(system, table)).values())
            entries = [one for one in by_feed[f"{system}.{table}"] if one.dataset in maps]
            if maps[first].where is None:
                assert sum(one.bronze for one in entries if one.dataset == first) == landed
                for one in entries:
                    assert one.shared == (0 if one.dataset == first else one.bronze), one
                    several += one.shared
            elif all(mapping.where for mapping in maps.values()):
                assert {one.shared for one in entries} == {0}, table
    assert several > 0


def test_no_current_row_is_nowhere(finished: FinishedLine) -> None:
    """Each key's newest row, unless it is a deletion or void, lies in silver or quarantine of some
    dataset as that very version: found without any mapping, in the tables alone."""
    registry = load_registry(finished.settings)
    lake = Lake(finished.settings.lake)
    places = [
        path
        for dataset in load_catalogue().datasets
        for path in (lake.silver(dataset), lake.quarantine(dataset))
        if lake.exists(path)
    ]
    keys = "_institution, _feed, _source_key, _batch_id"
    with connect_duckdb() as connection:
        connection.execute(
            "create table carried as "
            + " union all ".join(f"select {keys} from delta_scan('{path}')" for path in places)
        )
        for system, table in mapped_tables(registry, lake):
            declared = registry.systems[system].tables[table].void
            void = f"coalesce(trim(\"{declared.column}\"), '')" if declared else "null"
            nowhere = connection.execute(
                f"""
                select _institution, _source_key, void from (
                    select {keys}, _operation, {void} as void
                    from delta_scan('{lake.bronze(system, table)}')
                    qualify row_number() over (
                        partition by _institution, _source_key order by _batch_id desc) = 1)
                anti join carried using ({keys})
                where _operation <> 'delete'
                """
            ).fetchall()
            values = declared.values if declared else ()
            assert [row for row in nowhere if row[2] not in values] == [], (system, table)


def mapped_tables(registry: Registry, lake: Lake) -> list[tuple[str, str]]:
    """Bronze tables of systems that run here and that any map reads."""
    named = {(feed.system.system, feed.table_name) for feed in registry.feeds() if feed.table.maps}
    return sorted(
        (system, table) for system, table in named if lake.exists(lake.bronze(system, table))
    )


def test_counts_are_those_of_the_tables(finished: FinishedLine) -> None:
    """What the batch log prints is what lies in the lake, counted a second way."""
    lake = Lake(finished.settings.lake)
    statuses = feed_statuses(finished.settings, load_registry(finished.settings))
    with connect_duckdb() as connection:
        for layer, path_of in (("silver", lake.silver), ("quarantine", lake.quarantine)):
            for dataset in sorted({one.dataset for one in statuses}):
                said = {
                    (one.institution, one.feed): getattr(one, layer)
                    for one in statuses
                    if one.dataset == dataset and getattr(one, layer)
                }
                assert _counted(connection, lake, path_of(dataset)) == said, (layer, dataset)


def test_no_record_stands_twice(finished: FinishedLine) -> None:
    lake = Lake(finished.settings.lake)
    statuses = feed_statuses(finished.settings, load_registry(finished.settings))
    with connect_duckdb() as connection:
        for dataset in sorted({one.dataset for one in statuses if one.silver}):
            (twice,) = connection.execute(
                f"""
                select count(*) from (
                    select 1 from delta_scan('{lake.silver(dataset)}')
                    group by _institution, _feed, _source_key having count(*) > 1
                )
                """
            ).fetchone() or (0,)
            assert twice == 0, dataset


def test_running_twice_changes_nothing(finished: FinishedLine) -> None:
    before = lake_content(finished.settings, LAYERS)
    again = run(finished.settings, load_registry(finished.settings))
    assert again.collected is not None
    assert again.collected.bronze_rows == 0
    assert again.is_whole
    assert lake_content(finished.settings, LAYERS) == before


@pytest.mark.requirement("L-01")
def test_lake_equals_every_source(finished: FinishedLine) -> None:
    """After a run every feed of every kind compares equal with its source."""
    statuses = feed_statuses(finished.settings, load_registry(finished.settings))
    differing = {
        (one.institution, one.feed): one.comparison
        for one in statuses
        if one.comparison.startswith("different")
    }
    assert differing == {}
    kinds = {
        one.system.kind
        for one in load_registry(finished.settings).feeds()
        if any(s.feed == one.name and s.comparison == "equal" for s in statuses)
    }
    assert {"table", "sql", "api", "file"} <= kinds


def _counted(
    connection: duckdb.DuckDBPyConnection, lake: Lake, path: str
) -> dict[tuple[str, str], int]:
    if not lake.exists(path):
        return {}
    rows = connection.execute(
        f"select _institution, _feed, count(*) from delta_scan('{path}') group by all"
    ).fetchall()
    return {(institution, feed): count for institution, feed, count in rows}
