"""The city is the same for the same seed, and like a real one."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.city import generate_city, make_chunk, make_city
from simulator.columns import columns_of
from simulator.events import META_COLUMNS, SYSTEM_DATASETS
from simulator.plan import CHUNK_RESIDENTS, Part, Village, assignments, plan_city
from simulator.reference_tables import read_reference
from tests.simulator.conftest import WholeCity
from tests.simulator.rules_by_duckdb import MACROS


def _same(one: dict[str, pa.Table], other: dict[str, pa.Table]) -> bool:
    return one.keys() == other.keys() and all(one[name].equals(other[name]) for name in one)


def test_the_same_seed_makes_the_same_city_and_another_another() -> None:
    first, again, other = (
        list(generate_city(seed, 700, months=6, institutions=8)) for seed in (3, 3, 4)
    )
    assert all(_same(a.tables, b.tables) for a, b in zip(first, again, strict=True))
    assert all(a.errors.equals(b.errors) for a, b in zip(first, again, strict=True))
    assert not _same(first[0].tables, other[0].tables)


def test_a_chunk_does_not_depend_on_the_chunks_before_it() -> None:
    city = make_city(3, 20_000, months=3)
    assert len(city.plan.chunks) > 2
    streamed = list(generate_city(3, 20_000, months=3))
    assert _same(streamed[2].tables, make_chunk(city, 2).tables)


@pytest.mark.requirement("S1-1.0")
def test_all_158_institutions_take_part_with_all_ten_systems() -> None:
    everyone = [one for one in assignments() if one.tier]
    assert len(everyone) == 158
    assert {system for one in assignments() for system in one.systems} == set(SYSTEM_DATASETS)
    few = assignments(8)
    assert {system for one in few for system in one.systems} == set(SYSTEM_DATASETS)
    assert len([one for one in few if one.tier]) == 8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60_000))
def test_every_resident_has_a_village_and_a_number(seed: int, residents: int) -> None:
    plan = plan_city(seed, residents)
    assert sum(one.residents for one in plan.catchments) == residents
    ends = [one.first + one.residents for one in plan.catchments]
    assert [one.first for one in plan.catchments] == [0, *ends[:-1]]
    codes = [village.code for one in plan.catchments for village in one.villages]
    assert len(codes) == len(set(codes))
    assert [village.code for part in plan.chunks for village in _villages(part)] == codes


def _villages(part: Part) -> list[Village]:
    everywhere = [village for one in part.catchments for village in one.villages]
    return [everywhere[place] for place in part.villages]


def test_chunks_stay_small_however_large_the_city() -> None:
    """A prefecture's 2.5 million: a large catchment is cut where one village ends."""
    plan = plan_city(1, 2_500_000)
    assert max(one.residents for one in plan.catchments) > 40_000
    sizes = [sum(village.residents for village in _villages(part)) for part in plan.chunks]
    assert max(sizes) <= CHUNK_RESIDENTS


def test_the_parts_of_a_large_catchment_hold_its_people_once() -> None:
    city = make_city(7, 42_000, months=3, institutions=8)
    parts = [n for n, one in enumerate(city.plan.chunks) if one.group == 0]
    assert len(parts) > 1
    chunks = [make_chunk(city, number) for number in parts]
    (catchment,) = city.plan.chunks[0].catchments
    persons = pa.concat_tables(chunk.persons for chunk in chunks)
    assert persons.num_rows == catchment.residents
    for column in ("person_id", "id_no"):
        assert len(persons[column].unique()) == persons.num_rows
    for dataset, key in (
        ("resident_population", ["region_code", "population_year"]),
        ("resident_record", ["record_no"]),
        ("outpatient_encounter", ["encounter_no", "_system"]),
    ):
        made = pa.concat_tables(chunk.tables[dataset] for chunk in chunks)
        assert made.group_by(key).aggregate([]).num_rows == made.num_rows, dataset


def test_every_dataset_comes_from_the_systems_that_carry_it(town: WholeCity) -> None:
    expected = {name for names in SYSTEM_DATASETS.values() for name in names}
    assert {row["dataset"] for row in read_reference("made_columns")} == expected
    assert set(town.tables) == expected
    for name, table in town.tables.items():
        columns = list(columns_of(name))
        assert table.column_names == [*META_COLUMNS, *columns]
        assert {field.type for field in table.schema} == {pa.string()}
        for system in table["_system"].unique().to_pylist():
            assert name in SYSTEM_DATASETS[system]
        assert table["_event_id"].null_count == 0
        assert len(table["_event_id"].unique()) == table.num_rows


def _one(query: str, **tables: pa.Table) -> tuple[float, ...]:
    connection = duckdb.connect()
    connection.execute(MACROS)
    for name, table in tables.items():
        connection.register(name, table)
    row = connection.sql(query).fetchone()
    assert row is not None
    return row


def test_ages_sexes_deaths_and_diseases_are_those_of_a_prefecture(clean_city: WholeCity) -> None:
    old, young, men, dead = _one(
        """select avg((date_diff('day', birth::date, '2026-06-30'::date) >= 65 * 365.25)::int),
        avg((date_diff('day', birth::date, '2026-06-30'::date) < 15 * 365.25)::int),
        avg((sex = '1')::int), avg((death is not null)::int) / 2 from people""",
        people=clean_city.persons,
    )
    assert 0.11 < old < 0.20
    assert 0.13 < young < 0.23
    assert 0.47 < men < 0.55
    assert 0.003 < dead < 0.013
    visits, high, sweet, kept = _one(
        """select (select count(*) from visit) / (select count(*) from people) / 2.0,
        (select count(*) from card where programme_code = '1') / (select count(*) from people),
        (select count(*) from card where programme_code = '2') / (select count(*) from people),
        (select count(distinct _person_id) from record) / (select count(*) from people)""",
        people=clean_city.persons,
        visit=clean_city.tables["outpatient_encounter"],
        card=clean_city.tables["chronic_registration"],
        record=clean_city.tables["resident_record"],
    )
    assert 2.5 < visits < 3.5
    assert 0.06 < high < 0.16
    assert 0.015 < sweet < 0.07
    assert 0.88 < kept < 0.96


