"""Two prepared rows side by side: which level of agreement each field reaches, as SQL.

A kind is an ordered list of levels, each a condition over ``x_l`` and ``x_r``; the first that
holds is the pair's level. Missing on either side is no evidence, unless ``levels.csv`` states
m and u for it, as for every other level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spark_jobs.identity.model import Comparison, LinkModel, level_parameters
from spark_jobs.identity.prepare import quoted

_CLOSE = 0.92
_SIMILAR = 0.8
_WHOLE_ADDRESS = 10
"""Characters from which an address names a house or a hamlet: 永安市燕西街道 has seven."""


@dataclass(frozen=True)
class Level:
    """``sql`` decides whether a pair reaches the level ``name``."""

    name: str
    sql: str


def levels(comparison: Comparison) -> list[Level]:
    """The levels of a comparison, best evidence first; the last is ``else``."""
    first = comparison.columns[0]
    left, right = _sides(first)
    missing = Level("missing", f"{left} is null or {right} is null")
    same = Level("same", f"{left} = {right}")
    match comparison.kind:
        case "chinese_name":
            return [missing, *_name_levels(comparison.columns)]
        case "birth_date":
            january = f"month({left}) = 1 and day({left}) = 1"
            same_year = f"year({left}) = year({right})"
            placeholder = Level("placeholder", f"{left} = {right} and {january}")
            return [
                missing,
                placeholder,
                same,
                Level("near", _near_date(left, right)),
                Level("year", same_year),
                _rest("differ"),
            ]
        case "date":
            return [missing, same, Level("near", _near_date(left, right)), _rest("differ")]
        case "id_number":
            return _id_levels(comparison, missing)
        case "phone":
            return [same, *_contact_levels(comparison.columns), missing, _rest("differ")]
        case "address":
            return _address_levels(comparison.columns)
        case "person_name" | "text":
            similarity = f"jaro_winkler_similarity({left}, {right})"
            return [
                missing,
                same,
                Level("close", f"{similarity} >= {_CLOSE}"),
                Level("similar", f"{similarity} >= {_SIMILAR}"),
                _rest("differ"),
            ]
        case "digits":
            near = f"damerau_levenshtein({left}, {right}) <= 1"
            return [missing, same, Level("near", near), _rest("differ")]
        case _:
            return [missing, same, _rest("differ")]


def splink_comparison(name: str, comparison: Comparison) -> dict[str, Any]:
    """The comparison as Splink's settings take it, with stated m and u."""
    stated = level_parameters()

    def level_of(level: Level) -> dict[str, Any]:
        said = {"sql_condition": level.sql, "label_for_charts": level.name}
        if level.name == "missing" and (comparison.kind, "missing") not in stated:
            return said | {"is_null_level": True}
        m, u = stated[(comparison.kind, level.name)]
        return said | {
            "m_probability": comparison.m.get(level.name, m),
            "u_probability": comparison.u.get(level.name, u),
        }

    return {
        "output_column_name": name,
        "comparison_levels": [level_of(level) for level in levels(comparison)],
    }


def level_names_sql(name: str, comparison: Comparison) -> str:
    """SQL over Splink's ``gamma_<name>``: the level's name (Splink counts down to 0, null -1)."""
    stated = level_parameters()
    found = [
        level.name
        for level in levels(comparison)
        if level.name != "missing" or (comparison.kind, "missing") in stated
    ]
    cases = " ".join(
        f"when {number} then '{level}'" for number, level in enumerate(reversed(found))
    )
    return f"case {quoted('gamma_' + name)} {cases} else 'missing' end"


def blocking_rules(model: LinkModel, *, only_new: bool) -> list[str]:
    """One rule a list of columns; ``only_new`` leaves out pairs of rows both compared before."""
    extra = " and (l.is_new or r.is_new)" if only_new else ""
    return [
        " and ".join(f"{_key('l', part)} = {_key('r', part)}" for part in rule) + extra
        for rule in model.blocking
    ]


def _key(side: str, part: str) -> str:
    column, _, length = part.partition(":")
    reference = f"{side}.{quoted(column)}"
    return f"substr(cast({reference} as varchar), 1, {int(length)})" if length else reference


def _sides(column: str) -> tuple[str, str]:
    return quoted(column + "_l"), quoted(column + "_r")


def _rest(name: str) -> Level:
    return Level(name, "ELSE")


def _same(column: str) -> str:
    left, right = _sides(column)
    return f"{left} = {right}"


def _name_levels(columns: tuple[str, ...]) -> list[Level]:
    """Newborns first (birth_names.py): two children of one birth agree in all but the mark.

    A name without a mark may be either child where its mother's other rows have one, and where
    none has, it is one child's or two's: the name then says little more than who the mother is.
    """
    name = columns[0]
    left, right = _sides(name)
    (child_left, child_right), (which_left, which_right) = (
        _sides(f"{name}_{part}") for part in ("child", "which")
    )
    newborns = f"({child_left} is not null and {child_right} is not null)"
    sound, shape = _same(f"{name}_sound"), _same(f"{name}_shape")
    alike = f"({sound} or {shape})"
    return [
        Level(
            "other_child",
            f"{which_left} <> {which_right} or (length({child_left}) > 0 "
            f"and length({child_right}) > 0 and {child_left} <> {child_right})",
        ),
        *_later_name(columns),
        Level("newborn", f"({child_left} is null) <> ({child_right} is null)"),
        Level(
            "one_of_several", f"{newborns} and ({which_left} is null) <> ({which_right} is null)"
        ),
        Level("unnumbered", f"{newborns} and {which_left} is null and {alike}"),
        Level("numbered", f"{newborns} and {alike}"),
        Level("same", f"{left} = {right}"),
        Level("sound", sound),
        Level("shape", shape),
        Level(
            "given",
            f"{_same(name + '_given')} and length({left}) > 2 and {child_left} is null",
        ),
        Level("near", f"levenshtein({left}, {right}) = 1 and length({left}) > 2"),
        Level("surname", _same(f"{name}_family")),
        _rest("differ"),
    ]


