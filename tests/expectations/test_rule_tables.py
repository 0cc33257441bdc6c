"""A row that cannot be a rule is refused with file, line and what to mend."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from expectations.rule_tables import ROOM, hand_written, read_thresholds
from kanghu.errors import KanghuError

Row = dict[str, str]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    for folder in ("across", "patterns"):
        shutil.copytree(ROOM / folder, tmp_path / folder)
    for table in ("rules", "patterns", "patterned", "thresholds"):
        shutil.copy(ROOM / f"{table}.csv", tmp_path)
    return tmp_path


def changed(table: Path, change: Callable[[list[Row]], None]) -> None:
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    change(rows)
    with table.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("dataset", "patients", "没有数据集 'patients'"),
        ("column", "sexcode", "patient 没有列 'sexcode'"),
        ("dimension", "quality", "dimension 没有 'quality'"),
        ("severity", "notice", "severity 没有 'notice'"),
        ("scope", "table", "scope 没有 'table'"),
        ("weight", "much", "weight 不是 1 到 10 的整数"),
        ("weight", "11", "weight 不是 1 到 10 的整数"),
        ("expression", "sex_code in (", "表达式读不懂"),
        ("expression", "gender = '1'", "patient 没有的列 gender"),
        ("expression", "birth_date > {no_such}", "没有界值 no_such"),
        ("expression", "", "expression 是空的"),
        ("source", " ", "source 是空的"),
        ("sentence", "", "sentence 是空的"),
        ("id", "person.sex_matches_id", "不以数据集名 patient. 开头"),
        ("id", "patient.death_after_birth", "已在rules.csv 第"),
        ("scope", "across", "没有查询文件 across/patient.sex_matches_id.sql"),
    ],
)
def test_a_row_that_cannot_be_a_rule(room: Path, field: str, value: str, said: str) -> None:
    def change(rows: list[Row]) -> None:
        assert rows[0]["id"] == "patient.sex_matches_id"
        rows[0][field] = value

    changed(room / "rules.csv", change)
    with pytest.raises(KanghuError) as caught:
        hand_written(room)
    assert said in str(caught.value)
    assert "expectations/rules.csv 第 " in str(caught.value)
    assert caught.value.mend


def test_a_query_that_answers_something_else(room: Path) -> None:
    query = room / "across" / "diagnosis.sex_conflict.sql"
    query.write_text("select diagnosis_no as value from diagnosis", encoding="utf-8")
    with pytest.raises(KanghuError, match="查询答的列不对"):
        hand_written(room)


def test_an_across_rule_never_blocks(room: Path) -> None:
    def change(rows: list[Row]) -> None:
        next(row for row in rows if row["scope"] == "across")["severity"] = "blocking"

    changed(room / "rules.csv", change)
    with pytest.raises(KanghuError, match="不能隔离"):
        hand_written(room)


def test_tables_of_another_shape(room: Path) -> None:
    (room / "thresholds.csv").write_text("id,value\na,1\n", encoding="utf-8")
    with pytest.raises(KanghuError, match=r"thresholds.csv.*表头应当是"):
        hand_written(room)


def test_a_pattern_that_nobody_described(room: Path) -> None:
    changed(room / "patterned.csv", lambda rows: rows[0].update(check="after_life"))
    with pytest.raises(KanghuError, match="没有 'after_life' 这种规则"):
        hand_written(room)


def test_a_threshold_is_data(room: Path) -> None:
    """Another number in the table is another rule and another sentence."""
    assert read_thresholds(room)["due_date_tolerance_days"] == "21"

    def change(rows: list[Row]) -> None:
        next(row for row in rows if row["id"] == "due_date_tolerance_days")["value"] = "7"

    changed(room / "thresholds.csv", change)
    rules = {rule.id: rule for rule in hand_written(room)}
    rule = rules["maternal_handbook.due_date_matches_last_menses"]
    assert rule.expression.endswith("<= 7")
    assert "不超过 7 天" in rule.sentence
    changed(room / "thresholds.csv", lambda rows: rows[0].update(value="soon"))
    hand_written.cache_clear()
    with pytest.raises(KanghuError, match="不是数字"):
        hand_written(room)


def test_a_number_that_indicators_count_by_is_said_once(
    tmp_path: Path, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days until an entry is late: a site's own number moves the rule and the report together."""
    own = tmp_path / "site" / "indicators"
    own.mkdir(parents=True)
    (own / "parameters.csv").write_text("parameter,value\nlate_entry_days,7\n", encoding="utf-8")
    monkeypatch.setenv("KANGHU_SOURCES", str(tmp_path / "site"))
    rules = {rule.id: rule for rule in hand_written(room)}
    rule = rules["hypertension_followup.late_entry"]
    assert rule.expression == "datediff(entered_date, followup_date) <= 7"
    assert "7 天之内" in rule.sentence
