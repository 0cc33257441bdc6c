"""Normalise as a whole: where each delivered row ends, and that running again changes nothing."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from spark_jobs.dry_run import dry_run
from spark_jobs.quarantine import quarantine_rows, quarantine_summary
from spark_jobs.replay import replay
from tests.spark_jobs.tiny_bronze import TinyLake, link, registry_of, system

PATIENTS = system(
    {
        "brxx": {
            "from": "brxx",
            "key": ["id"],
            "void": {"column": "zf", "values": ["1"]},
            "maps": {
                "patient": {
                    "columns": {
                        "patient_no": "id",
                        "name": "xm",
                        "sex_code": {"from": "xb", "lookup": "xb"},
                        "birth_date": {"from": "csrq", "date": "yyyyMMdd"},
                        "id_no": "sfzh",
                        "phone_no": "dh",
                    }
                }
            },
        }
    },
    lookups={"xb": {"男": "1", "女": "2"}},
)
REGISTRY = registry_of(PATIENTS, "H1", "H2")


def person(number: str, **other: str | None) -> dict[str, str | None]:
    return {
        "id": number,
        "xm": "张三",
        "xb": "男",
        "csrq": "19900307",
        "sfzh": "110101199003070134",
        "dh": "13800000000",
        "zf": "0",
        **other,
    }


def test_one_row_passes_and_one_does_not(lake: TinyLake) -> None:
    batch = lake.deliver({"brxx": [person("1"), person("2", csrq="19901341", dh=None)]})
    result = lake.normalise(REGISTRY, batch)

    assert lake.silver("patient", "_source_key", "sex_code", "resident_id") == [("1", "1", None)]
    ((key, reasons, delivered),) = lake.quarantine(
        "patient", "_source_key", "_reasons", "_delivered"
    )
    assert key == "2"
    assert [(one["rule"], one["value"]) for one in json.loads(reasons)] == [
        ("patient.birth_date.format", "19901341")
    ]
    assert json.loads(delivered)["csrq"] == "19901341"
    assert lake.findings("source_key", "rule", "column", "severity", "value") == [
        ("2", "patient.birth_date.format", "birth_date", "blocking", "19901341"),
        ("2", "patient.phone_no.required", "phone_no", "error", ""),
    ]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (2, 1, 1, 0)
    assert result.differences == []


def test_running_again_changes_nothing(lake: TinyLake) -> None:
    batch = lake.deliver({"brxx": [person("1"), person("2", csrq="坏"), person("3", dh="1")]})
    lake.normalise(REGISTRY, batch)
    before = everything(lake)
    again = lake.normalise(REGISTRY, batch)
    assert everything(lake) == before
    assert again.differences == []


def everything(lake: TinyLake) -> list[list[tuple[object, ...]]]:
    return [lake.silver("patient"), lake.quarantine("patient"), lake.findings()]


def test_a_newer_version_takes_the_older_ones_place(lake: TinyLake) -> None:
    first = lake.deliver({"brxx": [person("1"), person("2", csrq="坏")]})
    lake.normalise(REGISTRY, first)
    second = lake.deliver({"brxx": [person("1", xm="李四", dh=None), person("2", xm="王五")]})
    result = lake.normalise(REGISTRY, second)

    assert lake.silver("patient", "_source_key", "name") == [("1", "李四"), ("2", "王五")]
    assert lake.quarantine("patient") == []
    assert lake.findings("source_key", "rule") == [("1", "patient.phone_no.required")]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (4, 2, 0, 2)
    assert result.differences == []


def test_a_newer_version_that_fails_leaves_the_last_good_one(lake: TinyLake) -> None:
    first = lake.deliver({"brxx": [person("1")]})
    second = lake.deliver({"brxx": [person("1", xm=None)]})
    third = lake.deliver({"brxx": [person("1", xb=None)]})
    for batch in (first, second, third):
        result = lake.normalise(REGISTRY, batch)
        lake.normalise(REGISTRY, batch)

    assert lake.silver("patient", "_source_key", "_batch_id") == [("1", first)]
    assert lake.quarantine("patient", "_source_key", "_batch_id") == [("1", third)]
    assert lake.findings("rule", "batch_id") == [("patient.sex_code.required", third)]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (3, 1, 1, 1)
    assert result.differences == []


def test_several_batches_at_once_leave_the_newest(lake: TinyLake) -> None:
    batches = [lake.deliver({"brxx": [person("1", xm=name)]}) for name in ("甲", "乙", "丙")]
    result = lake.normalise(REGISTRY, *batches)
    assert lake.silver("patient", "name") == [("丙",)]
    assert (result.bronze, result.silver, result.superseded) == (3, 1, 2)


def test_what_is_deleted_or_void_leaves_silver_and_quarantine(lake: TinyLake) -> None:
    rows = [person("1"), person("2"), person("3", csrq="坏"), person("4", csrq="坏"), person("5")]
    first = lake.deliver({"brxx": rows})
    lake.normalise(REGISTRY, first)
    second = lake.deliver(
        {"brxx": [person("2", zf="1"), person("4", zf="1")]}, deleted={"brxx": ["1", "3"]}
    )
    result = lake.normalise(REGISTRY, second)
    assert lake.silver("patient", "_source_key") == [("5",)]
    assert lake.quarantine("patient", "_source_key") == []
    assert lake.findings() == []
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (9, 1, 0, 8)
    assert result.differences == []


def test_the_same_key_twice_in_one_delivery(lake: TinyLake) -> None:
    batch = lake.deliver({"brxx": [person("1"), person("1"), person("A#2")]})
    result = lake.normalise(REGISTRY, batch)
    assert lake.silver("patient", "_source_key") == [("1",), ("A#2",)]
    assert lake.findings("source_key", "rule", "column") == [("1#2", "patient.key.duplicate", "")]
    assert result.differences == []


def test_institutions_do_not_disturb_each_other(lake: TinyLake) -> None:
    one = lake.deliver({"brxx": [person("1")]})
    two = lake.deliver({"brxx": [person("1", xm="李四")]}, institution="H2")
    lake.normalise(REGISTRY, one, two)
    three = lake.deliver({"brxx": [person("1", xm="王五")]}, institution="H2")
    result = lake.normalise(REGISTRY, three)
    assert lake.silver("patient", "_institution", "name") == [("H1", "张三"), ("H2", "王五")]
    assert [one.institution for one in result.counts] == ["H2"]


def test_an_open_batch_is_not_seen(lake: TinyLake) -> None:
    seen = lake.deliver({"brxx": [person("1")]})
    lake.deliver({"brxx": [person("1", xm="李四"), person("2")]}, state="open")
    result = lake.normalise(REGISTRY, seen)
    assert lake.silver("patient", "name") == [("张三",)]
    assert (result.bronze, result.silver, result.superseded) == (1, 1, 0)
    assert replay(lake.settings, REGISTRY).silver == 1


def test_a_big_delivery_is_taken_in_chunks(lake: TinyLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks cut a delivery by institution and, within a big one, by key: nothing else changes."""
    monkeypatch.setattr("spark_jobs.staging.ROWS_A_CHUNK", 3)
    monkeypatch.setattr("spark_jobs.replace_rows.ROWS_A_WRITE", 2)
    monkeypatch.setattr("spark_jobs.findings.ROWS_A_WRITE", 2)
    for round_ in ("甲", "乙"):
        rows = [person(str(n), xm=round_, csrq="坏" if n == 7 else "19900307") for n in range(8)]
        one = lake.deliver({"brxx": rows})
        two = lake.deliver({"brxx": rows[:2]}, institution="H2")
        result = lake.normalise(REGISTRY, one, two)
    assert [row[0] for row in lake.silver("patient", "name")] == ["乙"] * 9
    assert lake.quarantine("patient", "_source_key") == [("7",)]
    assert lake.findings("source_key") == [("7",)]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (20, 9, 1, 10)
    assert result.differences == []


