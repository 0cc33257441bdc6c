"""The examples of hand-written rules (``expectations/examples/``), ready to be judged.

A rule has its own file, or that of its pattern, in which ``{dataset}``, ``{column}``,
``{event_time}`` and the pattern's arguments stand for the rule's own. Of a rule that one row
decides, ``passes`` and ``fails`` are values over a clean record; of one that looks at other
records, each is a scene: records of some datasets, and the keys of those that are blamed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from expectations.model import Expectation
from expectations.rule_tables import ROOM, hand_written
from standards.catalogue import load_catalogue

DECODED_BY_THE_READER = "exchange_message.message.unreadable"
"""Judged by what the reader said of a part: tests/spark_jobs/test_normalise.py."""
_BORN = date(2020, 1, 1)
"""The birth date of the children in the examples."""


@dataclass(frozen=True)
class Examples:
    rule: Expectation
    passes: tuple[Any, ...]
    fails: tuple[Any, ...]


@cache
def all_examples(room: Path = ROOM) -> tuple[Examples, ...]:
    """The examples of every rule that has any, in the rules' order."""
    found = []
    for rule in hand_written(room):
        path = room / "examples" / f"{rule.id}.yml"
        if not path.exists():
            path = room / "examples" / f"{rule.check}.yml"
        if path.exists():
            text = path.read_text(encoding="utf-8")
            for name, own in _names(room, rule).items():
                text = text.replace("{" + name + "}", own)
            told = yaml.safe_load(text)
            found.append(Examples(rule, tuple(told["passes"]), tuple(told["fails"])))
    return tuple(found)


def _names(room: Path, rule: Expectation) -> dict[str, str]:
    dataset = load_catalogue().dataset(rule.dataset)
    names = {"dataset": dataset.name, "column": rule.column, "event_time": dataset.event_time}
    with (room / "patterned.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if (row["dataset"], row["check"]) == (rule.dataset, rule.check):
                names |= dict(one.split("=", 1) for one in row["arguments"].split(";") if one)
    if "low_days" in names:
        low, high = (timedelta(int(names[bound])) for bound in ("low_days", "high_days"))
        day = timedelta(1)
        names |= {"first_day": f"{_BORN + low}", "last_day": f"{_BORN + high}"}
        names |= {"day_before": f"{_BORN + low - day}", "day_after": f"{_BORN + high + day}"}
    return names
