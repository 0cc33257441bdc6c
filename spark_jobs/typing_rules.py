"""How delivered text becomes a number, a date, an instant or a flag, as SQL expressions.

What cannot be typed is null, never an error. Dates and instants outside 1880-01-01 to 2100-12-31
cannot be typed. The one rule for time zones: a naive instant is read in its system's zone, an
offset in the data wins, and silver holds instants.
"""

from __future__ import annotations

from collections.abc import Sequence

from kanghu.engine import TIME_ZONE
from standards.catalogue import Column

EPOCH = {"epoch_millis": (1, 14), "epoch_seconds": (1000, 11)}
"""Patterns that are not patterns: a number since 1970-01-01 UTC; its milliseconds a unit, and the
most digits that do not overflow."""

_FIRST, _LAST = "1880-01-01", "2100-12-31"
_TRUE = "'1', 'true', 't', 'y', 'yes', '是', '有'"
_FALSE = "'0', 'false', 'f', 'n', 'no', '否', '无'"


def typed(column: Column, text: str, *, patterns: Sequence[str], zone: str, scale: str) -> str:
    """The typed value of ``text`` (an SQL expression for trimmed text, null when empty)."""
    match column.type:
        case "N":
            return number(text, column.format.decimals > 0, scale)
        case "D":
            return date(text, patterns, zone)
        case "DT":
            return instant(text, patterns, zone)
        case "L":
            return flag(text)
    raise ValueError(f"{column.name}: text needs no typing")


def number(text: str, has_decimals: bool, scale: str) -> str:
    """``decimal(18,4)``, or ``bigint`` where the catalogue allows no decimals: 12.0 is 12 and 12.5
    cannot be typed. ``scale`` is a factor for a unit that the whole system uses."""
    exact = f"try_cast({text} as decimal(18,4))"
    if scale:
        exact = f"try_cast({exact} * cast('{scale}' as decimal(12,6)) as decimal(18,4))"
    if has_decimals:
        return exact
    whole = f"case when {exact} = floor({exact}) then try_cast({exact} as bigint) end"
    return whole if scale else f"coalesce(try_cast({text} as bigint), {whole})"


def date(text: str, patterns: Sequence[str], zone: str) -> str:
    """``date``; text with a time of day is read as an instant and means its day in the city."""
    if patterns:
        parsed = f"cast({_by_patterns(text, patterns, zone)} as date)"
    else:
        parsed = (
            f"case when char_length({text}) > 10 then cast({_iso(text, zone)} as date) "
            f"when char_length({text}) >= 8 then try_cast({text} as date) end"
        )
    return _between(parsed, f"date '{_FIRST}'", f"date '{_LAST}'")


def instant(text: str, patterns: Sequence[str], zone: str) -> str:
    """``timestamp``; a bare date means its first moment."""
    parsed = _by_patterns(text, patterns, zone) if patterns else _iso(text, zone)
    return _between(parsed, f"timestamp '{_FIRST} 00:00:00'", f"timestamp '{_LAST} 23:59:59'")


def flag(text: str) -> str:
    """``boolean`` from 1/0, T/F, Y/N, true/false, 是/否, 有/无."""
    return (
        f"case when lower({text}) in ({_TRUE}) then true "
        f"when lower({text}) in ({_FALSE}) then false end"
    )


def _iso(text: str, zone: str) -> str:
    # A year or a month alone would otherwise be read as its first day.
    written = f"case when char_length({text}) >= 8 then try_cast({text} as timestamp) end"
    if zone == TIME_ZONE:
        return written
    has_offset = f"regexp_like({text}, '[0-9]([+-][0-9]{{2}}:?([0-9]{{2}})?|Z)$')"
    is_dated = f"char_length({text}) > 10 and {has_offset}"
    return f"case when {is_dated} then {written} else {_moved(written, zone)} end"


def _by_patterns(text: str, patterns: Sequence[str], zone: str) -> str:
    tries = [_by_pattern(text, pattern, zone) for pattern in patterns]
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _by_pattern(text: str, pattern: str, zone: str) -> str:
    if pattern in EPOCH:
        millis, digits = EPOCH[pattern]
        fits = f"case when char_length({text}) <= {digits} then try_cast({text} as bigint) end"
        # Sail 0.7.2 leaves the instant in UTC, so that its date would be UTC's; the cast moves it.
        return f"cast(timestamp_millis({fits} * {millis}) as timestamp)"
    if pattern == "iso":
        return _iso(text, zone)
    quoted = pattern.replace("'", "\\'")
    parsed = f"try_to_timestamp({text}, '{quoted}')"
    has_offset = any(mark in pattern.split("'")[::2][-1] for mark in "XxZ")
    return parsed if zone == TIME_ZONE or has_offset else _moved(parsed, zone)


def _moved(parsed: str, zone: str) -> str:
    """An instant that was read as if in the city's zone, but was said in ``zone``."""
    return f"to_utc_timestamp(from_utc_timestamp({parsed}, '{TIME_ZONE}'), '{zone}')"


def _between(parsed: str, first: str, last: str) -> str:
    return f"case when {parsed} between {first} and {last} then {parsed} end"
