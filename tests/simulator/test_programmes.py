"""The public-health programmes of the city are what the norms and the tender's indicators ask."""

from __future__ import annotations

import duckdb
import pytest

from simulator.events import SYSTEM_DATASETS
from tests.simulator.conftest import WholeCity


@pytest.fixture(scope="module")
def clean(clean_city: WholeCity) -> duckdb.DuckDBPyConnection:
    """The clean city's datasets as tables of DuckDB."""
    connection = duckdb.connect()
    for name, table in clean_city.tables.items():
        connection.register(name, table)
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    row = connection.sql(query).fetchone()
    assert row is not None
    return row


def test_the_severely_ill_are_few_and_seen_each_quarter(clean: duckdb.DuckDBPyConnection) -> None:
    share, schizophrenic, visits = one(
        clean,
        """select
        (select count(*) from mental_registration)
            / (select count(*) from resident_record where birth_date < '2008-01-01'
               and _system in ('jiwei_phis', 'kangjian_cloud')),
        (select avg((disease_code like 'F20%')::int) from mental_registration),
        (select avg(n) from (select count(*) as n from mental_followup group by registration_no))
        """,
    )
    assert 0.003 < share < 0.012
    assert schizophrenic > 0.5
    assert 4 <= visits <= 8
    (unseen,) = one(
        clean,
        """select count(*) from mental_followup where mental_classification_code = '1'
        and (is_referred <> '1' or next_followup_date::date - followup_date::date > 14)""",
    )
    assert unseen == 0


def test_constitutions_follow_the_thirty_three_answers(clean: duckdb.DuckDBPyConnection) -> None:
    forms, wrong, kinds = one(
        clean,
        """select count(*),
        count(*) filter (qi_deficient_score::int <> answer_02::int + answer_03::int
            + answer_04::int + answer_14::int
            or balanced_score::int <> answer_01::int + 24 - answer_02::int - answer_04::int
            - answer_05::int - answer_13::int
            or (main_constitution_code = '1') <> (balanced_result_code in ('1', '2'))),
        count(distinct main_constitution_code) from tcm_constitution""",
    )
    assert forms > 50
    assert wrong == 0
    assert kinds == 9


def test_children_are_guided_at_their_month(clean: duckdb.DuckDBPyConnection) -> None:
    guided, off = one(
        clean,
        """select count(*), count(*) filter (abs(date_diff('day', birth_date::date,
            guided_date::date) - 30.44 * tcm_child_age_code::int) > 25)
        from tcm_child_guidance join resident_record using (_institution, record_no)""",
    )
    assert guided > 20
    assert off == 0


def test_contracts_name_their_teams_and_packages(clean: duckdb.DuckDBPyConnection) -> None:
    contracts, elders, lost = one(
        clean,
        """select count(*),
        count(*) filter (list_contains(string_split(population_codes, ','), '04')),
        count(*) filter (t.team_no is null or not list_has_all(
            (select list(package_no) from service_package), string_split(package_nos, ',')))
        from family_doctor_contract c
        left join family_doctor_team t using (_institution, team_no)""",
    )
    assert contracts > 300
    assert elders > 50
    assert lost == 0


@pytest.mark.requirement("S1-3.11.9.4")
def test_the_services_of_chinese_medicine_can_be_counted(clean: duckdb.DuckDBPyConnection) -> None:
    """All visits, those of Chinese medicine, those without a drug, and what its drugs cost."""
    visits, tcm, hands, drugs = one(
        clean,
        """with treated as (
            select distinct _institution, encounter_no from charge_detail
            where encounter_no is not null and item_code similar to '4[1-8].*'
        ), herbs as (
            select distinct _institution, encounter_no from prescription
            where prescription_kind_code in ('1', '2')
        )
        select (select count(*) from outpatient_encounter),
        (select count(*) from outpatient_encounter e where department_code = 'A50'
            or exists (from treated t where (t._institution, t.encounter_no)
                = (e._institution, e.encounter_no))
            or exists (from herbs t where (t._institution, t.encounter_no)
                = (e._institution, e.encounter_no))),
        (select count(*) from treated),
        (select sum(amount_yuan::double) filter (charge_category_code in ('10', '11'))
            / sum(amount_yuan::double) filter (charge_category_code in ('09', '10', '11'))
         from charge_detail)""",
    )
    assert 0 < hands < tcm < visits
    assert 0.02 < hands / visits < 0.2
    assert 0.05 < drugs < 0.7


def test_the_main_programmes_come_from_two_vendors() -> None:
    both = set(SYSTEM_DATASETS["jiwei_phis"]) & set(SYSTEM_DATASETS["kangjian_cloud"])
    assert {
        "mental_registration", "mental_followup", "tcm_constitution", "tcm_child_guidance",
        "family_doctor_contract", "contract_service",
    } <= both  # fmt: skip
