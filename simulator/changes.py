"""A later delivery: what has changed in the institutions' systems since the city was made.

New visits (some of them entered late, some in the same second as the last known change), people
registered at another institution, records corrected in place, rows deleted and rows voided, and
errors mended. The same systems and the same truth are changed; ``truth/changes.parquet`` says
which row had what done to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from simulator.city import CityChunk, make_chunk, make_city
from simulator.events import OPERATION, Chunk
from simulator.scene import City
from simulator.simulate import Arguments, read_arguments, write_sources
from simulator.systems import open_writers
from simulator.truth import rewrite_truth

CHANGING = ("jiwei_phis", "qingyun_his", "fuyou_his", "yilian_clinic", "baixing_files")
"""Systems in which rows change in place. (Messages and documents only ever follow one another.)"""

_VISIT = (
    "outpatient_encounter",
    "diagnosis",
    "prescription",
    "prescription_item",
    "charge_detail",
    "settlement",
)
_OWN_NUMBERS = {
    "outpatient_encounter": ("encounter_no",),
    "diagnosis": ("diagnosis_no", "encounter_no"),
    "prescription": ("prescription_no", "encounter_no"),
    "prescription_item": ("prescription_item_no", "prescription_no"),
    "charge_detail": ("charge_no", "encounter_no", "settlement_no"),
    "settlement": ("settlement_no", "encounter_no"),
}
_INSTANTS = {
    "outpatient_encounter": ("visited_at",),
    "diagnosis": ("diagnosed_at",),
    "prescription": ("prescribed_at",),
    "prescription_item": ("prescribed_at",),
    "charge_detail": ("charged_at",),
    "settlement": ("settled_at",),
}
_STANDING_ALONE = ("settlement", "charge_detail", "health_checkup")
"""Datasets on whose rows nothing hangs, or little that is looked for."""


@dataclass(frozen=True)
class ChangeSummary:
    """How many canonical rows had what done to them."""

    inserted: int
    updated: int
    deleted: int
    voided: int


def simulate_changes(
    out: Path, postgres: str | None = None, turn: int = 1, share: float = 0.01, days: int = 30
) -> ChangeSummary:
    """Change about ``share`` of the visits, records and bills of the city in ``out``.

    ``turn``: 1 for the first later delivery, 2 for the next, up to 9; the same turn makes the same
    changes, which lie within ``days`` after the city's last day.
    """
    arguments = read_arguments(out)
    city = make_city(
        arguments.seed,
        arguments.residents,
        arguments.as_of,
        arguments.months,
        arguments.institutions,
    )
    writers = open_writers(city.assignments, out, postgres, keep=True)
    counts = {"insert": 0, "update": 0, "delete": 0, "void": 0}
    for number in range(len(city.plan.chunks)):
        tables = make_changes(city, arguments, number, turn, share, days)
        delivered = writers.change(Chunk(number, tables))
        for table in tables.values():
            for operation in table[OPERATION].to_pylist():
                counts[operation] += 1
        rewrite_truth(out / "truth", tables, delivered)
    write_sources(out, writers.close())
    return ChangeSummary(counts["insert"], counts["update"], counts["delete"], counts["void"])


def make_changes(
    city: City, arguments: Arguments, number: int, turn: int, share: float, days: int
) -> dict[str, pa.Table]:
    """The changed rows of a chunk by dataset, with ``_operation``.

    Made from the chunk as it was delivered; rows with a planted error are left alone but for those
    that are mended.
    """
    chunk = make_chunk(city, number, arguments.error_rate)
    changes = _Changes(city, chunk, turn, share, days)
    changes.new_visits()
    changes.corrected_records()
    changes.removed()
    changes.registered_elsewhere()
    if arguments.error_rate > 0:
        changes.mended(make_chunk(city, number, 0.0))
    return changes.tables()


class _Changes:
    """One chunk's changes, in DuckDB over its canonical tables."""

    def __init__(self, city: City, chunk: CityChunk, turn: int, share: float, days: int) -> None:
        self.city, self.chunk, self.turn, self.days = city, chunk, turn, days
        self.many = f"greatest(2, cast({share} * count(*) over (partition by _system) as int))"
        self.db = duckdb.connect()
        self.db.execute(f"create macro shuffled(id) as md5(id || '{turn}')")
        self.db.execute(f"create macro again(no) as '{turn}' || substr(no, 2)")
        self.db.execute("set TimeZone = 'Asia/Shanghai'")
        for name, table in chunk.tables.items():
            self.db.register(name, table)
        self.db.register("errors", chunk.errors)
        self.db.register("persons", chunk.persons)
        self.db.execute(
            "create macro changing(system) as system in "
            f"({', '.join(repr(system) for system in CHANGING)})"
        )
        self._parts: dict[str, list[pa.Table]] = {}
        self.last = f"timestamp '{np.datetime64(city.end, 'D')} 00:00:00'"

    def tables(self) -> dict[str, pa.Table]:
        return {
            name: pa.concat_tables(parts)
            for name, parts in sorted(self._parts.items())
            if sum(part.num_rows for part in parts)
        }

    def _add(self, dataset: str, operation: str, query: str) -> None:
        if dataset not in self.chunk.tables:
            return
        found = self.db.sql(query).to_arrow_table()
        schema = self.chunk.tables[dataset].schema
        found = found.select(schema.names).cast(schema)
        self._parts.setdefault(dataset, []).append(
            found.append_column(OPERATION, pa.repeat(pa.scalar(operation), found.num_rows))
        )

    def _clean(self, dataset: str, alias: str = "one") -> str:
        return (
            f"changing({alias}._system) and {alias}._event_id not in "
            f"(select event_id from errors where dataset = '{dataset}')"
        )

    def new_visits(self) -> None:
        """Visits like earlier ones of people still alive, days later; every fifth of them lies
        before the city's last day and was only entered late."""
        self.db.execute(
            f"""
            create table visits as
            select _institution, encounter_no,
                {self._moved_by()} as later,
                place % 4 = 1 as ties
            from (
                select one.*, row_number() over (
                    partition by _system order by shuffled(_event_id)) as place,
                    {self.many} as many
                from outpatient_encounter one
                where {self._clean("outpatient_encounter")} and _person_id in (
                    select person_id from persons where death is null)
            ) where place <= many
            """
        )
        clean_prescription = self._clean("prescription", "prescription")
        for dataset in _VISIT:
            by = (
                "join visits using (_institution, encounter_no)"
                if dataset != "prescription_item"
                else "join (select _institution, prescription_no, later, ties from prescription "
                f"join visits using (_institution, encounter_no) where {clean_prescription}) "
                "using (_institution, prescription_no)"
            )
            moved = [f"again({column}) as {column}" for column in _OWN_NUMBERS[dataset]] + [
                f"strftime({column}::timestamp + to_days(later), '%Y-%m-%dT%H:%M:%S') as {column}"
                for column in _INSTANTS[dataset]
            ]
            self._add(
                dataset,
                "insert",
                f"""
                select one.* replace (
                    '{dataset}-{self.turn}' || substr(_event_id, {len(dataset) + 3}) as _event_id,
                    {self._written("ties")} as _changed_at, {", ".join(moved)})
                from {dataset} one {by} where {self._clean(dataset)}
                """,
            )

    def _moved_by(self) -> str:
        """Days by which a copied visit lies later: into the coming days, or near the last day."""
        ahead = f"date_diff('day', visited_at::date, {self.last}::date)"
        return (
            f"case when place % 5 = 0 then greatest(1, {ahead} - 20) "
            f"else {ahead} + place % {self.days} end"
        )

    def _written(self, ties: str = "false") -> str:
        """When the system wrote the row: after everything known, or in the last known second."""
        at = f"{self.last} + to_days({self.turn * self.days}) + to_seconds(37)"
        return (
            f"strftime(case when {ties} then {self.last} - to_seconds(1) else {at} end, "
            "'%Y-%m-%dT%H:%M:%S')"
        )

    def _some(self, dataset: str, where: str) -> str:
        return f"""
            select * exclude (place, many) from (
                select one.*, row_number() over (
                    partition by _system order by shuffled(_event_id)) as place,
                    {self.many} as many
                from {dataset} one where {self._clean(dataset)} and {where}
            ) where place <= many
        """

    def corrected_records(self) -> None:
        """A new phone number in the resident's record, a completed physical examination (not where
        visit and diagnosis are one row of the vendor's)."""
        digits = "('0x' || substr(shuffled(_event_id), 1, 8))::bigint % 1000000000"
        phone = f"'13' || lpad(({digits})::varchar, 9, '0')"
        not_in_one_row = (
            "one._system <> 'baixing_files' "
            "and encounter_no not in (select encounter_no from visits)"
        )
        self._add(
            "resident_record",
            "update",
            f"""
            select * replace ({phone} as phone_no, {self._written()} as updated_at,
                {self._written()} as _changed_at)
            from ({self._some("resident_record", "death_date is null")})
            """,
        )
        self.db.execute(
            f"create table corrected as {self._some('outpatient_encounter', not_in_one_row)}"
        )
        self._add(
            "outpatient_encounter",
            "update",
            f"select * replace ('补记:查体无殊' as physical_examination, {self._written()} "
            "as _changed_at) from corrected",
        )

    def removed(self) -> None:
        """Bills and check-ups deleted; visits that came to nothing voided."""
        for dataset in ("settlement", "health_checkup"):
            if dataset in self.chunk.tables:
                self._add(
                    dataset,
                    "delete",
                    f"select * replace ({self._written()} as _changed_at) "
                    f"from ({self._some(dataset, self._not_copied(dataset))})",
                )
        childless = " and ".join(
            f"encounter_no not in (select encounter_no from {child} where encounter_no is not null)"
            for child in ("diagnosis", "prescription", "charge_detail", "settlement")
            if child in self.chunk.tables
        )
        self._add(
            "outpatient_encounter",
            "void",
            f"""
            select * replace ({self._written()} as _changed_at)
            from ({self._some("outpatient_encounter", childless)})
            where _system <> 'baixing_files'
                and _event_id not in (select _event_id from corrected)
            """,
        )

    def _not_copied(self, dataset: str) -> str:
        number = "settlement_no" if dataset == "settlement" else "checkup_no"
        once = f"(_institution, {number}) not in (select _institution, {number} from {dataset} "
        once += "join errors on _event_id = event_id and kind = 'duplicate_key')"
        if dataset != "settlement":
            # Nor what an assessment names, nor the first of two in a year: it makes the second one.
            named = " and ".join(
                f"checkup_no not in (select checkup_no from {child} where checkup_no is not null)"
                for child in ("elder_self_care", "elder_depression")
                if child in self.chunk.tables
            )
            second = "(_institution, record_no) not in (select _institution, record_no "
            second += "from health_checkup join errors on _event_id = event_id "
            second += "where kind = 'checkup_twice_a_year' and record_no is not null)"
            return " and ".join(part for part in (once, second, named) if part)
        return f"encounter_no is not null and settlement_kind_code = '1' and {once}"

    def registered_elsewhere(self) -> None:
        """People known to one institution come to another one for the first time."""
        places = [
            (number, one.institution, one.systems[0])
            for number, one in enumerate(self.city.assignments)
            if one.tier == "3" and one.systems[0] in CHANGING
        ]
        self.db.register(
            "places",
            pa.table(
                {
                    "institution": [place[1] for place in places],
                    "system": [place[2] for place in places],
                    "factor": [1_000_003 * (place[0] + 11) % 99_999_989 for place in places],
                    "place": list(range(len(places))),
                }
            ),
        )
        self._add(
            "patient",
            "insert",
            f"""
            select one.* replace (
                institution as _institution, system as _system,
                'patient-{self.turn}' || substr(_event_id, 10) as _event_id,
                lpad((substr(_person_id, 2)::bigint * factor % 99999989)::varchar, 10, '0')
                    as patient_no,
                {self._written()} as registered_at, {self._written()} as _changed_at)
            from ({self._some("patient", "death_date is null")}) one
            join places on places.place = ('0x' || substr(shuffled(one._event_id), 9, 6))::bigint
                % {len(places)}
            anti join patient as known on known._person_id = one._person_id
                and known._institution = places.institution
            qualify row_number() over (partition by one._person_id order by one._event_id) = 1
            """,
        )

    def mended(self, right: CityChunk) -> None:
        """Some rows with a planted error are corrected by their owners."""
        for dataset in _STANDING_ALONE:
            if dataset not in right.tables:
                continue
            self.db.register("meant", right.tables[dataset])
            self._add(
                dataset,
                "update",
                f"""
                select meant.* replace ({self._written()} as _changed_at)
                from meant semi join (
                    select event_id as _event_id from errors
                    where dataset = '{dataset}' and kind in (
                        'missing_required', 'missing_mandatory', 'unknown_code', 'no_number',
                        'impossible_date', 'future_date', 'out_of_range', 'amount_contradiction',
                        'too_long')
                ) using (_event_id)
                where changing(_system) and shuffled(_event_id) < '6'
                """,
            )
