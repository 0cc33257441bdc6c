"""The ten mapping rules (S1-3.15.4), each as a tiny table in and a tiny table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from collectors.expression import read_expression
from collectors.registry import System
from kanghu.errors import KanghuError
from spark_jobs.delivered import MappedTable
from spark_jobs.mapping import mapped
from standards.catalogue import load_catalogue
from tests.spark_jobs.tiny_bronze import registry_of, system

Row = Mapping[str, str | None]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def bronze(session: SparkSession, rows: Sequence[Row], institution: str = "H1") -> DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, Any] = {
        "_institution": [institution] * len(rows),
        "_feed": ["his.t"] * len(rows),
        "_source_key": [str(number) for number in range(len(rows))],
        "_batch_id": ["b1"] * len(rows),
        "_row_hash": ["h"] * len(rows),
        "_operation": ["upsert"] * len(rows),
        "_landed_at": pa.array([None] * len(rows), pa.timestamp("us", tz="UTC")),
    }
    columns |= {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    return session.createDataFrame(pa.table(columns))


def plan(one: System, dataset: str, differs: Any = None) -> MappedTable:
    registry = registry_of(one, "H1", "H2", differs=differs)
    return MappedTable(one, "t", dataset, tuple(registry.sources.values()))


def typed(
    session: SparkSession,
    dataset: str,
    columns: Mapping[str, Any],
    rows: Sequence[Row],
    **facts: Any,
) -> list[tuple[Any, ...]]:
    """What ``columns`` make of ``rows``: typed values (text where the catalogue has text)."""
    one = system({"t": {"maps": {dataset: {"columns": columns}}}}, **facts)
    frame = mapped(bronze(session, rows), plan(one, dataset), load_catalogue().dataset(dataset))
    names = [
        f"typed_{name}" if f"typed_{name}" in frame.columns else f"raw_{name}" for name in columns
    ]
    return [tuple(row) for row in frame.orderBy("_source_key").select(*names).collect()]


def local(year: int, *rest: int) -> datetime:
    """An instant of the city as PySpark hands it over: naive, in this process's zone."""
    return datetime(year, *rest, tzinfo=SHANGHAI).astimezone().replace(tzinfo=None)  # type: ignore[misc]


@pytest.mark.requirement("S1-3.15.4")
class TestTenRules:
    def test_1_direct(self, session: SparkSession) -> None:
        rows = [{"姓名": " 张三\u3000"}, {"姓名": ""}, {"姓名": None}]
        assert typed(session, "patient", {"name": "姓名"}, rows) == [("张三",), (None,), (None,)]

    def test_2_arithmetic_over_text(self, session: SparkSession) -> None:
        columns = {"weight_kg": {"arithmetic": "体重 / 2"}}
        rows = [{"体重": "125"}, {"体重": "很重"}, {"体重": None}]
        assert typed(session, "health_checkup", columns, rows) == [
            (Decimal("62.5000"),),
            (None,),
            (None,),
        ]

    def test_2_arithmetic_survives_division_by_zero(self, session: SparkSession) -> None:
        columns = {"bmi": {"arithmetic": "w / (h * h)"}}
        rows = [{"w": "60", "h": "0"}, {"w": "64", "h": "1.6"}]
        assert typed(session, "health_checkup", columns, rows) == [(None,), (Decimal("25.0000"),)]

    def test_3_lookup_keeps_what_it_does_not_know(self, session: SparkSession) -> None:
        columns = {"sex_code": {"from": "xb", "lookup": "xb"}}
        rows = [{"xb": "男"}, {"xb": "X"}, {"xb": None}]
        lookups = {"xb": {"男": "1", "女": "2"}}
        assert typed(session, "patient", columns, rows, lookups=lookups) == [
            ("1",),
            ("X",),
            (None,),
        ]

    def test_4_string(self, session: SparkSession) -> None:
        columns = {"address_door": {"string": "regexp_extract(dz, '([0-9]+号)', 1)"}}
        rows = [{"dz": "和平路 18号 3 楼"}, {"dz": "和平路"}, {"dz": None}]
        assert typed(session, "patient", columns, rows) == [("18号",), (None,), (None,)]

    def test_5_null_test(self, session: SparkSession) -> None:
        columns = {"phone_no": {"first": ["sj", "dh"]}}
        rows = [{"sj": "13800000000", "dh": "1"}, {"sj": " ", "dh": "2"}, {"sj": None, "dh": None}]
        assert typed(session, "patient", columns, rows) == [("13800000000",), ("2",), (None,)]

    def test_6_null_to_an_agreed_value(self, session: SparkSession) -> None:
        columns = {"patient_type_code": {"from": "lx", "null_as": "1"}}
        rows = [{"lx": None}, {"lx": "2"}]
        assert typed(session, "outpatient_encounter", columns, rows) == [("1",), ("2",)]

    @pytest.mark.parametrize(
        ("pattern", "text", "expected"),
        [
            ("yyyyMMdd", "19900307", date(1990, 3, 7)),
            ("yyyyMMdd", "19900230", None),
            ("yyyyMMdd", "00000000", None),
            ("yyyy/M/d", "2024/3/5", date(2024, 3, 5)),
            ("yyyy年M月d日", "2024年3月5日", date(2024, 3, 5)),
            (["yyyyMMdd", "yyyy-MM-dd"], "2024-03-05", date(2024, 3, 5)),
            ("epoch_millis", "1709572200000", date(2024, 3, 5)),
            ("epoch_seconds", "1709572200", date(2024, 3, 5)),
            ("epoch_millis", "9223372036854775807", None),
            ("epoch_seconds", "9223372036854775", None),
            (None, "2024-03-05", date(2024, 3, 5)),
            (None, "2024-03-05 23:30:00", date(2024, 3, 5)),
            (None, "2024-03-04T17:00:00Z", date(2024, 3, 5)),
            (None, "2024", None),
            (None, "1879-12-31", None),
            (None, "2101-01-01", None),
            (None, "1880-01-01", date(1880, 1, 1)),
            (None, "1940-06-01", date(1940, 6, 1)),
            ("yyyyMMdd", "19400601", date(1940, 6, 1)),
        ],
    )
    def test_7_date(
        self, session: SparkSession, pattern: Any, text: str, expected: date | None
    ) -> None:
        columns = {"birth_date": {"from": "rq", "date": pattern} if pattern else "rq"}
        assert typed(session, "patient", columns, [{"rq": text}]) == [(expected,)]

    def test_8_date_arithmetic(self, session: SparkSession) -> None:
        columns = {"next_followup_date": {"date_add": {"from": "rq", "days": 90}}}
        rows = [{"rq": "2024-01-01"}, {"rq": "不详"}, {"rq": None}]
        assert typed(session, "hypertension_followup", columns, rows) == [
            (date(2024, 3, 31),),
            (None,),
            (None,),
        ]

    def test_10_constant(self, session: SparkSession) -> None:
        columns = {"patient_type_code": {"constant": "1"}, "visited_at": {"constant": "2024-01-01"}}
        assert typed(session, "outpatient_encounter", columns, [{"x": "1"}]) == [
            ("1", local(2024, 1, 1))
        ]


