"""identify against plain Splink on one made-up register: seconds, peak memory, and who is right.

Ours is the whole step, from silver in Delta to the four identity tables in Delta, hard cases and
all; the peer is Splink as its guide uses it (its own comparisons, EM training, clusters in
memory), told nothing of ID numbers but that they are a column. Each runs in a process of its own.

    python -m benchmarks.identity [rows in thousands, default 1000] [runs, default 3]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CHECKOUT = Path(__file__).resolve().parent.parent
RESULT = CHECKOUT / "build" / "benchmarks" / "identity.json"
ROWS_EACH = 2.25
RUNNERS = ("ours", "ours_nothing_new", "splink")


def main() -> None:
    rows = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _child("make", folder, rows)
        measured = {runner: [] for runner in RUNNERS}  # type: dict[str, list[dict[str, Any]]]
        for _ in range(runs):
            for runner in RUNNERS:
                measured[runner].append(_child(runner, folder, rows))
    result = {"what": "identify", "size": f"{measured['ours'][0]['rows']} person rows"}
    for runner, found in measured.items():
        result[runner] = {  # type: ignore[assignment]
            **found[0],
            "seconds": round(statistics.median(one["seconds"] for one in found), 2),
            "peak_mb": max(one["peak_mb"] for one in found),
        }
    result["ratio"] = round(result["ours"]["seconds"] / result["splink"]["seconds"], 2)  # type: ignore[index,call-overload]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(json.dumps(result, indent=1))


def _child(runner: str, folder: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.identity", "--child", runner, folder, str(rows)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=os.environ, check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def make(folder: Path, rows: int) -> dict[str, Any]:
    """The register as silver of patients, as Parquet for the peer, and its truth."""
    from deltalake import write_deltalake

    from benchmarks.identity_people import make_register

    register = make_register(int(rows / ROWS_EACH))
    people = register.rows
    key = people["row_id"].cast(pa.string())
    count = len(people)
    pq.write_table(people, folder / "people.parquet")
    pq.write_table(pa.table({"key": key, "person": register.person}), folder / "truth.parquet")
    silver = people.drop_columns(["row_id", "institution"])
    for column, values in {
        "_institution": people["institution"],
        "_feed": pa.array(["his.patient"] * count),
        "_source_key": key,
        "_batch_id": pa.array(["b"] * count),
        "_row_hash": pa.array(["h"] * count),
        "patient_no": key,
    }.items():
        silver = silver.append_column(column, values)
    write_deltalake(folder / "lake" / "silver" / "patient", silver)
    return {"rows": count}


def ours(folder: Path) -> tuple[float, pa.Table]:
    """A first run of identify over everything."""
    import shutil

    shutil.rmtree(folder / "lake" / "identity", ignore_errors=True)
    return ours_nothing_new(folder)


def ours_nothing_new(folder: Path) -> tuple[float, pa.Table]:
    """A run of identify after which nothing changed: what a quiet day costs."""
    started = time.perf_counter()
    from kanghu.lake import Lake
    from spark_jobs.identity.city import identify_lake
    from spark_jobs.identity.model import city_model
    from standards.catalogue import load_catalogue

    lake = Lake(str(folder / "lake"))
    identify_lake(lake, load_catalogue(), city_model(), "b")
    seconds = time.perf_counter() - started
    links = lake.table(lake.identity("person_link")).to_pyarrow_table()
    return seconds, links.select(["_source_key", "resident_id"])


def splink(folder: Path) -> tuple[float, pa.Table]:
    """Plain Splink: exact and edit-distance comparisons, trained by EM, threshold 0.95."""
    started = time.perf_counter()
    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect()
    connection.execute(f"create table people as from '{folder / 'people.parquet'}'")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row_id",
        comparisons=[
            cl.LevenshteinAtThresholds("name", [1]),
            cl.ExactMatch("sex_code"),
            cl.ExactMatch("birth_date"),
            cl.LevenshteinAtThresholds("id_no", [1, 2]),
            cl.ExactMatch("phone_no"),
            cl.ExactMatch("address_village"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("id_no"),
            block_on("birth_date", "name"),
            block_on("birth_date", "phone_no"),
            block_on("phone_no", "name"),
            block_on("name", "address_village"),
        ],
    )
    api = DuckDBAPI(connection)
    linker = Linker(api.register("people"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("id_no"), block_on("birth_date", "name")], recall=0.95
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("birth_date", "name"), block_on("id_no")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    scored = linker.inference.predict(threshold_match_probability=0.95)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, 0.95)
    found = connection.execute(
        f"select cast(row_id as varchar) as key, cluster_id from {clusters.physical_name}"
    ).to_arrow_table()
    return time.perf_counter() - started, found


def child(runner: str, folder: Path, rows: int) -> dict[str, Any]:
    if runner == "make":
        return make(folder, rows)
    from spark_jobs.identity.evaluate import evaluate_identity

    seconds, found = {"ours": ours, "ours_nothing_new": ours_nothing_new, "splink": splink}[runner](
        folder
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    quality = evaluate_identity(found, pq.read_table(folder / "truth.parquet"))
    return {
        "rows": len(found),
        "seconds": seconds,
        "peak_mb": peak,
        "precision": round(quality.precision, 5),
        "recall": round(quality.recall, 5),
    }


if __name__ == "__main__":
    if "--child" in sys.argv:
        print(json.dumps(child(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
