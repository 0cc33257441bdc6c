"""The functions that a mapping's expressions may call, and what each wants and gives.

Only what Spark and DuckDB share and what can be made safe: whatever text is delivered, a call
answers a value or null, never an error. So patterns, positions and lengths are written out in the
mapping (they are checked when it is read), and nothing may look at other rows or at a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

Kind = Literal["text", "number", "whole", "date", "instant", "flag", "nothing"]
"""What an expression gives. ``nothing`` is null, which is of any kind."""

Want = Literal["text", "number", "whole", "date", "words", "pattern", "length", "place"]
"""What an argument must be: of a kind, or written out: text, a pattern, a length, a place."""


@dataclass(frozen=True)
class Function:
    """One function: its name as people write it, its arguments (by sqlglot's names), its result."""

    name: str
    wants: Mapping[str, Want]
    gives: Kind


FUNCTIONS: dict[type[exp.Expression], Function] = {
    exp.Abs: Function("abs", {"this": "number"}, "number"),
    exp.Ceil: Function("ceil", {"this": "number"}, "number"),
    exp.Contains: Function("contains", {"this": "text", "expression": "text"}, "flag"),
    exp.Day: Function("day", {"this": "date"}, "whole"),
    exp.EndsWith: Function("ends_with", {"this": "text", "expression": "text"}, "flag"),
    exp.Floor: Function("floor", {"this": "number"}, "number"),
    exp.Left: Function("left", {"this": "text", "expression": "length"}, "text"),
    exp.Length: Function("length", {"this": "text"}, "whole"),
    exp.Lower: Function("lower", {"this": "text"}, "text"),
    exp.MD5: Function("md5", {"this": "text"}, "text"),
    exp.Month: Function("month", {"this": "date"}, "whole"),
    exp.Pad: Function(
        "lpad, rpad", {"this": "text", "expression": "length", "fill_pattern": "words"}, "text"
    ),
    exp.RegexpExtract: Function(
        "regexp_extract", {"this": "text", "expression": "pattern", "group": "length"}, "text"
    ),
    exp.RegexpLike: Function("regexp_like", {"this": "text", "expression": "pattern"}, "flag"),
    exp.RegexpReplace: Function(
        "regexp_replace",
        {"this": "text", "expression": "pattern", "replacement": "words", "modifiers": "words"},
        "text",
    ),
    exp.Replace: Function(
        "replace", {"this": "text", "expression": "text", "replacement": "text"}, "text"
    ),
    exp.Reverse: Function("reverse", {"this": "text"}, "text"),
    exp.Right: Function("right", {"this": "text", "expression": "length"}, "text"),
    exp.Round: Function("round", {"this": "number", "decimals": "length"}, "number"),
    exp.SplitPart: Function(
        "split_part", {"this": "text", "delimiter": "words", "part_index": "place"}, "text"
    ),
    exp.StartsWith: Function("starts_with", {"this": "text", "expression": "text"}, "flag"),
    exp.StrPosition: Function("strpos", {"this": "text", "substr": "text"}, "whole"),
    exp.Substring: Function(
        "substr", {"this": "text", "start": "whole", "length": "length"}, "text"
    ),
    exp.Translate: Function("translate", {"this": "text", "from_": "words", "to": "words"}, "text"),
    exp.Trim: Function("trim, ltrim, rtrim", {"this": "text", "expression": "words"}, "text"),
    exp.Upper: Function("upper", {"this": "text"}, "text"),
    exp.Year: Function("year", {"this": "date"}, "whole"),
}

NAMES = ", ".join(
    sorted(
        name
        for names in (
            *(one.name for one in FUNCTIONS.values()),
            "case, cast, coalesce, concat, concat_ws, greatest, if, least, nullif, try_cast",
        )
        for name in names.split(", ")
    )
)
"""All of them, as an error lists them."""
