"""A city written into its institutions' systems, its truth beside it, and a later delivery."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from kanghu.errors import KanghuError
from simulator.events import COMMISSION, SYSTEM_DATASETS
from simulator.plan import assignments
from simulator.serve import start_city
from simulator.simulate import read_arguments
from tests.simulator.conftest import RESIDENTS, Written, truth_tables
from tests.simulator.rules_by_duckdb import findings


def test_every_system_has_its_sources(written: Written) -> None:
    files = sorted((written.folder / "sources" / "sources").glob("*.yml"))
    sources = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    run = {(one.institution, system) for one in assignments(8) for system in one.systems}
    assert {(one["institution"], one["system"]) for one in sources} == run
    assert {system for _, system in run} == set(SYSTEM_DATASETS)
    assert written.summary.sources == len(sources)
    assert written.progress[-1] == (RESIDENTS, RESIDENTS)


def test_the_truth_names_every_row_once(written: Written) -> None:
    rows = written.before["source_rows"]
    assert rows.column_names[:6] == [
        "institution", "feed", "source_key", "dataset", "person_id", "clean",
    ]  # fmt: skip
    assert rows.num_rows == written.summary.rows
    keys = rows.group_by(["institution", "feed", "source_key", "dataset"]).aggregate([])
    assert keys.num_rows == rows.num_rows
    assert rows["source_key"].null_count == 0
    errors = written.before["errors"].to_pylist()
    twice = [row["source_key"] for row in errors if row["kind"] == "duplicate_key"]
    assert twice
    assert all(key.endswith("#2") and key.count("#2") == 1 for key in twice)
    rare = {
        "transfusion_history", "exposure_history", "pregnancy_history", "high_risk_pregnancy",
        "high_risk_child", "high_risk_child_followup", "postpartum_42day",
        "elder_depression", "elder_followup",
        "tb_closing", "tcm_child_guidance", "disability_monitoring", "inspection_report",
    }  # fmt: skip
    carried = {name for names in SYSTEM_DATASETS.values() for name in names}
    assert carried - set(rows["dataset"].unique().to_pylist()) <= rare
    assert written.before["persons"].num_rows == RESIDENTS


def test_every_event_lies_in_a_source(written: Written) -> None:
    events = duckdb.connect()
    rows = written.before["source_rows"]
    events.register("rows", rows)
    for dataset, count in written.summary.rows_by_dataset.items():
        (delivered,) = events.sql(
            f"select count(distinct event_id) from rows where dataset = '{dataset}'"
        ).fetchone() or (0,)
        assert delivered == count, dataset


def test_the_errors_are_those_of_rows_that_are_not_clean(written: Written) -> None:
    errors, rows = written.before["errors"], written.before["source_rows"]
    assert errors.column_names[:7] == [
        "institution", "feed", "source_key", "dataset", "column", "kind", "rule",
    ]  # fmt: skip
    db = duckdb.connect()
    db.register("errors", errors)
    db.register("rows", rows)
    keys = "(institution, feed, source_key, dataset)"
    assert db.sql(
        f"select count(*) from rows where clean = ({keys} in (select {keys} from errors))"
    ).fetchone() == (0,)
    assert errors.num_rows == written.summary.errors


def test_people_have_their_rows_and_masters_have_nobody(written: Written) -> None:
    db = duckdb.connect()
    db.register("rows", written.before["source_rows"])
    db.register("persons", written.before["persons"])
    assert db.sql(
        "select count(*) from rows anti join persons using (person_id) where person_id is not null"
    ).fetchone() == (0,)
    assert db.sql(
        "select count(*) from rows where person_id is null and dataset not in ('region', "
        "'institution', 'drug', 'charge_item', 'resident_population', 'department', 'staff', "
        "'family_doctor_team', 'family_doctor_member', 'service_package', 'service_package_item', "
        "'health_education_activity', 'inspection_patrol', 'inspection_report')"
    ).fetchone() == (0,)
    assert db.sql("select distinct institution from rows where dataset = 'region'").fetchall() == [
        (COMMISSION,)
    ]


def test_a_later_delivery_changes_rows_in_every_way(written: Written) -> None:
    changes = truth_tables(written.folder)["changes"]
    operations = set(changes["_operation"].to_pylist())
    assert operations == {"insert", "update", "delete", "void"}
    kinds = {feed.split(".")[0] for feed in changes["feed"].to_pylist()}
    assert {"jiwei_phis", "qingyun_his", "yilian_clinic", "baixing_files"} <= kinds
    assert written.changes.inserted > 0
    assert written.changes.voided > 0


def test_after_a_later_delivery_the_truth_still_holds(written: Written) -> None:
    after = truth_tables(written.folder)
    db = duckdb.connect()
    for name in ("source_rows", "errors", "changes"):
        db.register(name, after[name])
    assert db.sql(
        "select count(*) from source_rows join changes using (dataset, event_id)"
        " where _operation in ('delete', 'void')"
    ).fetchone() == (0,)
    keys = after["source_rows"].group_by(["institution", "feed", "source_key", "dataset"])
    assert keys.aggregate([]).num_rows == after["source_rows"].num_rows
    events = {
        path.stem: pq.read_table(path)
        for path in (written.folder / "truth" / "events").glob("*.parquet")
    }
    truth = {
        (row["dataset"], row["event_id"], row["column"], row["rule"])
        for row in after["errors"].to_pylist()
        if row["rule"]
    }
    assert findings(events) == truth


def test_the_servers_of_a_city_answer(
    written: Written, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    assert not read_arguments(written.folder).own_postgres
    monkeypatch.delenv("KANGHU_SIMULATED_POSTGRES", raising=False)
    with pytest.raises(KanghuError, match="KANGHU_SIMULATED_POSTGRES"), start_city(written.folder):
        pass
    monkeypatch.setenv("KANGHU_SIMULATED_POSTGRES", postgres_url)
    with start_city(written.folder) as environment:
        assert environment["KANGHU_SIMULATED_POSTGRES"] == postgres_url
        assert environment["KANGHU_SIMULATED_API"].startswith("http")
        assert environment["KANGHU_SIMULATED_TOKEN"]


def test_no_city_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match="这里没有模拟城市"), start_city(tmp_path):
        pass
