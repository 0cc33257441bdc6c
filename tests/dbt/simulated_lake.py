"""A simulated city's events written straight to silver: what the line before the marts would make
of clean sources, without running it."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from deltalake import write_deltalake

from kanghu.lake import Lake
from pipeline.dbt_lake import silver_columns
from simulator.city import DEFAULT_AS_OF, DEFAULT_MONTHS, make_chunk, make_city
from simulator.columns import columns_of
from standards.catalogue import Dataset, load_catalogue
from tests.dbt.tiny_lake import BATCH


def write_simulated(lake: Lake, seed: int, residents: int) -> int:
    """Simulate without errors; answers how many rows were written."""
    city = make_city(seed, residents, DEFAULT_AS_OF, DEFAULT_MONTHS, None)
    chunks = [make_chunk(city, number, 0.0) for number in range(len(city.plan.chunks))]
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    written = 0
    for dataset in load_catalogue().datasets.values():
        parts = [chunk.tables[dataset.name] for chunk in chunks if dataset.name in chunk.tables]
        if parts:
            connection.register("events", pa.concat_tables(parts))
            typed = connection.execute(_typed(dataset)).to_arrow_table()
            write_deltalake(lake.silver(dataset.name), typed, partition_by=["_institution"])
            written += typed.num_rows
    people = pa.concat_tables([chunk.persons for chunk in chunks])
    connection.register("people", people)
    residents_sql = """
        select person_id as resident_id, name, cast(sex as varchar) as sex_code,
            cast(birth as date) as birth_date, id_no, phone as phone_no
        from people
    """
    table = connection.execute(residents_sql).to_arrow_table()
    write_deltalake(lake.identity("resident"), table)
    return written


def _typed(dataset: Dataset) -> str:
    key = " || '|' || ".join(f"coalesce({column}, '')" for column in dataset.key)
    meta = {
        "_institution": "_institution",
        "_feed": f"_system || '.{dataset.name}'",
        "_source_key": key,
        "_batch_id": f"'{BATCH}'",
        "_row_hash": "'x'",
        "resident_id": "_person_id",
    }
    made = columns_of(dataset.name)
    said = ", ".join(
        f"{meta[name]} as {name}"
        if name in meta
        else f'cast({f"events.{name}" if name in made else "null"} as {kind}) as "{name}"'
        for name, kind in silver_columns(dataset).items()
    )
    return f"select {said} from events"