def test_the_resident_is_stamped_on_what_arrives_later(lake: TinyLake) -> None:
    lake.normalise(REGISTRY, lake.deliver({"brxx": [person("1"), person("2")]}))
    link(lake.settings, ("H1", "1", "1", "R1"))
    later = lake.deliver({"brxx": [person("1", xm="李四"), person("2", xm="李四")]})
    lake.normalise(REGISTRY, later)
    assert lake.silver("patient", "_source_key", "resident_id") == [("1", "R1"), ("2", None)]


def test_replay_after_a_lookup_was_mended(lake: TinyLake) -> None:
    batch = lake.deliver({"brxx": [person("1"), person("2", xb="男性"), person("3", xb="女")]})
    assert lake.normalise(REGISTRY, batch).quarantine == 1
    mended = registry_of(
        PATIENTS.model_copy(update={"lookups": {"xb": {"男": "1", "男性": "1"}}}), "H1", "H2"
    )
    result = replay(lake.settings, mended, ["patient"])
    assert lake.silver("patient", "_source_key", "sex_code") == [("1", "1"), ("2", "1")]
    assert lake.quarantine("patient", "_source_key") == [("3",)]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (3, 2, 1, 0)
    assert replay(lake.settings, mended, tables=[("other", "brxx")]).counts == []


