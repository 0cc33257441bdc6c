"""``make bench``: every benchmark, each with its peers and its limit, to ``build/benchmarks``."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.harness import CHECKOUT

BENCHMARKS = (
    "benchmarks.collect_postgresql",
    "benchmarks.collect_idle",
    "benchmarks.normalise",
    "benchmarks.identity",
    "benchmarks.simulate",
    "benchmarks.whole_run",
)


def main() -> None:
    """Run them one after another, then law 3 with thirty kills; the first failure ends it."""
    for module in BENCHMARKS:
        subprocess.run([sys.executable, "-m", module], cwd=CHECKOUT, check=True)
    subprocess.run(
        [sys.executable, "-m", "pytest", "tests/laws/test_crash_proof.py"],
        cwd=CHECKOUT,
        env={**os.environ, "KANGHU_KILLS": "30"},
        check=True,
    )


if __name__ == "__main__":
    main()
