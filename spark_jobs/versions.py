"""Silver follows the catalogue: columns are added in place, a new version is made from bronze.

A column more is one commit to the table (older rows have null until ``kanghu replay``). A change
that breaks (a column gone or of another type) needs the dataset's ``version`` raised; its table is
then begun anew and filled by a replay of bronze. The store remembers that a table is being
rebuilt, so a run that was killed in between is carried to its end by the next one (law 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deltalake import DeltaTable, Schema, write_deltalake

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.replace_rows import arrow_schema
from standards.catalogue import Catalogue, Dataset
from standards.projections.spark_schema import silver_schema


@dataclass
class Evolution:
    """``added``: dataset -> columns that its table got; ``rebuilding``: tables to be filled."""

    added: dict[str, list[str]] = field(default_factory=dict)
    rebuilding: list[str] = field(default_factory=list)


def evolve(settings: Settings, catalogue: Catalogue) -> Evolution:
    """Bring every silver table in step with the catalogue; the caller holds the lease on silver.

    Raises ``KanghuError`` where a table differs in more than columns added and the dataset's
    version was not raised: nothing is changed then.
    """
    lake = Lake(settings.lake)
    recorded = _recorded(settings)
    found = Evolution()
    begin: list[Dataset] = []
    for dataset in catalogue.datasets.values():
        version, is_rebuilding = recorded.get(dataset.name, (0, False))
        if is_rebuilding:
            found.rebuilding.append(dataset.name)
        if not lake.exists(lake.silver(dataset.name)):
            continue
        table = lake.table(lake.silver(dataset.name))
        missing, broken = _compared(table, dataset)
        if broken and dataset.version <= version:
            raise KanghuError(
                what=f"数据集 {dataset.name} 的列变了({'、'.join(broken)}),版本没有升",
                where="standards/datasets/datasets.csv",
                rule="version",
                mend="把它的 version 加 1(标准库会从青铜层重做),或撤回这处改动",
            )
        if (version and dataset.version > version) or broken:
            begin.append(dataset)
        elif missing:
            found.added[dataset.name] = missing
    for name, columns in found.added.items():
        dataset = catalogue.dataset(name)
        wanted = arrow_schema(silver_schema(dataset))
        fields = Schema.from_arrow(wanted).fields
        lake.table(lake.silver(name)).alter.add_columns(
            [one for one in fields if one.name in columns]
        )
    for dataset in begin:
        _mark(settings, [dataset], "rebuilding")
        _begin_anew(lake, dataset)
        found.rebuilding.append(dataset.name)
    current = [one for one in catalogue.datasets.values() if one.name not in found.rebuilding]
    _mark(settings, [one for one in current if one.name not in recorded], "current")
    return found


def rebuilt(settings: Settings, catalogue: Catalogue, names: Iterable[str]) -> None:
    """Say that the tables of ``names`` hold everything that bronze does."""
    _mark(settings, [catalogue.dataset(name) for name in names], "current")


def _compared(table: DeltaTable, dataset: Dataset) -> tuple[list[str], list[str]]:
    """Columns that the table lacks, and those that it has and should not, or of another type."""
    wanted = {
        one.name: one.type for one in Schema.from_arrow(arrow_schema(silver_schema(dataset))).fields
    }
    present = {one.name: one.type for one in table.schema().fields}
    missing = [name for name in wanted if name not in present]
    broken = [name for name, kind in present.items() if name not in wanted or wanted[name] != kind]
    return missing, broken


def _begin_anew(lake: Lake, dataset: Dataset) -> None:
    """Empty the table in one commit that also gives it the new columns."""
    empty = arrow_schema(silver_schema(dataset)).empty_table()
    write_deltalake(
        lake.silver(dataset.name),
        empty,
        mode="overwrite",
        schema_mode="overwrite",
        partition_by=["_institution"],
        storage_options=lake.storage_options(),
    )


def _recorded(settings: Settings) -> dict[str, tuple[int, bool]]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select dataset, version, state = 'rebuilding' as is_rebuilding "
            "from kanghu.silver_version"
        ).fetchall()
    return {row["dataset"]: (row["version"], row["is_rebuilding"]) for row in rows}


def _mark(settings: Settings, datasets: list[Dataset], state: str) -> None:
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into kanghu.silver_version (dataset, version, state) values (%s, %s, %s)
            on conflict (dataset) do update
            set version = excluded.version, state = excluded.state, changed_at = now()
            """,
            [(one.name, one.version, state) for one in datasets],
        )
