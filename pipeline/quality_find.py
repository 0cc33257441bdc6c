"""Records and their quality, one or a file of them, or all that fail by county, grade, rule, ...

Answers what a regulator asks of a record: quality date, grade, status, district, what is missing
and how to mend it. Direct identifiers are masked, unless who looks says why, which is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from kanghu.store import connect
from pipeline.quality_lists import open_quality
from standards.catalogue import Catalogue, Dataset, load_catalogue

STATUSES = ("正常", "有错", "隔离", "豁免")


@dataclass(frozen=True)
class Question:
    """What to look for. With ``numbers`` (record numbers: a dataset's own key, a health record
    number or a source key), ``resident`` or ``id_number`` all their records are answered, with or
    without findings; else the records with findings. The rest narrows the answer; ``since`` and
    ``until`` are days of arrival."""

    numbers: tuple[str, ...] = ()
    resident: str | None = None
    id_number: str | None = None
    county: str | None = None
    institution: str | None = None
    dataset: str | None = None
    grade: str | None = None
    status: str | None = None
    dimension: str | None = None
    rule: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int = 1000

    @property
    def names_records(self) -> bool:
        return bool(self.numbers or self.resident or self.id_number)

    def told(self) -> str:
        """The question without what identifies a person."""
        hidden = {"numbers", "id_number", "resident"}
        parts = [f"{name}={value}" for name, value in vars(self).items() if value]
        return "; ".join(part for part in parts if part.split("=")[0] not in hidden) + (
            f"; 指名 {len(self.numbers) or 1} 个" if self.names_records else ""
        )


@dataclass(frozen=True)
class Fault:
    """One finding of a record; ``exempt_until`` where it is excepted."""

    rule: str
    column: str
    column_name: str
    dimension: str
    severity: str
    value: str
    message: str
    mend: str
    exempt_until: date | None


@dataclass(frozen=True)
class FoundRecord:
    """A record and how good it is. ``number`` is its dataset's own key."""

    institution: str
    feed: str
    source_key: str
    institution_name: str
    county_name: str
    dataset: str
    dataset_name: str
    number: str
    resident_id: str
    arrived_date: date | None
    quality_date: date
    score: float
    grade: str
    status: str
    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        """As ``kanghu quality except grant`` takes it."""
        return f"{self.institution}/{self.feed}/{self.source_key}"


@dataclass(frozen=True)
class Found:
    """``missing``: asked numbers of which the lake holds no record."""

    records: tuple[FoundRecord, ...]
    missing: tuple[str, ...]


def find(settings: Settings, question: Question, today: date) -> Found:
    """Answer ``question``. Raises ``KanghuError`` for a filter that cannot be."""
    catalogue = load_catalogue()
    _check(question, catalogue)
    with open_quality(settings, today) as connection:
        _choose(connection, Lake(settings.lake), catalogue, question)
        records = _records(connection, catalogue, question)
        held = {
            text
            for row in connection.execute(
                "select number, source_key, record_no from chosen"
            ).fetchall()
            for text in row
        }
        return Found(records, tuple(one for one in question.numbers if one not in held))


def disclose(settings: Settings, question: Question, *, who: str, why: str, records: int) -> None:
    """Keep that somebody looks at direct identifiers; before anything is shown."""
    if not who.strip() or not why.strip():
        raise KanghuError(
            what="要看直接标识,但没有写谁、为什么",
            where="--who, --why",
            rule="--identified",
            mend="写上查看人和理由(会留存),或去掉 --identified",
        )
    with connect(settings) as connection:
        connection.execute(
            "insert into kanghu.quality_disclosure (who, why, asked, records) "
            "values (%s, %s, %s, %s)",
            (who, why, question.told(), records),
        )


def _check(question: Question, catalogue: Catalogue) -> None:
    if question.dataset and question.dataset not in catalogue.datasets:
        raise KanghuError(
            what=f"目录里没有数据集 {question.dataset!r}",
            where="--dataset",
            mend="全部数据集见 kanghu dictionary",
        )
    if question.status and question.status not in STATUSES:
        raise KanghuError(
            what=f"没有状态 {question.status!r}",
            where="--status",
            mend=f"可用:{'、'.join(STATUSES)}",
        )
    if question.status == "正常" and not question.names_records:
        raise KanghuError(
            what="正常的记录太多,不能整个列出",
            where="--status",
            mend="给记录号、居民编号或一个文件;各机构的正常记录数见 kanghu quality scores",
        )


def _choose(
    connection: duckdb.DuckDBPyConnection, lake: Lake, catalogue: Catalogue, question: Question
) -> None:
    """Table ``chosen``: institution, feed, dataset, source_key, number, record_no, resident_id,
    is_quarantined, batch_id."""
    datasets = [one for one in catalogue.datasets.values() if question.dataset in (None, one.name)]
    asked: dict[str, Any] = {
        "numbers": list(question.numbers),
        "residents": _residents(connection, lake, question),
    }
    parts = [_NOTHING]
    if question.names_records:
        for one in datasets:
            parts += _by_name(lake, one)
    else:
        parts.append(_FAILING)
        asked = {"dataset": question.dataset}
    union = " union all ".join(parts)
    connection.execute(
        f"""
        create table chosen as
        select institution, feed, dataset, source_key, max(number) as number,
               max(record_no) as record_no, max(resident_id) as resident_id,
               bool_or(is_quarantined) as is_quarantined, max(batch_id) as batch_id
        from ({union}) as row group by institution, feed, dataset, source_key
        """,
        asked if len(parts) > 1 else None,
    )


