"""Which columns of its own table a mapping names."""

from __future__ import annotations

import re

from collectors.model import ColumnMap


def named_columns(rule: ColumnMap) -> set[str]:
    """Columns of its own table that a rule names outside expressions."""
    names = set(rule.first or ())
    if rule.source is not None:
        names.add(rule.source)
    if rule.date_add is not None:
        names.add(rule.date_add.source)
    if rule.aggregate is not None:
        names.update(rule.aggregate.by.values())
    return names


def mentions(expression: str, name: str) -> bool:
    """Whether ``name`` stands in ``expression`` as a whole word."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression) is not None
