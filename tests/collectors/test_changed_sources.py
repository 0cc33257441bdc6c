"""Sources that changed, broke off or lie: a clear error, the others go on, no row is lost."""

from __future__ import annotations

import pytest

from collectors.collect import collect
from collectors.compare import compare
from kanghu import batch_log
from kanghu.settings import Settings
from kanghu.store import connect
from tests.collectors.cities import VISITS, bronze, make_visits, registry, run_sql, system
from tests.collectors.fault_proxy import Fault, before

ROWS = [(n, "AB"[n % 2], f"人{n}", n, None, "2024-01-01 08:00:00") for n in range(1, 9)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("alter table visits rename patient to patient_name", "像是改名为 patient_name"),
        ("alter table visits drop patient", "缺少映射需要的列 patient"),
        ("alter table visits alter no type text", "列 no 的类型由 bigint 变成 text"),
        ("drop table visits", "来源里没有表 visits"),
        ("alter table visits drop changed_at", "水位列 changed_at 不在来源里"),
    ],
)
def test_a_change_that_the_mapping_feels_is_said(
    settings: Settings, clinic: str, change: str, said: str
) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic, ("A", "B"))
    collect(settings, cities, cities.feeds())
    before = batch_log.feed_states(settings)
    run_sql(clinic, change)
    result = collect(settings, cities, cities.feeds())
    assert [feed.institution for feed, _ in result.failed] == ["A", "B"]
    for feed, error in result.failed:
        assert said in error
        assert f"{feed.institution} small.visits" in error
        assert "处理:" in error
    after = batch_log.feed_states(settings)
    assert {key: one.watermark for key, one in after.items()} == {
        key: one.watermark for key, one in before.items()
    }
    assert after["A", "small.visits"].last_error is not None
    assert bronze(settings, "visits", "select count(*) from bronze") == [(8,)]


def test_a_renamed_column_is_mended_in_the_source_file(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    one = system(visits=VISITS)
    cities = registry(one, clinic)
    collect(settings, cities, cities.feeds())
    run_sql(
        clinic,
        "alter table visits rename patient to patient_name",
        "alter table visits rename changed_at to stamp",
        "update visits set stamp = '2024-02-01' where no = 2",
    )
    differing = {"columns": {"visits": {"patient_name": "patient", "stamp": "changed_at"}}}
    cities = registry(one, clinic, differs=differing)
    result = collect(settings, cities, cities.feeds())
    assert result.failed == []
    assert bronze(
        settings, "visits", "select distinct patient_name from bronze where stamp = "
        "'2024-02-01 00:00:00'"
    ) == [("人2",)]  # fmt: skip


def test_a_retyped_column_is_accepted_when_a_person_says_so(
    settings: Settings, clinic: str
) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic)
    collect(settings, cities, cities.feeds())
    run_sql(clinic, "alter table visits alter no type text")
    assert collect(settings, cities, cities.feeds()).failed
    batch_log.accept_columns(settings, "A", "small.visits")
    assert collect(settings, cities, cities.feeds()).failed == []


def test_a_new_column_is_kept_and_a_dropped_one_that_nobody_needs_is_null(
    settings: Settings, clinic: str
) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic)
    collect(settings, cities, cities.feeds())
    run_sql(
        clinic,
        "alter table visits add smoker boolean default true",
        "alter table visits drop pressure",
        "insert into visits values (100, 'A', '新', null, '2024-02-01')",
    )
    assert collect(settings, cities, cities.feeds(), full=True).failed == []
    assert bronze(
        settings, "visits", "select smoker, pressure from bronze where _source_key = '100'"
    ) == [("true", None)]
    (compared,) = compare(settings, cities.feeds())
    assert compared.result == "equal"


def test_a_server_that_dies_mid_read_leaves_nothing_behind(settings: Settings, clinic: str) -> None:
    make_visits(clinic, [])
    run_sql(
        clinic,
        "insert into visits select n, 'A', repeat('人', 50), n, null, '2024-01-01' "
        "from generate_series(1, 60000) as n",
        "create view dying as select *, case when no = 59000 then "
        "pg_terminate_backend(pg_backend_pid()) end as fate from visits",
    )
    dying = {**VISITS, "from": "dying", "filter": None}
    cities = registry(system(visits=VISITS, dying=dying), clinic)
    result = collect(settings, cities, cities.feeds())
    ((feed, error),) = result.failed
    assert feed.table_name == "dying"
    assert "连接断了" in error
    assert result.bronze_rows == 60_000  # the other feed went on
    run_sql(clinic, "drop view dying", "create view dying as select * from visits")
    result = collect(settings, cities, cities.feeds())
    assert (result.failed, result.bronze_rows) == ([], 60_000)


def test_institutions_with_schemas_of_their_own_fail_alone(settings: Settings, clinic: str) -> None:
    make_visits(clinic, ROWS)
    run_sql(
        clinic,
        *(f"create schema {name}" for name in "ab"),
        *(f"create view {name}.v as select * from visits" for name in "ab"),
    )
    own = {**VISITS, "from": "{institution}.v", "filter": None}
    cities = registry(system(visits=own), clinic, ("a", "b"))
    assert collect(settings, cities, cities.feeds()).bronze_rows == 16
    run_sql(
        clinic,
        "drop view b.v",
        "update visits set note = '改', changed_at = '2024-02-01' where no = 1",
    )
    result = collect(settings, cities, cities.feeds())
    assert [feed.institution for feed, _ in result.failed] == ["b"]
    assert result.bronze_rows == 1


