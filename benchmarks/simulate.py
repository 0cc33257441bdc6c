"""The simulator against residents: a city of growing size, written into all its systems.

There is no peer that makes the same; the limit named here is making the events alone, written
nowhere. What counts is that rows a second hold and that memory stays flat as the city grows.
(PostgreSQL is a process of its own, of a size that its settings fix.)
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import race
from simulator.city import generate_city
from simulator.simulate import simulate


def whole_city(residents: int) -> dict[str, Any]:
    """Systems, sources and truth on disk, as ``kanghu simulate`` leaves them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        return {"rows": simulate(seed=1, residents=residents, out=Path(folder)).rows}


def events_alone(residents: int) -> dict[str, Any]:
    """The limit: the same events, made and dropped."""
    rows = 0
    for chunk in generate_city(seed=1, residents=residents):
        rows += sum(table.num_rows for table in chunk.tables.values())
    return {"rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args()
    measured = {
        residents: race(
            f"simulate_{residents}",
            "a synthetic city written into its institutions' systems, with its truth",
            f"{residents:,} residents",
            module="benchmarks.simulate",
            ours="whole_city",
            limit="events_alone",
            runs=chosen.runs,
            arguments={"residents": residents},
        )["ours"]
        for residents in chosen.residents
    }
    for residents, ours in measured.items():
        speed = ours["rows"] / ours["seconds"]
        print(f"{residents:>9,} residents {speed:>9,.0f} rows/s {ours['peak_mb']:>6,} MB")


if __name__ == "__main__":
    main()
