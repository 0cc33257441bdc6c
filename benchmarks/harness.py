"""Ours, the peers and the limit, side by side in one run.

Each runner is a function of a benchmark's module and runs in a process of its own, one after
another in turns, several times: so that a slow minute of the machine meets all of them, and peak
memory is each one's own. The median counts. Results go to ``build/benchmarks/<name>.json``.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "build" / "benchmarks"


def race(
    name: str,
    what: str,
    size: str,
    *,
    module: str,
    ours: str,
    peers: Sequence[str] = (),
    limit: str | None = None,
    runs: int = 3,
    once: Sequence[str] = (),
    arguments: Mapping[str, Any],
) -> dict[str, Any]:
    """Run functions of ``module`` (each called with ``arguments``) and write what they took.

    A function answers what else is worth keeping (a dictionary). Those in ``once`` are run once
    only. Ratios are ours over the other: 1.5 means that ours took half as long again.
    """
    runners = [ours, *peers, *([limit] if limit else [])]
    taken: dict[str, list[dict[str, Any]]] = {runner: [] for runner in runners}
    for turn in range(runs):
        for runner in runners:
            if turn == 0 or runner not in once:
                taken[runner].append(_alone(module, runner, arguments))
                print(f"{name} {runner}: {taken[runner][-1]}", file=sys.stderr, flush=True)
    measured = {runner: _middle(some) for runner, some in taken.items()}
    mine = measured[ours]
    result: dict[str, Any] = {
        "what": what,
        "size": size,
        "ours": mine,
        "peers": {peer: measured[peer] for peer in peers},
        "ratio": {
            other: round(mine["seconds"] / measured[other]["seconds"], 2)
            for other in runners
            if other != ours
        },
    }
    if limit:
        result["limit"] = {"name": limit, **measured[limit]}
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)
    return result


def _alone(module: str, runner: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.harness", module, runner, json.dumps(arguments)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=os.environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{module}.{runner} failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _middle(some: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **some[-1],
        "seconds": round(statistics.median(one["seconds"] for one in some), 2),
        "peak_mb": max(one["peak_mb"] for one in some),
        "runs": len(some),
    }


def _run(module: str, runner: str, arguments: Mapping[str, Any]) -> None:
    """In the child: imports first, then the clock."""
    function = getattr(importlib.import_module(module), runner)
    before = time.perf_counter()
    more = function(**arguments) or {}
    seconds = time.perf_counter() - before
    kilobytes = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"seconds": round(seconds, 2), "peak_mb": kilobytes // 1024, **more}))


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
