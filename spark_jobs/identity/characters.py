"""How Chinese names are confused: by sound (pinyin input, dialect) and by shape (paper).

Two names with one sound, or that look alike, are far stronger evidence than two names that
merely share characters. Sound is toneless pinyin with the pairs folded that southern speakers
mix (zh/z, ch/c, sh/s, l/n, -ng/-n); shape folds each character to its look-alikes' first one
(``similar_characters.csv``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FOLDS = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^l"), "n"), (re.compile("ng$"), "n"))


@cache
def _sounds() -> dict[int, str]:
    from pypinyin import Style
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.style import convert

    def folded(readings: str) -> str:
        sound = convert(readings.split(",", maxsplit=1)[0], Style.NORMAL, strict=False)
        for pattern, replacement in _FOLDS:
            sound = pattern.sub(replacement, sound)
        return f"{sound} "

    return {character: folded(readings) for character, readings in PINYIN_DICT.items()}


@cache
def _shapes() -> dict[int, str]:
    groups: dict[str, str] = {}
    with Path(__file__).with_name("similar_characters.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            alike = row["characters"]
            first = min(groups.get(character, character) for character in alike)
            joined = {groups.get(character, character) for character in alike}
            for character, known in groups.items():
                if known in joined:
                    groups[character] = first
            groups.update(dict.fromkeys(alike, first))
    return {ord(character): first for character, first in groups.items()}


def sound(name: str) -> str:
    """``陈静`` -> ``cen jin ``: equal for names that a southern ear may write for one another."""
    return name.translate(_sounds())


def shape(name: str) -> str:
    """The name with each character replaced by the first of its look-alikes."""
    return name.translate(_shapes())


def spellings(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """``(name, sound, shape)`` for each distinct name."""
    return [(name, sound(name), shape(name)) for name in names]
