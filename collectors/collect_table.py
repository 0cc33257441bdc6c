"""One bronze table of one batch: its feeds read, settled, announced, committed and logged."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import duckdb
from deltalake.exceptions import DeltaError

from collectors import bronze, watermark
from collectors.bronze import LandedFile
from collectors.columns import check_columns, family, own_name
from collectors.readers import Delivery, Load, Reader, Readers, Request
from collectors.registry import Feed
from collectors.settle import settle
from collectors.spool import Arrival, Spool
from kanghu import batch_log
from kanghu.batch_log import FeedOutcome, FeedState
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings

_BRAKE_ROWS = 20
_BRAKE_SHARE = 0.5
_FAULTS_TOLD = 5

_States = Mapping[tuple[str, str], FeedState]


@dataclass
class _Reading:
    """A feed while it is collected."""

    feed: Feed
    state: FeedState | None
    outcome: FeedOutcome
    since: str | None
    first: bool
    """The lake does not hold this institution's table yet."""
    fingerprint: str | None = None
    held_rows: int = 0
    faults: Sequence[KanghuError] = ()
    """Files that could not be read, while the feed's others could."""

    @property
    def whole(self) -> bool:
        """What is delivered is all that the source holds."""
        return self.since is None and not self.faults

    def fail(self, error: Exception) -> None:
        """Keep the first error; nothing of the delivery counts any more."""
        outcome = self.outcome
        if outcome.state == "failed":
            return
        outcome.state, outcome.error = "failed", str(error)
        outcome.delivered = outcome.source_rows = outcome.bronze_rows = 0
        outcome.unchanged_rows = outcome.deleted_rows = 0
        outcome.watermark_to = outcome.watermark_from


def collect_table(
    settings: Settings,
    lake: Lake,
    readers: Readers,
    spool: Spool,
    feeds: Sequence[Feed],
    states: _States,
    *,
    since: str | None,
    full: bool,
) -> tuple[list[FeedOutcome], bool]:
    """Collect ``feeds``, all of one bronze table. Answers what became of each, and whether there
    was a commit (then log and states are written; else the caller writes them)."""
    system, table = feeds[0].system.system, feeds[0].table_name
    path = lake.bronze(system, table)
    spool.begin_table()
    reader = readers.of(feeds[0])
    held = bronze.institutions_in(lake, path)
    readings = {
        feed.institution: _begin(feed, states, feed.institution not in held, since, full)
        for feed in feeds
    }
    files = _read_all(reader, spool, readings)
    try:
        files += _settle(spool, path, reader, readings)
        good = {name for name, one in readings.items() if one.outcome.state == "collected"}
        files = [file for file in files if file.institution in good]
        if files:
            _commit(settings, lake, spool, files, readings)
    except (duckdb.Error, OSError, KanghuError) as error:
        mended = as_person_reads(error, f"{system}.{table}")
        for reading in readings.values():
            reading.fail(mended)
        files = []
    return [one.outcome for one in readings.values()], bool(files)


def _begin(feed: Feed, states: _States, first: bool, since: str | None, full: bool) -> _Reading:
    state = states.get((feed.institution, feed.name))
    known = state.watermark if state is not None and not first else None
    outcome = FeedOutcome(
        institution=feed.institution,
        feed=feed.name,
        system=feed.system.system,
        table_name=feed.table_name,
        mode="full",
        started_at=datetime.now(UTC).isoformat(),
        watermark_from=known,
        watermark_to=known,
        columns=state.columns if state else None,
    )
    reading = _Reading(feed, state, outcome, None, first)
    try:
        if known is not None and not full:
            reading.since = since or watermark.since(feed, known)
            outcome.mode = "incremental"
    except KanghuError as error:
        reading.fail(error)
    return reading


def _read_all(reader: Reader, spool: Spool, readings: Mapping[str, _Reading]) -> list[LandedFile]:
    """Read every feed into the spool; answers the files of institutions new to the lake."""
    files: list[LandedFile] = []
    for first in (True, False):
        requests = [
            Request(one.feed, one.since)
            for one in readings.values()
            if one.first is first and one.outcome.state == "collected" and not _idle(reader, one)
        ]
        loads = list(_loads(reader, requests, readings))
        while loads:
            load = loads.pop(0)
            some = {one.feed.institution: readings[one.feed.institution] for one in load.requests}
            try:
                files += _read(reader, spool, load, some, first)
            except (KanghuError, duckdb.Error, OSError) as error:
                if len(some) > 1:
                    loads = [*_each_alone(reader, load), *loads]
                    continue
                where = f"{load.requests[0].feed.institution} {load.requests[0].feed.name}"
                for reading in some.values():
                    reading.fail(as_person_reads(error, where))
    return files


