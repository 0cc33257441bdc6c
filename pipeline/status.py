"""How every feed stands: what its source holds, what the lake holds, when it last succeeded.

The answer of ``kanghu status --json`` (docs/interfaces.md): one entry a feed and dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.registry import Feed, Refused, Registry
from kanghu.settings import Settings
from kanghu.store import connect
from spark_jobs.replay_due import Due, all_due

NOT_COMPARED = "not comparable: 还没有比对过"
NOT_CARRIED = "not comparable: 送达的还没有全部带进标准库和集市"
NOT_COLLECTED = "not comparable: 最近一次没有采集成"
NOT_READ = "not comparable: 配置没有读成"


@dataclass(frozen=True)
class FeedStatus:
    """One feed's rows of one dataset. Counts are rows (parts, for what splits)."""

    institution: str
    feed: str
    dataset: str
    delivered: int | None
    """Messages, bundles or documents delivered; ``None`` where a delivered row is a record."""
    source_rows: int | None
    bronze: int
    silver: int
    quarantine: int
    superseded: int
    shared: int
    """Rows that an earlier entry of this feed counts too: a feed's ``bronze`` less ``shared``, over
    its datasets, is the number of rows of its bronze table."""
    comparison: str
    compared_at: datetime | None
    """When source and lake were last compared; ``source_rows`` is of then. A row deleted behind a
    watermark shows at the next comparison: a day later at most, or by ``kanghu compare``."""
    last_success: datetime | None
    error: str | None


def feed_statuses(settings: Settings, registry: Registry) -> list[FeedStatus]:
    """Every feed of the registry, in its order; one entry for each dataset that it feeds, or one of
    no dataset where its table is not mapped yet and its rows wait in bronze. Then what the registry
    could not take, with its error."""
    kept = _Kept(settings)
    known = [
        kept.status(feed, dataset)
        for feed in registry.feeds()
        for dataset in (*feed.table.maps, *kept.datasets_beside(feed)) or ("",)
    ]
    return known + [one for refused in registry.refused for one in kept.refused(refused)]


class _Kept:
    """What the store keeps of all feeds, read at once."""

    def __init__(self, settings: Settings) -> None:
        with connect(settings) as connection:
            self.states = _by_feed(connection.execute("select * from kanghu.feed_state").fetchall())
            self.comparisons = _by_feed(
                connection.execute("select * from kanghu.comparison").fetchall()
            )
            self.delivered = _by_feed(
                connection.execute(
                    "select institution, feed, sum(delivered)::bigint as delivered, "
                    "sum(bronze_rows + deleted_rows)::bigint as bronze "
                    "from kanghu.feed_run where state = 'collected' group by institution, feed"
                ).fetchall()
            )
            self.stopped = _by_feed(
                connection.execute(
                    "select institution, feed, max(batch.error) as error "
                    "from kanghu.feed_run join kanghu.batch using (batch_id) "
                    "where batch.state <> 'done' and batch.error is not null "
                    "and bronze_rows + deleted_rows > 0 group by institution, feed"
                ).fetchall()
            )
            self.counts = {
                (row["institution"], row["feed"], row["dataset"]): row
                for row in connection.execute("select * from kanghu.conservation").fetchall()
            }
        self.due = all_due(settings)

    def datasets_beside(self, feed: Feed) -> list[str]:
        """Datasets that count rows of ``feed`` beside those of its maps: its undecoded parts."""
        place = (feed.institution, feed.name)
        return sorted(
            dataset
            for *where, dataset in self.counts
            if tuple(where) == place and dataset not in feed.table.maps
        )

    def status(self, feed: Feed, dataset: str) -> FeedStatus:
        place = (feed.institution, feed.name)
        state, comparison = self.states.get(place), self.comparisons.get(place)
        splits = feed.system.kind in ("hl7", "json", "xml")
        failed = state["last_error"] if state else None
        uncarried = self._uncarried(feed, dataset)
        return FeedStatus(
            institution=feed.institution,
            feed=feed.name,
            dataset=dataset,
            delivered=self.delivered[place]["delivered"]
            if splits and place in self.delivered
            else None,
            source_rows=comparison["source_rows"] if comparison else None,
            **self._counted(*place, dataset),
            comparison=_in_words(comparison, failed, uncarried),
            compared_at=comparison["compared_at"] if comparison else None,
            last_success=state["last_success"] if state else None,
            error=failed or uncarried,
        )

    def refused(self, refused: Refused) -> list[FeedStatus]:
        """What is known of a source that could not be taken, or a line for the file itself."""
        places = [
            (institution, feed, dataset)
            for institution, feed, dataset in self.counts
            if refused.source
            and institution == refused.institution
            and feed.startswith(f"{refused.system}.")
        ]
        return [
            FeedStatus(
                institution=institution,
                feed=feed,
                dataset=dataset,
                delivered=None,
                source_rows=None,
                **self._counted(institution, feed, dataset),
                comparison=NOT_READ,
                compared_at=None,
                last_success=self.states.get((institution, feed), {}).get("last_success"),
                error=str(refused.error),
            )
            for institution, feed, dataset in places or [(refused.institution, refused.file, "")]
        ]

    def _counted(self, institution: str, feed: str, dataset: str) -> dict[str, int]:
        names = ("bronze", "silver", "quarantine", "superseded", "shared")
        counts = self.counts.get((institution, feed, dataset), {})
        if not dataset:
            counts = {"bronze": self.delivered.get((institution, feed), {}).get("bronze", 0)}
        return {name: counts.get(name, 0) for name in names}

    def _uncarried(self, feed: Feed, dataset: str) -> str | None:
        """Why rows of ``feed`` are in bronze and not yet in ``dataset``, if so."""
        for one in self.due:
            if one.error and _concerns(one, feed, dataset):
                return one.error
        stopped = self.stopped.get((feed.institution, feed.name))
        return stopped["error"] if stopped else None


def _concerns(due: Due, feed: Feed, dataset: str) -> bool:
    if due.dataset and due.dataset != dataset:
        return False
    return not due.system or (due.system, due.table_name) == (feed.system.system, feed.table_name)


def _by_feed(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["institution"], row["feed"]): row for row in rows}


def _in_words(comparison: dict[str, Any] | None, failed: str | None, uncarried: str | None) -> str:
    if failed:
        return NOT_COLLECTED
    if uncarried:
        return NOT_CARRIED
    if comparison is None:
        return NOT_COMPARED
    if comparison["result"] == "equal":
        return "equal"
    if comparison["result"] == "different":
        return (
            f"different: missing {comparison['missing_rows']}, extra {comparison['extra_rows']}, "
            f"altered {comparison['altered_rows']}"
        )
    return f"not comparable: {comparison['reason']}"
