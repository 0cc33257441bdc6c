"""How every feed stands: what its source holds, what the lake holds, when it last succeeded.

The answer of ``kanghu status --json`` (docs/interfaces.md): one entry a feed and dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.registry import Registry
from kanghu.settings import Settings
from kanghu.store import connect

NOT_COMPARED = "not comparable: 还没有比对过"


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
    comparison: str
    last_success: datetime | None
    error: str | None


def feed_statuses(settings: Settings, registry: Registry) -> list[FeedStatus]:
    """Every feed of the registry, in its order; one entry for each dataset that it feeds."""
    with connect(settings) as connection:
        states = _by_feed(connection.execute("select * from kanghu.feed_state").fetchall())
        comparisons = _by_feed(connection.execute("select * from kanghu.comparison").fetchall())
        delivered = _by_feed(
            connection.execute(
                "select institution, feed, sum(delivered)::bigint as delivered "
                "from kanghu.feed_run where state = 'collected' group by institution, feed"
            ).fetchall()
        )
        kept = {
            (row["institution"], row["feed"], row["dataset"]): row
            for row in connection.execute("select * from kanghu.conservation").fetchall()
        }
    statuses = []
    for feed in registry.feeds():
        place = (feed.institution, feed.name)
        state, comparison = states.get(place), comparisons.get(place)
        splits = feed.system.kind in ("hl7", "json", "xml")
        for dataset in feed.table.maps:
            counts = kept.get((*place, dataset))
            statuses.append(
                FeedStatus(
                    institution=feed.institution,
                    feed=feed.name,
                    dataset=dataset,
                    delivered=delivered[place]["delivered"]
                    if splits and place in delivered
                    else None,
                    source_rows=comparison["source_rows"] if comparison else None,
                    bronze=counts["bronze"] if counts else 0,
                    silver=counts["silver"] if counts else 0,
                    quarantine=counts["quarantine"] if counts else 0,
                    superseded=counts["superseded"] if counts else 0,
                    comparison=_in_words(comparison),
                    last_success=state["last_success"] if state else None,
                    error=state["last_error"] if state else None,
                )
            )
    return statuses


def _by_feed(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["institution"], row["feed"]): row for row in rows}


def _in_words(comparison: dict[str, Any] | None) -> str:
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
