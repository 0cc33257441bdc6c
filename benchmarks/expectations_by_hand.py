"""The checks of one suite as an analyst writes them for one table: one count a rule, nothing else.

No findings, no values, no masking, no second look at a row: the floor of what a query engine needs
to say how many rows are wrong. Written from the catalogue's facts, not from the compiler's text, so
that the two also check each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.from_catalogue import ICD10, PHONE, number_limit
from expectations.model import Expectation
from standards.catalogue import Dataset, load_catalogue


def by_hand(dataset: Dataset, suite: Sequence[Expectation]) -> list[str]:
    """An aggregate of Spark SQL for each rule of ``suite``: the rows that break it."""
    return [f"count(case when {_wrong(dataset, rule)} then 1 end)" for rule in suite]


def _wrong(dataset: Dataset, rule: Expectation) -> str:
    if not rule.column or rule.check not in _WRONG:
        return f"not ({rule.expression})"
    return _WRONG[rule.check](dataset, rule.column)


def _range(dataset: Dataset, name: str) -> str:
    low, high = next(one.arguments for one in dataset.column(name).rules if one.name == "range")
    return f"typed_{name} < {low} or typed_{name} > {high}"


def _domain(dataset: Dataset, name: str) -> str:
    catalogue, column = load_catalogue(), dataset.column(name)
    domain = catalogue.domain_of(column)
    if domain is None:
        raise ValueError(f"{dataset.name}.{name} has no value domain")
    if column.repeats:
        return f"not regexp_like(raw_{name}, '{domain.list_pattern}')"
    codes = ", ".join(f"'{code}'" for code in domain.codes)
    return f"raw_{name} not in ({codes})"


def _precision(dataset: Dataset, name: str) -> str:
    return f"abs(typed_{name}) >= {number_limit(dataset.column(name))}"


_WRONG = {
    "required": lambda _dataset, name: f"raw_{name} is null",
    "format": lambda _dataset, name: f"raw_{name} is not null and typed_{name} is null",
    "length": lambda dataset, name: (
        f"char_length(raw_{name}) > {dataset.column(name).format.max_length}"
    ),
    "domain": _domain,
    "range": _range,
    "precision": _precision,
    "not_future": lambda _dataset, name: f"typed_{name} > current_date",
    "phone": lambda _dataset, name: f"not regexp_like(raw_{name}, '{PHONE}')",
    "icd10": lambda _dataset, name: f"not regexp_like(raw_{name}, '{ICD10}')",
}