ORDERS = system(
    {
        "cf": {
            "from": "cf",
            "key": ["cfh"],
            "maps": {
                "prescription": {
                    "columns": {
                        "prescription_no": "cfh",
                        "patient_no": "brid",
                        "encounter_no": "mzh",
                        "prescription_kind_code": {"constant": "3"},
                        "prescribed_at": "sj",
                        "amount_yuan": {
                            "aggregate": {
                                "table": "mx",
                                "by": {"cfh": "cfh"},
                                "function": "sum",
                                "column": "je",
                            }
                        },
                    },
                    "where": "lx <> '检验'",
                },
                "lab_order": {
                    "columns": {"order_no": "cfh", "patient_no": "brid", "ordered_at": "sj"},
                    "where": "lx = '检验'",
                },
            },
        },
        "mx": {"from": "mx", "key": ["mxh"]},
    }
)


def order(number: str, kind: str) -> dict[str, str | None]:
    return {"cfh": number, "brid": "P", "mzh": "M", "sj": "2024-01-01 08:00:00", "lx": kind}


def test_a_table_that_feeds_two_datasets(lake: TinyLake) -> None:
    """A row counts for the dataset that it is meant for, also when it changes its mind."""
    registry = registry_of(ORDERS)
    first = lake.deliver({"cf": [order("1", "西药"), order("2", "检验")]}, key="cfh")
    result = lake.normalise(registry, first)
    assert result.differences == []
    assert {one.dataset: one.bronze for one in result.counts} == {
        "prescription": 1,
        "lab_order": 1,
    }
    assert lake.silver("prescription", "_source_key") == [("1",)]
    second = lake.deliver({"cf": [order("1", "检验")]}, key="cfh", deleted={"cf": ["2"]})
    result = lake.normalise(registry, second)
    assert lake.silver("prescription", "_source_key") == []
    assert lake.silver("lab_order", "_source_key") == [("1",)]
    assert result.differences == []


def test_a_changed_child_row_changes_its_parents_sum(lake: TinyLake) -> None:
    registry = registry_of(ORDERS)
    items = [{"mxh": "a", "cfh": "1", "je": "2"}, {"mxh": "b", "cfh": "1", "je": "3"}]
    first = lake.deliver({"cf": [order("1", "西药")]}, key="cfh")
    second = lake.deliver({"mx": items}, key="mxh")
    lake.normalise(registry, first, second)
    assert [float(row[0]) for row in lake.silver("prescription", "amount_yuan")] == [5]
    third = lake.deliver({"mx": [{"mxh": "a", "cfh": "1", "je": "7"}]}, key="mxh")
    lake.normalise(registry, third)
    assert [float(row[0]) for row in lake.silver("prescription", "amount_yuan")] == [10]
    fourth = lake.deliver({}, key="mxh", deleted={"mx": ["a"]})
    result = lake.normalise(registry, fourth)
    assert [float(row[0]) for row in lake.silver("prescription", "amount_yuan")] == [3]
    assert result.differences == []


