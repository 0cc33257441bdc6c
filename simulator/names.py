"""Names as people here bear them: by sex and generation, with the collisions of real life.

A name is three positions in one table of characters (surname, first and second given character;
0 is none), so that a million names are three integer arrays until they are written. A registrar's
slip replaces a character by one that sounds or looks alike (``mistaken_characters.csv``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.reference_tables import read_reference

Array = np.ndarray[Any, Any]

_VILLAGE_FIRST = "上下东西南北大小新古前后中石溪龙凤金白青双长高坪"
_VILLAGE_SECOND = "坊坪洋坑溪湖田坂墩岭林山源头洲地厝墘峰垄际桥"


@dataclass(frozen=True)
class Characters:
    """The one table of characters: ``text[0]`` is empty; ``mistaken[i]`` is 0 where no character
    is easily mistaken for ``i``."""

    text: pa.Array
    mistaken: Array
    surnames: Array
    surname_weights: Array
    given: dict[tuple[int, str, str], Array]
    """(first year of the generation, sex code, ``first`` or ``second``) -> characters, the
    commonest first."""


@cache
def characters() -> Characters:
    places: dict[str, int] = {"": 0}

    def place(character: str) -> int:
        return places.setdefault(character, len(places))

    surnames = [(place(r["surname"]), float(r["weight"])) for r in read_reference("surnames")]
    given = {
        (int(r["born_from"]), r["sex_code"], r["place"]): np.array(
            [place(character) for character in r["characters"]]
        )
        for r in read_reference("given_names")
    }
    pairs = [
        (place(r["character"]), place(r["mistaken_for"]))
        for r in read_reference("mistaken_characters")
    ]
    mistaken = np.zeros(len(places), dtype=np.int64)
    for one, other in pairs:
        mistaken[one] = other
    weights = np.array([weight for _, weight in surnames])
    return Characters(
        pa.array(list(places), pa.string()),
        mistaken,
        np.array([number for number, _ in surnames]),
        weights / weights.sum(),
        given,
    )


def draw_surnames(draw: np.random.Generator, count: int) -> Array:
    table = characters()
    return draw.choice(table.surnames, count, p=table.surname_weights)


def draw_given(draw: np.random.Generator, sex: Array, birth_year: Array) -> tuple[Array, Array]:
    """First and second given character; the second is 0 for those with one character only.

    ``sex``: 1 male, 2 female. The share of short names rose in the 1980s and fell again.
    """
    table = characters()
    first = np.zeros(len(sex), dtype=np.int64)
    second = np.zeros(len(sex), dtype=np.int64)
    generations = sorted({key[0] for key in table.given})
    for number, born_from in enumerate(generations):
        later = generations[number + 1] if number + 1 < len(generations) else 9999
        for code in (1, 2):
            chosen = np.flatnonzero(
                (sex == code) & (birth_year >= born_from) & (birth_year < later)
            )
            for target, place in ((first, "first"), (second, "second")):
                table_of = table.given[(born_from, str(code), place)]
                weights = 1.0 / np.arange(2, len(table_of) + 2)
                target[chosen] = draw.choice(table_of, len(chosen), p=weights / weights.sum())
            short = draw.random(len(chosen)) < (0.22 if born_from == 1980 else 0.06)
            first[chosen] = np.where(short, second[chosen], first[chosen])
            second[chosen] = np.where(short, 0, second[chosen])
    return first, second


def name_text(surname: Array, first: Array, second: Array) -> pa.Array:
    """The names themselves."""
    text = characters().text
    return pc.binary_join_element_wise(
        text.take(pa.array(surname)), text.take(pa.array(first)), text.take(pa.array(second)), ""
    )


def misspell(draw: np.random.Generator, name: tuple[Array, Array, Array]) -> tuple[Array, ...]:
    """The same names with one character mistaken: mostly of the given name, at times the surname.

    Names none of whose characters is easily mistaken come back as they are.
    """
    table = characters()
    place = draw.choice(3, len(name[0]), p=[0.12, 0.38, 0.5])
    changed = []
    for number, part in enumerate(name):
        other = table.mistaken[part]
        changed.append(np.where((place == number) & (other > 0), other, part))
    return tuple(changed)


def village_names(draw: np.random.Generator, count: int) -> list[str]:
    """``count`` different names of villages; many share their first characters."""
    many = len(_VILLAGE_FIRST)
    first = draw.permutation(many)
    second = draw.integers(0, len(_VILLAGE_SECOND), min(count, many))
    turn, place = np.divmod(np.arange(count), many)
    ends = (second[place] + turn) % len(_VILLAGE_SECOND)
    return [
        f"{_VILLAGE_FIRST[one]}{_VILLAGE_SECOND[other]}村"
        for one, other in zip(first[place], ends, strict=True)
    ]
