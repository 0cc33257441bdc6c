"""What found records say themselves: health records, follow-ups and check-ups of their residents.

Columns that identify a person directly are masked unless asked otherwise; the asking is logged by
``pipeline/quality_find.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from expectations.compile_spark import masked
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from pipeline.quality_find import Fault, FoundRecord, each
from pipeline.spreadsheet import Sheet
from standards.catalogue import Catalogue, Dataset, load_catalogue
from standards.quality import DIMENSIONS, SEVERITIES

HEADS = (
    *("机构代码", "机构", "区县", "数据集", "数据源", "源键", "记录号", "居民编号"),
    *("送达日", "质控日期", "得分", "等级", "状态", "字段", "字段名", "送达的值", "规则"),
    *("维度", "严重程度", "缺什么、错在哪", "如何处理", "豁免到"),
)
_AT_ONCE = 2_000
_ENDINGS = ("followup", "checkup", "visit")


def quality_sheet(found: Sequence[FoundRecord]) -> Sheet:
    """A row a finding, and one for each record that has none."""
    return Sheet("质控", HEADS, (_row(one, fault) for one, fault in each(found)))


def detail_sheets(
    settings: Settings, found: Sequence[FoundRecord], *, identified: bool
) -> Iterator[Sheet]:
    """A sheet for each dataset of records, follow-ups and check-ups that holds anything of the
    found records or of their residents."""
    catalogue, lake = load_catalogue(), Lake(settings.lake)
    with connect_duckdb() as connection:
        _found_table(connection, found)
        _residents(connection, lake, catalogue)
        for dataset in detail_datasets(catalogue):
            path = lake.silver(dataset.name)
            if not lake.exists(path):
                continue
            shown = ", ".join(
                f"{_shown(column.name, column.sensitivity == 'direct' and not identified)}"
                for column in dataset.columns
            )
            rows = connection.execute(
                f"""
                select _institution, _source_key, resident_id, {shown}
                from delta_scan('{path}') as row
                where resident_id in (select resident_id from resident_found)
                   or (_institution, _feed, _source_key) in (
                      select (institution, feed, source_key) from found
                      where dataset = '{dataset.name}')
                order by resident_id, _institution, _source_key
                """
            )
            first = rows.fetchmany(_AT_ONCE)
            if first:
                heads = ["机构代码", "源键", "居民编号", *(c.name_zh for c in dataset.columns)]
                yield Sheet(dataset.name_zh, heads, _rest(rows, first))


def detail_datasets(catalogue: Catalogue) -> list[Dataset]:
    """Health records, follow-ups and check-ups: what the query's export shows in full."""
    return [
        one
        for one in catalogue.datasets.values()
        if one.person
        and catalogue.groups[one.group].store == "health_record"
        and (one.name == "resident_record" or one.name.endswith(_ENDINGS))
    ]


def _rest(
    rows: duckdb.DuckDBPyConnection, first: list[tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    while first:
        yield from first
        first = rows.fetchmany(_AT_ONCE)


def _shown(column: str, is_masked: bool) -> str:
    if not is_masked:
        return f'"{column}"'
    text = f'cast("{column}" as varchar)'
    return f'case when "{column}" is not null then {masked(text)} end as "{column}"'


def _found_table(connection: duckdb.DuckDBPyConnection, found: Sequence[FoundRecord]) -> None:
    names = ("institution", "feed", "dataset", "source_key", "resident_id")
    arrays = [pa.array([getattr(one, name) for one in found], pa.string()) for name in names]
    connection.register("delivered", pa.table(arrays, names=list(names)))
    connection.execute("create table found as select * from delivered")
    connection.unregister("delivered")


def _residents(connection: duckdb.DuckDBPyConnection, lake: Lake, catalogue: Catalogue) -> None:
    """Table ``resident_found``: whose the found records are."""
    connection.execute(
        "create table resident_found as select distinct resident_id from found "
        "where resident_id <> ''"
    )
    rows = connection.execute("select distinct dataset from found").fetchall()
    for (name,) in rows:
        path = lake.silver(name)
        if catalogue.datasets[name].person and lake.exists(path):
            connection.execute(
                f"""
                insert into resident_found
                select distinct s.resident_id from delta_scan('{path}') as s
                join found as f on f.dataset = '{name}' and f.institution = s._institution
                 and f.feed = s._feed and f.source_key = s._source_key
                where s.resident_id is not null
                """
            )


def _row(one: FoundRecord, fault: Fault | None) -> tuple[object, ...]:
    said: tuple[object, ...] = (None,) * 9
    if fault is not None:
        said = (
            *(fault.column, fault.column_name, fault.value, fault.rule),
            DIMENSIONS.get(fault.dimension, fault.dimension),
            SEVERITIES.get(fault.severity, fault.severity),
            *(fault.message, fault.mend, fault.exempt_until),
        )
    return (
        *(one.institution, one.institution_name, one.county_name, one.dataset_name, one.feed),
        *(one.source_key, one.number, one.resident_id, one.arrived_date, one.quality_date),
        *(one.score, one.grade, one.status, *said),
    )
