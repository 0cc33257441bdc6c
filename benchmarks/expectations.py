"""A whole suite over a million records: ours, Great Expectations itself, and a query by hand.

The suite is that of the health check-up (163 columns, the longest form that arrives daily); the
records are clean ones and ones with each planted fault, repeated. Everybody reads the same Parquet
file and answers how many rows break each rule; ours besides names every failing row with all its
rules, on each of the two engines. Great Expectations judges on pandas and through Spark Connect
(Sail, the same engine as ours), its mark being the faster of the two. The query by hand is one
statement of ``count(*) filter`` a rule, as an analyst would write it for this table alone.

    python -m benchmarks.expectations [rows in thousands, default 1000] [runs, default 3]
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.expectations_by_hand import by_hand
from benchmarks.harness import race
from expectations.compile_duckdb import judge, to_duckdb
from expectations.compile_spark import RECORD, TYPED, UNIT, evaluate
from expectations.great_expectations_suite import as_great_expectations, great_expectations
from expectations.model import Expectation
from expectations.suite import row_suite
from kanghu.engine import spark_session
from kanghu.lake import connect_duckdb
from kanghu.settings import Settings, load_settings
from standards.catalogue import Dataset, load_catalogue
from tests.expectations.records import clean_record, faulty_records, frame_of

DATASET = "health_checkup"
_CLEAN_TO_A_FAULT = 9
"""One record in ten has a fault: worse than any institution of ours, kinder than none."""


def main() -> None:
    rows = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as folder:
        _make(folder, rows)
        size = f"{rows:,} records x {len(_dataset().columns)} columns, {len(_suite())} expectations"
        told: dict[str, Any] = {
            "module": "benchmarks.expectations",
            "runs": runs,
            "once": ["great_expectations_pandas", "great_expectations_sail"],
            "arguments": {"folder": folder},
        }
        peers = ["great_expectations_pandas", "great_expectations_sail"]
        race("expectations_duckdb", "a suite on DuckDB", size, ours="ours_duckdb",
             peers=peers, limit="by_hand_duckdb", **told)  # fmt: skip
        race("expectations_sail", "a suite on Sail", size, ours="ours_sail",
             limit="by_hand_sail", **told)  # fmt: skip


def ours_duckdb(folder: str) -> dict[str, Any]:
    suite = _suite()
    with connect_duckdb() as connection:
        _view(connection, folder)
        judged = judge(connection, "frame", load_catalogue(), _dataset(), suite)
        connection.execute(
            f"create temp table judged as {_with_failures(judged.sql_query(), suite)}"
        )
        found = connection.execute(
            "select rule, count(*) from (select unnest(failed) as rule from judged "
            "where len(failed) > 0) group by 1"
        ).fetchall()
    return _answer({suite[number].id: rows for number, rows in found})


def ours_sail(folder: str) -> dict[str, Any]:
    suite = _suite()
    session = spark_session(_settings(folder))
    frame = session.read.parquet(_file(folder))
    judged = evaluate(frame, _dataset(), suite, keep=["_source_key"])
    failing = f"{folder}/failing.parquet"
    (
        judged.where("_blocking <> '' or _advisory <> ''")
        .selectExpr("_source_key", f"concat_ws('{RECORD}', _blocking, _advisory) as failed")
        .write.mode("overwrite")
        .parquet(failing)
    )
    found = (
        session.read.parquet(failing)
        .selectExpr(f"explode(split(failed, '{RECORD}')) as one")
        .where("one <> ''")
        .selectExpr(f"cast(split_part(one, '{UNIT}', 1) as int) as number")
        .groupBy("number")
        .count()
        .collect()
    )
    return _answer({suite[row["number"]].id: int(row["count"]) for row in found})


def by_hand_duckdb(folder: str) -> dict[str, Any]:
    suite = _suite()
    with connect_duckdb() as connection:
        _view(connection, folder)
        counted = ", ".join(map(to_duckdb, by_hand(_dataset(), suite)))
        query = f"select {counted} from (select {', '.join(_named())} from frame)"
        counts = connection.execute(query).fetchone() or ()
    return _answer({rule.id: rows for rule, rows in zip(suite, counts, strict=True)})


def by_hand_sail(folder: str) -> dict[str, Any]:
    suite = _suite()
    frame = spark_session(_settings(folder)).read.parquet(_file(folder)).selectExpr(*_named())
    counts = frame.selectExpr(*by_hand(_dataset(), suite)).collect()[0]
    return _answer({rule.id: rows for rule, rows in zip(suite, counts, strict=True)})


def great_expectations_pandas(folder: str) -> dict[str, Any]:
    """What GX has no word for is a column made before; the making counts, as it must be paid."""
    suite = _suite()
    with connect_duckdb() as connection:
        _view(connection, folder)
        rows = judge(connection, "frame", load_catalogue(), _dataset(), suite).arrow()
    frame = rows.read_all().to_pandas(deduplicate_objects=True)
    source = great_expectations().get_context(mode="ephemeral").data_sources.add_pandas("bench")
    return _validated(source, frame)


def great_expectations_sail(folder: str) -> dict[str, Any]:
    suite = _suite()
    session = spark_session(_settings(folder))
    made = f"{folder}/judged.parquet"
    with connect_duckdb() as connection:
        _view(connection, folder)
        judge(connection, "frame", load_catalogue(), _dataset(), suite).write_parquet(made)
    source = great_expectations().get_context(mode="ephemeral").data_sources.add_spark("bench")
    return _validated(source, session.read.parquet(made))


def _validated(source: Any, frame: Any) -> dict[str, Any]:
    suite = as_great_expectations(load_catalogue(), _dataset(), _suite())
    asset = source.add_dataframe_asset(DATASET)
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    shape = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
    checked = batch.validate(suite, result_format=shape)
    counts = Counter[str]()
    for one in checked.results:
        if one.exception_info.get("raised_exception"):
            raise RuntimeError(f"{one.expectation_config.meta['rule']}: {one.exception_info}")
        counts[one.expectation_config.meta["rule"]] = int(one.result.get("unexpected_count", 0))
    return _answer(dict(counts))


def _make(folder: str, rows: int) -> None:
    """Records as normalise sees them (raw and typed), every fault some times, in one file."""
    catalogue, dataset, draw = load_catalogue(), _dataset(), random.Random(4)
    faulty = [fault.record for fault in faulty_records(catalogue, dataset, draw)]
    clean = [clean_record(catalogue, dataset, draw) for _ in range(_CLEAN_TO_A_FAULT * len(faulty))]
    session = spark_session(_settings(folder))
    keys = [str(number) for number in range(len(clean) + len(faulty))]
    template = frame_of(session, dataset, [*clean, *faulty], keys).toArrow()
    times = -(-rows // len(keys))
    with connect_duckdb() as connection:
        connection.register("template", template)
        connection.execute(
            f"copy (select * replace (turn || '-' || _source_key as _source_key) "
            f"from (select turn, template.* from range({times}) as turns(turn), template "
            f"limit {rows})) to '{_file(folder)}' (format parquet)"
        )


def _with_failures(judged: str, suite: Sequence[Expectation]) -> str:
    cases = ", ".join(
        f'case when not "{rule.id}" then {number} end' for number, rule in enumerate(suite)
    )
    return f"select list_filter([{cases}], one -> one is not null) as failed from ({judged})"


def _answer(counts: dict[str, int]) -> dict[str, Any]:
    """What all must agree on; the harness keeps it beside the seconds."""
    return {"failures": sum(counts.values()), "rules_broken": sum(1 for n in counts.values() if n)}


def _dataset() -> Dataset:
    return load_catalogue().dataset(DATASET)


def _named() -> list[str]:
    """All columns, and the typed ones under the plain names by which rules across fields call."""
    typed = (one.name for one in _dataset().columns if one.type in TYPED)
    return ["*", *(f"typed_{name} as {name}" for name in typed)]


def _suite() -> tuple[Expectation, ...]:
    return row_suite(DATASET)


def _settings(folder: str) -> Settings:
    return load_settings({"KANGHU_HOME": folder})


def _file(folder: str) -> str:
    return str(Path(folder) / "records.parquet")


def _view(connection: duckdb.DuckDBPyConnection, folder: str) -> None:
    connection.execute(f"create view frame as select * from read_parquet('{_file(folder)}')")


if __name__ == "__main__":
    main()