MESSAGES = system(
    {
        "message": {
            "from": "*.hl7",
            "record": "MSH",
            "key": ["no"],
            "columns": {"no": "MSH-10", "kind": "MSH-9.1"},
            "maps": {"exchange_message": {"columns": {"message_no": "no", "message_kind": "kind"}}},
        },
        "result": {
            "from": "*.hl7",
            "record": "OBX",
            "key": ["no"],
            "columns": {"no": "MSH-10", "value": "OBX-5"},
            "maps": {"lab_result": {"columns": {"result_no": "no"}}},
        },
    },
    kind="hl7",
)


def test_a_part_that_could_not_be_decoded(lake: TinyLake) -> None:
    """It ends once, in the messages' quarantine, with the reader's reason and nothing else."""
    broken = {
        "no": None,
        "kind": None,
        "_delivery_error": "undecodable: 第 3 字节",
        "_source_key": "f#1",
    }
    part = {"no": None, "_delivery_error": "undecodable: OBX", "_source_key": "m1/OBX[2]"}
    batch = lake.deliver(
        {"message": [{"no": "m1", "kind": "ORU", "_source_key": "m1//"}, broken], "result": [part]}
    )
    result = lake.normalise(registry_of(MESSAGES), batch)
    assert lake.silver("exchange_message", "message_no") == [("m1",)]
    assert lake.silver("lab_result") == []
    assert lake.findings("source_key", "rule", "value") == [
        ("f#1", "exchange_message.message.unreadable", "undecodable: 第 3 字节"),
        ("m1/OBX[2]", "exchange_message.message.unreadable", "undecodable: OBX"),
    ]
    assert [row[0] for row in lake.quarantine("exchange_message", "_source_key")] == [
        "f#1",
        "m1/OBX[2]",
    ]
    assert result.differences == []
    assert sum(one.bronze for one in result.counts if one.dataset == "lab_result") == 0


def test_direct_identifiers_are_masked_wherever_they_are_shown(lake: TinyLake) -> None:
    number = "110101199003070135"
    rows = [person("1", sfzh=number, dh="138", csrq="坏")]
    lake.normalise(REGISTRY, lake.deliver({"brxx": rows}))
    shown = dict(lake.findings("rule", "value"))
    assert shown["patient.id_no.id_number"] == "1****************5"
    assert shown["patient.phone_no.phone"] == "1*8"
    (row,) = quarantine_rows(lake.settings, "patient")
    assert row.reasons[0]["rule"] == "patient.birth_date.format"
    assert row.delivered["sfzh"] == number


def test_quarantine_is_listed_by_rule(lake: TinyLake) -> None:
    rows = [person("1", csrq="坏", xm=None), person("2", csrq="坏")]
    lake.normalise(REGISTRY, lake.deliver({"brxx": rows}))
    assert [(one.rule, one.institution, one.rows) for one in quarantine_summary(lake.settings)] == [
        ("patient.birth_date.format", "H1", 2),
        ("patient.name.required", "H1", 1),
    ]
    rule = "patient.name.required"
    assert [row.source_key for row in quarantine_rows(lake.settings, "patient", rule=rule)] == ["1"]
    assert quarantine_rows(lake.settings, "patient", institution="H2") == []
    assert quarantine_summary(lake.settings, "staff") == []


def test_dry_run_writes_nothing(lake: TinyLake) -> None:
    (feed, _) = REGISTRY.feeds()
    rows = [person("1"), person("2", xb="X"), person("3", dh=None), person("4", zf="1")]
    sample = pa.Table.from_pylist(rows)
    (trial,) = dry_run(lake.settings, REGISTRY, feed, sample)
    assert (trial.dataset, trial.rows, trial.passing) == ("patient", 3, 2)
    assert {(one.rule, one.rows) for one in trial.findings} == {
        ("patient.sex_code.domain", 1),
        ("patient.phone_no.required", 1),
    }
    assert lake.silver("patient") == []
