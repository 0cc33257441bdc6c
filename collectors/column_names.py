"""How alike a source's column names and headings are to the catalogue's, in the ways people name
columns: English words, Chinese headings, and pinyin of the Chinese, in full or as initials.

The words usual in hospital systems are data: ``column_words.csv`` (an English word or abbreviation
and the catalogue's word for it) and ``pinyin_words.csv`` (initials and the Chinese they stand for).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

Array = npt.NDArray[Any]

_ROOM = Path(__file__).resolve().parent
_INITIALS, _WHOLE_PINYIN, _LIKE_INITIALS = 0.9, 0.92, 0.6
_UNKNOWN = 0.5
"""What a word that the catalogue does not have weighs, against its rarest."""
_ASIDE = re.compile(r"[((][^))]*[))]")
_BEFORE = re.compile(r"^(患者|病人|居民|本人|地址-|初步诊断-西医|初步诊断-|城乡居民|疾病)")
_BEHIND = (
    ("日期时间", ("时间", "日期")),
    ("代码", ("", "编码")),
    ("类别代码", ("类型", "类别")),
    ("名称", ("",)),
    ("姓名", ("",)),
    ("编号", ("号",)),
    ("号码", ("号", "")),
    ("标志", ("", "标识")),
    ("记录号", ("号", "编号")),
    ("检测值", ("",)),
    ("值", ("",)),
)
_CHINESE = re.compile(r"[一-鿿]")


def likeness(
    labels: Sequence[tuple[str, str]], names: Sequence[str], comments: Sequence[str]
) -> Array:
    """From 0 to 1: a row for each label (a catalogue column's name and Chinese name), a column for
    each of ``names`` (with its comment, or empty)."""
    score: Array = _english(tuple(name for name, _ in labels), names)
    headings = [_heading(name, note) for name, note in zip(names, comments, strict=True)]
    found = _chinese([zh for _, zh in labels], headings)
    score = np.maximum(score, found)
    return np.maximum(score, _pinyin([zh for _, zh in labels], names))


def _heading(name: str, comment: str) -> str:
    """The Chinese that a column is called by: its comment, its own name, or what its initials
    usually stand for."""
    for text in (comment, name):
        if _CHINESE.search(text):
            return text
    bare = name.lower().strip("_")
    return pinyin_words().get(bare, "")


def _chinese(labels: Sequence[str], headings: Sequence[str]) -> Array:
    found: Array = np.zeros((len(labels), len(headings)), dtype=np.float32)
    places = [place for place, text in enumerate(headings) if text]
    if not places:
        return found
    theirs = [headings[place] for place in places]
    rows, texts, worth = zip(
        *((row, text, cost) for row, zh in enumerate(labels) for text, cost in variants(zh)),
        strict=True,
    )
    ratios = process.cdist(texts, theirs, scorer=fuzz.ratio, dtype=np.float32) / 100
    ratios = ratios * np.asarray(worth, dtype=np.float32)[:, None]
    block = np.zeros((len(labels), len(places)), dtype=np.float32)
    np.maximum.at(block, np.asarray(rows), ratios)
    found[:, places] = block
    return found


def _pinyin(labels: Sequence[str], names: Sequence[str]) -> Array:
    found: Array = np.zeros((len(labels), len(names)), dtype=np.float32)
    bare = [name.lower().replace("_", "") for name in names]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(bare):
        places.setdefault(name, []).append(place)
    long = [place for place, name in enumerate(bare) if len(name) >= 4 and name.isalpha()]
    spelt: list[tuple[int, str]] = []
    for row, zh in enumerate(labels):
        for text, worth in variants(zh):
            for letters, score in ((_initials(text), _INITIALS), (_whole(text), _WHOLE_PINYIN)):
                if len(letters) > 1:
                    for place in places.get(letters, ()):
                        found[row, place] = max(found[row, place], score * worth)
            spelt.append((row, _initials(text)))
    if long:
        ratios = (
            process.cdist(
                [letters for _, letters in spelt],
                [bare[place] for place in long],
                scorer=fuzz.ratio,
                score_cutoff=80,
                dtype=np.float32,
            )
            / 100
            * _LIKE_INITIALS
        )
        block = np.zeros((len(labels), len(long)), dtype=np.float32)
        np.maximum.at(block, np.asarray([row for row, _ in spelt]), ratios)
        found[:, long] = np.maximum(found[:, long], block)
    return found


def _english(labels: tuple[str, ...], names: Sequence[str]) -> Array:
    """Cosine of the words, the rarer in the catalogue the heavier; all words alike is 1."""
    known = {word: place for place, word in enumerate(_weights(labels))}
    weights = np.asarray(list(_weights(labels).values()), dtype=np.float32)
    ours = _vectors([words(name) for name in labels], known, weights)
    theirs = _vectors([words(name) for name in names], known, weights)
    return np.asarray(ours @ theirs.T)


def _vectors(texts: list[tuple[str, ...]], known: dict[str, int], weights: Array) -> Array:
    heaviest = float(weights.max())
    found = np.zeros((len(texts), len(known)), dtype=np.float32)
    for row, said in enumerate(texts):
        unknown = 0.0
        for word in said:
            if word in known:
                found[row, known[word]] = weights[known[word]]
            else:
                unknown += (_UNKNOWN * heaviest) ** 2  # it may be something else
        length = float(np.sqrt((found[row] ** 2).sum() + unknown))
        if length:
            found[row] /= length
    return found


@cache
def _weights(labels: tuple[str, ...]) -> dict[str, float]:
    counted = Counter(word for name in labels for word in words(name))
    return {word: float(np.log(1 + len(labels) / count)) for word, count in sorted(counted.items())}


@cache
def words(name: str) -> tuple[str, ...]:
    """A name's words as the catalogue says them: ``dept_name`` and ``deptName`` are ``department``
    and ``name``; an ending that plain words leave out (``_mmhg``) is none."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    joined = _phrases().sub(lambda found: english_phrases()[found.group()], f"_{parted}_")
    found: dict[str, None] = {}
    for part in re.split(r"[^a-z0-9]+", joined):
        single = re.sub(r"(?<=[a-z]{3}[^siu])s$", "", part)
        for word in english_words().get(part, english_words().get(single, (single,))):
            if word and word not in _UNITS:
                found[word] = None
    return tuple(found)


_UNITS = frozenset(
    [
        "mmhg",
        "celsius",
        "per",
        "min",
        "mmol",
        "l",
        "cm",
        "kg",
        "g",
        "u",
        "umol",
        "yuan",
        "years",
        "percent",
    ]
)


@cache
def variants(zh: str) -> tuple[tuple[str, float], ...]:
    """How a heading may be said shorter, with what agreement with it is worth (1 for the whole)."""
    found = {zh: 1.0}
    for change in (_ASIDE, _BEFORE):
        for text, worth in list(found.items()):
            found.setdefault(change.sub("", text), worth * 0.98)
    for text, worth in list(found.items()):
        for ending, others in _BEHIND:
            if text.endswith(ending):
                for other in others:
                    found.setdefault(text.removesuffix(ending) + other, worth * 0.94)
    return tuple((text, worth) for text, worth in found.items() if len(text) > 1)


@cache
def english_words() -> dict[str, tuple[str, ...]]:
    """``column_words.csv``: a word -> the catalogue's words."""
    return {row["word"]: tuple(row["means"].split()) for row in _table("column_words.csv")}


@cache
def english_phrases() -> dict[str, str]:
    """``column_words.csv``: several words together, underlined -> the catalogue's."""
    return {
        f"_{row['word']}_": f"_{row['means']}_"
        for row in _table("column_words.csv")
        if "_" in row["word"]
    }


@cache
def _phrases() -> re.Pattern[str]:
    longest = sorted(english_phrases(), key=len, reverse=True)
    return re.compile("|".join(re.escape(one) for one in longest))


@cache
def pinyin_words() -> dict[str, str]:
    """``pinyin_words.csv``: initials -> the Chinese that they usually stand for."""
    return {row["word"]: row["means"] for row in _table("pinyin_words.csv")}


def _table(name: str) -> list[dict[str, str]]:
    with (_ROOM / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def _initials(text: str) -> str:
    return re.sub(r"\W", "", "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower())


@cache
def _whole(text: str) -> str:
    return re.sub(r"\W", "", "".join(lazy_pinyin(text)).lower())
