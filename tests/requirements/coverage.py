"""Which requirements have a passing test: merges what each suite proved (``make coverage``).

Writes ``build/coverage.json`` (requirement id -> tests that passed) and prints the proven ids by
part; the plan of ids is ``plan.csv`` beside this file.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build"


def merge(folder: Path) -> dict[str, list[str]]:
    """Requirement id -> sorted ids of the tests that proved it, over all suites."""
    proved: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.glob("*.json")):
        for identifier, tests in json.loads(path.read_text(encoding="utf-8")).items():
            proved[identifier].update(tests)
    return {identifier: sorted(tests) for identifier, tests in sorted(proved.items())}


def main() -> None:
    proved = merge(BUILD / "proved")
    BUILD.mkdir(exist_ok=True)
    (BUILD / "coverage.json").write_text(
        json.dumps(proved, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    with (HERE / "plan.csv").open(encoding="utf-8", newline="") as lines:
        part_of = {row["id"]: row["part"] for row in csv.DictReader(lines)}
    unknown = sorted(set(proved) - set(part_of))
    if unknown:
        raise SystemExit(f"tests claim ids that are not in the plan: {', '.join(unknown)}")
    of_part: dict[str, list[str]] = defaultdict(list)
    for identifier, part in part_of.items():
        of_part[part].append(identifier)
    for part, identifiers in of_part.items():
        done = [identifier for identifier in identifiers if identifier in proved]
        if done:
            print(f"{part}: {len(done)} of {len(identifiers)} proven: {', '.join(done)}")


if __name__ == "__main__":
    main()