def test_identity_numbers_are_valid_and_nobody_shares_one(clean_city: WholeCity) -> None:
    numbers = clean_city.persons["id_no"].to_pylist()
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    for number, sex, birth in zip(
        numbers,
        clean_city.persons["sex"].to_pylist(),
        clean_city.persons["birth"].to_pylist(),
        strict=True,
    ):
        total = sum(w * int(digit) for w, digit in zip(weights, number[:17], strict=True))
        assert number[17] == "10X98765432"[total % 11]
        assert number[6:14] == birth.replace("-", "")
        assert int(number[16]) % 2 == int(sex) % 2
    assert len(set(numbers)) == len(numbers)


def test_people_are_as_hard_to_tell_apart_as_in_life(clean_city: WholeCity) -> None:
    """Of institutions' patient rows 8 in 100 lack a valid number, 3 in 100 bear another name."""
    lacking, misspelt = _one(
        """select avg((not coalesce(id_ok(p.id_no), false))::int),
        avg((p.name <> t.name)::int) from patient p join people t on p._person_id = t.person_id""",
        patient=clean_city.tables["patient"],
        people=clean_city.persons,
    )
    assert 0.08 <= lacking <= 0.15
    assert 0.03 <= misspelt <= 0.05
    twins, alike, phones, families = _one(
        """select count(*) filter (where is_twin),
        (select count(*) from (select name, sex, birth from people
            group by all having count(distinct household) > 1)),
        (select count(*) from (select phone from people group by 1 having count(*) > 1)),
        (select count(*) from (select phone from people group by 1 having count(*) > 1
            and count(distinct household) = 1))
        from people""",
        people=clean_city.persons,
    )
    assert twins >= 2
    assert alike >= 2
    assert phones == families > 100


def test_babies_bear_their_mothers_number_and_couples_each_others(clean_city: WholeCity) -> None:
    """As the truth says: a number that is valid and somebody else's of the same household."""
    tables = {
        "patient": clean_city.tables["patient"],
        "people": clean_city.persons,
        "errors": clean_city.errors,
    }
    for kind, fits in (
        ("mothers_number", "owner.sex = '2' and owner.birth < one.birth"),
        ("swapped_number", "owner.sex <> one.sex"),
    ):
        marked, right = _one(
            f"""select count(*), count(*) filter (where id_ok(patient.id_no)
                and owner.household = one.household and {fits})
            from patient join people one on _person_id = one.person_id
            left join people owner on owner.id_no = patient.id_no
            where _event_id in (select event_id from errors where kind = '{kind}')""",
            **tables,
        )
        assert marked == right > 0, kind


def test_twins_have_neighbouring_numbers_and_one_birthday(clean_city: WholeCity) -> None:
    twins = [row for row in clean_city.persons.to_pylist() if row["is_twin"]]
    for one, other in zip(twins[::2], twins[1::2], strict=True):
        assert one["household"] == other["household"]
        assert one["birth"] == other["birth"]
        assert one["name"] != other["name"]


def test_money_adds_up(clean_city: WholeCity) -> None:
    wrong = _one(
        """with charged as (
            select _institution, settlement_no, sum(amount_yuan::decimal(18, 2)) as total
            from charge group by all)
        select count(*) from charged join bill using (_institution, settlement_no)
        where charged.total <> bill.total_yuan::decimal(18, 2)""",
        charge=clean_city.tables["charge_detail"],
        bill=clean_city.tables["settlement"],
    )
    assert wrong == (0,)
    wrong = _one(
        """with items as (
            select _institution, prescription_no, sum(amount_yuan::decimal(18, 2)) as total
            from item group by all)
        select count(*) filter (where items.total is distinct from
            prescription.amount_yuan::decimal(18, 2)) from prescription
        left join items using (_institution, prescription_no)""",
        item=clean_city.tables["prescription_item"],
        prescription=clean_city.tables["prescription"],
    )
    assert wrong == (0,)
    wrong = _one(
        """select count(*) from page where total_cost_yuan::decimal(18, 2) <>
        general_service_yuan::decimal(18, 2) + nursing_yuan::decimal(18, 2)
        + laboratory_yuan::decimal(18, 2) + imaging_yuan::decimal(18, 2)
        + surgery_yuan::decimal(18, 2) + treatment_yuan::decimal(18, 2)
        + western_drug_yuan::decimal(18, 2) + patent_drug_yuan::decimal(18, 2)
        + herbal_drug_yuan::decimal(18, 2) + consumable_yuan::decimal(18, 2)
        + other_yuan::decimal(18, 2)""",
        page=clean_city.tables["front_page"],
    )
    assert wrong == (0,)


def test_nothing_happens_outside_the_period_or_a_life(clean_city: WholeCity) -> None:
    outside = _one(
        """select count(*) from visit join people on _person_id = person_id
        where visited_at::date not between '2024-07-01' and '2026-06-30'
        or visited_at::date < birth::date or visited_at::date > death::date""",
        visit=clean_city.tables["outpatient_encounter"],
        people=clean_city.persons,
    )
    assert outside == (0,)
