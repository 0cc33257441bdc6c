"""The marts on the tiny city: grain, local days, money, quality, who is shown and who is not."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from kanghu.settings import CHECKOUT, Settings
from pipeline.build import BuildResult
from pipeline.dbt_lake import silver_columns
from standards.catalogue import load_catalogue
from tests.dbt.tiny_city import CITY, COUNTY, STRANGER, A

MARTS = CHECKOUT / "dbt" / "models" / "marts"


def rows(marts: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return marts.execute(sql).fetchall()


def declared() -> dict[str, dict[str, Any]]:
    """What the project says of each mart."""
    return {
        model["name"]: model
        for path in sorted(MARTS.glob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }


def test_one_encounter_though_two_feeds_deliver_it_on_its_local_day(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(marts, "select encounter_no, visited_date::text from fct_encounter order by 1")
    assert found == [("E1", "2024-07-01"), ("E2", "2024-06-30"), ("E3", "2025-12-20")]


def test_costs_by_category_and_what_no_settlement_covers(marts: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        marts,
        "select is_settled, total_yuan, drug_yuan, laboratory_yuan, examination_yuan, service_yuan,"
        " undetailed_yuan, charge_lines from fct_cost order by is_settled desc, total_yuan desc",
    )
    yuan = [tuple(Decimal(value) for value in row[1:7]) for row in found]
    assert yuan == [(100, 60, 30, 0, 0, 10), (50, 0, 0, 50, 0, 0), (20, 0, 0, 0, 20, 0)]
    assert [(row[0], row[7]) for row in found] == [(True, 3), (True, 1), (False, 1)]


def test_residents_and_key_populations(marts: duckdb.DuckDBPyConnection) -> None:
    def who(condition: str) -> list[str]:
        sql = f"select resident_id from dim_resident where {condition} order by 1"
        return [row[0] for row in rows(marts, sql)]

    assert who("is_child_0_6") == ["R08"]
    assert who("is_elder") == ["H2", "R01", "R03", "R09", "R10"]  # R04 and R07 are dead
    assert who("not is_alive") == ["H4", "R04", "R07"]
    assert who("has_hypertension") == ["H1", "H2", "H3", "H4", "H5", "H6"]
    assert who("has_diabetes") == ["D1", "D2"]
    assert who("has_record and not has_open_record") == ["R04", "R05", "R07"]
    moved = rows(
        marts,
        "select managing_institution_code, has_moved_out from dim_resident"
        " where resident_id = 'R03'",
    )
    assert moved == [("3504240060", False)]  # where the open record is


def test_institutions_hang_in_the_tree_also_unlisted_ones(marts: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        marts,
        "select organisation_code, parent_code, county_code, city_code, is_listed"
        f" from dim_institution where organisation_code in ('{A}', '{STRANGER}') order by 1",
    )
    assert found == [
        (A, COUNTY, COUNTY, CITY, True),
        (STRANGER, CITY, None, CITY, False),
    ]


def test_quality_is_the_mean_of_the_records_scores(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """Five records: E1 to E3, the shared document's, and E9 in quarantine."""
    found = rows(
        marts,
        "select dimension, record_count, quarantined_count, failing_count, score::text"
        f" from rpt_quality_score where institution_code = '{A}'"
        " and dataset = 'outpatient_encounter' order by dimension",
    )
    assert found == [
        ("completeness", 5, 1, 2, "64.00"),  # 0.6 + 0.2 (E1) and 1 (E9) of 5
        ("conformity", 5, 1, 0, "100.00"),
        ("consistency", 5, 1, 0, "100.00"),
        ("validity", 5, 1, 1, "96.00"),
    ]


def test_arrivals_by_local_day(marts: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        marts,
        "select arrived_date::text, record_count, quarantined_count, last_event_date::text"
        " from rpt_arrival where feed = 'tiny.outpatient_encounter'",
    )
    assert found == [("2026-01-06", 4, 1, "2025-12-20")]


def test_direct_identifiers_stand_in_the_guarded_tables_alone(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """By declaration, and by looking for R01's name, number and phone everywhere else."""
    direct = {
        model
        for model, said in declared().items()
        for column in said["columns"]
        if column["config"]["meta"]["sensitivity"] == "direct"
    }
    assert direct == {"dim_resident_identity", "dim_form_identity"}
    secrets = "('居民R01', 'IDR01', '13800000000')"
    for table, column in rows(
        marts,
        "select table_name, column_name from information_schema.columns"
        " where data_type = 'VARCHAR'"
        " and table_name not in ('dim_resident_identity', 'dim_form_identity')",
    ):
        leaked = rows(marts, f'select 1 from {table} where "{column}" in {secrets} limit 1')
        assert leaked == [], f"{table}.{column}"


def test_what_a_column_takes_from_the_catalogue_is_as_the_catalogue_says() -> None:
    """Law 1: name, type and sensitivity are projections, and drift is a failing test."""
    catalogue = load_catalogue()
    for model, said in declared().items():
        assert said["description"], model
        for column in said["columns"]:
            where = f"{model}.{column['name']}"
            assert column["description"], where
            meta = column["config"]["meta"]
            if "column" in meta:
                dataset, name = meta["column"].split(".")
                original = catalogue.dataset(dataset).column(name)
                assert column["name"] == name, where
                assert meta["sensitivity"] == original.sensitivity, where
                kind = silver_columns(catalogue.dataset(dataset))[name]
                assert column["data_type"] == kind, where


def test_gold_holds_tables_only_and_no_path_of_the_lake(
    city: Settings, marts: duckdb.DuckDBPyConnection
) -> None:
    kinds = rows(marts, "select distinct table_schema, table_type from information_schema.tables")
    assert kinds == [("main", "BASE TABLE")]
    tables = {row[0] for row in rows(marts, "select table_name from information_schema.tables")}
    assert tables == set(declared())
    assert not list(Path(city.marts).parent.glob(".marts*")), "the building folder is gone"


def test_dbt_pages_are_one_file(city: Settings, built: BuildResult) -> None:
    page = (city.home / "docs" / "static_index.html").read_text(encoding="utf-8")
    assert "rpt_indicator" in page
    assert json.dumps("门(急)诊就诊")[1:-1] in page
    assert built.models > 40
    assert built.tests > 90
