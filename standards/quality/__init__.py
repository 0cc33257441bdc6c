"""How record quality is valued: weights, grades, targets, as data with the days they hold from.

A row holds from its ``valid_from`` until a later row for the same thing; nothing is ever taken
out, so the score of any day can be worked out again with what was in force on it. A site's own
rows lie in ``quality/`` under KANGHU_STANDARDS and stand beside those of the checkout: of one day,
the site's counts (docs/quality-scores.md).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, get_args

from kanghu.errors import KanghuError
from standards.catalogue import load_catalogue
from standards.tables import Row, read_rows

ROOM = Path(__file__).resolve().parent

WeightKind = Literal["dimension", "severity", "rule", "dataset"]
SubjectKind = Literal["all", "dimension", "dataset", "programme", "rule"]
DIMENSIONS = {
    "completeness": "完整性",
    "validity": "有效性",
    "conformity": "规范性",
    "consistency": "一致性",
}
SEVERITIES = {"blocking": "阻断", "error": "错误", "warning": "警告"}
"""Names in the findings -> as people read them."""

_WEIGHTS = ("valid_from", "kind", "name", "weight", "reason")
_GRADES = ("valid_from", "grade", "lowest_score")
_TARGETS = ("valid_from", "subject", "target", "source")


@dataclass(frozen=True)
class Weight:
    """One row of ``weights.csv``.

    ``dimension``: its share of a record's score; ``severity``: what part of its dimension a
    finding takes (0 to 1); ``rule``: a factor to that; ``dataset``: how much its records count
    in the score of many datasets. A rule or dataset without a row weighs 1.
    """

    valid_from: date
    kind: WeightKind
    name: str
    weight: Decimal
    reason: str


@dataclass(frozen=True)
class Grade:
    """A grade reaches from ``lowest_score`` up to the next better one."""

    valid_from: date
    grade: str
    lowest_score: Decimal


@dataclass(frozen=True)
class Target:
    """The score wanted of a subject: ``kind`` and ``name`` (empty for ``all``)."""

    valid_from: date
    kind: SubjectKind
    name: str
    target: Decimal
    source: str


@dataclass(frozen=True)
class InForce:
    """What counts on one day. ``grades`` stand best first."""

    day: date
    weights: dict[tuple[str, str], Weight] = field(hash=False)
    grades: tuple[Grade, ...]
    targets: dict[tuple[str, str], Target] = field(hash=False)


def in_force(day: date, site: Path | None = None) -> InForce:
    """The rows that hold on ``day``; raises ``KanghuError`` for a wrong row, with file and line,
    and where dimensions, severities or grades have none yet."""
    weights: dict[tuple[str, str], Weight] = {
        (one.kind, one.name): one
        for one in sorted(weight_rows(site), key=lambda one: one.valid_from)
        if one.valid_from <= day
    }
    for kind, names in (("dimension", DIMENSIONS), ("severity", SEVERITIES)):
        for name in names:
            if (kind, name) not in weights:
                raise _nothing(f"{kind} {name} 在 {day} 没有权重", "weights.csv")
    if not any(weights["dimension", name].weight for name in DIMENSIONS):
        raise _nothing(f"四个维度在 {day} 的权重都是 0", "weights.csv")
    targets: dict[tuple[str, str], Target] = {
        (one.kind, one.name): one
        for one in sorted(_targets(site), key=lambda one: one.valid_from)
        if one.valid_from <= day
    }
    return InForce(day, weights, _grades_of(day, site), targets)


def weight_rows(site: Path | None = None) -> list[Weight]:
    """Every row of the weights ever set, the checkout's first."""
    return [_weight(row) for row in _rows("weights.csv", _WEIGHTS, site)]


def append_weight(site: Path, weight: Weight, today: date) -> None:
    """Add a row to the site's weights. Days that have been are scored: a row may not hold from
    before ``today``. Raises ``KanghuError`` for that and for what the reader would refuse."""
    row = Row(
        "--weight",
        0,
        {name: str(value) for name, value in zip(_WEIGHTS, vars(weight).values(), strict=True)},
    )
    _weight(row)
    if weight.valid_from < today:
        raise KanghuError(
            what=f"生效日期 {weight.valid_from} 早于今天 {today}",
            where="--from",
            rule="weights.csv 只增不改",
            mend="已经过去的日子按当时的权重计过分;生效日期写今天或以后",
        )
    path = site / "quality" / "weights.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(_WEIGHTS)
        writer.writerow(row.cells.values())
    in_force(weight.valid_from, site)


