"""Law 2: every row collected is in silver or in quarantine, once, on every feed."""

from __future__ import annotations

import duckdb
import pytest

from collectors.registry import load_registry
from kanghu.lake import Lake, connect_duckdb
from pipeline.run import run
from pipeline.status import feed_statuses
from tests.laws.conftest import FinishedLine
from tests.laws.lake_content import lake_content

LAYERS = ("bronze", "silver", "quarantine", "quality", "identity")


def test_every_feed_balances(finished: FinishedLine) -> None:
    statuses = feed_statuses(finished.settings, load_registry(finished.settings))
    assert sum(one.bronze for one in statuses) > 0
    assert [
        one for one in statuses if one.bronze != one.silver + one.quarantine + one.superseded
    ] == []


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
