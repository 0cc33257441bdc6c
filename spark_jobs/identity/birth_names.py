"""Names that hospitals give before parents do: 王芳之子, 王芳之大女, 王芳双A, 张(婴).

Such a name says who the mother is, perhaps the sex, and which child of the birth: it is not the
child's name, and what stands for "which" (a number, a letter, 大 or 小) is all that tells twins
apart. A number behind an ordinary name (陈小明2) says as much: a clerk's mark for "another one".
``birth_names.csv`` says what a mark means.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_WHICH = "(?:[第老]?(?:[大小长次头幺一二三四五六甲乙丙丁ⅠⅡⅢA-F]|[0-9]{1,2})号?)"
_CHILD = "(?:婴儿|男婴|女婴|婴|新生儿|宝宝|毛毛|BABY|BB|儿子|女儿)"
_KIND = "(?:男孩|女孩|[子女儿男宝孩])"
_BIRTH = "(?:双胞胎|双胎|三胞胎|三胎|多胎)"
_ANY = f"(?:{_BIRTH}|双|{_CHILD}|{_KIND}|{_WHICH}|之)"
_MARKS = (
    # What no family name or given name looks like: 张之子, 张婴, 王芳之双胎大女, 王芳男婴2.
    (
        1,
        f"(?:{_BIRTH}|双|{_WHICH})*{_CHILD}{_ANY}*"
        f"|(?:{_BIRTH}|双)?之(?:{_BIRTH}|双|之|{_WHICH})*[子女儿婴]{_ANY}*",
    ),
    # What might be a given name behind a family name alone (张大双, 张之一, 李长子).
    (
        2,
        f"之{_ANY}+|{_BIRTH}{_ANY}*|{_WHICH}双|双之?{_WHICH}"
        "|[大小长次幺二三四五六][子女儿]|老[大二三四五六][子女儿]?",
    ),
)
_NO_SIGN = re.compile(f"{_BIRTH}|双|BABY|BB")
_SIGNS = re.compile("[0-9]+|.")


def split_query(names: str) -> str:
    """SQL over the table ``names`` (name): name, base, mark, digits.

    ``base`` is the mother's name with ``mark`` behind it, an ordinary Chinese name without
    ``digits``, or the whole of any other: where the rest is no Chinese name, digits are as much a
    part of it as letters.
    """
    found = " ".join(
        f"when regexp_full_match(name, {_quoted(least, mark)}) "
        f"then regexp_extract(name, {_quoted(least, mark)}, ['base', 'mark'])"
        for least, mark in _MARKS
    )
    bare = "regexp_replace(name, '[0-9]+', '', 'g')"
    return f"""
        select name, coalesce(born.base, case when is_chinese then {bare} else name end) as base,
            born.mark as mark,
            case when born is null and is_chinese
                then nullif(regexp_replace(name, '[^0-9]+', '', 'g'), '') end as digits
        from (
            select name, case {found} end as born,
                regexp_full_match({bare}, '\\p{{Han}}+') as is_chinese
            from {names}
        )
    """


def _quoted(least: int, mark: str) -> str:
    return f"'(\\p{{Han}}{{{least},5}}?)({mark})'"


@cache
def _signs() -> dict[str, tuple[str, str]]:
    path = Path(__file__).with_name("birth_names.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["text"]: (row["sex_code"], row["which"]) for row in csv.DictReader(lines)}


def read_marks(marks: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """``(mark, sex code or "", which child or None)`` of each distinct mark."""
    return [(mark, *_read(mark)) for mark in marks]


def _read(mark: str) -> tuple[str, str | None]:
    said = [_sign(text) for text in _SIGNS.findall(_NO_SIGN.sub("", mark))]
    sexes = {sex for sex, _ in said if sex}
    which = sorted({which for _, which in said if which})
    return (sexes.pop() if len(sexes) == 1 else "", "".join(which) or None)


def _sign(text: str) -> tuple[str, str]:
    return ("", text.lstrip("0")) if text.isdigit() else _signs().get(text, ("", ""))
