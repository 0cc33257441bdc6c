"""A made-up people register of any size, with the truth: what identity is measured on.

Rows are those of several institutions about the same people, as hard to tell apart as in life:
numbers missing, mistyped, old (15 digits) or another family member's; names misspelt by sound or
shape, or changed; families sharing a phone; people who moved; twins with neighbouring numbers;
strangers of one name and birthday. Deterministic by seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = np.ndarray[Any, Any]

_SURNAMES = (
    "陈林黄张吴李王郑刘杨苏谢徐朱邓罗曾叶许郭何赖江范廖余"
    "蔡周詹赵高魏游邱胡卢温马丁夏方石汤姚沈宋潘董梁韩"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌志春梅海燕云飞雪峰婷欣宇浩然子轩梓涵"
    "晨曦雨思琪嘉怡俊豪瑞诗博佳慧鑫鹏淑珍凤琴金花荣福生水根木火土发财添丁旺德贵仁义礼智信忠孝廉康健安宁"
    "泽睿哲翰琳瑶璐莹萍蓉芬香菊莲荷月星辰光辉煌耀宗祖耕源清波江河湖川岩松柏林森东南西北中天宝良善美"
)
_LIKE_ALIKE = {
    "伟": "玮", "丽": "莉", "敏": "闽", "静": "靖", "娟": "涓", "涛": "焘", "明": "铭", "英": "瑛",
    "红": "虹", "文": "雯", "梅": "玫", "燕": "艳", "雪": "薛", "宇": "雨", "浩": "皓", "嘉": "佳",
    "怡": "仪", "俊": "骏", "鹏": "朋", "珍": "诊", "辉": "晖", "清": "情", "波": "坡", "林": "材",
    "云": "芸", "慧": "惠", "琪": "祺", "晨": "辰", "欣": "新", "婷": "停", "芬": "分", "莲": "连",
}  # fmt: skip
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array(list("10X98765432"))


@dataclass(frozen=True)
class Register:
    """``rows``: row_id and the columns of ``patient`` that identity reads; ``person``: the truth,
    one number a row."""

    rows: pa.Table
    person: Array


def make_register(persons: int, *, seed: int = 1, rows_each: float = 2.25) -> Register:
    """``persons`` people and about ``rows_each`` rows of each."""
    draw = np.random.default_rng(seed)
    people = _people(draw, persons)
    copies = 1 + draw.poisson(rows_each - 1, persons)
    person = np.repeat(np.arange(persons), copies)
    draw.shuffle(person)
    row = {name: values[person] for name, values in people.items()}
    count = len(person)

    def some(share: float) -> Array:
        return draw.random(count) < share

    _spoil_numbers(row, people, some, person)
    _spoil_names(draw, row, some)
    moved = some(0.05)
    row["village"] = np.where(moved, draw.integers(0, 1500, count), row["village"])
    row["door"] = np.where(moved, draw.integers(1, 200, count), row["door"])
    phone = np.where(some(0.1), draw.integers(10**8, 10**9, count), row["phone"])
    birth = row["birth"] + np.where(some(0.006), draw.integers(1, 28, count), 0)
    village, township = row["village"], row["village"] // 12
    table = pa.table(
        {
            "row_id": pa.array(np.arange(count), pa.int64()),
            "institution": _text("I", person * 7 % 151 + township % 3),
            "name": _name(row),
            "sex_code": pa.array(np.where(row["sex"] == 1, "1", "2"), pa.string()),
            "birth_date": pa.array(birth.astype("datetime64[D]")),
            "id_no": pa.array(row["id_no"], pa.string(), mask=some(0.09) | (row["id_no"] == "")),
            "phone_no": _missing(_text("13", phone), some(0.15)),
            "contact_phone_no": pa.nulls(count, pa.string()),
            "address_county": _text("县", township // 11),
            "address_township": _missing(_text("镇", township), some(0.05)),
            "address_village": _missing(_text("村", village), some(0.1)),
            "address_door": _missing(_text("", row["door"]), some(0.3)),
            "mother_name": pa.nulls(count, pa.string()),
        }
    )
    return Register(table, person)


def _people(draw: np.random.Generator, persons: int) -> dict[str, Array]:
    home = np.arange(persons) // 3  # households of three, in order: head, spouse, child
    role = np.arange(persons) % 3
    age = np.where(role < 2, 24 + 60 * draw.beta(1.3, 1.5, persons), 0)
    birth = 19_000 - (age * 365.25).astype(np.int64) - draw.integers(0, 365, persons)
    birth = np.where(role == 2, 19_000 - draw.integers(0, 365 * 20, persons), birth)
    sex = np.where(role == 0, 1, np.where(role == 1, 2, draw.integers(1, 3, persons)))
    weights = 1.0 / np.arange(3, len(_SURNAMES) + 3)
    surname = draw.choice(len(_SURNAMES), persons, p=weights / weights.sum())
    surname = np.where(role == 2, surname[home * 3], surname)
    common = 1.0 / np.arange(4, len(_GIVEN) + 4)
    first, second = (draw.choice(len(_GIVEN), persons, p=common / common.sum()) for _ in range(2))
    # Twins: a child takes the place of the next household's child, with one character of the name.
    twin = np.flatnonzero((role == 2) & (draw.random(persons) < 0.02) & (home * 3 + 5 < persons))
    home[twin + 3] = home[twin]
    for part in (surname, first, birth):
        part[twin + 3] = part[twin]
    same = twin[second[twin] == second[twin + 3]]
    second[same + 3] = (second[same] + 1) % len(_GIVEN)
    # Strangers: another head of family far away has the same name, sex and birth date.
    heads = np.flatnonzero((role == 0) & (np.arange(persons) < persons // 2))
    copied = heads[draw.random(len(heads)) < 0.004]
    for part in (surname, first, second, birth):
        part[copied + persons // 2 // 3 * 3] = part[copied]
    village = ((home * 7919) % 1500)[:persons]
    number = np.arange(persons)
    region = 350_401 + village // 130
    sequence = (2 * (number % 499) + np.where(sex == 1, 1, 2)) % 1000
    date = birth.astype("datetime64[D]").astype(str)
    digits = np.char.add(np.char.add(region.astype(str), np.char.replace(date, "-", "")),
                         np.char.zfill(sequence.astype(str), 3))  # fmt: skip
    values = np.array([list(map(int, text)) for text in digits])
    check = _CHECK[(values * _WEIGHTS).sum(axis=1) % 11]
    return {
        "home": home,
        "sex": sex,
        "birth": birth,
        "surname": surname,
        "first": first,
        "second": np.where(draw.random(persons) < 0.12, -1, second),
        "id_no": np.char.add(digits, check),
        "phone": home * 48_271 % 999_999_937 + 10**8,
        "village": village,
        "door": home % 200 + 1,
    }


def _spoil_numbers(row: dict[str, Array], people: dict[str, Array], some: Any, who: Array) -> None:
    number = row["id_no"].astype(object)
    wrong = np.flatnonzero(some(0.012))
    for at in wrong:
        place = 6 + at % 11
        text = str(number[at])
        number[at] = text[:place] + str((int(text[place]) + 1 + at % 8) % 10) + text[place + 1 :]
    # Another family member's number: the household's places lie together.
    other = np.flatnonzero(some(0.008))
    relative = who[other] // 3 * 3 + (who[other] + 1) % 3
    number[other] = people["id_no"][np.minimum(relative, len(people["id_no"]) - 1)]
    old = np.flatnonzero(some(0.02) & (row["birth"] < 10_000))
    number[old] = [f"{text[:6]}{text[8:17]}" for text in number[old]]
    row["id_no"] = number


def _spoil_names(draw: np.random.Generator, row: dict[str, Array], some: Any) -> None:
    alike = np.arange(len(_GIVEN))
    extended = list(_GIVEN)
    for one, other in _LIKE_ALIKE.items():
        if one in _GIVEN:
            extended.append(other)
            alike[_GIVEN.index(one)] = len(extended) - 1
    row["first"] = np.where(some(0.03), alike[row["first"]], row["first"])
    row["first"] = np.where(
        some(0.003), draw.integers(0, len(_GIVEN), len(row["first"])), row["first"]
    )
    row["characters"] = np.array([*extended, ""])


def _name(row: dict[str, Array]) -> pa.Array:
    text = row["characters"]
    parts = (np.array(list(_SURNAMES))[row["surname"]], text[row["first"]], text[row["second"]])
    return pc.binary_join_element_wise(*(pa.array(part, pa.string()) for part in parts), "")


def _text(prefix: str, number: Array) -> pa.Array:
    return pa.array(np.char.add(prefix, number.astype(str)), pa.string())


def _missing(values: pa.Array, mask: Array) -> pa.Array:
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), values)
