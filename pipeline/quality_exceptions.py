"""Exceptions from quality rules: granted with a reason and an end date, taken back by an entry.

For one record and rule, or for a rule in a whole institution. A finding stays where it is; until
the end date it is shown as exempt and takes nothing from a score. Entries are only ever appended,
one at a time, so of two people who grant the same thing at once the second is told of the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from expectations.suite import all_expectations
from kanghu.errors import KanghuError
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect
from standards.organisations import load_organisations


@dataclass(frozen=True)
class QualityException:
    """A grant. ``feed`` and ``source_key`` are None where it is for the whole institution;
    ``revoked_by`` is the number of the entry that took it back."""

    exception_id: int
    rule: str
    institution: str
    feed: str | None
    source_key: str | None
    who: str
    why: str
    granted_at: datetime
    until_date: date
    revoked_by: int | None

    def holds_on(self, day: date) -> bool:
        return self.revoked_by is None and day <= self.until_date

    @property
    def subject(self) -> str:
        record = f"/{self.feed}/{self.source_key}" if self.feed else ""
        return f"{self.institution}{record}"

    def __str__(self) -> str:
        return (
            f"例外 {self.exception_id}:{self.subject} 的 {self.rule},到 {self.until_date} 为止"
            f"({self.who}:{self.why})"
        )


def grant(
    settings: Settings,
    rule: str,
    subject: str,
    *,
    until: date,
    who: str,
    why: str,
    today: date,
) -> QualityException:
    """Except ``subject`` (an institution's code, or ``institution/feed/source key``) from
    ``rule`` until ``until``, that day included.

    Raises ``KanghuError`` for a rule, institution or record that is not there, an end date that
    has passed, no reason, and where the same is excepted already.
    """
    institution, feed, source_key = _parsed(subject)
    _check_said(who, why)
    if until < today:
        raise KanghuError(
            what=f"截止日期 {until} 已经过去", where="--until", mend="写今天或以后的日期"
        )
    if rule not in {one.id for one in all_expectations()}:
        raise KanghuError(
            what=f"没有规则 {rule!r}", where="--rule", mend="规则编号见 kanghu quality find 的清单"
        )
    if feed is None:
        _check_institution(settings, institution)
    else:
        _check_finding(settings, rule, institution, feed, source_key or "")
    with connect(settings) as connection:
        number = _next_number(connection)
        for one in _all(connection):
            same = (one.rule, one.institution, one.feed, one.source_key)
            if one.holds_on(today) and same == (rule, institution, feed, source_key):
                raise KanghuError(
                    what=f"已经有同样的例外:{one}",
                    where=subject,
                    rule=rule,
                    mend=f"要改截止日期,先 kanghu quality except revoke {one.exception_id} 再授予",
                )
        connection.execute(
            "insert into kanghu.quality_exception (exception_id, kind, rule, institution, feed, "
            "source_key, who, why, until_date) values (%s, 'grant', %s, %s, %s, %s, %s, %s, %s)",
            (number, rule, institution, feed, source_key, who, why, until),
        )
        return next(one for one in _all(connection) if one.exception_id == number)


def revoke(settings: Settings, exception_id: int, *, who: str, why: str) -> QualityException:
    """Take a grant back. Raises ``KanghuError`` where there is none, or it was taken back."""
    _check_said(who, why)
    with connect(settings) as connection:
        number = _next_number(connection)
        found = {one.exception_id: one for one in _all(connection)}.get(exception_id)
        if found is None:
            raise KanghuError(
                what=f"没有例外 {exception_id}",
                where="NUMBER",
                mend="编号见 kanghu quality except list",
            )
        if found.revoked_by is not None:
            raise KanghuError(
                what=f"例外 {exception_id} 已经由条目 {found.revoked_by} 收回",
                where="NUMBER",
                mend="不用再收回",
            )
        connection.execute(
            "insert into kanghu.quality_exception (exception_id, kind, revokes, rule, institution, "
            "feed, source_key, who, why) values (%s, 'revoke', %s, %s, %s, %s, %s, %s, %s)",
            (
                *(number, exception_id, found.rule, found.institution),
                *(found.feed, found.source_key, who, why),
            ),
        )
    return found


def granted(settings: Settings) -> list[QualityException]:
    """Every grant ever made, oldest first."""
    with connect(settings) as connection:
        return _all(connection)


def holding(found: Iterable[QualityException], day: date) -> list[QualityException]:
    return [one for one in found if one.holds_on(day)]


def _all(connection: psycopg.Connection[dict[str, Any]]) -> list[QualityException]:
    rows = connection.execute(
        """
        select made.exception_id, made.rule, made.institution, made.feed, made.source_key,
               made.who, made.why, made.granted_at, made.until_date,
               back.exception_id as revoked_by
        from kanghu.quality_exception as made
        left join kanghu.quality_exception as back on back.revokes = made.exception_id
        where made.kind = 'grant' order by made.exception_id
        """
    ).fetchall()
    return [QualityException(**row) for row in rows]


def _next_number(connection: psycopg.Connection[dict[str, Any]]) -> int:
    """The next entry's number; the table is ours until this transaction ends."""
    connection.execute("lock table kanghu.quality_exception in exclusive mode")
    row = connection.execute(
        "select coalesce(max(exception_id), 0) + 1 as number from kanghu.quality_exception"
    ).fetchone()
    return int(row["number"]) if row else 1


def _parsed(subject: str) -> tuple[str, str | None, str | None]:
    parts = subject.split("/", 2)
    if len(parts) == 2 or not all(parts):
        raise KanghuError(
            what=f"{subject!r} 不是机构,也不是记录",
            where="SUBJECT",
            mend="写机构代码,或 机构/数据源/源键(kanghu quality find 的第一列)",
        )
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (parts[0], None, None)


def _check_said(who: str, why: str) -> None:
    if not who.strip() or not why.strip():
        raise KanghuError(
            what="没有写谁、为什么", where="--who, --why", mend="写上授予人和理由,日后要查"
        )


def _check_institution(settings: Settings, institution: str) -> None:
    if institution in load_organisations():
        return
    with connect(settings) as connection:
        row = connection.execute(
            "select 1 from kanghu.feed_state where institution = %s limit 1", (institution,)
        ).fetchone()
    if row is None:
        raise KanghuError(
            what=f"没有机构 {institution!r}", where="SUBJECT", mend="机构代码见 kanghu status"
        )


def _check_finding(
    settings: Settings, rule: str, institution: str, feed: str, source_key: str
) -> None:
    lake = Lake(settings.lake)
    found = False
    if lake.exists(lake.findings):
        with connect_duckdb() as connection:
            found = bool(
                connection.execute(
                    f"select 1 from delta_scan('{lake.findings}') where dataset = ? "
                    "and institution = ? and feed = ? and source_key = ? and rule = ? limit 1",
                    [rule.split(".", 1)[0], institution, feed, source_key, rule],
                ).fetchone()
            )
    if not found:
        raise KanghuError(
            what="这条记录没有这条规则的问题,不用例外",
            where=f"{institution}/{feed}/{source_key}",
            rule=rule,
            mend="用 kanghu quality find 查这条记录的问题",
        )
