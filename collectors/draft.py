"""A first guess of a table's place in the catalogue: dataset, columns, key, watermark, void.

Each source column goes to one catalogue column at most, the best overall (an assignment, not one
after another), by what it is called (``column_names.py``) and by what its values look like
(``column_values.py``). What is not sure enough stays unmapped, with its likeliest places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

from collectors.column_names import Array, likeness, words
from collectors.column_values import Kind, date_pattern, given, kind_of
from collectors.live_tables import LiveTable
from standards.catalogue import Catalogue, Column, Dataset

SURE = 0.8
_ENOUGH = 0.6
_CANDIDATES = 3
_TRIED = 12
_MANY = 8
"""Datasets whose columns are assigned in full, of all that are looked at."""

_CHANGED = re.compile(
    r"(last_?)?(update|updated|modify|modified|change|changed)_?(at|time|date|datetime|on|ts)?"
    r"|last_?(update|modified)|[xg]x?gsj|gxsj|xgrq|gxrq|zhxgsj"
    r"|(最后)?(修改|更新)(日期)?(时间|日期)?",
    re.IGNORECASE,
)
_VOIDED = re.compile(
    r"(is_?)?(deleted?|void|voided|cancell?ed|invalid)(_?flag)?|del_?flag|record_?state|row_?status"
    r"|(zf|sc|zx)(bz|bs|zt)?|(作废|删除|注销)(标志|标识|状态)?",
    re.IGNORECASE,
)
_VOID_VALUES = ("1", "Y", "y", "T", "t", "true", "True", "是", "VOID", "作废", "已作废", "deleted")
_VALID_VALUES = ("0", "N", "n", "F", "f", "false", "False", "否", "VALID", "正常", "有效", "active")


@dataclass(frozen=True)
class Guess:
    """A source column's place: ``pattern`` is how its dates are written, where not ISO 8601."""

    source: str
    sureness: float
    pattern: str = ""


@dataclass
class Draft:
    """What a table seems to be. ``columns``: catalogue column -> the source column; ``unmapped``:
    source column -> its likeliest places with how sure each is."""

    dataset: str | None = None
    columns: dict[str, Guess] = field(default_factory=dict)
    unmapped: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    watermark: str = ""
    void: str = ""
    void_values: tuple[str, ...] = ()


class Drafter:
    """Guesses for the tables of one system."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @cached_property
    def _labels(self) -> list[tuple[str, str]]:
        return sorted({(c.name, c.name_zh) for d in self._datasets for c in d.columns})

    @cached_property
    def _datasets(self) -> list[Dataset]:
        return list(self.catalogue.datasets.values())

    @cached_property
    def _rows(self) -> dict[tuple[str, str], int]:
        return {label: row for row, label in enumerate(self._labels)}

    @cached_property
    def _commonness(self) -> Array:
        """For each label the number of datasets that have it."""
        counted = np.zeros(len(self._labels))
        for dataset in self._datasets:
            for column in dataset.columns:
                counted[self._rows[column.name, column.name_zh]] += 1
        return counted

    def draft(self, table: LiveTable) -> Draft:
        """What ``table`` seems to be."""
        values = {name: given(table.sample.get(name, ())) for name in table.columns}
        made = Draft()
        made.watermark = _watermark(table, values)
        made.void, made.void_values = _void(table, values)
        names = [name for name in table.columns if name not in (made.watermark, made.void)]
        if not names:
            return made
        likely = likeness(self._labels, names, [table.columns[name] for name in names])
        kinds = [kind_of(values[name]) for name in names]
        best, best_score = None, 0.0
        for dataset in self._likeliest(table, likely):
            score = self._fit(table, dataset, self._fitting(dataset, likely, kinds, names, values))
            if score > best_score:
                best, best_score = dataset, score
        made.key = table.key or _unique(values, len(next(iter(table.sample.values()), [])))
        if best is not None:
            made.dataset = best.name
            fit = self._fitting(best, likely, kinds, names, values)
            self._place(made, best, fit, names, values)
        return made

    def _likeliest(self, table: LiveTable, likely: Array) -> list[Dataset]:
        """A few datasets worth a full look, by each source column's best place in them."""
        found = []
        for dataset in self._datasets:
            rows = [self._rows[c.name, c.name_zh] for c in dataset.columns]
            block = likely[rows]
            weighed = block.max(axis=0) * _weight(self._commonness[rows][block.argmax(axis=0)])
            total = float(weighed[block.max(axis=0) >= _ENOUGH].sum())
            found.append((total * (1 + _titled(table, dataset)), dataset))
        found.sort(key=lambda pair: -pair[0])
        return [dataset for total, dataset in found[:_TRIED] if total > 0]

    def _fitting(
        self,
        dataset: Dataset,
        likely: Array,
        kinds: Sequence[Kind],
        names: Sequence[str],
        values: dict[str, list[str]],
    ) -> Array:
        """Names and values together: a row for each column of the dataset."""
        rows = [self._rows[column.name, column.name_zh] for column in dataset.columns]
        fit = likely[rows].copy()
        for row, column in enumerate(dataset.columns):
            for place, name in enumerate(names):
                if fit[row, place] > 0 or kinds[place] == "id_number":
                    fit[row, place] = self._with_values(
                        column, float(fit[row, place]), kinds[place], values[name]
                    )
        return fit

    def _with_values(self, column: Column, score: float, kind: Kind, values: list[str]) -> float:
        if kind == "empty":
            return score
        is_number_of_person = (
            column.name in ("id_no", "id_number") or "身份证件号" in column.name_zh
        )
        if kind == "id_number":
            return min(1.0, score + 0.4) if is_number_of_person else score * 0.3
        if is_number_of_person:
            return score * 0.5
        is_phone = "电话" in column.name_zh
        if kind == "phone":
            return min(1.0, score + 0.2) if is_phone else score * 0.3
        if column.type in ("D", "DT"):
            return score if kind in ("date", "instant") else score * 0.3
        if kind in ("date", "instant"):
            return score * 0.4
        if column.type == "N":
            return score if kind in ("number", "code", "flag") else score * 0.4
        if column.type == "L":
            return score if kind in ("flag", "code") else score * 0.4
        domain = self.catalogue.value_domains.get(column.value_domain)
        if domain is not None and domain.codes and kind in ("code", "flag"):
            distinct = set(values)
            known = sum(one in domain.codes or one in domain.spellings for one in distinct)
            return min(1.0, score + 0.1 * known / len(distinct))
        if kind == "number" and ("姓名" in column.name_zh or "名称" in column.name_zh):
            return score * 0.4
        return score

    def _fit(self, table: LiveTable, dataset: Dataset, fit: Array) -> float:
        """How well a dataset takes a table's columns; columns that every dataset has (name, birth
        date) say little of which one it is, its key and its title much."""
        rows, places = linear_sum_assignment(-fit)
        scores = fit[rows, places]
        commonness = self._commonness[
            [self._rows[dataset.columns[r].name, dataset.columns[r].name_zh] for r in rows]
        ]
        taken = scores >= _ENOUGH
        weighed = float((scores * _weight(commonness))[taken].sum())
        named = [
            dataset.columns[r].name for r, is_taken in zip(rows, taken, strict=True) if is_taken
        ]
        keyed = sum(one in named for one in dataset.key) / max(1, len(dataset.key))
        due = [c.name for c in dataset.columns if c.required == "M"]
        filled = sum(one in named for one in due) / len(due) if due else 0.5
        titled = _titled(table, dataset)
        if not taken.any() or (taken.sum() < 2 and titled < SURE):
            return 0.0
        share = weighed / max(_MANY, len(table.columns))
        return share + 0.25 * titled + 0.1 * keyed + 0.15 * filled

    def _place(
        self,
        made: Draft,
        dataset: Dataset,
        fit: Array,
        names: Sequence[str],
        values: dict[str, list[str]],
    ) -> None:
        for row, place in zip(*linear_sum_assignment(-fit), strict=True):
            score = float(fit[row, place])
            if score >= _ENOUGH:
                column, name = dataset.columns[row], names[place]
                pattern = date_pattern(values[name]) if column.type in ("D", "DT") else ""
                made.columns[column.name] = Guess(name, round(score, 2), pattern or "")
        mapped = {guess.source for guess in made.columns.values()}
        for place, name in enumerate(names):
            if name not in mapped:
                order = np.argsort(-fit[:, place])[:_CANDIDATES]
                made.unmapped[name] = [
                    (dataset.columns[row].name, round(float(fit[row, place]), 2))
                    for row in order
                    if fit[row, place] > 0.1
                ]