@pytest.mark.requirement("S1-3.15.4")
def test_9_aggregate_over_a_child_table(session: SparkSession) -> None:
    columns = {
        "prescription_no": "cfh",
        "amount_yuan": {
            "aggregate": {
                "table": "mx",
                "by": {"cfh": "cfh"},
                "function": "sum",
                "column": "je",
            }
        },
        "herbal_doses": {"aggregate": {"table": "mx", "by": {"cfh": "cfh"}, "function": "count"}},
    }
    one = system({"t": {"maps": {"prescription": {"columns": columns}}}, "mx": {}})
    items = [{"cfh": "1", "je": "2.50"}, {"cfh": "1", "je": "0.7"}, {"cfh": "2", "je": "坏"}]
    children = bronze(session, items)
    other = bronze(session, [{"cfh": "1", "je": "1000"}], institution="H2")
    frame = mapped(
        bronze(session, [{"cfh": "1"}, {"cfh": "2"}, {"cfh": "3"}]),
        plan(one, "prescription"),
        load_catalogue().dataset("prescription"),
        children=lambda name: children.unionByName(other) if name == "mx" else None,
    )
    rows = frame.orderBy("raw_prescription_no").select("typed_amount_yuan", "typed_herbal_doses")
    assert [tuple(row) for row in rows.collect()] == [
        (Decimal("3.2000"), 2),
        (None, 1),
        (None, None),
    ]


def test_numbers(session: SparkSession) -> None:
    rows = [{"n": text} for text in ("12", "12.0", "12.5", " 7 ", "1e3", "十二", "-3", None)]
    assert typed(session, "outpatient_encounter", {"systolic_mmhg": "n"}, rows) == [
        (12,),
        (12,),
        (None,),
        (7,),
        (None,),
        (None,),
        (-3,),
        (None,),
    ]
    rows = [{"n": text} for text in ("36.5", "36.55555", "3,6", "99999999999999999")]
    assert typed(session, "outpatient_encounter", {"temperature_celsius": "n"}, rows) == [
        (Decimal("36.5000"),),
        (Decimal("36.5556"),),
        (None,),
        (None,),
    ]


def test_scale_for_a_unit_that_the_whole_system_uses(session: SparkSession) -> None:
    columns = {"amount_yuan": {"from": "je", "scale": "0.01"}}
    assert typed(session, "prescription", columns, [{"je": "1234"}, {"je": "x"}]) == [
        (Decimal("12.3400"),),
        (None,),
    ]


def test_flags(session: SparkSession) -> None:
    rows = [{"b": text} for text in ("1", "是", "T", "false", "无", "0", "2", None)]
    expected = [True, True, True, False, False, False, None, None]
    assert typed(session, "outpatient_encounter", {"has_allergy": "b"}, rows) == [
        (value,) for value in expected
    ]


