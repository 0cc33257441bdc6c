"""An expectation: one checkable sentence about data, the same on every engine.

Its ``expression`` is SQL that Spark, Sail and DuckDB all read, over the columns of one dataset:
``<column>`` is the typed value as silver will hold it, ``raw_<column>`` the text as delivered
(mapped, trimmed, null when empty), ``valid_<column>`` whether an ID number is a true one
(GB 11643). True or null means satisfied. An ``across`` expectation looks at other records too:
its expression is a query that answers the offending rows (expectations/across.csv).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dimension = Literal["completeness", "validity", "conformity", "consistency"]
Severity = Literal["blocking", "error", "warning"]
Scope = Literal["row", "across"]

WEIGHTS: dict[str, int] = {"blocking": 5, "error": 3, "warning": 1}
"""How much a failure counts in a quality score, where a rule does not say otherwise.

``blocking``: the record cannot be used and is held back; ``error``: certainly wrong, to be mended
though the record stays; ``warning``: doubtful, late or implausible (docs/quality.md)."""


@dataclass(frozen=True)
class Expectation:
    """One rule. ``id`` is stable: findings, reports and the simulator's truth refer to it."""

    id: str
    dataset: str
    column: str
    """The column a finding points at; empty where it means the whole row."""
    sentence: str
    """What must hold, in Chinese, as a domain expert would say it."""
    dimension: Dimension
    severity: Severity
    weight: int
    message: str
    """What a person reads beside a failing record."""
    mend: str
    """How to put it right."""
    scope: Scope
    expression: str
    source: str
    """Where it is asked for: a standard, a section of the norm, a section of the tender."""

    @property
    def check(self) -> str:
        """The last part of the id: ``required``, ``domain``, ``birth_matches_id``, ..."""
        return self.id.rsplit(".", 1)[-1]

    @property
    def blocks(self) -> bool:
        return self.severity == "blocking"
