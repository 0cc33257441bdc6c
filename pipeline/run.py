"""One run of the line: collect, normalise, identify, across rules, build.

Every step is idempotent by its batches, so a run that was killed at any instant is simply run
again: batches that an earlier run left unfinished are carried to their end first (law 3), and so is
what is due to be carried again (``spark_jobs/replay_due.py``). An error of the machine stops the
run; it is kept, so that ``kanghu status`` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import psycopg

from collectors.collect import CollectResult, collect
from collectors.compare import ComparisonResult, compare
from collectors.registry import Feed, Refused, Registry
from kanghu import batch_log
from kanghu.errors import KanghuError
from kanghu.lease import lease
from kanghu.settings import Settings
from pipeline.build import STEP, BuildResult, build
from pipeline.quality_inputs import are_changed, quality_today
from pipeline.steps import Unwatched, Watcher
from spark_jobs.across import evaluate_across
from spark_jobs.claims import takers_of
from spark_jobs.conservation import FeedCount, Uncounted
from spark_jobs.dataset_work import FailedTable
from spark_jobs.identity import IdentifyResult, decision_store, identify
from spark_jobs.machine_errors import told
from spark_jobs.normalise import NormaliseResult, normalise, uncounted_in
from spark_jobs.replay import replay as replay_current
from spark_jobs.replay_due import Due, all_due, put_down, strike_out
from spark_jobs.restamp import restamp
from spark_jobs.versions import Evolution, evolve, rebuilt
from standards.catalogue import load_catalogue

BRONZE = "lake/bronze"
SILVER = "lake/silver"
"""What a lease is taken on: one writer at a time to what was delivered, and to what follows."""


@dataclass
class RunResult:
    """What a run did. ``failed``: feeds that could not be read, with their error; ``refused``:
    files of the registry that could not be taken, where the run was to take all."""

    batches: list[str] = field(default_factory=list)
    collected: CollectResult | None = None
    comparisons: list[ComparisonResult] = field(default_factory=list)
    normalised: list[NormaliseResult] = field(default_factory=list)
    evolved: Evolution | None = None
    identified: IdentifyResult | None = None
    built: BuildResult | None = None
    refused: tuple[Refused, ...] = ()
    uncounted: list[Uncounted] = field(default_factory=list)

    @property
    def failed(self) -> list[tuple[Feed, str]]:
        return self.collected.failed if self.collected else []

    @property
    def unbalanced(self) -> list[FeedCount]:
        """Feeds for which law 2 does not hold: a fault of ours, never of the data."""
        return [count for one in self.normalised for count in one.differences]

    @property
    def uncarried(self) -> list[FailedTable]:
        """Bronze tables whose mapping failed; they are due again in the next run."""
        failed = [table for one in self.normalised for table in one.failed]
        return list({(one.system, one.table_name, one.dataset): one for one in failed}.values())

    @property
    def different(self) -> list[ComparisonResult]:
        """Feeds of which the lake does not hold what the source holds."""
        return [one for one in self.comparisons if one.result == "different"]

    @property
    def is_whole(self) -> bool:
        """Whether all the work was done; rows in quarantine are work done, unread feeds are not,
        nor is a lake that differs from its sources."""
        undone = (self.failed, self.refused, self.uncarried, self.unbalanced, self.uncounted)
        return not any(undone) and not self.different


def run(
    settings: Settings,
    registry: Registry,
    *,
    source: str | None = None,
    dataset: str | None = None,
    since: str | None = None,
    full: bool = False,
    watcher: Watcher | None = None,
) -> RunResult:
    """Carry everything new from the sources to the marts.

    ``source`` and ``dataset`` narrow what is collected; ``since`` reads incremental feeds again
    from that watermark, ``full`` reads everything, so that deletions show. Feeds that cannot be
    read do not stop the others; they are in the result.
    """
    watch = watcher or Unwatched()
    feeds = chosen_feeds(registry, source, dataset)
    result = RunResult(refused=registry.refused if source is None else ())
    with watch.step("采集"), told("采集"), lease(settings, BRONZE):
        for batch_id in batch_log.unfinished_batches(settings, "open"):
            collect(settings, registry, registry.feeds(), batch_id=batch_id, note=watch.note)
        # A feed that did not equal its source is read in full: what was deleted or changed behind
        # its watermark is found so.
        unequal = set() if full else batch_log.unequal_feeds(settings)
        again = [feed for feed in feeds if (feed.institution, feed.name) in unequal]
        usual = [feed for feed in feeds if (feed.institution, feed.name) not in unequal]
        result.collected = collect(
            settings, registry, usual, since=since, full=full, note=watch.note
        )
        if again:
            result.collected += collect(settings, registry, again, full=True, note=watch.note)
    with watch.step("比对"), told("比对"):
        result.comparisons = compare(settings, feeds, changed_only=True, note=watch.note)
    _carry(settings, registry, result, watch)
    return result


def _carry(settings: Settings, registry: Registry, result: RunResult, watch: Watcher) -> None:
    """From bronze to gold, for what is due and every batch that is collected and not done."""
    batches = batch_log.unfinished_batches(settings, "collected", "identified")
    waiting = batch_log.unfinished_batches(settings, "normalised")
    result.batches = sorted({*batches, *waiting})
    with lease(settings, SILVER), _kept(settings, result.batches):
        _evolve(settings, registry, result, watch)
        carried = _carry_due(settings, registry, result, watch)
        if batches:
            _normalise(settings, registry, batches, result, watch)
        elif decision_store.are_waiting(settings):
            _regroup(settings, result, watch)
        valued_anew = are_changed(settings, quality_today())
        if result.batches or result.evolved or result.identified or carried or valued_anew:
            _build(settings, result, watch)
            batch_log.advance(settings, result.batches, "done")
            strike_out(settings, carried)


def _normalise(
    settings: Settings,
    registry: Registry,
    batches: list[str],
    result: RunResult,
    watch: Watcher,
) -> None:
    people = self_datasets()
    with watch.step("规范化:人员"), told("规范化:人员"):
        _note(settings, result, normalise(settings, registry, batches, people))
    with watch.step("归并居民"), told("归并居民"):
        result.identified = identify(settings, batches)
    batch_log.advance(settings, batches, "identified")
    with watch.step("规范化:其余"), told("规范化:其余"):
        _note(settings, result, normalise(settings, registry, batches, others(people)))
        restamp(settings)
        result.uncounted = uncounted_in(settings, registry, batches, result.uncarried)
    with watch.step("跨记录规则"), told("跨记录规则"):
        evaluate_across(settings)
    batch_log.advance(settings, batches, "normalised")


def _build(settings: Settings, result: RunResult, watch: Watcher) -> None:
    with watch.step(STEP), told(STEP):
        result.built = build(settings)
    if result.identified is not None:
        decision_store.carried(settings, result.identified.decided)


def _note(settings: Settings, result: RunResult, normalised: NormaliseResult) -> None:
    """Keep what a step did; what it could not carry is due from now on."""
    put_down(
        settings,
        [Due(one.system, one.table_name, one.dataset, one.error) for one in normalised.failed],
    )
    result.normalised.append(normalised)


@contextmanager
def _kept(settings: Settings, batches: list[str]) -> Iterator[None]:
    """An error that stops the run is kept with what it stopped, as far as the store answers."""
    try:
        yield
    except KanghuError as error:
        with suppress(KanghuError, psycopg.Error):
            batch_log.note_error(settings, batches, str(error))
            put_down(settings, [replace(one, error=str(error)) for one in all_due(settings)])
        raise


def regroup(settings: Settings, *, watcher: Watcher | None = None) -> RunResult:
    """Carry what people decided about who is who to silver and the marts, without collecting."""
    watch = watcher or Unwatched()
    result = RunResult()
    with lease(settings, SILVER):
        _regroup(settings, result, watch)
        _build(settings, result, watch)
    return result


def _regroup(settings: Settings, result: RunResult, watch: Watcher) -> None:
    with watch.step("归并居民"), told("归并居民"):
        result.identified = identify(settings)
        restamp(settings)
    with watch.step("跨记录规则"), told("跨记录规则"):
        evaluate_across(settings)


def replay(
    settings: Settings,
    registry: Registry,
    *,
    datasets: list[str] | None = None,
    watcher: Watcher | None = None,
) -> RunResult:
    """Carry what bronze holds through again, after a mapping or a value domain was mended."""
    watch = watcher or Unwatched()
    result = RunResult(refused=registry.refused)
    wanted = set(datasets or load_catalogue().datasets)
    if unknown := wanted - set(load_catalogue().datasets):
        raise KanghuError(
            what=f"目录里没有数据集 {', '.join(sorted(unknown))}",
            where="--dataset",
            mend="用 kanghu dictionary 查看",
        )
    # Written down first: whatever is killed from here on is carried to its end by the next run.
    put_down(settings, [Due(dataset=name) for name in sorted(together(registry, wanted))])
    with lease(settings, SILVER), _kept(settings, []):
        _evolve(settings, registry, result, watch)
        carried = _carry_due(settings, registry, result, watch)
        _build(settings, result, watch)
        strike_out(settings, carried)
    return result


def together(registry: Registry, wanted: set[str]) -> set[str]:
    """``wanted``, and the datasets that share a table with one of them by its ``where``s: a row
    that a mended ``where`` takes for one leaves another."""
    groups = [
        set(table.maps)
        for system in registry.systems.values()
        for table in system.tables.values()
        if any(mapping.where for mapping in table.maps.values())
    ]
    found = set(wanted)
    while more := [group for group in groups if group & found and not group <= found]:
        found.update(*more)
    return found


def _carry_due(
    settings: Settings, registry: Registry, result: RunResult, watch: Watcher
) -> list[Due]:
    """Carry again what is due; answers what of it is carried."""
    due = all_due(settings)
    asked = {one.dataset for one in due if not one.system}
    tables = {(one.system, one.table_name) for one in due if one.system}
    if asked:
        _replay(settings, registry, asked, result, watch)
    if tables:
        datasets = {
            name
            for system, table in tables
            if system in registry.systems
            for name in takers_of(registry.systems[system], table)
        }
        _replay(settings, registry, datasets, result, watch, tables)
    failed = {(one.system, one.table_name, one.dataset) for one in result.uncarried}
    return [one for one in due if one.key not in failed]


def _evolve(settings: Settings, registry: Registry, result: RunResult, watch: Watcher) -> None:
    """Bring silver in step with the catalogue, filling again what had to begin anew."""
    catalogue = load_catalogue()
    found = evolve(settings, catalogue)
    if found.rebuilding:
        _replay(settings, registry, set(found.rebuilding), result, watch)
        rebuilt(settings, catalogue, found.rebuilding)
    if found.rebuilding or found.added:
        result.evolved = found


def _replay(
    settings: Settings,
    registry: Registry,
    wanted: set[str],
    result: RunResult,
    watch: Watcher,
    tables: set[tuple[str, str]] | None = None,
) -> None:
    """Normalise anew what bronze holds of ``wanted`` (with ``tables``, only of these), with what
    follows from it in silver."""
    people = self_datasets()
    with watch.step("重放:人员"), told("重放:人员"):
        chosen = [name for name in people if name in wanted]
        _note(settings, result, replay_current(settings, registry, chosen, tables))
    with watch.step("归并居民"), told("归并居民"):
        result.identified = identify(settings)
    with watch.step("重放:其余"), told("重放:其余"):
        rest = [name for name in others(people) if name in wanted]
        _note(settings, result, replay_current(settings, registry, rest, tables))
        restamp(settings)
    with watch.step("跨记录规则"), told("跨记录规则"):
        evaluate_across(settings)


def chosen_feeds(registry: Registry, source: str | None, dataset: str | None) -> list[Feed]:
    """The feeds of ``source`` (default: all) that map to ``dataset`` (default: any)."""
    if dataset is not None and dataset not in load_catalogue().datasets:
        raise KanghuError(
            what=f"目录里没有数据集 {dataset!r}",
            where="--dataset",
            mend="用 kanghu dictionary 查看",
        )
    return [
        feed for feed in registry.feeds(source) if dataset is None or dataset in feed.table.maps
    ]


def self_datasets() -> list[str]:
    """Datasets whose rows identify a person: they come first, so that the others find theirs."""
    return [name for name, one in load_catalogue().datasets.items() if one.person == "self"]


def others(people: list[str]) -> list[str]:
    return [name for name in load_catalogue().datasets if name not in people]
