"""From where a feed is read next: in the source's own notation, less the lag, never to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.registry import Feed
from collectors.watermark import not_after_now, since
from kanghu.errors import KanghuError
from tests.collectors.cities import VISITS, registry, system

CITY = ZoneInfo("Asia/Shanghai")


def feed(lag: int = 0) -> Feed:
    lagging = {**VISITS, "watermark": {"column": "changed_at", "lag_seconds": lag}}
    return registry(system(visits=lagging), "").feeds()[0]


@pytest.mark.parametrize(
    ("watermark", "expected"),
    [
        ("20240301", "20240229"),
        ("20240301000000", "20240229000000"),
        ("2024-03-01", "2024-02-29"),
        ("2024/03/01", "2024/02/29"),
        ("2024-03-01 08:30:00", "2024-02-29 08:30:00"),
        ("2024-03-01 08:30:00.5+08", "2024-02-29 08:30:00.500000+08"),
        ("2024-03-01T08:30:00Z", "2024-02-29T08:30:00Z"),
        ("1709222400", "1709136000"),
        ("1709222400000", "1709136000000"),
        (None, None),
    ],
)
def test_a_day_earlier_in_each_notation(watermark: str | None, expected: str | None) -> None:
    assert since(feed(86_400), watermark) == expected


def test_without_lag_it_is_read_from_the_watermark_itself() -> None:
    assert since(feed(), "任何文字") == "任何文字"


def test_a_lag_on_what_is_no_time_is_refused() -> None:
    with pytest.raises(KanghuError, match="不是时间"):
        since(feed(60), "A-17")


@given(st.datetimes(datetime(2100, 1, 1), datetime(2900, 1, 1)))
def test_a_time_to_come_counts_as_now(moment: datetime) -> None:
    for notation in ("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S"):
        held = not_after_now(feed(), moment.strftime(notation))
        assert held is not None
        read = datetime.strptime(held[:19], notation).replace(tzinfo=CITY)
        assert abs(read - datetime.now(UTC)) < timedelta(minutes=1)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2020, 1, 1)))
def test_a_time_gone_by_stays(moment: datetime) -> None:
    text = moment.isoformat(sep=" ")
    assert not_after_now(feed(), text) == text