def _loads(
    reader: Reader, requests: Sequence[Request], readings: Mapping[str, _Reading]
) -> list[Load]:
    """How ``requests`` are read: together only where the same columns were known before, since all
    known columns are hashed, delivered or not."""
    alike: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        known = readings[request.feed.institution].outcome.columns
        alike[json.dumps(known)].append(request)
    loads: list[Load] = []
    for some in alike.values():
        try:
            loads += list(reader.loads(some))
        except KanghuError:
            for request in some:  # one of them cannot even be planned: find out which
                try:
                    loads += list(reader.loads([request]))
                except KanghuError as error:
                    readings[request.feed.institution].fail(error)
    return loads


def _each_alone(reader: Reader, load: Load) -> list[Load]:
    """Several feeds failed together: read each alone, so that only those at fault fail."""
    return [
        Load((request,), partial(reader.read, request.feed, request.since))
        for request in load.requests
    ]


def _idle(reader: Reader, reading: _Reading) -> bool:
    """Whether the feed's files are as they were: then what is known of it stays."""
    try:
        reading.fingerprint = reader.fingerprint(reading.feed)
    except KanghuError as error:
        reading.fail(error)
        return True
    known = (reading.state.seen or {}) if reading.state else {}
    if reading.first or reading.fingerprint is None:
        return False
    if known.get("fingerprint") != reading.fingerprint:
        return False
    reading.outcome.seen = known
    reading.outcome.mode = "idle"
    return True


def _read(
    reader: Reader, spool: Spool, load: Load, readings: Mapping[str, _Reading], first: bool
) -> list[LandedFile]:
    delivery = load.open()
    feed = load.requests[0].feed
    for reading in readings.values():
        check_columns(reading.feed, reading.outcome.columns, delivery.columns, sparse=reader.sparse)
    columns = _all_columns(readings, delivery)
    files: list[LandedFile] = []
    if first:
        arrivals, files = spool.load_first(feed, delivery, columns)
    else:
        seen = {
            name: (one.state.seen or {}).get("rows", {})
            for name, one in readings.items()
            if one.state is not None and not one.whole
        }
        arrivals = spool.load_again(feed, delivery, columns, seen)
    units = delivery.delivered()
    for name, reading in readings.items():
        own = units.get(name) if isinstance(units, Mapping) else units
        reading.faults = delivery.faults.get(name, ())
        _note_arrival(reading, columns, arrivals.get(name, Arrival()), own)
    for file in files:
        readings[file.institution].outcome.bronze_rows += file.rows
    return files


def _all_columns(readings: Mapping[str, _Reading], delivery: Delivery) -> dict[str, str]:
    """What is hashed, with types: a feed's columns only ever grow, so that a row whose source
    dropped or left out an empty column is the row that it was."""
    columns = {column.name: column.type for column in delivery.columns}
    for reading in readings.values():
        for name, kind in reading.outcome.columns or []:
            columns.setdefault(name, kind)
    return columns


def _note_arrival(
    reading: _Reading, columns: Mapping[str, str], arrival: Arrival, units: int | None
) -> None:
    outcome = reading.outcome
    outcome.columns = [[name, kind] for name, kind in columns.items()]
    outcome.source_rows = arrival.rows
    outcome.delivered = arrival.rows if units is None else units
    if reading.faults:  # the watermark stays, so that a file that is mended is read then
        outcome.error = _in_part(reading.faults)
        return
    outcome.watermark_to = _higher(reading, outcome.columns, arrival.watermark)
    if reading.fingerprint is not None:
        outcome.seen = {"fingerprint": reading.fingerprint}
    elif arrival.seen is not None:
        outcome.seen = {"rows": arrival.seen}


