"""Watermarks: how far a feed has been read, as text in the source's own notation.

Reading starts at the last value (never after it), less the feed's lag, so that neither ties nor
late rows are lost; rows that come again are recognised by their hash.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from collectors.registry import Feed
from kanghu.errors import KanghuError

_NOTATIONS = (
    (re.compile(r"\d{8}"), "%Y%m%d"),
    (re.compile(r"\d{14}"), "%Y%m%d%H%M%S"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d{4}/\d\d/\d\d"), "%Y/%m/%d"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "%Y-%m-%d %H:%M"),
    (re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"), "%Y/%m/%d %H:%M:%S"),
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?")
_EPOCH_SECONDS = re.compile(r"\d{10}")
_EPOCH_MILLISECONDS = re.compile(r"\d{13}")


def since(feed: Feed, watermark: str | None) -> str | None:
    """From where ``feed`` is read next: its watermark less its lag; ``None`` for everything."""
    declared = feed.table.watermark
    if declared is None or watermark is None:
        return None
    if declared.lag_seconds == 0:
        return watermark
    moved = _moved(watermark, -timedelta(seconds=declared.lag_seconds))
    if moved is None:
        raise KanghuError(
            what=f"水位 {watermark!r} 不是时间,不能按 lag_seconds 往回读",
            where=f"{feed.institution} {feed.name}: {declared.column}",
            rule="watermark.lag_seconds",
            mend="去掉 lag_seconds,或换一个时间列作水位",
        )
    return moved


def not_after_now(feed: Feed, value: str | None) -> str | None:
    """``value``, but never a time to come: one row dated 2999 must not end a feed for good."""
    if value is None:
        return None
    moment = _instant(value, feed.system.time_zone)
    if moment is None or moment <= datetime.now(UTC):
        return value
    return _moved(value, datetime.now(UTC) - moment)


def is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


def _instant(value: str, time_zone: str) -> datetime | None:
    """The instant that ``value`` names, if it names one between 1990 and 9999."""
    if _EPOCH_MILLISECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    if _EPOCH_SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value), UTC)
    try:
        for pattern, notation in _NOTATIONS:
            if pattern.fullmatch(value):
                moment = datetime.strptime(value, notation)
                return moment.replace(tzinfo=ZoneInfo(time_zone)) if moment.year >= 1990 else None
        if _ISO.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone))
    except ValueError:
        pass
    return None


def _moved(value: str, step: timedelta) -> str | None:
    """``value`` moved by ``step``, in the same notation; ``None`` where it names no time."""
    if _EPOCH_MILLISECONDS.fullmatch(value):
        return str(int(value) + round(step.total_seconds() * 1000))
    if _EPOCH_SECONDS.fullmatch(value):
        return str(int(value) + round(step.total_seconds()))
    try:
        for pattern, notation in _NOTATIONS:
            if pattern.fullmatch(value):
                return (datetime.strptime(value, notation) + step).strftime(notation)
        if _ISO.fullmatch(value):
            return _like_iso(value, datetime.fromisoformat(value) + step)
    except ValueError:
        pass
    return None


def _like_iso(value: str, moment: datetime) -> str:
    """ISO with the separator and the offset as ``value`` writes them."""
    text = moment.replace(tzinfo=None).isoformat(sep=value[10])
    match = _ISO.fullmatch(value)
    return text + ((match.group(2) or "") if match else "")
