"""What the platform concluded, held against the truth of a simulated city.

Only a simulated city knows who is who and which row has which error, so this is run by the demo,
the tests and the benchmarks, never in production.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """One comparison with the truth: counts of right, missed and false conclusions."""

    name: str
    right: int
    missed: int
    false: int
    note: str

    @property
    def precision(self) -> float:
        said = self.right + self.false
        return self.right / said if said else 1.0

    @property
    def recall(self) -> float:
        due = self.right + self.missed
        return self.right / due if due else 1.0

    @property
    def precision_text(self) -> str:
        return f"{self.precision:.5f}"

    @property
    def recall_text(self) -> str:
        return f"{self.recall:.5f}"


def verify_against_truth(settings: Settings, truth: Path) -> list[Verdict]:
    """Planted errors against findings, and persons against residents (pairwise)."""
    return [verify_findings(settings, truth), verify_identity(settings, truth)]


def verify_findings(settings: Settings, truth: Path) -> Verdict:
    """Each planted error that breaks a stated rule must be found at its record, field and rule;
    no finding may stand on a record that the truth calls clean."""
    with connect_duckdb() as connection:
        connection.execute(
            f"create view findings as select * from delta_scan('{Lake(settings.lake).findings}')"
        )
        _truth_views(connection, truth, ("errors", "source_rows"))
        right, missed = connection.execute(
            """
            select count(*) filter (where found), count(*) filter (where not found)
            from (
                select exists (
                    select 1 from findings as f
                    where f.institution = e.institution and f.feed = e.feed
                      and f.dataset = e.dataset and f.source_key = e.source_key
                      and f."column" is not distinct from e."column" and f.rule = e.rule
                ) as found
                from errors as e
                where e.rule is not null and e.rule <> ''
            )
            """
        ).fetchone() or (0, 0)
        (false,) = connection.execute(
            """
            select count(*) from findings as f
            join source_rows as s using (institution, feed, dataset, source_key)
            where s.clean
            """
        ).fetchone() or (0,)
        (kinds,) = connection.execute("select count(distinct kind) from errors").fetchone() or (0,)
    note = f"{kinds} 种埋下的错误,{right + missed:,} 处违反规则;干净记录上误报 {false:,} 条"
    return Verdict("埋下的错误", right, missed, false, note)


def verify_identity(settings: Settings, truth: Path) -> Verdict:
    """Pairs of person records that are one person, against pairs that share a resident."""
    link = Lake(settings.lake).identity("person_link")
    with connect_duckdb() as connection:
        _truth_views(connection, truth, ("source_rows",))
        counted = connection.execute(
            f"""
            with linked as (
                select distinct _institution, _feed, _source_key, dataset, resident_id
                from delta_scan('{link}')
            ),
            record as (
                select s.person_id, l.resident_id
                from source_rows as s
                join linked as l
                  on l._institution = s.institution and l._feed = s.feed
                 and l._source_key = s.source_key and l.dataset = s.dataset
                where s.person_id is not null
            ),
            both_same as (select count(*) as n from record group by person_id, resident_id),
            same_person as (select count(*) as n from record group by person_id),
            same_resident as (select count(*) as n from record group by resident_id)
            select
                (select sum(n * (n - 1) // 2) from both_same),
                (select sum(n * (n - 1) // 2) from same_person),
                (select sum(n * (n - 1) // 2) from same_resident),
                (select count(*) from record),
                (select count(distinct person_id) from record),
                (select count(distinct resident_id) from record)
            """
        ).fetchone()
    assert counted is not None
    right, due, said, records, people, residents = (int(value or 0) for value in counted)
    note = f"{records:,} 条人员记录,真有 {people:,} 人,归为 {residents:,} 位居民(按对计)"
    return Verdict("谁是谁", right, due - right, said - right, note)


def _truth_views(
    connection: duckdb.DuckDBPyConnection, truth: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        connection.execute(
            f"create view {name} as select * from read_parquet('{truth / name}.parquet')"
        )
