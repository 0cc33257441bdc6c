"""What people decide about who is who: it holds, whatever the evidence says, until it is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.identity import identify
from spark_jobs.identity.decision_store import Decision, are_waiting, carried, read_decisions
from spark_jobs.identity.decisions import undo
from spark_jobs.identity.refer import merge, split
from tests.identity.silver import Row, id_number, residents, row, write_silver

BORN = date(1990, 3, 14)
CHEN: dict[str, Any] = {
    "name": "陈小明",
    "sex_code": "1",
    "birth_date": BORN,
    "phone_no": "13912345678",
    "address_county": "三元区",
    "address_township": "洋溪镇",
    "address_village": "上坪村",
}
LIN = {**CHEN, "name": "林丽", "sex_code": "2", "phone_no": "13700000123"}
WANG = {**CHEN, "name": "王大伟", "birth_date": date(1961, 1, 2), "phone_no": "13700000999"}
SAID = {"who": "张医生", "why": "看过户口本"}


def ref(key: str) -> str:
    """How a command line names the row of that key."""
    return f"I-{key}/his.patient/{key}"


def people(*named: tuple[str, dict[str, Any]]) -> list[Row]:
    return [row(key, institution=f"I-{key}", **said) for key, said in named]


@pytest.fixture
def city(settings: Settings) -> Callable[..., dict[str, str]]:
    """Write silver (where rows are given), identify, and answer key -> resident."""
    lake = Lake(settings.lake)

    def known(*named: tuple[str, dict[str, Any]]) -> dict[str, str]:
        if named:
            write_silver(lake, people(*named))
        identify(settings)
        return residents(lake)

    return known


def events(settings: Settings) -> list[tuple[str, str, str | None, str, int | None]]:
    lake = Lake(settings.lake)
    table = lake.table(lake.identity("history")).to_pyarrow_table().to_pylist()
    named = ("event", "resident_id", "into_resident_id", "reason", "decision_id")
    return [tuple(one[name] for name in named) for one in table]  # type: ignore[misc]


City = Callable[..., dict[str, str]]


def test_merge_and_undo(settings: Settings, city: City) -> None:
    before = city(("a", CHEN), ("b", LIN), ("c", WANG))
    assert len(set(before.values())) == 3
    decision = merge(settings, before["a"], before["b"], **SAID)
    result = identify(settings)
    assert (result.merged, result.compared, result.decided) == (1, 0, decision.decision_id)
    assert result.by_rule == {"alone": 1, "decision": 2}
    after = residents(Lake(settings.lake))
    kept, gone = after["a"], ({before["a"], before["b"]} - {after["a"]}).pop()
    assert after["a"] == after["b"]
    assert kept in {before["a"], before["b"]}
    assert after["c"] == before["c"]
    assert ("merged", gone, kept, "decision", decision.decision_id) in events(settings)

    back = undo(settings, decision.decision_id, **SAID)
    found = city()
    holder, other = ("a", "b") if before["a"] == kept else ("b", "a")
    assert found[holder] == kept, "who bore the id before the merge bears it again"
    assert found[other] not in before.values(), "a retired id is not given again"
    assert ("split", kept, found[other], "decision", back.decision_id) in events(settings)
    assert ("created", found[other], None, "decision", back.decision_id) in events(settings)
    assert identify(settings).compared == 0


def test_what_evidence_did_says_so(settings: Settings, city: City) -> None:
    city(("a", CHEN))
    assert {reason for *_, reason, _ in events(settings)} == {"evidence"}


def test_split_is_stronger_than_an_id_number(settings: Settings, city: City) -> None:
    number = {"id_no": id_number("350402", BORN, 11)}
    before = city(("a", CHEN | number), ("b", CHEN | number), ("c", CHEN | number))
    assert len(set(before.values())) == 1
    decision = split(settings, ref("c"), before["a"], **SAID)
    found = city()
    assert found["a"] == found["b"] == before["a"] != found["c"]
    assert ("split", before["a"], found["c"], "decision", decision.decision_id) in events(settings)
    with_third = city(
        *(("a", CHEN | number), ("b", CHEN | number), ("c", CHEN | number)),
        ("d", CHEN | number),
    )
    assert with_third["c"] != with_third["a"], "not through a third row either"
    assert with_third["a"] == with_third["b"]
    undo(settings, decision.decision_id, **SAID)
    assert len(set(city().values())) == 1


def test_the_row_that_is_not_that_resident_leaves_its_id(settings: Settings, city: City) -> None:
    """Even where it is the larger part."""
    lake = Lake(settings.lake)
    mine = [
        row("p", institution="I1", patient_no="7", **CHEN),
        row("q", "resident_record", institution="I1", patient_no="7", **CHEN),
    ]
    write_silver(lake, [*mine, *people(("b", CHEN))])
    identify(settings)
    before = residents(lake)
    split(settings, "I1/his.patient/p", before["b"], **SAID)
    found = city()
    assert found["b"] == before["b"]
    assert found["p"] == found["q"] != before["b"]


def test_a_merge_may_join_two_own_numbers(settings: Settings, city: City) -> None:
    one, other = (CHEN | {"id_no": id_number("350402", BORN, at)} for at in (11, 15))
    before = city(("a", one), ("b", other))
    merge(settings, ref("a"), before["b"], **SAID)
    assert len(set(city().values())) == 1
    assert len(set(city(("a", one), ("b", other), ("c", other)).values())) == 1


def test_a_number_that_joins_what_was_parted_yields(settings: Settings, city: City) -> None:
    lake = Lake(settings.lake)
    one = row("p", institution="I1", **CHEN)
    other = row("q", institution="I1", **CHEN)
    write_silver(lake, [one, other])
    identify(settings)
    split(settings, "I1/his.patient/p", residents(lake)["q"], **SAID)
    city()
    bridge = row("r", "resident_record", institution="I1", patient_no="p", **CHEN)
    write_silver(lake, [one, {**other, "patient_no": "p"}, bridge])
    identify(settings)
    found = residents(lake)
    assert found["p"] != found["q"]


def test_a_decision_waits_for_rows_that_come_back(settings: Settings, city: City) -> None:
    before = city(("a", CHEN), ("b", LIN))
    merge(settings, before["a"], before["b"], **SAID)
    city()
    city(("a", CHEN))
    found = city(("a", CHEN), ("b", LIN))
    assert found["a"] == found["b"]


@contextmanager
def refused(*said: str) -> Iterator[None]:
    with pytest.raises(KanghuError) as error:
        yield
    assert all(one in str(error.value) for one in said), error.value
    assert error.value.mend


def test_contradictions_are_refused(settings: Settings, city: City) -> None:
    before = city(("a", CHEN), ("b", LIN), ("c", WANG))
    a, b, c = (before[key] for key in "abc")
    apart = split(settings, ref("a"), c, **SAID)
    joined = merge(settings, a, b, **SAID)
    with refused("矛盾", f"判定 {apart.decision_id}"):
        merge(settings, b, c, **SAID)
    with refused("矛盾", f"判定 {joined.decision_id}"):
        split(settings, ref("b"), a, **SAID)
    with refused("已经判定过", f"判定 {joined.decision_id}"):
        merge(settings, b, a, **SAID)
    with refused("已经判定过", f"判定 {apart.decision_id}"):
        split(settings, ref("c"), a, **SAID)
    found = city()
    with refused("已经是同一位"):
        merge(settings, ref("b"), found["a"], **SAID)
    undo(settings, apart.decision_id, **SAID)
    later = merge(settings, found["a"], c, **SAID)
    with refused("没有用", f"判定 {later.decision_id}"):
        undo(settings, joined.decision_id, **SAID)
    undo(settings, later.decision_id, **SAID)
    undo(settings, joined.decision_id, **SAID)
    with refused("已经撤销"):
        undo(settings, joined.decision_id, **SAID)
    with refused("不能撤销"):
        undo(settings, apart.decision_id + 2, **SAID)
    with refused("没有这条判定"):
        undo(settings, 999, **SAID)
    with refused("没有写明"):
        merge(settings, found["a"], c, who=" ", why="x")


def test_what_is_not_there_is_said(settings: Settings, city: City) -> None:
    with refused("还没有归并过"):
        merge(settings, "R000000000000", "R000000000001", **SAID)
    before = city(("a", CHEN), ("b", LIN))
    with refused("没有这位居民"):
        merge(settings, before["a"], "R000000000000", **SAID)
    with refused("没有这一行"):
        merge(settings, before["a"], "I-a/his.patient/none", **SAID)
    with refused("看不懂"):
        merge(settings, before["a"], "someone", **SAID)
    with refused("没有可以分开的"):
        split(settings, ref("a"), before["a"], **SAID)
    merge(settings, before["a"], before["b"], **SAID)
    after = city()
    gone = ({*before.values()} - {*after.values()}).pop()
    with refused("已并入", after["a"]):
        split(settings, ref("a"), gone, **SAID)


def test_the_table_is_only_ever_appended_to(settings: Settings, city: City) -> None:
    before = city(("a", CHEN), ("b", LIN))
    merge(settings, before["a"], before["b"], **SAID)
    for statement in (
        "update kanghu.identity_decision set why = 'x'",
        "delete from kanghu.identity_decision_row",
        "truncate kanghu.identity_decision cascade",
    ):
        with pytest.raises(psycopg.Error, match="only ever appended"), connect(settings) as store:
            store.execute(statement)
    (kept,) = read_decisions(settings).decisions
    assert isinstance(kept, Decision)
    assert (kept.who, kept.why, kept.kind) == ("张医生", "看过户口本", "same")


def test_what_waits_for_the_marts(settings: Settings, city: City) -> None:
    before = city(("a", CHEN), ("b", LIN))
    assert not are_waiting(settings)
    decision = merge(settings, before["a"], before["b"], **SAID)
    assert are_waiting(settings)
    carried(settings, identify(settings).decided)
    assert not are_waiting(settings)
    undo(settings, decision.decision_id, **SAID)
    assert are_waiting(settings)


def test_history_from_before_there_were_decisions(settings: Settings, city: City) -> None:
    """The lake of an older version: its history has neither reason nor decision."""
    from deltalake import write_deltalake

    before = city(("a", CHEN), ("b", LIN))
    lake = Lake(settings.lake)
    old = lake.table(lake.identity("history")).to_pyarrow_table()
    write_deltalake(
        lake.identity("history"),
        old.drop_columns(["reason", "decision_id"]),
        mode="overwrite",
        schema_mode="overwrite",
    )
    merge(settings, before["a"], before["b"], **SAID)
    city()
    assert sorted(reason or "" for *_, reason, _ in events(settings)) == ["", "", "decision"]
