"""``kanghu identity`` as a person types it, on a small real lake with a real store."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from collectors.registry import Registry
from kanghu.cli import app
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from pipeline.run import run as run_line
from spark_jobs.identity import identify
from spark_jobs.identity.decision_store import are_waiting
from tests.dbt import tiny_lake
from tests.identity.silver import id_number, residents, row, write_silver

BORN = date(1990, 3, 14)
MOTHER_ID = id_number("350402", date(1995, 2, 3), 22)
TOWN = {"address_county": "三元区", "address_township": "洋溪镇", "address_village": "上坪村"}
CHEN: dict[str, Any] = {
    "name": "陈小明",
    "sex_code": "1",
    "birth_date": BORN,
    "phone_no": "13912345678",
    "id_no": id_number("350402", BORN, 11),
    **TOWN,
}
# Rather one person than not, yet not surely: name, birthday and sex, in another county.
LIKELY = {
    **CHEN,
    "id_no": None,
    "phone_no": None,
    "address_county": "大田县",
    "address_township": "太华镇",
    "address_village": "高星村",
}
PEOPLE = {
    "a": CHEN,
    "b": LIKELY,
    "m": {**CHEN, "name": "王芳", "sex_code": "2", "birth_date": date(1995, 2, 3)}
    | {"id_no": MOTHER_ID, "phone_no": "13700000123"},
    "n": {**CHEN, "name": "陈晨", "birth_date": date(2025, 5, 6), "id_no": MOTHER_ID}
    | {"phone_no": "13700000123"},
}
SAID = ("--who", "张医生", "--why", "看过户口本")

Command = Callable[..., str]


@pytest.fixture
def lake(settings: Settings) -> Lake:
    made = Lake(settings.lake)
    rows = [row(key, institution=f"I-{key}", **said) for key, said in PEOPLE.items()]
    rows += [
        row("x", institution="I-x", patient_no="9", **CHEN | {"name": "赵军", "sex_code": "2"}),
        row("y", "resident_record", institution="I-x", patient_no="9", **CHEN | {"name": "赵军"}),
    ]
    rows[-2] |= {"id_no": None, "birth_date": date(1980, 1, 2), "phone_no": "13600000001"}
    rows[-1] |= {"id_no": None, "birth_date": date(1980, 1, 3), "phone_no": "13600000001"}
    write_silver(made, rows)
    identify(settings)
    return made


@pytest.fixture
def kanghu(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Type a command; answers what stands on the screen, which is wide enough for its tables."""
    monkeypatch.setenv("KANGHU_HOME", str(settings.home))
    monkeypatch.setenv("KANGHU_STORE", settings.store)

    def typed(*words: str) -> str:
        result = CliRunner().invoke(app, ["identity", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return typed


def ref(key: str) -> str:
    return f"I-{key}/his.patient/{key}"


def test_conflicts(kanghu: Command, lake: Lake) -> None:
    screen = kanghu("conflicts")
    lines = {line.split("│")[1].strip(): line for line in screen.splitlines() if "│" in line}
    found = residents(lake)
    assert {"性别不一", "出生日期不一", "一号多人"} <= lines.keys()
    assert found["x"] in lines["性别不一"]
    assert "1980-01-02 / 1980-01-03" in lines["出生日期不一"]
    assert found["m"] in lines["一号多人"]
    assert found["n"] in lines["一号多人"]
    assert MOTHER_ID not in screen
    assert MOTHER_ID in kanghu("conflicts", "--clear")


def test_candidates_show_and_merge(kanghu: Command, lake: Lake, settings: Settings) -> None:
    before = residents(lake)
    screen = kanghu("candidates")
    assert before["a"] in screen
    assert before["b"] in screen
    assert "陈*明" in screen
    assert "陈小明" not in screen
    assert "陈小明" in kanghu("candidates", "--clear", "--limit", "1")

    screen = kanghu("show", before["a"], before["b"])
    assert "姓名相同" in screen
    assert "patient:" + ref("a") in screen
    assert CHEN["id_no"] not in screen
    assert CHEN["id_no"] in kanghu("show", ref("a"), ref("b"), "--clear")

    screen = kanghu("merge", before["a"], before["b"], *SAID)
    assert "判定 1(" in screen
    assert "张医生:是同一人;看过户口本" in screen
    assert "kanghu run" in screen
    assert residents(lake) == before, "only the next identify follows"
    identify(settings)
    after = residents(lake)
    assert after["a"] == after["b"]
    assert after["a"] not in kanghu("candidates")

    screen = kanghu("history", after["a"])
    assert "判定 1" in screen
    assert "并入" in screen
    screen = kanghu("undo", "1", *SAID)
    assert "撤销判定 1" in screen
    identify(settings)
    assert residents(lake)["a"] != residents(lake)["b"]
    screen = kanghu("history", after["a"])
    assert "已由 2 撤销" in screen
    assert "分出" in screen


def test_weights_on_the_screen_are_those_of_the_evidence(
    kanghu: Command, lake: Lake, settings: Settings
) -> None:
    """Two ways to the same figure: Splink's for identify, ours for the screen."""
    from spark_jobs.identity.beside import side_by_side

    found = side_by_side(settings, ref("a"), ref("b"))
    evidence = lake.table(lake.identity("evidence")).to_pyarrow_table().to_pylist()
    (pair,) = [one for one in evidence if one["address"] == "differ"]
    assert found.weight == pytest.approx(pair["weight"], abs=1e-6)
    assert found.weight < found.threshold


def test_split_keeps_a_candidate_away(kanghu: Command, lake: Lake, settings: Settings) -> None:
    before = residents(lake)
    kanghu("split", ref("b"), "--from", before["a"], *SAID)
    identify(settings)
    assert residents(lake) == before
    assert before["b"] not in kanghu("candidates"), "decided already"
    assert "判定 1" in kanghu("show", before["a"], before["b"])


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("merge", "R000000000000", "R000000000001", *SAID), "没有这位居民"),
        (("merge", "nobody", "R000000000001", *SAID), "看不懂"),
        (("show", "I-a/his.patient/none", "I-b/his.patient/b"), "没有这一行"),
        (("show", "I-a/his.patient/a", "I-a/his.patient/a"), "同一行"),
        (("history", "R000000000000"), "没有这位居民"),
        (("undo", "7", *SAID), "没有这条判定"),
    ],
)
def test_errors_say_what_to_do(kanghu: Command, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(KanghuError) as error:
        kanghu(*words)
    assert said in error.value.what
    assert error.value.mend


def test_who_and_why_are_asked_for() -> None:
    result = CliRunner().invoke(app, ["identity", "merge", "A", "B"])
    assert result.exit_code == 2
    assert "--who" in re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def two_likely_people(settings: Settings) -> tuple[Lake, dict[str, str]]:
    """Silver as normalise leaves it, with its partitions, and who is who in it."""
    lake = Lake(settings.lake)
    people = [{**PEOPLE[key], "_institution": f"I-{key}", "patient_no": key} for key in ("a", "b")]
    tiny_lake.write_silver(lake, "patient", people)
    identify(settings)
    return lake, residents(lake)


def assert_all_follow(settings: Settings, lake: Lake) -> None:
    assert not are_waiting(settings)
    (resident,) = set(residents(lake).values())
    stamped = lake.table(lake.silver("patient")).to_pyarrow_table()["resident_id"]
    assert set(stamped.to_pylist()) == {resident}
    with duckdb.connect(settings.marts, read_only=True) as marts:
        found = marts.execute("select resident_id from dim_resident").fetchall()
    assert found == [(resident,)]


def test_now_carries_it_to_silver_and_marts(kanghu: Command, settings: Settings) -> None:
    lake, before = two_likely_people(settings)
    assert "合并 1" in kanghu("merge", before["a"], before["b"], *SAID, "--now")
    assert_all_follow(settings, lake)


def test_the_next_run_follows_though_nothing_new_came(kanghu: Command, settings: Settings) -> None:
    lake, before = two_likely_people(settings)
    kanghu("merge", before["a"], before["b"], *SAID)
    result = run_line(settings, Registry({}, {}))
    assert result.identified is not None
    assert (result.batches, result.identified.merged) == ([], 1)
    assert_all_follow(settings, lake)
    assert run_line(settings, Registry({}, {})).built is None, "once"
