"""The whole line against rows: a city of growing size, collected to marts.

There is no peer that does the same; the limit named here is one read of the delivered rows. What
counts is that seconds a row fall, and memory stays flat, as the city grows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import race
from collectors.registry import load_registry
from kanghu.lake import connect_duckdb
from kanghu.settings import load_settings
from pipeline.run import run
from pipeline.verdict import verify_against_truth
from simulator.serve import start_city
from simulator.simulate import simulate


def whole_line(folder: str) -> dict[str, Any]:
    """Run the line on the city in ``folder`` in a new home; answers rows and what was right."""
    city = Path(folder)
    with tempfile.TemporaryDirectory(dir=city, ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        settings = load_settings({"KANGHU_HOME": home, "KANGHU_SOURCES": str(city / "sources")})
        with start_city(city) as environment:
            os.environ.update(environment)
            result = run(settings, load_registry(settings))
        assert result.collected is not None
        found, people = verify_against_truth(settings, city / "truth")
        return {
            "rows": result.collected.bronze_rows,
            "findings": {"precision": found.precision, "recall": found.recall},
            "identity": {"precision": people.precision, "recall": people.recall},
        }


def read_once(folder: str) -> dict[str, Any]:
    """The limit: every event of the truth read once."""
    with connect_duckdb() as connection:
        rows = 0
        for path in sorted((Path(folder) / "truth" / "events").glob("*.parquet")):
            table = connection.execute(f"select * from read_parquet('{path}')").to_arrow_table()
            rows += table.num_rows
    return {"rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, nargs="+", default=[2_000, 8_000, 32_000])
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    for residents in chosen.residents:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)
            began = time.perf_counter()
            made = simulate(seed=1, residents=residents, out=Path(folder))
            race(
                f"whole_run_{residents}",
                f"the whole line (the city took {time.perf_counter() - began:.0f} s to simulate)",
                f"{residents:,} residents, {made.rows:,} rows, {made.institutions} institutions",
                module="benchmarks.whole_run",
                ours="whole_line",
                limit="read_once",
                runs=chosen.runs,
                arguments={"folder": folder},
            )


if __name__ == "__main__":
    main()
