"""identify against plain Splink on one made-up register: seconds, peak memory, and who is right.

Ours is the whole step, from silver in Delta to the four identity tables in Delta, hard cases and
all; the peer is Splink as its guide uses it (its own comparisons, EM training, clusters in
memory), told nothing of ID numbers but that they are a column.

    python -m benchmarks.identity [rows in thousands, default 1000] [runs, default 3]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import splink.comparison_library as cl
from deltalake import write_deltalake
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.harness import RESULTS, race
from benchmarks.identity_people import make_register
from kanghu.lake import Lake
from spark_jobs.identity import evaluate_identity, identify_lake
from spark_jobs.identity.model import city_model
from standards.catalogue import load_catalogue

ROWS_EACH = 2.25


def main() -> None:
    rows = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as name:
        folder = Path(name)
        size = f"{make(folder, rows):,} person rows"
        told: dict[str, Any] = {"module": "benchmarks.identity", "runs": runs}
        told["arguments"] = {"folder": name}
        result = race("identity", "identify, all new", size, ours="ours", peers=["splink"], **told)
        race("identity_quiet", "identify, nothing new", size, ours="ours_again", **told)
        result["quality"] = {one: quality(folder, one) for one in ("ours", "splink")}
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (RESULTS / "identity.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps(result["quality"], indent=1))


def make(folder: Path, rows: int) -> int:
    """The register as silver of patients, as Parquet for the peer, and its truth."""
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
    return count


def ours(folder: str) -> None:
    """A first run of identify over everything."""
    shutil.rmtree(Path(folder) / "lake" / "identity", ignore_errors=True)
    ours_again(folder)


def ours_again(folder: str) -> None:
    """A run of identify after which nothing changed: what a quiet day costs."""
    identify_lake(Lake(f"{folder}/lake"), load_catalogue(), city_model(), "b")


def splink(folder: str) -> None:
    """Plain Splink: exact and edit-distance comparisons, trained by EM, threshold 0.95."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"create table people as from '{folder}/people.parquet'")
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
    connection.execute(
        f"copy (select cast(row_id as varchar) as key, cluster_id from {clusters.physical_name}) "
        f"to '{folder}/splink.parquet'"
    )


def quality(folder: Path, runner: str) -> dict[str, float]:
    """Pairwise precision and recall of what a runner left in the folder."""
    if runner == "splink":
        found = pq.read_table(folder / "splink.parquet")
    else:
        lake = Lake(str(folder / "lake"))
        links = lake.table(lake.identity("person_link")).to_pyarrow_table()
        found = links.select(["_source_key", "resident_id"])
    measured = evaluate_identity(found, pq.read_table(folder / "truth.parquet"))
    return {"precision": round(measured.precision, 5), "recall": round(measured.recall, 5)}


if __name__ == "__main__":
    main()