def _by_name(lake: Lake, dataset: Dataset) -> list[str]:
    """Rows of a dataset's silver and quarantine that the question names."""
    parts = []
    names = {column.name for column in dataset.columns}
    number = " || '|' || ".join(f"cast({name} as varchar)" for name in dataset.key)
    record = "cast(record_no as varchar)" if "record_no" in names else "null"
    resident = "resident_id" if dataset.person else "null"
    path = lake.silver(dataset.name)
    if lake.exists(path):
        parts.append(
            f"""
            select _institution, _feed, '{dataset.name}', _source_key, {number}, {record},
                   {resident}, false, _batch_id
            from delta_scan('{path}')
            where list_contains($numbers, _source_key) or list_contains($numbers, {number})
               or coalesce(list_contains($numbers, {record}), false)
               or coalesce(list_contains($residents, {resident}), false)
            """
        )
    path = lake.quarantine(dataset.name)
    if lake.exists(path):
        parts.append(
            f"""
            select _institution, _feed, '{dataset.name}', _source_key, _key, null, null, true,
                   _batch_id
            from delta_scan('{path}')
            where list_contains($numbers, _source_key) or list_contains($numbers, _key)
            """
        )
    return parts


def _residents(connection: duckdb.DuckDBPyConnection, lake: Lake, question: Question) -> list[str]:
    found = [question.resident] if question.resident else []
    path = lake.identity("resident")
    if question.id_number and lake.exists(path):
        rows = connection.execute(
            f"select resident_id from delta_scan('{path}') where upper(id_no) = upper($number)",
            {"number": question.id_number.strip()},
        ).fetchall()
        found += [one for (one,) in rows]
    return found


def _records(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, question: Question
) -> tuple[FoundRecord, ...]:
    connection.execute(
        _ANSWER,
        {
            name: getattr(question, name)
            for name in (
                *("county", "institution", "grade", "status", "dimension", "rule"),
                *("since", "until", "limit"),
            )
        },
    )
    found = connection.execute("select * exclude (nth) from answer order by nth")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    faults: dict[tuple[str, ...], list[Fault]] = {}
    for row in connection.execute(_FAULTS).fetchall():
        faults.setdefault(row[: len(_KEY)], []).append(Fault(*row[len(_KEY) :]))
    return tuple(
        FoundRecord(
            **row,
            dataset_name=catalogue.datasets[row["dataset"]].name_zh,
            faults=tuple(faults.get(tuple(row[name] for name in _KEY), ())),
        )
        for row in rows
    )


_KEY = ("institution", "feed", "dataset", "source_key")
_NOTHING = """
    select null::varchar as institution, null::varchar as feed, null::varchar as dataset,
           null::varchar as source_key, null::varchar as number, null::varchar as record_no,
           null::varchar as resident_id, false as is_quarantined, null::varchar as batch_id
    where false
"""
_FAILING = """
    select institution_code, feed, dataset, source_key, null, null, null, is_quarantined, null
    from marts.fct_quality_record where $dataset is null or dataset = $dataset
"""
_ANSWER = """
    create table answer as
    with day as (select max(quality_date) as quality_date from marts.rpt_quality),
    top as (select grade from marts.dim_quality_grade order by lowest_score desc limit 1),
    valued as (
        select c.institution, c.feed, c.dataset, c.source_key,
               coalesce(o.name, c.institution) as institution_name,
               coalesce(o.county_name, '') as county_name, coalesce(c.number, '') as number,
               coalesce(c.resident_id, '') as resident_id,
               coalesce(r.arrived_date, cast(timezone('Asia/Shanghai', timezone('UTC', try_strptime(
                   substr(c.batch_id, 2, 14), '%Y%m%d%H%M%S'))) as date)) as arrived_date,
               day.quality_date, cast(coalesce(r.score, 100) as double) as score,
               coalesce(r.grade, top.grade) as grade,
               coalesce(r.status, case when c.is_quarantined then '隔离' else '正常' end) as status
        from chosen as c cross join day cross join top
        left join marts.fct_quality_record as r
          on r.institution_code = c.institution and r.feed = c.feed
         and r.dataset = c.dataset and r.source_key = c.source_key
        left join marts.dim_institution as o on o.organisation_code = c.institution
        where ($county is null or o.county_code = $county or o.county_name = $county)
          and ($institution is null or c.institution = $institution or o.name = $institution)
    )
    select *, row_number() over (order by score, institution, dataset, source_key) as nth
    from valued
    where ($grade is null or grade = $grade)
      and ($status is null or status = $status)
      and ($since is null or arrived_date >= $since)
      and ($until is null or arrived_date <= $until)
      and (($dimension is null and $rule is null) or exists (
          select 1 from finding as f
          where f.institution = valued.institution and f.feed = valued.feed
            and f.dataset = valued.dataset and f.source_key = valued.source_key
            and ($dimension is null or f.dimension = $dimension)
            and ($rule is null or f.rule = $rule)))
    order by nth limit $limit
"""
_FAULTS = """
    select f.institution, f.feed, f.dataset, f.source_key, f.rule, f."column",
           coalesce(c.name_zh, '整行'), f.dimension, f.severity, f.value, f.message, f.mend,
           f.exempt_until
    from finding as f
    join answer as a
      on a.institution = f.institution and a.feed = f.feed
     and a.dataset = f.dataset and a.source_key = f.source_key
    left join column_name as c on c.dataset = f.dataset and c.name = f."column"
    order by f.severity, f.rule
"""


def each(found: Sequence[FoundRecord]) -> Iterator[tuple[FoundRecord, Fault | None]]:
    """A record with each of its faults, or with None where it has none."""
    for one in found:
        for fault in one.faults or (None,):
            yield one, fault
