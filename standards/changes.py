"""``kanghu standards diff``: what changed between two catalogues, and what that breaks.

A change is *additive* when every record and every reader of the old catalogue is still right
under the new one (a column, code or dataset more, a format widened, a requirement relaxed), else
*breaking* (a column gone or of another kind, a code gone, a key changed). A dataset with a
breaking change must count its version up: silver is then made anew from bronze
(``spark_jobs/versions.py``), and a site sees from the number that its readers must look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from standards.model import Catalogue, Column, Dataset, Format, ValueDomain
from standards.wording import REQUIRED, TYPE


@dataclass(frozen=True)
class Change:
    """One difference. ``place``: ``dataset``, ``dataset.column`` or ``domain code``."""

    dataset: str
    """The dataset that it touches; empty for a value domain or element on its own."""
    place: str
    what: str
    is_breaking: bool


@dataclass(frozen=True)
class Difference:
    """All changes, and the datasets that break their readers without a new version."""

    changes: tuple[Change, ...]
    unversioned: tuple[str, ...]

    @property
    def is_acceptable(self) -> bool:
        return not self.unversioned


def difference(old: Catalogue, new: Catalogue) -> Difference:
    """What changed from ``old`` to ``new``."""
    changes = (*_domains(old, new), *_datasets(old, new))
    breaking = {one.dataset for one in changes if one.is_breaking and one.dataset}
    unversioned = sorted(
        name
        for name in breaking
        if name in new.datasets and new.datasets[name].version <= old.datasets[name].version
    )
    return Difference(changes, tuple(unversioned))


def _datasets(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    for name in old.datasets.keys() - new.datasets.keys():
        yield Change(name, name, "数据集被删去", True)
    for name, after in new.datasets.items():
        before = old.datasets.get(name)
        if before is None:
            yield Change(name, name, f"新数据集:{after.name_zh}", False)
            continue
        yield from _facts(before, after)
        yield from _columns(old, new, before, after)


def _facts(before: Dataset, after: Dataset) -> Iterator[Change]:
    for label, one, other, is_breaking in (
        ("主键", before.key, after.key, True),
        ("所指的人", before.person, after.person, True),
        ("发生时间", before.event_time, after.event_time, True),
        ("分组", before.group, after.group, False),
        ("标识", before.identifier, after.identifier, False),
        ("中文名", before.name_zh, after.name_zh, False),
        ("关系", before.relations, after.relations, False),
    ):
        if one != other:
            what = f"{label}由 {_shown(one)} 改为 {_shown(other)}"
            yield Change(after.name, after.name, what, is_breaking)


def _columns(old: Catalogue, new: Catalogue, before: Dataset, after: Dataset) -> Iterator[Change]:
    theirs = {column.name: column for column in before.columns}
    ours = {column.name: column for column in after.columns}
    for name in theirs.keys() - ours.keys():
        yield Change(after.name, f"{after.name}.{name}", "列被删去或改名", True)
    for name, column in ours.items():
        place = f"{after.name}.{name}"
        if name not in theirs:
            what = f"新列:{column.name_zh}({REQUIRED[column.required]})"
            # Records that came before have no such value: a new mandatory column refuses them.
            yield Change(after.name, place, what, column.required == "M")
            continue
        yield from (
            Change(after.name, place, what, is_breaking)
            for what, is_breaking in _column(old, new, theirs[name], column)
        )


def _column(
    old: Catalogue, new: Catalogue, before: Column, after: Column
) -> Iterator[tuple[str, bool]]:
    if before.type != after.type:
        both_text = before.type.startswith("S") and after.type.startswith("S")
        yield f"类型由{TYPE[before.type]}改为{TYPE[after.type]}", not both_text
    if before.format != after.format:
        is_breaking = _is_narrower(before.format, after.format)
        yield f"格式由 {before.format.text} 改为 {after.format.text}", is_breaking
    if before.required != after.required:
        what = f"由{REQUIRED[before.required]}改为{REQUIRED[after.required]}"
        yield what, after.required == "M"
    if before.repeats != after.repeats:
        yield ("改为可重复" if after.repeats else "改为不可重复"), True
    if before.value_domain != after.value_domain:
        gone = _codes(old, before) - _codes(new, after)
        yield (
            f"值域由 {before.value_domain or '无'} 改为 {after.value_domain or '无'}",
            bool(after.value_domain) and bool(gone or not before.value_domain),
        )
    if before.unit != after.unit:
        yield f"单位由 {before.unit or '无'} 改为 {after.unit or '无'}", True
    if before.sensitivity != after.sensitivity:
        yield f"敏感级别由 {before.sensitivity} 改为 {after.sensitivity}", False
    if before.name_zh != after.name_zh:
        yield f"中文名由 {before.name_zh} 改为 {after.name_zh}", False
    if before.element.identifier != after.element.identifier:
        yield f"数据元由 {before.element.identifier} 改为 {after.element.identifier}", False
    if before.rules != after.rules:
        yield "检查规则改变", False


def _domains(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    for name, after in new.value_domains.items():
        before = old.value_domains.get(name)
        if before is None:
            yield Change("", name, f"新值域:{after.name_zh}({len(after.codes)} 个代码)", False)
            continue
        yield from domain_changes(before, after, _users(new, name))


def domain_changes(
    before: ValueDomain, after: ValueDomain, users: tuple[str, ...] = ()
) -> Iterator[Change]:
    """Codes that came, went or are called otherwise; a code gone breaks each of ``users``."""
    for code in after.codes.keys() - before.codes.keys():
        yield Change("", f"{after.identifier} {code}", f"新代码:{after.codes[code].name_zh}", False)
    for code in before.codes.keys() - after.codes.keys():
        what = f"代码被删去:{before.codes[code].name_zh}"
        # Only a closed list refuses what it does not hold.
        if not after.is_closed or not users:
            yield Change("", f"{after.identifier} {code}", what, False)
            continue
        for dataset in users:
            yield Change(dataset, f"{after.identifier} {code}", what, True)
    for code in after.codes.keys() & before.codes.keys():
        one, other = before.codes[code], after.codes[code]
        if one.name_zh != other.name_zh:
            what = f"名称由 {one.name_zh} 改为 {other.name_zh}"
            yield Change("", f"{after.identifier} {code}", what, False)
    if before.coverage != after.coverage:
        what = f"覆盖由 {before.coverage} 改为 {after.coverage}"
        if not after.is_closed or not users:
            yield Change("", after.identifier, what, False)
            return
        for dataset in users:
            yield Change(dataset, after.identifier, what, True)


def _users(catalogue: Catalogue, domain: str) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in catalogue.datasets.values()
        if any(column.value_domain == domain for column in one.columns)
    )


def _codes(catalogue: Catalogue, column: Column) -> set[str]:
    domain = catalogue.domain_of(column)
    return set(domain.codes) if domain and not domain.is_extract else set()


def _is_narrower(before: Format, after: Format) -> bool:
    if after.max_length is None:
        return False
    if before.max_length is None:
        return True
    whole_before = before.max_length - before.decimals
    whole_after = after.max_length - after.decimals
    return whole_after < whole_before or after.decimals < before.decimals


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "无"
    return str(value) or "无"