def _later_name(columns: tuple[str, ...]) -> list[Level]:
    """One row has the newborn's name, the other a name and the mother's: the same mother, and no
    other sex."""
    if len(columns) < 3:
        return []
    name = columns[0]
    (sound_left, sound_right), (mother_left, mother_right), (sex_left, sex_right), child = (
        _sides(f"{name}_{part}") for part in ("sound", "mother", "sex", "child")
    )
    return [
        Level(
            "later_name",
            f"(({child[0]} is not null and {child[1]} is null and {sound_left} = {mother_right}) "
            f"or ({child[0]} is null and {child[1]} is not null and {sound_right} = {mother_left})"
            f") and coalesce({sex_left} = {sex_right}, true)",
        )
    ]


def _near_date(left: str, right: str) -> str:
    written = f"strftime({left}, '%Y%m%d')", f"strftime({right}, '%Y%m%d')"
    swapped = (
        f"year({left}) = year({right}) and month({left}) = day({right}) "
        f"and day({left}) = month({right})"
    )
    return f"damerau_levenshtein({written[0]}, {written[1]}) <= 1 or ({swapped})"


def _id_levels(comparison: Comparison, missing: Level) -> list[Level]:
    number, name = comparison.columns[0], comparison.columns[-1]
    left, right = _sides(number)
    valid_left, valid_right = _sides("id18")
    state_left, state_right = _sides("id_state")
    # One number and one name on newborns is their mother's, whichever children of hers they are.
    ordinary = " and ".join(f"{side} is null" for side in _sides(f"{name}_child"))
    one_mark = " is not distinct from ".join(_sides(f"{name}_which"))
    alike = f"({_same(name + '_sound')} or {_same(name + '_shape')}) and {ordinary} and {one_mark}"
    masked = (
        f"(contains({left}, '*') or contains({right}, '*')) and length({left}) = length({right}) "
        f"and (regexp_full_match({left}, replace({right}, '*', '.')) "
        f"or regexp_full_match({right}, replace({left}, '*', '.')))"
    )
    return [
        missing,
        Level(
            "same_own",
            f"{valid_left} = {valid_right} and {state_left} >= 1 and {state_right} >= 1",
        ),
        Level("same_named", f"{left} = {right} and {alike}"),
        Level("same_other", f"{left} = {right}"),
        Level("contradict", f"{state_left} = 2 and {state_right} = 2"),
        Level(
            "same_body",
            f"substr({left}, 1, 17) = substr({right}, 1, 17) and length({left}) = 18 "
            f"and length({right}) = 18 and coalesce({state_left}, {state_right}) >= 1",
        ),
        Level("masked", masked),
        Level(
            "near",
            f"({valid_left} is null or {valid_right} is null) "
            f"and damerau_levenshtein({left}, {right}) <= 2",
        ),
        _rest("differ"),
    ]


def _contact_levels(columns: tuple[str, ...]) -> list[Level]:
    if len(columns) < 2:
        return []
    (own_left, own_right), (contact_left, contact_right) = (_sides(c) for c in columns[:2])
    across = (
        f"{own_left} = {contact_right} or {own_right} = {contact_left} "
        f"or {contact_left} = {contact_right}"
    )
    return [Level("contact", across)]


def _address_levels(columns: tuple[str, ...]) -> list[Level]:
    """From narrow to broad: each level also needs agreement on all that is broader, and a place
    that one side leaves out is no disagreement. A whole address in one column is compared as text:
    a short one says no more than the town, as does one that goes on where the other ends."""
    if len(columns) == 1:
        return _whole_address_levels(*_sides(columns[0]))
    names = ("county", "township", "village", "door")[: len(columns)]
    pairs = [_sides(column) for column in columns]
    agree = [f"{left} = {right}" for left, right in pairs]
    missing = " and ".join(f"({left} is null or {right} is null)" for left, right in pairs)
    found = [Level("missing", missing)]
    for place in range(len(columns) - 1, -1, -1):
        broader = "".join(f" and coalesce({said}, true)" for said in agree[:place])
        found.append(Level(names[place], agree[place] + broader))
    return [*found, _rest("differ")]


def _whole_address_levels(left: str, right: str) -> list[Level]:
    within = f"contains({left}, {right}) or contains({right}, {left})"
    return [
        Level("missing", f"{left} is null or {right} is null"),
        Level("whole", f"{left} = {right} and length({left}) >= {_WHOLE_ADDRESS}"),
        Level("within", f"least(length({left}), length({right})) > 1 and ({within})"),
        _rest("differ"),
    ]
