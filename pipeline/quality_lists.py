"""Lists of what is wrong with whose records, from the lake's findings: for commands and exports.

Findings are the newest; scores, grades and status are those of the published marts and bear their
quality date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from kanghu.errors import KanghuError
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from pipeline.quality_exceptions import granted, holding
from pipeline.spreadsheet import Sheet, write_workbook
from standards.catalogue import load_catalogue
from standards.quality import DIMENSIONS, SEVERITIES

_AT_ONCE = 2_000

LIST_HEADS = (
    *("数据源", "源键", "字段", "字段名", "送达的值(直接标识已遮盖)", "规则", "缺什么、错在哪"),
    *("如何处理", "维度", "严重程度", "自(送达日)", "豁免到", "记录得分", "等级"),
)


@contextmanager
def open_quality(settings: Settings, today: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the published marts as ``marts``, the view ``finding`` (with
    ``exempt_until``) and the table ``column_name`` (dataset, name, name_zh).

    Raises ``KanghuError`` when no marts with quality scores are published.
    """
    if not Path(settings.marts).exists():
        raise _no_marts(settings)
    lake, catalogue = Lake(settings.lake), load_catalogue()
    with connect_duckdb() as connection:
        connection.execute(f"attach '{settings.marts}' as marts (read_only)")
        tables = {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'marts'"
            ).fetchall()
        }
        if "fct_quality_record" not in tables:
            raise _no_marts(settings)
        exceptions = holding(granted(settings), today)
        _table(
            connection,
            "exception",
            ("rule", "institution", "feed", "source_key", "until_date"),
            [
                (one.rule, one.institution, one.feed, one.source_key, f"{one.until_date}")
                for one in exceptions
            ],
        )
        _table(
            connection,
            "column_name",
            ("dataset", "name", "name_zh"),
            [
                (dataset.name, column.name, column.name_zh)
                for dataset in catalogue.datasets.values()
                for column in dataset.columns
            ],
        )
        connection.execute(_finding_view(lake))
        yield connection


@dataclass(frozen=True)
class Exported:
    """One institution's file, and how many findings it lists."""

    institution: str
    path: Path
    rows: int


def export_institutions(
    settings: Settings, institutions: Sequence[str] | None, folder: Path, today: date
) -> Iterator[Exported]:
    """Write the full lists of failing records, a file an institution (default: each that has any),
    a sheet a dataset. An institution without findings gets a file that says so.

    Raises ``KanghuError`` for an institution that is not there, before any file is written.
    """
    with open_quality(settings, today) as connection:
        for code in _institutions(connection, institutions):
            path = folder / f"质量问题清单-{code}-{today}.xlsx"
            yield Exported(code, path, write_workbook(path, _sheets(connection, code)))


def _institutions(connection: duckdb.DuckDBPyConnection, wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        found = "select distinct institution from finding order by 1"
        return [code for (code,) in connection.execute(found).fetchall()]
    rows = connection.execute("select organisation_code from marts.dim_institution").fetchall()
    if unknown := sorted(set(wanted) - {code for (code,) in rows}):
        raise KanghuError(
            what=f"没有机构 {'、'.join(unknown)}",
            where="--institution",
            mend="机构代码见 kanghu quality scores --by institution",
        )
    return list(wanted)


def _sheets(connection: duckdb.DuckDBPyConnection, institution: str) -> Iterator[Sheet]:
    """One scan of the findings, cut where the dataset changes."""
    datasets = load_catalogue().datasets
    rows = _stream(connection, _LIST, [institution])
    for name, mine in groupby(rows, key=itemgetter(0)):
        title = datasets[name].name_zh if name in datasets else name
        yield Sheet(title, LIST_HEADS, (row[1:] for row in mine))


def _stream(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    reader = connection.execute(query, values)
    while rows := reader.fetchmany(_AT_ONCE):
        yield from rows


def _named(column: str, names: dict[str, str]) -> str:
    cases = " ".join(f"when '{name}' then '{name_zh}'" for name, name_zh in names.items())
    return f"case {column} {cases} else {column} end"


_LIST = f"""
    select f.dataset, f.feed, f.source_key, f."column", coalesce(c.name_zh, '整行'), f.value,
           f.rule, f.message, f.mend, {_named("f.dimension", DIMENSIONS)},
           {_named("f.severity", SEVERITIES)}, f.since, f.exempt_until, r.score, r.grade
    from finding as f
    left join column_name as c on c.dataset = f.dataset and c.name = f."column"
    left join marts.fct_quality_record as r
      on r.institution_code = f.institution and r.feed = f.feed and r.dataset = f.dataset
     and r.source_key = f.source_key
    where f.institution = ?
    order by f.dataset, f.feed, f.source_key, f.rule
"""


def _finding_view(lake: Lake) -> str:
    """Each finding with the day its record arrived and, where exempt, until when."""
    names = "institution feed dataset source_key column rule dimension severity value message mend"
    quoted = [f'"{name}"' for name in (*names.split(), "batch_id")]
    if lake.exists(lake.findings):
        origin = f"select {', '.join(quoted)} from delta_scan('{lake.findings}')"
    else:
        origin = f"select {', '.join(f'null::varchar as {name}' for name in quoted)} where false"
    return f"""
        create view finding as
        with record_exception as (
            select institution, feed, source_key, rule, max(until_date) as until_date
            from exception where source_key is not null group by all
        ),
        institution_exception as (
            select institution, rule, max(until_date) as until_date
            from exception where source_key is null group by all
        )
        select f.*,
               cast(timezone('Asia/Shanghai', timezone('UTC', try_strptime(
                   substr(f.batch_id, 2, 14), '%Y%m%d%H%M%S'))) as date) as since,
               coalesce(r.until_date, i.until_date) as exempt_until
        from ({origin}) as f
        left join record_exception as r
          on r.institution = f.institution and r.feed = f.feed
         and r.source_key = f.source_key and r.rule = f.rule
        left join institution_exception as i
          on i.institution = f.institution and i.rule = f.rule
    """


def _table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str | None, ...]],
) -> None:
    arrays = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(columns))]
    connection.register("delivered", pa.table(arrays, names=list(columns)))
    connection.execute(f"create table {name} as select * from delivered")
    connection.unregister("delivered")


def _no_marts(settings: Settings) -> KanghuError:
    return KanghuError(
        what="还没有带质量得分的集市", where=settings.marts, mend="先运行 kanghu run"
    )
