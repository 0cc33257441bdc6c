"""What reads well and is still wrong: each of the house's rules is broken once, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from standards.lint import RULES, lint
from tests.standards.rooms import copy_of_catalogue


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return copy_of_catalogue(tmp_path / "standards")


def test_the_catalogue_is_clean() -> None:
    assert [str(one) for one in lint()] == []


PATIENT = "datasets/person/patient.csv"

CASES = [
    ("data_elements.csv", "DE01.99.999.00,x_no,名,S1,AN..5,,,none,WS 363-2011", "WS 363 里没有"),
    ("data_elements.csv", "KH99.001.00,x_no,名,S1,AN..5,,,none,WS 363-2011", "版本写成"),
    ("data_elements.csv", "KH99.001.00,x_no,名,S1,AN..5,,,none,KH-1", "没有数据集用到"),
    ("data_elements.csv", "DE01.00.001.00,x_no,名,S1,AN..5,,,none,WS 363-2011", "排在"),
    ("value_domains/value_domains.csv", "XX01,无,open,KH-1,,", "值域标识"),
    ("value_domains/value_domains.csv", "CV99.99.999,无,open,WS 364-2011,,", "WS 364 里没有"),
    ("value_domains/GB2261.1.csv", "8,甲,,男", "指向多个代码"),
    (PATIENT, "Nickname,KH00.028.00,,绰号,O,,,,,,", "列名 'Nickname'"),
    (PATIENT, "first_date,KH00.028.00,,初次日期,O,,,,,,", "列名以 _date 结尾"),
    (PATIENT, "is_known,KH00.028.00,,是否熟人,O,,,,,,", "与类型 S1 不符"),
    (PATIENT, "age_years,KH00.028.00,,岁数,O,,,,,,", "在 patient 里是|这里是"),
    (PATIENT, "mood_code,KH00.028.00,,心情,O,,,AN..1,GB2261.4,,", "放不进格式"),
    (PATIENT, "mood_code,DE02.01.026.00,,心情,O,,,,GB2261.1,,", "代码是文本|类型却是 N"),
    (PATIENT, 'mood_score,DE02.01.026.00,,心情分,O,,,,,"range(9,1)",', "不成立"),
    (PATIENT, "nickname,KH00.028.00,,患者姓名,O,,,,,,", "与 name 相同"),
    (
        "datasets/datasets.csv",
        "extra,person,KH01.01,另一个,patient_no,patient_no,,,somebody,hourly,,1",
        "reported_by|frequency|同一标识|不是必填",
    ),
]


@pytest.mark.parametrize(("table", "line", "what"), CASES)
def test_each_rule_names_what_breaks_it(room: Path, table: str, line: str, what: str) -> None:
    with (room / table).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    if "extra," in line:
        columns = "column,data_element,field,name_zh,required,repeats,type,format"
        (room / "datasets/person/extra.csv").write_text(
            f"{columns},value_domain,rule,sensitivity\npatient_no,KH00.028.00,,,O,,,,,,\n",
            encoding="utf-8",
        )
    told = lint(room)
    for words in what.split("|"):
        assert any(words in one.what or words in one.mend for one in told), [str(x) for x in told]
    assert all(one.where and one.mend for one in told)


def test_every_error_is_told_not_the_first_alone(room: Path) -> None:
    with (room / "data_elements.csv").open("a", encoding="utf-8") as file:
        file.write("DE99.00.001.00,x,名,S1,AN..5,,,none,WS\n")
        file.write("KH99.001.00,x,名,S9,AN..5,,,none,KH-1\n")
        file.write("KH99.002.00,x,名\n")
    with (room / PATIENT).open("a", encoding="utf-8") as file:
        file.write("x,KH99.999.00,,,O,,,,,,\n")
    told = [one.what for one in lint(room)]
    for words in ("数据元标识", "type 不能是", "这一行有 3 格", "没有数据元 'KH99.999.00'"):
        assert sum(words in one for one in told) == 1, told


def test_no_rule_is_without_a_case() -> None:
    assert len(RULES) <= len(CASES)
