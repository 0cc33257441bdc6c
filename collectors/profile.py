"""``source check``'s first half: what a sample of a feed looks like, and how it is mapped.

For each delivered column: what kind of thing it seems to be, how often it is empty, how many values
it has, examples (masked where they may name a person), and which catalogue columns are made from
it. For each coded column: the delivered codes that its value domain does not know, with what they
may mean. Nothing is written anywhere.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from collectors.column_values import date_pattern, given
from collectors.columns import needed_columns, own_name
from collectors.readers import Delivery, Readers
from collectors.registry import ColumnMap, Feed
from collectors.row_hash import bronze_column
from kanghu.settings import Settings
from standards.catalogue import Catalogue, ValueDomain, load_catalogue

_EXAMPLES = 5
_SUGGESTIONS = 3
_FEW_VALUES = 30

_GUESSES = (
    ("身份证号", r"[1-9]\d{16}[\dXx]"),
    ("手机号", r"1[3-9]\d{9}"),
    ("日期", r"(18|19|20)\d\d(-\d\d?-\d\d?|/\d\d?/\d\d?|年\d\d?月\d\d?日|(0\d|1[0-2])[0-3]\d)"),
    (
        "时间",
        r"(18|19|20)\d\d[-/年]?\d\d?[-/月]?\d\d?日?[ T]?\d\d?:?\d\d(:?\d\d(\.\d+)?)?"
        r"(Z|[+-]\d\d:?(\d\d)?)?",
    ),
    ("毫秒时间戳", r"1[0-9]{12}"),
    ("整数", r"-?\d+"),
    ("小数", r"-?\d*\.\d+"),
)


@dataclass(frozen=True)
class ColumnProfile:
    """One delivered column of the sample. ``mapped_to``: ``<dataset>.<column>``."""

    name: str
    type: str
    type_guess: str
    nulls: int
    distinct: int
    examples: list[str]
    mapped_to: list[str]


@dataclass(frozen=True)
class UnknownCode:
    """A delivered code that the value domain of ``column`` (``<dataset>.<column>``) does not know.

    ``suggestions``: ``<code> <name>``, the likeliest first.
    """

    column: str
    value: str
    rows: int
    suggestions: list[str]


@dataclass(frozen=True)
class FeedProfile:
    """A sample of a feed. ``missing``: columns that the mapping needs and that were not delivered;
    ``date_rules``: catalogue column (``<dataset>.<column>``) -> the rule that reads its dates,
    where the mapping says no way and they are not ISO 8601; ``sample``: its rows, as text under
    their delivered names."""

    rows: int
    columns: list[ColumnProfile]
    unknown_codes: list[UnknownCode]
    missing: list[str]
    date_rules: dict[str, str]
    sample: pa.Table = field(repr=False)


def profile_feed(settings: Settings, feed: Feed, rows: int = 1000) -> FeedProfile:
    """Read up to ``rows`` rows of ``feed`` and look at them; raises ``KanghuError`` where the feed
    cannot be read."""
    del settings  # a feed knows where it lies; the argument keeps the rooms' functions alike
    readers = Readers()
    try:
        delivery = readers.of(feed).read(feed, None)
        sample = _sample(delivery, rows)
    finally:
        readers.close()
    catalogue = load_catalogue()
    origins = _origins(feed)
    types = {column.name: column.type for column in delivery.columns}
    delivered = [name for name in sample.column_names if not name.startswith("_")]
    values = {name: sample.column(name).to_pylist() for name in delivered}
    columns = [
        _column_profile(feed, catalogue, name, types[name], values[name], origins)
        for name in delivered
    ]
    needed = needed_columns(feed, delivered)
    return FeedProfile(
        rows=sample.num_rows,
        columns=columns,
        unknown_codes=_unknown_codes(feed, catalogue, values),
        missing=sorted(needed - {*delivered, *map(bronze_column, delivered)}),
        date_rules=_date_rules(feed, catalogue, values),
        sample=sample,
    )


def _sample(delivery: Delivery, rows: int) -> pa.Table:
    held: list[pa.RecordBatch] = []
    for batch in delivery.batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= rows:
            break
    broken = [fault for some in delivery.faults.values() for fault in some]
    if broken:
        raise broken[0]
    if not held:
        return pa.table({column.name: pa.array([], pa.string()) for column in delivery.columns})
    return pa.Table.from_batches(held).slice(0, rows)


def _origins(feed: Feed) -> dict[str, list[str]]:
    """Delivered column -> the catalogue columns made from it."""
    origins: dict[str, list[str]] = {}
    for dataset, mapping in feed.table.maps.items():
        for column, rule in mapping.columns.items():
            for name in _sources(rule):
                origins.setdefault(own_name(feed, name), []).append(f"{dataset}.{column}")
    return origins


def _sources(rule: ColumnMap) -> list[str]:
    """Columns that a rule reads; of an expression every word, since others name no column."""
    names = [*(rule.first or ())]
    names += [rule.source] if rule.source is not None else []
    names += [rule.date_add.source] if rule.date_add is not None else []
    names += re.findall(r"\w+", f"{rule.arithmetic or ''} {rule.string or ''}")
    return names


def _column_profile(
    feed: Feed,
    catalogue: Catalogue,
    name: str,
    type_name: str,
    values: Sequence[str | None],
    origins: dict[str, list[str]],
) -> ColumnProfile:
    empty = {*feed.system.nulls, ""}
    given = [value for value in values if value is not None and value.strip() not in empty]
    mapped = origins.get(name, origins.get(bronze_column(name), []))
    guess = _guess(given)
    # Text that nobody has mapped may be anybody's name.
    hidden = any(_direct(catalogue, one) for one in mapped) or (guess == "文字" and not mapped)
    common = [value for value, _ in Counter(given).most_common(_EXAMPLES)]
    return ColumnProfile(
        name=name,
        type=type_name,
        type_guess=guess,
        nulls=len(values) - len(given),
        distinct=len(set(given)),
        examples=[masked(value) if hidden or _personal(value) else value[:40] for value in common],
        mapped_to=mapped,
    )


def _guess(values: Sequence[str]) -> str:
    """What most of the values look like."""
    if not values:
        return "空"
    for name, pattern in _GUESSES:
        fitting = sum(re.fullmatch(pattern, value.strip()) is not None for value in values)
        if fitting >= 0.9 * len(values):
            return name
    few = len(set(values)) <= min(_FEW_VALUES, max(2, len(values) // 3))
    return "代码" if few and max(map(len, values)) <= 20 else "文字"


def _personal(value: str) -> bool:
    """Whether one value is an ID number or a mobile phone, whatever the rest of its column is."""
    return any(re.fullmatch(pattern, value.strip()) for _, pattern in _GUESSES[:2])


def _direct(catalogue: Catalogue, place: str) -> bool:
    """Whether a catalogue column (``<dataset>.<column>``) names a person directly."""
    dataset, _, column = place.partition(".")
    known = catalogue.datasets.get(dataset)
    found = [one for one in known.columns if one.name == column] if known else []
    return any(one.sensitivity == "direct" for one in found)


def masked(text: str) -> str:
    """First and last character, stars between."""
    return text[:1] + "*" * max(1, len(text) - 2) + (text[-1] if len(text) > 2 else "")


def _date_rules(
    feed: Feed, catalogue: Catalogue, values: dict[str, list[str | None]]
) -> dict[str, str]:
    found = {}
    for dataset_name, mapping in feed.table.maps.items():
        for column in catalogue.datasets[dataset_name].columns:
            rule = mapping.columns.get(column.name)
            if rule is None or rule.source is None or rule.date or column.type not in ("D", "DT"):
                continue
            nothing = {None, *feed.system.nulls}
            some = [
                one for one in values.get(own_name(feed, rule.source), ()) if one not in nothing
            ]
            pattern = date_pattern(given(some))
            if pattern:
                place = f"{dataset_name}.{column.name}"
                found[place] = f"{column.name}: {{from: {rule.source}, date: {pattern}}}"
    return found


def _unknown_codes(
    feed: Feed, catalogue: Catalogue, values: dict[str, list[str | None]]
) -> list[UnknownCode]:
    unknown = []
    for dataset_name, mapping in feed.table.maps.items():
        dataset = catalogue.datasets[dataset_name]
        for column in dataset.columns:
            rule = mapping.columns.get(column.name)
            domain = catalogue.value_domains.get(column.value_domain)
            if rule is None or rule.source is None or domain is None or not domain.codes:
                continue
            delivered = values.get(own_name(feed, rule.source))
            if delivered is None or domain.is_extract:
                continue
            counted = Counter(one.strip() for one in delivered if one is not None)
            for value, rows in counted.most_common():
                if not _known(feed, rule, domain, value):
                    unknown.append(
                        UnknownCode(
                            f"{dataset_name}.{column.name}", value, rows, suggest(domain, value)
                        )
                    )
    return unknown


def _known(feed: Feed, rule: ColumnMap, domain: ValueDomain, value: str) -> bool:
    if value == "" or value in feed.system.nulls or value in domain.ignored:
        return True
    code = value
    if rule.lookup is not None:
        differing = feed.source.differs.lookups.get(rule.lookup, {})
        code = {**feed.system.lookups[rule.lookup], **differing}.get(value, value)
    return code in domain.codes or code in domain.spellings


def suggest(domain: ValueDomain, value: str) -> list[str]:
    """Codes that ``value`` may mean, by their names and aliases, as ``<code> <name>``."""
    spellings = {**{code: code for code in domain.codes}, **domain.spellings}
    ratio = {
        spelling: difflib.SequenceMatcher(None, value.lower(), spelling.lower()).ratio()
        + (0.3 if value in spelling or spelling in value else 0)
        for spelling in spellings
    }
    codes: list[str] = []
    for spelling in sorted(ratio, key=lambda one: -ratio[one]):
        if ratio[spelling] >= 0.4 and spellings[spelling] not in codes:
            codes.append(spellings[spelling])
    return [f"{code} {domain.codes[code].name_zh}" for code in codes[:_SUGGESTIONS]]