def _in_part(faults: Sequence[KanghuError]) -> str:
    told = "".join(f"\n{fault}" for fault in faults[:_FAULTS_TOLD])
    more = f"\n……另有 {len(faults) - _FAULTS_TOLD} 处" if len(faults) > _FAULTS_TOLD else ""
    return (
        f"部分失败:有 {len(faults)} 处读不出来,没有收;其余的已收。改好文件后重新运行就会补收,"
        f"不会缺也不会重{told}{more}"
    )


def _higher(reading: _Reading, columns: list[list[str]], arrived: str | None) -> str | None:
    """The later of the known and the arrived watermark."""
    known = reading.outcome.watermark_from
    if known is None or arrived is None:
        return arrived or known
    declared = reading.feed.table.watermark
    kinds = {name: family(kind) for name, kind in columns}
    name = own_name(reading.feed, declared.column) if declared else ""
    if kinds.get(name) in ("integer", "decimal"):
        return max(known, arrived, key=float)
    return max(known, arrived)


def _settle(
    spool: Spool, path: str, reader: Reader, readings: Mapping[str, _Reading]
) -> list[LandedFile]:
    """What is new of the feeds that the lake holds already."""
    again = {
        name: one
        for name, one in readings.items()
        if not one.first and one.outcome.state == "collected" and one.outcome.mode != "idle"
    }
    if not again:
        return []
    whole = {
        name: one.feed.name
        for name, one in again.items()
        if one.whole and reader.shows_all(one.feed)
    }
    partial = {name: one.feed.name for name, one in again.items() if name not in whole}
    changes = settle(spool, path, whole, partial)
    for name, reading in again.items():
        outcome, settled = reading.outcome, changes.settled[name]
        outcome.bronze_rows = settled.new_rows
        outcome.deleted_rows = settled.deleted_rows
        outcome.unchanged_rows = outcome.source_rows - settled.new_rows
        reading.held_rows = settled.held_rows
        _brake(reading)
    return changes.files


def _brake(reading: _Reading) -> None:
    """A delivery that lacks most of what the lake holds is more likely torn than true."""
    settled, table = reading.outcome.deleted_rows, reading.feed.table
    held = reading.held_rows
    share = float(table.options.get("max_deleted_share", _BRAKE_SHARE))
    if settled > _BRAKE_ROWS and settled > share * held:
        reading.fail(
            KanghuError(
                what=f"这次送达比湖中少了 {settled:,} 行(湖中 {held:,} 行),像是没有送完整",
                where=f"{reading.feed.institution} {reading.feed.name}",
                rule="options.max_deleted_share",
                mend="核对来源;确实删了这么多时,把系统文件此表的 options.max_deleted_share 设为 1",
            )
        )


def _commit(
    settings: Settings,
    lake: Lake,
    spool: Spool,
    files: Sequence[LandedFile],
    readings: Mapping[str, _Reading],
) -> None:
    """Announce, commit, log. A commit that failed is forgotten unless the lake has it after all."""
    feed = next(iter(readings.values())).feed
    system, table = feed.system.system, feed.table_name
    path = lake.bronze(system, table)
    outcomes = [one.outcome for one in readings.values()]
    batch_log.announce_landing(settings, spool.batch_id, system, table, outcomes)
    try:
        bronze.commit(lake, path, spool.columns, files, spool.batch_id)
    except (DeltaError, OSError) as error:
        if not bronze.carries(lake, path, spool.batch_id):
            batch_log.forget_landing(settings, spool.batch_id, system, table)
            raise as_person_reads(error, f"{system}.{table}") from error
    batch_log.finish_landing(settings, spool.batch_id, system, table)


def as_person_reads(error: Exception, where: str) -> KanghuError:
    """An error of the machinery as a person reads it."""
    if isinstance(error, KanghuError):
        return error
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    full = ("No space left", "File too large", "Disk quota")
    if any(words in str(error) for words in full):
        return KanghuError(
            what=f"磁盘满了,或到了文件大小的上限:{text}",
            where=where,
            rule="KANGHU_HOME, KANGHU_LAKE",
            mend="腾出空间后重新运行;这次没有写进湖里,水位没有动,不会缺也不会重",
        )
    return KanghuError(
        what=f"写入青铜层失败:{text}",
        where=where,
        mend="按上面的原因处理后重新运行;这次没有写进湖里,水位没有动",
    )
