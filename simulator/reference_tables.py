"""The simulator's own reference tables (``reference/*.csv``): what a town's doctors write.

Diagnoses with the complaint and the drugs that go with them, drugs, charge items, laboratory and
imaging items, operations, names. Authored for the simulation: codes are real, prices plausible.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

ROOM = Path(__file__).resolve().parent / "reference"


@cache
def read_reference(name: str) -> tuple[dict[str, str], ...]:
    """All rows of ``reference/<name>.csv``."""
    with (ROOM / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
