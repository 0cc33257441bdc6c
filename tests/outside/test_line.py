"""What holds for all outside inputs alike: nothing is lost, and a second run changes nothing."""

from __future__ import annotations

import psycopg
import pytest

from collectors.collect import collect
from spark_jobs.conservation import uncounted
from spark_jobs.normalise import normalise
from spark_jobs.quarantine import quarantine_summary
from tests.outside.conftest import SOURCES, OutsideLine


def test_every_feed_is_collected(line: OutsideLine) -> None:
    assert line.collected.failed == []
    assert line.collected.feeds == len(line.registry.feeds())
    assert line.collected.bronze_rows == line.collected.source_rows


@pytest.mark.parametrize("institution", [one[0] for one in SOURCES.values()])
def test_conservation_on_every_feed(line: OutsideLine, institution: str) -> None:
    counts = [one for one in line.normalised.counts if one.institution == institution]
    assert counts
    assert [one for one in counts if not one.holds] == []


def test_only_what_nothing_takes_is_in_quarantine(line: OutsideLine) -> None:
    """SNOMED codes, foreign phone numbers and the like give findings, never losses."""
    held = {
        (one.feed, one.rule.rsplit(".", 1)[-1]): one.rows
        for one in quarantine_summary(line.settings)
    }
    messages = held.pop(("hl7v2.message", "unreadable"))
    assert held == {
        ("synthea_csv.observations", "unclaimed"): 511,
        ("fhir_r4.observation", "unclaimed"): 168,
        ("hl7v2.observation", "unclaimed"): 7,
        ("hl7v2.visit", "unclaimed"): 1,
    }
    assert sum(one.quarantine for one in line.normalised.counts) == sum(held.values()) + messages


def test_every_row_of_every_bronze_table_is_counted(line: OutsideLine) -> None:
    mapped = [
        (feed.system.system, feed.table_name) for feed in line.registry.feeds() if feed.table.maps
    ]
    landed = sum(len(line.rows("bronze_of", table, system, "1")) for system, table in mapped)
    assert landed == sum(one.bronze - one.shared for one in line.normalised.counts)
    assert uncounted(line.settings, mapped, ()) == []


def test_units_are_counted_beside_their_parts(line: OutsideLine) -> None:
    with psycopg.connect(line.settings.store) as connection:
        found = connection.execute(
            "select feed, delivered, source_rows from kanghu.feed_run where batch_id = %s",
            [line.collected.batch_id],
        ).fetchall()
    delivered = {feed: (units, rows) for feed, units, rows in found}
    assert delivered["hl7v2.message"] == (47, 47)
    assert delivered["hl7v2.observation"] == (17, 33)
    assert delivered["fhir_r4.observation"] == (2, 603)
    assert delivered["wst500.diagnosis"] == (1, 1)
    assert delivered["synthea_csv.encounters"] == (604, 604)


def test_a_second_run_changes_nothing(line: OutsideLine) -> None:
    again = collect(line.settings, line.registry, line.registry.feeds())
    assert (again.bronze_rows, again.deleted_rows, again.failed) == (0, 0, [])
    whole = collect(line.settings, line.registry, line.registry.feeds(), full=True)
    assert (whole.bronze_rows, whole.deleted_rows, whole.failed) == (0, 0, [])
    assert normalise(line.settings, line.registry, [again.batch_id]).datasets == []