def test_a_table_that_shrank_suddenly_is_not_believed(settings: Settings, clinic: str) -> None:
    rows = [(n, "A", "人", n, None, "2024-01-01 08:00:00") for n in range(1, 101)]
    make_visits(clinic, rows)
    plain = {name: value for name, value in VISITS.items() if name != "watermark"}
    cities = registry(system(visits=plain), clinic)
    collect(settings, cities, cities.feeds())
    run_sql(clinic, "delete from visits where no > 10")
    ((_, error),) = collect(settings, cities, cities.feeds()).failed
    assert "少了 90 行" in error
    assert bronze(settings, "visits", "select count(*) from bronze") == [(100,)]
    allowed = {**plain, "options": {"max_deleted_share": 1}}
    cities = registry(system(visits=allowed), clinic)
    assert collect(settings, cities, cities.feeds()).deleted_rows == 90


def test_an_unreachable_database_says_so_once_a_feed(settings: Settings) -> None:
    cities = registry(
        system(visits=VISITS, others={**VISITS, "from": "others"}),
        "postgresql://nobody@127.0.0.1:1/none",
        ("A", "B"),
    )
    result = collect(settings, cities, cities.feeds())
    assert len(result.failed) == 4
    assert all("连不上来源数据库" in error for _, error in result.failed)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("alter table visits rename patient to patient_name",
         "alter table visits rename patient_name to patient"),
        ("alter table visits rename to visits_gone", "alter table visits_gone rename to visits"),
        ("alter table visits alter no type text",
         "alter table visits alter no type bigint using no::bigint"),
    ],
)  # fmt: skip
def test_once_the_change_is_taken_back_nothing_is_missing(
    settings: Settings, clinic: str, change: str, back: str
) -> None:
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic, ("A", "B"))
    collect(settings, cities, cities.feeds())
    run_sql(clinic, "insert into visits values (9, 'A', '新', 1, null, '2024-01-02')", change)
    assert len(collect(settings, cities, cities.feeds()).failed) == 2
    run_sql(clinic, back, "update visits set note = '改', changed_at = '2024-01-03' where no = 1")
    result = collect(settings, cities, cities.feeds())
    assert (result.failed, result.bronze_rows) == ([], 2)
    assert {one.result for one in compare(settings, cities.feeds())} == {"equal"}


@pytest.mark.parametrize("fault", ["reset", "closed"])
@pytest.mark.parametrize("mode", ["whole", "increment"])
def test_a_line_that_goes_dead_mid_read_loses_and_doubles_nothing(
    settings: Settings, clinic: str, fault: Fault, mode: str
) -> None:
    make_visits(clinic, ROWS)
    with before(clinic) as proxy:
        cities = registry(system(visits=VISITS), proxy.url)
        known = 0
        if mode == "increment":
            known = collect(settings, cities, cities.feeds()).bronze_rows
        run_sql(
            clinic,
            "insert into visits select n, 'A', repeat('人', 50), n, null, '2024-02-01' "
            "from generate_series(10, 60009) as n",
        )
        proxy.cut_after(3_000_000, fault)
        result = collect(settings, cities, cities.feeds())
        ((_, error),) = result.failed
        assert proxy.cuts == 1
        assert "连接断了" in error
        assert "A small.visits" in error
        assert result.bronze_rows == 0
        proxy.mend()
        result = collect(settings, cities, cities.feeds())
        assert (result.failed, known + result.bronze_rows) == ([], 60_004)
        assert collect(settings, cities, cities.feeds()).bronze_rows == 0
        (compared,) = compare(settings, cities.feeds())
        assert (compared.result, compared.source_rows) == ("equal", 60_004)


def test_a_deletion_behind_the_watermark_is_found_by_the_next_days_comparison(
    settings: Settings, clinic: str
) -> None:
    """An incremental read does not see it; the comparison does, and the run after reads in full."""
    make_visits(clinic, ROWS)
    cities = registry(system(visits=VISITS), clinic, ("A", "B"))
    collect(settings, cities, cities.feeds())
    assert {one.result for one in compare(settings, cities.feeds())} == {"equal"}
    run_sql(clinic, "delete from visits where no = 3")
    assert collect(settings, cities, cities.feeds()).deleted_rows == 0
    assert compare(settings, cities.feeds(), changed_only=True) == []

    with connect(settings) as connection:
        connection.execute("update kanghu.comparison set compared_at = now() - interval '1 day'")
    results = {one.institution: one for one in compare(settings, cities.feeds(), changed_only=True)}
    assert (results["A"].result, results["B"].result) == ("equal", "different")
    assert (results["B"].source_rows, results["B"].lake_rows, results["B"].extra_rows) == (3, 4, 1)
    assert batch_log.unequal_feeds(settings) == {("B", "small.visits")}

    again = [feed for feed in cities.feeds() if feed.institution == "B"]
    assert collect(settings, cities, again, full=True).deleted_rows == 1
    assert {one.result for one in compare(settings, cities.feeds(), changed_only=True)} == {"equal"}
    assert batch_log.unequal_feeds(settings) == set()
