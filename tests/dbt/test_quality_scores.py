"""Scores of record quality: the formula, ranks and last ranks, targets, trends, exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from kanghu.lake import Lake
from kanghu.settings import Settings, load_settings
from pipeline.build import _invoke, build
from pipeline.quality_exceptions import grant
from pipeline.quality_history import remember
from pipeline.quality_scores import read_scores, read_trend
from standards.quality import DIMENSIONS, Weight, append_weight
from tests.dbt.tiny_city import A, C
from tests.dbt.tiny_lake import at, write_findings, write_quarantine, write_residents, write_silver

FIRST, SECOND, THIRD = date(2026, 1, 30), date(2026, 2, 3), date(2026, 3, 1)
DATASET, FEED = "outpatient_encounter", "tiny.outpatient_encounter"
PRESSURE = f"{DATASET}.systolic_above_diastolic"
ORPHAN = f"{DATASET}.patient_no.orphan"
MISSING = f"{DATASET}.visited_at.required"


def finding(institution: str, key: str, rule: str, dimension: str, severity: str) -> dict[str, Any]:
    return {
        **{"institution": institution, "feed": FEED, "dataset": DATASET, "source_key": key},
        **{"column": rule.split(".")[1], "rule": rule, "dimension": dimension},
        **{"severity": severity, "mend": "补填"},
    }


_ONLY = (
    *("--indirect-selection", "cautious"),
    *("--select", "+rpt_quality_trend", "rpt_quality_score", "dim_quality_grade"),
)

WRONG_PRESSURE = finding(A, "E1", PRESSURE, "validity", "error")
HELD_BACK = finding(A, "E2", MISSING, "completeness", "blocking")
DOUBTFUL = finding(C, "E1", ORPHAN, "consistency", "warning")


@dataclass(frozen=True)
class Course:
    """Three builds of one lake, each with the scores that it published."""

    settings: Settings
    published: dict[date, dict[str, dict[str, Any]]]
    compiled: str


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Course:
    """A sends E1 to E4 (E2 is in quarantine), C sends E1 and E2.

    On the second day A has mended E1, a warning weighs 1, and E2 is excepted to the end of
    February; on the third the exception is over.
    """
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database quality_course")
    home = tmp_path_factory.mktemp("quality_course")
    store = postgres_url.replace("/postgres?", "/quality_course?")
    here = load_settings({"KANGHU_HOME": str(home), "KANGHU_STORE": store})
    lake = Lake(here.lake)
    for rule in (PRESSURE, ORPHAN, MISSING):
        weight = Weight(FIRST, "rule", rule, Decimal(1), "本测试里每条规则同样重")
        append_weight(here.standards, weight, FIRST)
    write_residents(lake, [{"resident_id": "R1"}])
    encounters = {A: ("E1", "E3", "E4"), C: ("E1", "E2")}
    write_silver(
        lake,
        DATASET,
        [
            {
                **{"_institution": institution, "resident_id": "R1", "encounter_no": key},
                **{"patient_no": "P", "visited_at": at("2025-01-01 08:00")},
            }
            for institution, keys in encounters.items()
            for key in keys
        ],
    )
    held = {"_institution": A, "_feed": FEED, "_source_key": "E2"}
    write_quarantine(lake, DATASET, [{**held, "_reasons": "[]", "_delivered": "{}"}])
    published = {}

    def publish(day: date) -> None:
        # Only what leads to the scores: the other marts are made, and tested, elsewhere.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "pipeline.build._invoke",
                lambda settings, command: _invoke(settings, [*command, *_ONLY]),
            )
            build(here, quality_date=day)
        rows = [
            row
            for by in ("city", "county", "institution", "dimension", "programme", "rule")
            for row in read_scores(here, by)
        ]
        published[day] = {
            str(row.get("organisation_code") or row.get("subject")): row for row in rows
        }

    write_findings(lake, [WRONG_PRESSURE, HELD_BACK, DOUBTFUL])
    publish(FIRST)
    write_findings(lake, [HELD_BACK, DOUBTFUL])
    graver = Weight(SECOND, "severity", "warning", Decimal(1), "孤立引用要先治")
    append_weight(here.standards, graver, SECOND)
    grant(
        here,
        MISSING,
        f"{A}/{FEED}/E2",
        until=date(2026, 2, 28),
        who="王科长",
        why="旧系统没有时间",
        today=SECOND,
    )
    publish(SECOND)
    publish(THIRD)
    compiled = next((home / "dbt" / "target" / "compiled").rglob("fct_quality_record.sql"))
    return Course(here, published, compiled.read_text(encoding="utf-8"))


@pytest.mark.requirement("L-84a")
def test_each_day_is_valued_by_what_was_in_force_on_it(course: Course) -> None:
    """Faults by hand: an error takes 0.6 of validity (30 of 100), a blocking finding all of
    completeness (30), a warning 0.2, later all, of consistency (20)."""
    scores = {
        day: {name: str(found[name]["score"]) for name in (A, C, "350400")}
        for day, found in course.published.items()
    }
    assert scores[FIRST] == {
        A: "88.00",  # 82, 70, 100, 100
        C: "98.00",  # 96, 100
        "350400": "91.33",
    }
    assert scores[SECOND] == {A: "100.00", C: "90.00", "350400": "96.67"}
    assert scores[THIRD] == {A: "92.50", C: "90.00", "350400": "91.67"}
    first = course.published[FIRST]
    by_dimension = {name: str(first[name]["score"]) for name in DIMENSIONS}
    assert by_dimension == {
        "completeness": "83.33",  # one of six is nothing worth
        "validity": "90.00",
        "conformity": "100.00",
        "consistency": "96.67",
    }
    assert (first[MISSING]["record_count"], first[MISSING]["failing_count"]) == (6, 1)
    assert str(first[MISSING]["score"]) == "83.33"
    assert first["outpatient"]["subject_name"] == "门诊"


def test_ranks_grades_and_distance_to_the_target(course: Course) -> None:
    def place(day: date, name: str) -> tuple[Any, ...]:
        row = course.published[day][name]
        return row["rank"], row["last_rank"], str(row["last_score"]), row["grade"]

    assert place(FIRST, A) == (2, None, "None", "良")
    assert place(FIRST, C) == (1, None, "None", "优")
    assert place(SECOND, A) == (1, 2, "88.00", "优")
    assert place(SECOND, C) == (2, 1, "98.00", "良")
    assert place(SECOND, "350424") == (1, 2, "88.00", "优")  # the county of A
    row = course.published[FIRST][A]
    assert (str(row["target"]), str(row["target_difference"])) == ("98.00", "-10.00")


def test_the_course_of_the_months_stays_when_a_day_is_built_again(course: Course) -> None:
    lake = Lake(course.settings.lake)
    before = DeltaTable(lake.score_history).to_pyarrow_table()
    remember(lake, Path(course.settings.marts), THIRD)
    after = DeltaTable(lake.score_history).to_pyarrow_table()
    assert before.num_rows == after.num_rows
    assert set(after["quality_date"].to_pylist()) == {FIRST, SECOND, THIRD}
    trend = read_trend(course.settings, "city")
    assert [(row["period_month"], str(row["score"])) for row in trend] == [
        ("2026-01", "91.33"),
        ("2026-02", "96.67"),
        ("2026-03", "91.67"),
    ]


def test_only_records_with_findings_are_kept(course: Course) -> None:
    with duckdb.connect(course.settings.marts, read_only=True) as marts:
        found = marts.execute(
            "select institution_code, source_key, score::text, grade, status"
            " from fct_quality_record order by all"
        ).fetchall()
    assert found == [(A, "E2", "70.00", "中", "隔离"), (C, "E1", "80.00", "中", "有错")]


CASES: list[tuple[str, list[tuple[str, float, bool]], float]] = [
    ("one error", [("validity", 0.6, False)], 82.0),
    ("faults of a dimension add up", [("validity", 0.6, False), ("validity", 0.2, False)], 76.0),
    ("to the whole of it at most", [("validity", 1.0, False), ("validity", 0.6, False)], 70.0),
    ("an exempt one takes nothing", [("validity", 0.0, True)], 100.0),
    ("all is lost", [(name, 1.0, False) for name in DIMENSIONS], 0.0),
]
DEFAULT = dict(zip(DIMENSIONS, (30, 30, 20, 20), strict=True))


@pytest.mark.parametrize(("case", "faults", "score"), CASES)
def test_the_formula_in_cases(
    course: Course, case: str, faults: list[tuple[str, float, bool]], score: float
) -> None:
    with formula(course, DEFAULT, [faults]) as found:
        assert found[0][0] == pytest.approx(score), case


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any),
    records=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(list(DIMENSIONS)),
                st.integers(0, 150).map(lambda hundredths: hundredths / 100),
                st.booleans(),
            ),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=12,
    ),
)
def test_the_formula_is_what_the_docs_say(
    course: Course, weights: list[int], records: list[list[tuple[str, float, bool]]]
) -> None:
    """Law 4 in small: the model's own SQL, and the sentence of docs/quality-scores.md."""
    shares = dict(zip(DIMENSIONS, weights, strict=True))
    said = [
        [(name, 0.0 if exempt else fault, exempt) for name, fault, exempt in one] for one in records
    ]
    with formula(course, shares, said) as found:
        for (score, status), faults in zip(found, said, strict=True):
            lost = sum(
                share * min(1.0, sum(fault for name, fault, _ in faults if name == dimension))
                for dimension, share in shares.items()
            )
            assert float(score) == pytest.approx(100 - 100 * lost / sum(weights), abs=0.006)
            assert (status == "豁免") == all(exempt for *_, exempt in faults)