@pytest.mark.parametrize(
    ("zone", "pattern", "text", "expected"),
    [
        ("Asia/Shanghai", None, "2024-03-05 08:00:00", local(2024, 3, 5, 8)),
        ("Asia/Shanghai", None, "2024-03-05T00:00:00Z", local(2024, 3, 5, 8)),
        (
            "Asia/Shanghai",
            None,
            "2024-03-05 08:00:00.123+08:00",
            local(2024, 3, 5, 8, 0, 0, 123000),
        ),
        ("Asia/Shanghai", None, "2024-03-05", local(2024, 3, 5)),
        ("Asia/Shanghai", "yyyyMMddHHmmss", "20240305080000", local(2024, 3, 5, 8)),
        ("Asia/Shanghai", "yyyyMMddHHmmssZ", "20240305090000+0900", local(2024, 3, 5, 8)),
        ("UTC", None, "2024-03-05 00:00:00", local(2024, 3, 5, 8)),
        ("UTC", None, "2024-03-05T08:00:00+08:00", local(2024, 3, 5, 8)),
        ("UTC", None, "2024-03-05", local(2024, 3, 5, 8)),
        ("UTC", "yyyyMMddHHmmss", "20240305000000", local(2024, 3, 5, 8)),
        ("UTC", "yyyyMMddHHmmssZ", "20240305090000+0900", local(2024, 3, 5, 8)),
        ("UTC", "epoch_millis", "1709596800000", local(2024, 3, 5, 8)),
        ("America/New_York", None, "2024-07-04 20:00:00", local(2024, 7, 5, 8)),
        ("Asia/Shanghai", "yyyyMMddHHmmss", "20240305250000", None),
        ("Asia/Shanghai", "yyyyMMddHHmmss", "2024030508", None),
    ],
)
def test_time_zones(
    session: SparkSession, zone: str, pattern: str | None, text: str, expected: datetime | None
) -> None:
    columns = {"visited_at": {"from": "sj", "date": pattern} if pattern else "sj"}
    rows = [{"sj": text}]
    assert typed(session, "outpatient_encounter", columns, rows, time_zone=zone) == [(expected,)]


def test_system_nulls_mean_nothing_everywhere(session: SparkSession) -> None:
    rows = [{"xm": "NULL"}, {"xm": " 无 "}, {"xm": "'\\'"}, {"xm": "无名"}]
    assert typed(session, "patient", {"name": "xm"}, rows, nulls=["NULL", "无", "'\\'"]) == [
        (None,),
        (None,),
        (None,),
        ("无名",),
    ]


def test_an_institution_with_its_own_names_and_codes(session: SparkSession) -> None:
    columns = {"name": "xm", "sex_code": {"from": "xb", "lookup": "xb"}}
    one = system(
        {"t": {"maps": {"patient": {"columns": columns}}}}, lookups={"xb": {"1": "1", "2": "2"}}
    )
    differs = {"H2": {"columns": {"t": {"姓 名": "xm"}}, "lookups": {"xb": {"1": "2", "M": "1"}}}}
    rows = bronze(session, [{"xm": "甲", "xb": "1"}, {"xm": "乙", "xb": "M"}]).unionByName(
        bronze(session, [{"姓_名": "丙", "xb": "1"}, {"姓_名": "丁", "xb": "M"}], "H2"),
        allowMissingColumns=True,
    )
    frame = mapped(rows, plan(one, "patient", differs), load_catalogue().dataset("patient"))
    found = frame.select("raw_name", "raw_sex_code").collect()
    assert sorted(tuple(row) for row in found) == [
        ("丁", "1"),
        ("丙", "2"),
        ("乙", "M"),
        ("甲", "1"),
    ]


def test_a_column_that_nobody_delivered_is_null(session: SparkSession) -> None:
    assert typed(session, "patient", {"name": "xm", "birth_date": "csrq"}, [{"x": "1"}]) == [
        (None, None)
    ]


def test_where_and_void_decide_a_rows_state(session: SparkSession) -> None:
    one = system(
        {
            "t": {
                "void": {"column": "zf", "values": ["1", "Y"]},
                "maps": {"patient": {"columns": {"name": "xm"}, "where": "\"类 别\" = '门诊'"}},
            }
        }
    )
    rows = [
        {"类_别": "门诊", "zf": "0"},
        {"类_别": "门诊", "zf": "Y"},
        {"类_别": "住院", "zf": "0"},
        {"类_别": None, "zf": None},
    ]
    frame = mapped(bronze(session, rows), plan(one, "patient"), load_catalogue().dataset("patient"))
    found = frame.orderBy("_source_key").select("_state", "raw_unclaimed").collect()
    assert [row["_state"] for row in found] == ["in", "void", "unclaimed", "unclaimed"]
    assert found[0]["raw_unclaimed"] is None
    note = "his.t 的条件有 patient: \"类 别\" = '门诊'"
    assert [row["raw_unclaimed"] for row in found[2:]] == [
        f"类 别=住院\x1f{note}",
        f"类 别=空\x1f{note}",
    ]


def test_an_expression_that_cannot_be_read_says_where() -> None:
    with pytest.raises(KanghuError, match=r"x\.yml: tables\.t.*看不懂|看不懂.*x\.yml"):
        read_expression("cast(a as", "text", "x.yml: tables.t")
