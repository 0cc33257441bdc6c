"""What a column's values look like: numbers, dates and how they are written, ID numbers, flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Kind = Literal["empty", "id_number", "phone", "date", "instant", "flag", "number", "code", "text"]

_MOST = 0.9
"""Share of the values that must look alike."""
_FEW = 30

_DATES = (
    ("", r"(18|19|20)\d\d-(0\d|1[0-2])-[0-3]\d"),
    ("yyyyMMdd", r"(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    ("yyyy-M-d", r"(18|19|20)\d\d-\d\d?-\d\d?"),
    ("yyyy/M/d", r"(18|19|20)\d\d/\d\d?/\d\d?"),
    ("yyyy.M.d", r"(18|19|20)\d\d\.\d\d?\.\d\d?"),
    ("yyyy年M月d日", r"(18|19|20)\d\d年\d\d?月\d\d?日"),
)
_TIMES = (
    ("", r"[ T]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?(\d\d)?)?"),
    ("HH:mm:ss", r" \d\d:\d\d:\d\d"),
    ("HH:mm", r" \d\d:\d\d"),
    ("H:mm:ss", r" \d\d?:\d\d:\d\d"),
    ("H:mm", r" \d\d?:\d\d"),
)
_DIGITS = r"(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d"
_INSTANTS = (
    ("epoch_millis", r"1[0-9]{12}"),
    ("yyyyMMddHHmmss", rf"{_DIGITS}[0-5]\d"),
    ("yyyyMMddHHmm", _DIGITS),
    *(
        (f"{day} {time}".strip(), day_like + time_like)
        for day, day_like in _DATES
        for time, time_like in _TIMES
        if bool(day) == bool(time)
    ),
)
_ID_NUMBER = re.compile(r"[1-9]\d{16}[\dXx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FLAGS = frozenset(
    ["0", "1", "y", "n", "t", "f", "yes", "no", "true", "false", "是", "否", "有", "无"]
)


def given(values: Sequence[str | None]) -> list[str]:
    """The values that are there."""
    return [value.strip() for value in values if value is not None and value.strip()]


def kind_of(values: Sequence[str]) -> Kind:
    """What most of ``values`` (none empty) look like."""
    if not values:
        return "empty"
    if _share(values, _ID_NUMBER.fullmatch) >= _MOST and _share(values, is_id_number) >= 0.5:
        return "id_number"
    if _share(values, re.compile(r"1[3-9]\d{9}").fullmatch) >= _MOST:
        return "phone"
    for patterns, kind in ((_DATES, "date"), (_INSTANTS, "instant")):
        if _fitting(values, patterns) is not None:
            return kind  # type: ignore[return-value]
    if {value.lower() for value in values} <= _FLAGS and len({*values}) <= 2:
        return "flag"
    distinct = set(values)
    is_code = len(distinct) <= min(_FEW, max(2, len(values) // 3)) and max(map(len, values)) <= 20
    if _share(values, re.compile(r"-?\d*\.?\d+").fullmatch) >= _MOST:
        return "code" if is_code and max(map(len, distinct)) <= 2 else "number"
    return "code" if is_code else "text"


def date_pattern(values: Sequence[str]) -> str | None:
    """How most of ``values`` are written as dates or instants: a pattern for ``date`` in a mapping,
    empty where it is ISO 8601 and needs none; ``None`` where they are no dates."""
    found = _fitting(values, _DATES)
    return found if found is not None else _fitting(values, _INSTANTS)


def is_id_number(text: str) -> bool:
    """Whether ``text`` is a citizen's number with a right check digit (GB 11643-1999)."""
    if not _ID_NUMBER.fullmatch(text):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text[:17], strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _fitting(values: Sequence[str], patterns: Sequence[tuple[str, str]]) -> str | None:
    for name, pattern in patterns:
        if values and _share(values, re.compile(pattern).fullmatch) >= _MOST:
            return name
    return None


def _share(values: Sequence[str], test: object) -> float:
    assert callable(test)
    return sum(bool(test(value)) for value in values) / len(values)