@contextmanager
def formula(
    course: Course, weights: dict[str, int], records: list[list[tuple[str, float, bool]]]
) -> Iterator[list[tuple[Any, ...]]]:
    """The compiled model over a lake in memory: (score, status) of each record."""
    with duckdb.connect() as connection:
        connection.execute(_EMPTY_LAKE)
        connection.executemany(
            "insert into lake.quality.weight values ('dimension', ?, ?)", list(weights.items())
        )
        connection.executemany(
            "insert into lake.staging.stg_finding values ('I', 'f', 'd', ?, ?, ?, ?)",
            [
                (f"{key:04}", dimension, exempt, fault)
                for key, faults in enumerate(records)
                for dimension, fault, exempt in faults
            ],
        )
        connection.execute(
            "create table lake.staging.stg_arrived as select distinct institution_code, feed,"
            " dataset, source_key, false as is_quarantined, null::date as arrived_date,"
            " null::date as event_date from lake.staging.stg_finding"
        )
        yield connection.execute(
            f"select score, status from ({course.compiled}) as model order by source_key"
        ).fetchall()


_EMPTY_LAKE = """
    attach ':memory:' as lake;
    create schema lake.quality;
    create schema lake.staging;
    create table lake.quality.quality_date as select date '2026-01-01' as quality_date;
    create table lake.quality.weight (kind text, name text, weight double);
    create table lake.quality.grade as
        select 'A' as grade, 0.0 as lowest_score, 101.0 as below_score;
    create table lake.staging.stg_finding (
        institution_code text, feed text, dataset text, source_key text, dimension text,
        is_exempt boolean, fault double)
"""
