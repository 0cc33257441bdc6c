"""One error type that a person can act on: what, where, which rule, how to mend (law 8)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class KanghuError(Exception):
    """An error with the four things a reader needs.

    ``what`` happened, ``where`` (file, feed, column, row), the ``rule`` that was broken (an id or a
    setting's name, may be empty) and how to ``mend`` it. All in Chinese where people at a screen
    read it.
    """

    what: str
    where: str = ""
    rule: str = ""
    mend: str = ""

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"位置:{self.where}")
        if self.rule:
            parts.append(f"规则:{self.rule}")
        if self.mend:
            parts.append(f"处理:{self.mend}")
        return ";".join(parts)