def _grades_of(day: date, site: Path | None) -> tuple[Grade, ...]:
    """The grades of the latest day with any: a new scale takes the place of the whole old one."""
    rows = [_grade(row) for row in _rows("grades.csv", _GRADES, site)]
    since = max((one.valid_from for one in rows if one.valid_from <= day), default=None)
    by_name = {one.grade: one for one in rows if one.valid_from == since}
    found = tuple(sorted(by_name.values(), key=lambda one: -one.lowest_score))
    if not found or found[-1].lowest_score != 0:
        raise _nothing(f"{day} 的等级没有覆盖到 0 分", "grades.csv")
    if len({one.lowest_score for one in found}) < len(found):
        raise _nothing(f"{since} 起的等级有两个同样的最低分", "grades.csv")
    return found


def _rows(name: str, columns: tuple[str, ...], site: Path | None) -> Iterator[Row]:
    yield from read_rows(ROOM / name, columns)
    own = site / "quality" / name if site else None
    if own is not None and own.exists():
        yield from read_rows(own, columns)


def _weight(row: Row) -> Weight:
    kind, name, catalogue = row["kind"], row["name"], load_catalogue()
    if kind not in get_args(WeightKind):
        row.fail(f"没有权重种类 {kind!r}", f"可用:{', '.join(get_args(WeightKind))}")
    known = {
        "dimension": tuple(DIMENSIONS),
        "severity": tuple(SEVERITIES),
        "dataset": tuple(catalogue.datasets),
    }
    if kind in known and name not in known[kind]:
        row.fail(f"没有 {kind} {name!r}", f"可用:{', '.join(known[kind][:6])} …")
    if kind == "rule" and name.split(".", 1)[0] not in catalogue.datasets:
        row.fail(f"没有规则 {name!r}", "写规则编号,如 patient.sex_code.domain")
    weight = _number(row, "weight", Decimal(1) if kind == "severity" else Decimal(1000))
    if not row["reason"].strip():
        row.fail("没有写理由", "说明为什么这样定")
    return Weight(_day(row), kind, name, weight, row["reason"])  # type: ignore[arg-type]


def _grade(row: Row) -> Grade:
    if not row["grade"].strip():
        row.fail("等级没有名称", "写 优、良、中、差 或 A、B、C、D")
    return Grade(_day(row), row["grade"], _number(row, "lowest_score", Decimal(100)))


def _targets(site: Path | None) -> Iterator[Target]:
    for row in _rows("targets.csv", _TARGETS, site):
        kind, _, name = row["subject"].partition(":")
        if kind not in get_args(SubjectKind) or (kind == "all") != (name == ""):
            row.fail(
                f"没有目标对象 {row['subject']!r}",
                "写 all、dimension:completeness、dataset:数据集、programme:项目 或 rule:规则",
            )
        target = _number(row, "target", Decimal(100))
        yield Target(_day(row), kind, name, target, row["source"])  # type: ignore[arg-type]


def _day(row: Row) -> date:
    try:
        return date.fromisoformat(row["valid_from"])
    except ValueError:
        row.fail(f"{row['valid_from']!r} 不是日期", "写成 2026-01-31")


def _number(row: Row, column: str, most: Decimal) -> Decimal:
    try:
        number = Decimal(row[column])
    except InvalidOperation:
        row.fail(f"{column} 的值 {row[column]!r} 不是数", "写一个数,如 0.5")
    if not number.is_finite() or not 0 <= number <= most:
        row.fail(f"{column} 的值 {number} 不在 0 到 {most} 之间", "改成范围内的数")
    return number


def _nothing(what: str, file: str) -> KanghuError:
    return KanghuError(
        what=what, where=f"quality/{file}", mend="补一行在这一天已经生效的(valid_from 不晚于它)"
    )