def _weight(commonness: Array) -> Array:
    return np.asarray(1 / (1 + 0.35 * np.log(commonness)))


def _titled(table: LiveTable, dataset: Dataset) -> float:
    """How alike the table is called to the dataset."""
    bare = table.name.rpartition(".")[2]
    bare = re.sub(r"^(t|v|tb|tbl|vw)_", "", bare)
    found = likeness([(dataset.name, dataset.name_zh)], [bare], [table.comment])[0, 0]
    shared = set(words(bare)) & set(words(dataset.name))
    every = set(words(bare)) | set(words(dataset.name))
    return max(float(found) if len(bare) > 2 else 0.0, len(shared) / len(every) if every else 0.0)


def _watermark(table: LiveTable, values: dict[str, list[str]]) -> str:
    """The column that says when a row last changed: called so, with instants in it."""
    for name, comment in table.columns.items():
        is_called_so = _CHANGED.fullmatch(name) or _CHANGED.fullmatch(comment)
        if is_called_so and kind_of(values[name]) in ("instant", "date", "empty", "number"):
            return name
    return ""


def _void(table: LiveTable, values: dict[str, list[str]]) -> tuple[str, tuple[str, ...]]:
    """The column that marks rows as withdrawn, and its values that do."""
    for name, comment in table.columns.items():
        if not (_VOIDED.fullmatch(name) or _VOIDED.fullmatch(comment)):
            continue
        seen = set(values[name])
        if seen <= {*_VOID_VALUES, *_VALID_VALUES}:
            means = tuple(sorted(seen & {*_VOID_VALUES}))
            return name, means or _opposite(seen)
    return "", ()


def _opposite(seen: set[str]) -> tuple[str, ...]:
    """The mark that goes with the valid one where no row is withdrawn yet."""
    pairs = dict(zip(_VALID_VALUES, ("1", "Y", "y", "T", "t", "true", "True", "是", "VOID", "作废",
                                     "无效", "deleted"), strict=True))  # fmt: skip
    return tuple(sorted({pairs[one] for one in seen})) or ("1",)


def _unique(values: dict[str, list[str]], rows: int) -> list[str]:
    """Of a view without a declared key: the first column whose values are all there, all
    different, and no dates."""
    for name, some in values.items():
        is_unique = rows > 1 and len(some) == rows == len(set(some))
        if is_unique and kind_of(some) not in ("date", "instant", "id_number", "phone"):
            return [name]
    return []
