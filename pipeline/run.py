"""One run of the line: collect, normalise, identify, across rules, build.

Every step is idempotent by its batches, so a run that was killed at any instant is simply run
again: batches that an earlier run left unfinished are carried to their end first (law 3).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from collectors.collect import CollectResult, collect
from collectors.compare import ComparisonResult, compare
from collectors.registry import Feed, Registry
from kanghu import batch_log
from kanghu.errors import KanghuError
from kanghu.lease import lease
from kanghu.settings import Settings
from pipeline.build import BuildResult, build
from pipeline.steps import Unwatched, Watcher
from spark_jobs.across import evaluate_across
from spark_jobs.conservation import FeedCount
from spark_jobs.identity import IdentifyResult, decision_store, identify
from spark_jobs.normalise import NormaliseResult, normalise
from spark_jobs.replay import replay as replay_current
from spark_jobs.restamp import restamp
from spark_jobs.versions import Evolution, evolve, rebuilt
from standards.catalogue import load_catalogue

BRONZE = "lake/bronze"
SILVER = "lake/silver"
"""What a lease is taken on: one writer at a time to what was delivered, and to what follows."""


@dataclass
class RunResult:
    """What a run did. ``failed``: feeds that could not be read, with their error."""

    batches: list[str] = field(default_factory=list)
    collected: CollectResult | None = None
    comparisons: list[ComparisonResult] = field(default_factory=list)
    normalised: list[NormaliseResult] = field(default_factory=list)
    evolved: Evolution | None = None
    identified: IdentifyResult | None = None
    built: BuildResult | None = None

    @property
    def failed(self) -> list[tuple[Feed, str]]:
        return self.collected.failed if self.collected else []

    @property
    def unbalanced(self) -> list[FeedCount]:
        """Feeds for which law 2 does not hold: a fault of ours, never of the data."""
        return [count for one in self.normalised for count in one.differences]

    @property
    def is_whole(self) -> bool:
        """Whether all the work was done; rows in quarantine are work done, unread feeds are not."""
        return not self.failed and not self.unbalanced


def run(
    settings: Settings,
    registry: Registry,
    *,
    source: str | None = None,
    dataset: str | None = None,
    since: str | None = None,
    watcher: Watcher | None = None,
) -> RunResult:
    """Carry everything new from the sources to the marts.

    ``source`` and ``dataset`` narrow what is collected; ``since`` reads incremental feeds again
    from that watermark. Feeds that cannot be read do not stop the others; they are in the result.
    """
    watch = watcher or Unwatched()
    feeds = chosen_feeds(registry, source, dataset)
    result = RunResult()
    with watch.step("采集"), lease(settings, BRONZE):
        for batch_id in batch_log.unfinished_batches(settings, "open"):
            collect(settings, registry, registry.feeds(), batch_id=batch_id, note=watch.note)
        result.collected = collect(settings, registry, feeds, since=since, note=watch.note)
    with watch.step("比对"):
        result.comparisons = compare(settings, feeds, changed_only=True, note=watch.note)
    _carry(settings, registry, result, watch)
    return result


def _carry(settings: Settings, registry: Registry, result: RunResult, watch: Watcher) -> None:
    """From bronze to gold, for every batch that has been collected and is not done."""
    batches = batch_log.unfinished_batches(settings, "collected", "identified")
    waiting = batch_log.unfinished_batches(settings, "normalised")
    result.batches = sorted({*batches, *waiting})
    people = self_datasets()
    with lease(settings, SILVER):
        _evolve(settings, registry, result, watch)
        if batches:
            with watch.step("规范化:人员"):
                result.normalised.append(normalise(settings, registry, batches, people))
            with watch.step("归并居民"):
                result.identified = identify(settings, batches)
            batch_log.advance(settings, batches, "identified")
            with watch.step("规范化:其余"):
                result.normalised.append(normalise(settings, registry, batches, others(people)))
                restamp(settings)
            with watch.step("跨记录规则"):
                evaluate_across(settings)
            batch_log.advance(settings, batches, "normalised")
        elif decision_store.are_waiting(settings):
            _regroup(settings, result, watch)
        if result.batches or result.evolved or result.identified:
            _build(settings, result, watch)
            batch_log.advance(settings, result.batches, "done")


def regroup(settings: Settings, *, watcher: Watcher | None = None) -> RunResult:
    """Carry what people decided about who is who to silver and the marts, without collecting."""
    watch = watcher or Unwatched()
    result = RunResult()
    with lease(settings, SILVER):
        _regroup(settings, result, watch)
        _build(settings, result, watch)
    return result


def _regroup(settings: Settings, result: RunResult, watch: Watcher) -> None:
    with watch.step("归并居民"):
        result.identified = identify(settings)
        restamp(settings)
    with watch.step("跨记录规则"):
        evaluate_across(settings)


def _build(settings: Settings, result: RunResult, watch: Watcher) -> None:
    with watch.step("构建集市与指标"):
        result.built = build(settings)
    if result.identified is not None:
        decision_store.carried(settings, result.identified.decided)


def replay(
    settings: Settings,
    registry: Registry,
    *,
    datasets: list[str] | None = None,
    watcher: Watcher | None = None,
) -> RunResult:
    """Carry what bronze holds through again, after a mapping or a value domain was mended."""
    watch = watcher or Unwatched()
    result = RunResult()
    wanted = set(datasets or load_catalogue().datasets)
    if unknown := wanted - set(load_catalogue().datasets):
        raise KanghuError(
            what=f"目录里没有数据集 {', '.join(sorted(unknown))}",
            where="--dataset",
            mend="用 kanghu dictionary 查看",
        )
    with lease(settings, SILVER):
        _evolve(settings, registry, result, watch)
        _replay(settings, registry, wanted, result, watch)
        _build(settings, result, watch)
    return result


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
    settings: Settings, registry: Registry, wanted: set[str], result: RunResult, watch: Watcher
) -> None:
    """Normalise anew what bronze holds of ``wanted``, with what follows from it in silver."""
    people = self_datasets()
    with watch.step("重放:人员"):
        if wanted & set(people):
            chosen = [name for name in people if name in wanted]
            result.normalised.append(replay_current(settings, registry, chosen))
    with watch.step("归并居民"):
        result.identified = identify(settings)
    with watch.step("重放:其余"):
        rest = [name for name in others(people) if name in wanted]
        if rest:
            result.normalised.append(replay_current(settings, registry, rest))
        restamp(settings)
    with watch.step("跨记录规则"):
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
