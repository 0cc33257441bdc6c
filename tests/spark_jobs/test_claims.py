"""Every delivered row is claimed at least once, and each bronze row is counted (law 2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spark_jobs.conservation import uncounted
from spark_jobs.dry_run import dry_run
from tests.spark_jobs.tiny_bronze import TinyLake, registry_of, system

FOLLOWUP = {
    "followup_no": "id",
    "record_no": "patient",
    "followup_date": "seen",
    "doctor_name": "doctor",
}


def followups(**table: Any) -> Any:
    return system(
        {
            "sf": {
                "key": ["id"],
                "void": {"column": "zf", "values": ["1"]},
                "maps": {
                    "hypertension_followup": {"columns": FOLLOWUP, "where": "type = 'HTN'"},
                    "diabetes_followup": {"columns": FOLLOWUP, "where": "type = 'DM'"},
                },
                **table,
            }
        }
    )


def visit(number: int, kind: str | None, **other: str | None) -> dict[str, str | None]:
    return {
        **{"id": str(number), "patient": "P1", "seen": "2024-03-05", "doctor": "李医生"},
        **{"type": kind, "zf": "0", **other},
    }


def places(lake: TinyLake) -> dict[str, list[str]]:
    """Layer of a dataset -> source keys."""
    return {
        f"{dataset[:2]} {layer}": [key for (key,) in read(dataset, "_source_key")]
        for dataset in ("hypertension_followup", "diabetes_followup")
        for layer, read in (("silver", lake.silver), ("held", lake.quarantine))
    }


def everywhere(lake: TinyLake) -> list[str]:
    return sorted(key for keys in places(lake).values() for key in keys)


def test_what_no_map_takes_is_held_once_and_said(lake: TinyLake) -> None:
    one = followups()
    rows = [visit(n, kind) for n, kind in enumerate(("HTN", "DM", "COPD", "", None, " htn"), 1)]
    rows.append(visit(7, "COPD", zf="1"))
    result = lake.normalise(registry_of(one), lake.deliver({"sf": rows}))

    assert everywhere(lake) == ["1", "2", "3", "4", "5", "6"]
    held = {"3", "4", "5", "6"}
    assert held <= set(places(lake)["hy held"])
    assert held.isdisjoint(places(lake)["di held"])
    found = {
        key: (dimension, severity, value, message)
        for key, rule, dimension, severity, value, message in lake.findings(
            "source_key", "rule", "dimension", "severity", "value", "message"
        )
        if rule == "hypertension_followup.row.unclaimed"
    }
    assert set(found) == held
    dimension, severity, value, message = found["3"]
    assert (dimension, severity, value) == ("conformity", "blocking", "type=COPD")
    assert "type = 'HTN'" in message
    assert "type = 'DM'" in message
    assert found["5"][2] == "type=空"
    (reasons,) = [
        json.loads(said)
        for key, said in lake.quarantine("hypertension_followup", "_source_key", "_reasons")
        if key == "3"
    ]
    assert [one["rule"] for one in reasons] == ["hypertension_followup.row.unclaimed"]
    assert (reasons[0]["value"], reasons[0]["message"]) == ("type=COPD", message)

    assert result.differences == []
    counts = {one.dataset: one for one in result.counts}
    assert sum(one.bronze - one.shared for one in counts.values()) == len(rows)
    assert counts["hypertension_followup"].superseded == 1  # the void row that no map takes
    assert uncounted(lake.settings, [("his", "sf")], ()) == []


def test_what_is_known_to_be_of_no_dataset_says_so(lake: TinyLake) -> None:
    one = followups(unclaimed="慢阻肺随访,目录里还没有这种数据集")
    lake.normalise(registry_of(one), lake.deliver({"sf": [visit(1, "COPD"), visit(2, "DM")]}))
    (found,) = [
        (severity, message)
        for rule, severity, message in lake.findings("rule", "severity", "message")
        if rule.endswith(".row.unclaimed")
    ]
    assert found[0] == "blocking"
    assert "慢阻肺随访,目录里还没有这种数据集" in found[1]
    assert everywhere(lake) == ["1", "2"]


def test_a_row_moves_when_its_code_does_and_is_counted_once(lake: TinyLake) -> None:
    registry = registry_of(followups())
    for kind, place in (("COPD", "hy held"), ("DM", "di silver"), ("HTN", "hy silver")):
        result = lake.normalise(registry, lake.deliver({"sf": [visit(1, kind)]}))
        assert {name for name, keys in places(lake).items() if keys} == {place}, kind
        assert result.differences == []
        assert uncounted(lake.settings, [("his", "sf")], ()) == []
    result = lake.normalise(registry, lake.deliver({}, deleted={"sf": ["1"]}))
    assert everywhere(lake) == []
    assert result.differences == []
    assert uncounted(lake.settings, [("his", "sf")], ()) == []


def test_a_row_of_several_datasets_counts_once_for_each(lake: TinyLake) -> None:
    columns = {"prescription_no": "id", "patient_no": "patient", "prescribed_at": "seen"}
    one = system(
        {
            "cf": {
                "key": ["id"],
                "maps": {
                    "prescription": {"columns": columns},
                    "prescription_item": {"columns": {**columns, "drug_name": "drug"}},
                },
            }
        }
    )
    registry = registry_of(one)
    lake.normalise(registry, lake.deliver({"cf": [visit(1, None), visit(2, None)]}))
    batch = lake.deliver({"cf": [visit(1, None, drug="阿司匹林")]}, deleted={"cf": ["2"]})
    result = lake.normalise(registry, batch)
    assert {one.dataset: (one.bronze, one.shared) for one in result.counts} == {
        "prescription": (4, 0),
        "prescription_item": (4, 4),
    }
    assert result.differences == []
    assert uncounted(lake.settings, [("his", "cf")], ()) == []


def test_a_row_that_is_not_counted_shows(lake: TinyLake) -> None:
    lake.normalise(registry_of(followups()), lake.deliver({"sf": [visit(1, "HTN")]}))
    lake.deliver({"sf": [visit(2, "HTN")]})
    assert uncounted(lake.settings, [("his", "sf")], ["b0002"]) == []
    (gap,) = uncounted(lake.settings, [("his", "sf")], ())
    assert (gap.institution, gap.feed, gap.rows, gap.counted) == ("H1", "his.sf", 2, 1)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_dry_run_tells_of_unclaimed_rows_and_takes_an_empty_sample(
    lake: TinyLake, rows: int
) -> None:
    import pyarrow as pa

    registry = registry_of(followups())
    (feed,) = registry.feeds()
    names = ("id", "patient", "seen", "doctor", "type", "zf")
    drawn = [visit(number, "COPD") for number in range(rows)]
    sample = pa.table({name: pa.array([row[name] for row in drawn], pa.string()) for name in names})
    trial = {one.dataset: one for one in dry_run(lake.settings, registry, feed, sample)}
    hypertension = trial["hypertension_followup"]
    assert (hypertension.rows, hypertension.passing) == (rows, 0)
    assert [one.rule for one in hypertension.findings] == (
        ["hypertension_followup.row.unclaimed"] if rows else []
    )
    assert (trial["diabetes_followup"].rows, trial["diabetes_followup"].findings) == (0, [])
