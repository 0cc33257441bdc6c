"""Collect: from institutions' own systems to bronze, as delivered, each row once (law 3).

All feeds of one bronze table are read together and written in one commit. A feed that cannot be
read does not stop the others: its error is kept, and what it had delivered is not written. Order of
things for a table: read, settle against the lake, announce in the store, commit to the lake, then
log and watermarks. A run killed at any instant is resumed by its batch: tables that carry the batch
are kept (and their log finished), the others are collected again from the old watermarks.

The caller holds the lease on bronze (pipeline/run.py): one writer at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collectors import bronze
from collectors.collect_table import collect_table
from collectors.readers import Readers
from collectors.registry import Feed, Registry
from collectors.spool import Spool
from kanghu import batch_log
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings


@dataclass
class CollectResult:
    """What one batch collected. ``failed``: feeds that could not be read, with their error."""

    batch_id: str
    feeds: int = 0
    source_rows: int = 0
    bronze_rows: int = 0
    unchanged_rows: int = 0
    deleted_rows: int = 0
    failed: list[tuple[Feed, str]] = field(default_factory=list)

    def __add__(self, other: CollectResult) -> CollectResult:
        """Both together, under the id of the later batch."""
        return CollectResult(
            other.batch_id,
            self.feeds + other.feeds,
            self.source_rows + other.source_rows,
            self.bronze_rows + other.bronze_rows,
            self.unchanged_rows + other.unchanged_rows,
            self.deleted_rows + other.deleted_rows,
            [*self.failed, *other.failed],
        )


def collect(
    settings: Settings,
    registry: Registry,
    feeds: Sequence[Feed],
    *,
    batch_id: str | None = None,
    since: str | None = None,
    full: bool = False,
    note: Callable[[str], None] | None = None,
) -> CollectResult:
    """Bring everything new of ``feeds`` into bronze as one batch.

    ``batch_id`` resumes a batch; ``since`` reads incremental feeds again from that watermark;
    ``full`` reads all rows of all feeds, so that deletions show. ``note`` gets a line of progress
    for each table. Raises ``KanghuError`` only where nothing can go on (the store, a registry in
    which two sources are one feed); an error of one feed is in the result.
    """
    check_names(registry)
    batch = batch_id or batch_log.open_batch(settings)
    lake = Lake(settings.lake)
    _finish_announced(settings, lake, batch)
    done = batch_log.collected_feeds(settings, batch) if batch_id else set()
    states = batch_log.feed_states(settings)
    tables: dict[tuple[str, str], list[Feed]] = defaultdict(list)
    for feed in feeds:
        if (feed.institution, feed.name) not in done:
            tables[feed.system.system, feed.table_name].append(feed)
    result = CollectResult(batch)
    readers = Readers()
    spool = Spool(settings.home / "landing" / batch, batch)
    quiet: list[batch_log.FeedOutcome] = []
    try:
        for number, ((system, table), some) in enumerate(tables.items(), 1):
            if note is not None:
                note(f"{system}.{table}:{len(some)} 个数据源({number}/{len(tables)})")
            outcomes, committed = collect_table(
                settings, lake, readers, spool, some, states, since=since, full=full
            )
            if not committed:
                quiet += outcomes
            _add(result, some, outcomes)
    finally:
        readers.close()
        spool.close()
    batch_log.log_outcomes(settings, batch, quiet)
    wrote = batch_log.wrote_something(settings, batch)
    batch_log.advance(settings, [batch], "collected" if wrote else "done")
    return result


def _finish_announced(settings: Settings, lake: Lake, batch: str) -> None:
    """Bring the log of commits that a killed run announced to where the lake is."""
    for system, table in batch_log.announced_landings(settings, batch):
        if bronze.carries(lake, lake.bronze(system, table), batch):
            batch_log.finish_landing(settings, batch, system, table)
        else:
            batch_log.forget_landing(settings, batch, system, table)


def _add(
    result: CollectResult, feeds: Sequence[Feed], outcomes: Sequence[batch_log.FeedOutcome]
) -> None:
    by_institution = {feed.institution: feed for feed in feeds}
    result.feeds += len(outcomes)
    for outcome in outcomes:
        result.source_rows += outcome.source_rows
        result.bronze_rows += outcome.bronze_rows
        result.unchanged_rows += outcome.unchanged_rows
        result.deleted_rows += outcome.deleted_rows
        if outcome.error is not None:
            result.failed.append((by_institution[outcome.institution], outcome.error))


def check_names(registry: Registry) -> None:
    """A feed's rows are known by institution and system: one source for each such pair."""
    known: dict[tuple[str, str], str] = {}
    for source in registry.sources.values():
        place = (source.institution, source.system)
        if place in known:
            raise KanghuError(
                what=f"来源 {known[place]} 和 {source.source} 是同一机构的同一系统",
                where=f"sources/{source.source}.yml",
                rule="institution, system",
                mend="一家机构的一个系统只写一个来源;确有两套时,另写一个系统文件",
            )
        known[place] = source.source
