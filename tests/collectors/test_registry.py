"""Systems and sources as they are read: what cannot work is refused, and stops nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from collectors.check_mapping import _WIDEST, NOT_PATTERNS, check_system
from collectors.registry import System, load_registry
from kanghu.engine import spark_session
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from spark_jobs.typing_rules import EPOCH, instant
from standards.catalogue import load_catalogue

GOOD: dict[str, Any] = {"name": "xm"}


def a_system(columns: dict[str, Any], name: str = "his", **facts: Any) -> dict[str, Any]:
    table = {"key": ["id"], "maps": {"patient": {"columns": columns, **facts.pop("map", {})}}}
    tables = {"t": table, "mx": {"columns": {"cfh": "a", "je": "b"}}, **facts.pop("tables", {})}
    return {
        **{"system": name, "name": "某系统", "vendor": "某公司", "version": "1", "kind": "table"},
        **{"tables": tables, "lookups": {"xb": {"1": "1"}}, **facts},
    }


@pytest.mark.parametrize(
    ("columns", "facts", "what", "place"),
    [
        ({"name": {"string": "nosuchfunc(x)"}}, {}, "nosuchfunc", "maps.patient.name"),
        ({"name": {"arithmetic": "a +"}}, {}, "看不懂", "maps.patient.name"),
        ({"birth_date": {"from": "rq", "date": "QQQzz"}}, {}, "字母 Q", "maps.patient.birth_date"),
        ({"birth_date": {"from": "rq", "date": "yyyyMMddd"}}, {}, "ddd 太长", "birth_date"),
        ({"birth_date": {"from": "rq", "date": ["yyyyMMdd", "yyyy[-MM]"]}}, {}, "[", "birth_date"),
        ({"birth_date": {"from": "rq", "date": "yyyy'MM"}}, {}, "' 不能", "birth_date"),
        ({"birth_date": {"from": "rq", "date": "-"}}, {}, "没有年月日", "birth_date"),
        ({"birth_date": {"date_add": {"from": "rq", "days": 999999}}}, {}, "一百年", "birth_date"),
        ({"sex_code": {"from": "xb", "lookup": "xx"}}, {}, "'xx' 没有定义", "sex_code"),
        ({"nobody": "xb"}, {}, "没有列 'nobody'", "maps.patient"),
        ({"name": {"from": "a", "scale": "十"}}, {}, "不是一个系数", "name"),
        (GOOD, {"time_zone": "Mars/Phobos"}, "Mars/Phobos", "his.yml: time_zone"),
        (GOOD, {"map": {"where": "lb = nosuch(1)"}}, "nosuch", "maps.patient.where"),
        (
            {"name": {"aggregate": {"table": "yy", "by": {"a": "b"}, "function": "count"}}},
            *({}, "'yy' 不在", "name"),
        ),
        (
            {"name": {"aggregate": {"table": "mx", "by": {"cfh": "b"}, "function": "sum"}}},
            *({}, "没有写 column", "name"),
        ),
        (
            {"name": {"aggregate": {"table": "mx", "by": {"zz": "b"}, "function": "count"}}},
            *({}, "zz", "name"),
        ),
    ],
)
def test_what_would_fail_on_the_engine_is_refused_when_it_is_read(
    columns: dict[str, Any], facts: dict[str, Any], what: str, place: str
) -> None:
    system = System.model_validate(a_system(columns, **facts))
    with pytest.raises(KanghuError) as refused:
        check_system(system, load_catalogue(), Path("his.yml"))
    assert what in refused.value.what
    assert refused.value.where is not None
    assert refused.value.where.startswith("his.yml: ")
    assert refused.value.where.endswith(place)
    assert refused.value.mend


def test_every_pattern_that_is_taken_can_be_read_by_the_engine(settings: Settings) -> None:
    session: SparkSession = spark_session(settings)
    patterns = [letter * n for letter, widest in _WIDEST.items() for n in range(1, widest + 1)]
    patterns += ["yyyy年M月d日", "yyyy-MM-dd'T'HH:mm:ss", "d-MMM-yyyy", *NOT_PATTERNS]
    for pattern in patterns:
        columns = {"birth_date": {"from": "rq", "date": pattern}}
        system = System.model_validate(a_system(columns))
        check_system(system, load_catalogue(), Path("his.yml"))
        value = instant("v", [pattern], "Asia/Shanghai")
        session.sql(
            f"select {value} as r from (values ('2024-03-05'), ('x'), ('')) as t(v)"
        ).collect()
    assert {*EPOCH, "iso"} == {*NOT_PATTERNS}


def write(settings: Settings, folder: str, name: str, content: Any) -> None:
    assert settings.sources is not None
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    (settings.sources / folder / f"{name}.yml").write_text(text, encoding="utf-8")


def a_source(name: str, system: str) -> dict[str, str]:
    return {"source": name, "institution": name.upper(), "name": name, "system": system}


def test_a_bad_file_stops_what_it_describes_and_nothing_else(settings: Settings) -> None:
    write(settings, "systems", "his", a_system(GOOD))
    write(settings, "systems", "lis", a_system({"name": {"string": "nosuch(x)"}}, "lis"))
    write(settings, "systems", "pacs", "system: [")
    write(settings, "sources", "good", a_source("good", "his"))
    write(settings, "sources", "of_lis", a_source("of_lis", "lis"))
    write(settings, "sources", "lost", a_source("lost", "nowhere"))
    write(settings, "sources", "torn", "source: torn\n  institution: [")
    write(settings, "sources", "odd", {**a_source("odd", "his"), "colour": "red"})
    registry = load_registry(settings)

    assert [*registry.sources] == ["good"]
    assert {feed.source.source for feed in registry.feeds()} == {"good"}
    said = {one.file: one for one in registry.refused}
    assert sorted(said) == [
        *("lis.yml", "lost.yml", "odd.yml", "of_lis.yml", "pacs.yml", "torn.yml"),
    ]
    assert (said["odd.yml"].institution, said["odd.yml"].system) == ("ODD", "his")
    assert "colour" in str(said["odd.yml"].error)
    assert "nosuch" in str(said["of_lis.yml"].error)
    assert registry.refused_systems >= {"lis", "nowhere", "pacs"}
    for name, words in (("lost", "'nowhere' 没有定义"), ("torn", "YAML"), ("of_lis", "nosuch")):
        with pytest.raises(KanghuError, match=words):
            registry.feeds(name)


def test_a_sites_broken_file_does_not_fall_back_on_the_products(settings: Settings) -> None:
    write(settings, "systems", "jiwei_phis", "system: jiwei_phis\n tables")
    registry = load_registry(settings)
    assert "jiwei_phis" not in registry.systems
    assert "qingyun_his" in registry.systems
