"""The one way in which a lake table changes: the rows of some keys are replaced.

Run again after a kill, the same call gives the same table. Partitions in which nothing has to go
are appended to; the others are rewritten, each group in one atomic commit, by ``replaceWhere`` on
the partition column (Sail 0.7.2 ignores ``partitionOverwriteMode=dynamic`` and would empty the
table; its MERGE doubles its planning time with each column).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
from deltalake import DeltaTable, Schema
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    LongType,
    StructType,
    TimestampType,
)

from expectations.compile_spark import quote
from kanghu.lake import Lake

ROWS_A_WRITE = 1_500_000
"""Sail's Delta writer holds in memory what one write writes (12 columns, 5 M rows: 1.25 GB)."""


def replace_rows(
    session: SparkSession,
    lake: Lake,
    path: str,
    *,
    incoming: DataFrame,
    rows_in: Mapping[str, int],
    outgoing: DataFrame,
    touched: Iterable[str],
    partition: str,
    keys: Sequence[str],
    version: str = "",
) -> None:
    """Take the rows of ``outgoing``'s keys out of the Delta table at ``path``, put ``incoming`` in.

    ``rows_in``: partition value -> rows of ``incoming``; ``touched``: the partition values that
    ``outgoing`` names. With ``version``, an outgoing row whose ``_only`` is not null takes out
    only the row whose ``version`` column has that value.
    """
    sizes = partition_sizes(lake, path, partition)
    present = sorted(set(touched) & set(sizes))
    rewritten = _with_departures(
        session, path, outgoing, present, partition=partition, keys=keys, version=version
    )
    for group in write_groups(rewritten, sizes, rows_in):
        chosen = f"`{partition}` in ({', '.join(map(quote, group))})"
        current = session.read.format("delta").load(path).where(chosen)
        kept = _joined(current, outgoing.where(chosen), keys, version, "left_anti")
        arriving = incoming.where(chosen).select(*current.columns)
        (
            kept.unionByName(arriving)
            .write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", chosen)
            .save(path)
        )
    appended = sorted(name for name, rows in rows_in.items() if rows and name not in rewritten)
    if appended:
        rows = incoming
        if rewritten:
            rows = incoming.where(f"`{partition}` in ({', '.join(map(quote, appended))})")
        rows.write.format("delta").mode("append").partitionBy(partition).save(path)


def _with_departures(
    session: SparkSession,
    path: str,
    outgoing: DataFrame,
    present: Sequence[str],
    *,
    partition: str,
    keys: Sequence[str],
    version: str,
) -> list[str]:
    """The partitions that hold a row which has to go."""
    if not present:
        return []
    chosen = f"`{partition}` in ({', '.join(map(quote, present))})"
    wanted = list(dict.fromkeys((*keys, partition, *([version] if version else []))))
    current = session.read.format("delta").load(path).where(chosen).select(*wanted)
    leaving = _joined(current, outgoing.where(chosen), keys, version, "left_semi")
    return sorted(row[0] for row in leaving.select(partition).distinct().collect())


def _joined(
    current: DataFrame, outgoing: DataFrame, keys: Sequence[str], version: str, how: str
) -> DataFrame:
    condition = " and ".join(f"held.`{key}` = gone.`{key}`" for key in keys)
    if version:
        condition += f" and (gone._only is null or gone._only = held.`{version}`)"
    return current.alias("held").join(outgoing.alias("gone"), on=F.expr(condition), how=how)


def write_groups(
    partitions: Sequence[str], sizes: Mapping[str, int], arriving: Mapping[str, int]
) -> Iterator[list[str]]:
    """Partitions that are written together, so that no write holds too many rows."""
    group: list[str] = []
    rows = 0
    for name in partitions:
        size = sizes.get(name, 0) + arriving.get(name, 0)
        if group and rows + size > ROWS_A_WRITE:
            yield group
            group, rows = [], 0
        group.append(name)
        rows += size
    if group:
        yield group


def partition_sizes(lake: Lake, path: str, partition: str) -> dict[str, int]:
    """Partition value -> rows, from the table's log alone; empty where there is no table."""
    if not lake.exists(path):
        return {}
    actions = pa.table(lake.table(path).get_add_actions(flatten=True))
    sizes: dict[str, int] = {}
    if actions.num_rows == 0:
        return sizes
    names = actions.column(f"partition.{partition}").to_pylist()
    for name, rows in zip(names, actions.column("num_records").to_pylist(), strict=True):
        sizes[str(name)] = sizes.get(str(name), 0) + int(rows or 0)
    return sizes


def ensure_table(lake: Lake, path: str, schema: StructType, partition: str) -> None:
    """Create an empty table where there is none: its readers need no special case."""
    if lake.exists(path):
        return
    DeltaTable.create(
        path,
        schema=Schema.from_arrow(arrow_schema(schema)),
        partition_by=[partition],
        mode="ignore",
        storage_options=lake.storage_options(),
    )


def arrow_schema(schema: StructType) -> pa.Schema:
    """The same columns in Arrow's words."""
    return pa.schema([pa.field(one.name, _arrow_type(one.dataType)) for one in schema.fields])


def _arrow_type(kind: DataType) -> pa.DataType:
    if isinstance(kind, DecimalType):
        return pa.decimal128(kind.precision, kind.scale)
    if isinstance(kind, LongType):
        return pa.int64()
    if isinstance(kind, DateType):
        return pa.date32()
    if isinstance(kind, TimestampType):
        return pa.timestamp("us", tz="UTC")
    if isinstance(kind, BooleanType):
        return pa.bool_()
    return pa.string()
