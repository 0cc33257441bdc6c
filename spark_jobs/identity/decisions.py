"""What people decided about who is who: two are one person, or are not, whatever else is found.

The operational store keeps each decision for good (``kanghu.identity_decision``), with the rows it
speaks of, who decided it, why and when; what was decided in error is undone by a further entry.
``identify`` reads them: rows of a ``same`` decision are one person, no row on one side of a
``different`` decision ever meets one of the other side. Two decisions never contradict each
other: the later one is refused, naming the earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
import pyarrow as pa

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from kanghu.store import connect

Kind = Literal["same", "different", "undo"]


@dataclass(frozen=True, order=True)
class PersonRow:
    """A person row by its source's key; ``str`` is how a command line names it."""

    institution: str
    feed: str
    source_key: str
    dataset: str

    def __str__(self) -> str:
        return f"{self.dataset}:{self.institution}/{self.feed}/{self.source_key}"


@dataclass(frozen=True)
class Side:
    """One of the two that a decision speaks of: rows, and the resident they were then."""

    resident_id: str
    rows: tuple[PersonRow, ...]


@dataclass(frozen=True)
class Decision:
    """An entry of the table. ``undoes``: the decision that an ``undo`` takes back; ``undone_by``:
    the entry that took this one back."""

    decision_id: int
    kind: Kind
    who: str
    why: str
    decided_at: datetime
    left: Side
    right: Side
    undoes: int | None = None
    undone_by: int | None = None

    @property
    def is_active(self) -> bool:
        return self.kind != "undo" and self.undone_by is None

    @property
    def last_change(self) -> int:
        return self.undone_by or self.decision_id

    def __str__(self) -> str:
        said = {"same": "是同一人", "different": "不是同一人", "undo": f"撤销判定 {self.undoes}"}
        return (
            f"判定 {self.decision_id}({self.decided_at:%Y-%m-%d},{self.who}:"
            f"{said[self.kind]};{self.why})"
        )


@dataclass(frozen=True)
class Decided:
    """All decisions, as identify takes them. ``last``: the number of the latest entry."""

    last: int = 0
    decisions: tuple[Decision, ...] = ()

    def table(self) -> pa.Table:
        """A row for each row that a decision speaks of: decision_id, kind, side, resident_id,
        is_active, changed (the number of the entry that last changed it), and the row's key."""
        rows = [
            (
                *(d.decision_id, d.kind, name, side.resident_id, d.is_active, d.last_change),
                *(row.institution, row.feed, row.source_key, row.dataset),
            )
            for d in self.decisions
            if d.kind != "undo"
            for name, side in (("left", d.left), ("right", d.right))
            for row in side.rows
        ]
        columns = zip(*rows, strict=True) if rows else ((),) * len(_TABLE)
        return pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, _TABLE, strict=True)],
            schema=_TABLE,
        )


NOTHING_DECIDED = Decided()

_TABLE = pa.schema(
    [
        ("decision_id", pa.int64()),
        ("kind", pa.string()),
        ("side", pa.string()),
        ("resident_id", pa.string()),
        ("is_active", pa.bool_()),
        ("changed", pa.int64()),
        ("_institution", pa.string()),
        ("_feed", pa.string()),
        ("_source_key", pa.string()),
        ("dataset", pa.string()),
    ]
)


def read_decisions(settings: Settings) -> Decided:
    """Every decision ever made, in order."""
    with connect(settings) as connection:
        return _read(connection)


def decide(
    settings: Settings,
    kind: Literal["same", "different"],
    left: Side,
    right: Side,
    *,
    who: str,
    why: str,
    units: Iterable[Sequence[PersonRow]] = (),
) -> Decision:
    """Append a decision; raises ``KanghuError`` where an earlier one says it already or says
    otherwise. ``units``: rows that one institution's person number holds together."""
    _told(who, why)
    with _alone(settings) as connection:
        decided = _read(connection)
        _refuse(decided, kind, left, right, [tuple(unit) for unit in units])
        number = _append(connection, kind, who, why, None, left, right)
        return _entry(connection, number)


def undo(settings: Settings, decision_id: int, *, who: str, why: str) -> Decision:
    """Append an entry that takes a decision back; raises ``KanghuError`` where there is none, it
    was taken back before, or a later one still says the same."""
    _told(who, why)
    with _alone(settings) as connection:
        decided = _read(connection)
        meant = {d.decision_id: d for d in decided.decisions}.get(decision_id)
        where = f"判定 {decision_id}"
        if meant is None:
            raise KanghuError("没有这条判定", where, mend="用 kanghu identity history 查看编号")
        if meant.kind == "undo":
            raise KanghuError("撤销本身不能撤销", where, mend="重新作一次判定")
        if meant.undone_by is not None:
            raise KanghuError("这条判定已经撤销", where, mend=f"见判定 {meant.undone_by}")
        if meant.kind == "same":
            rest = [d for d in _active(decided, "same") if d is not meant]
            joined = _Joined(rest)
            if holding := joined.decision_between(meant.left.rows, meant.right.rows):
                raise KanghuError(
                    f"撤销没有用:{holding} 仍把两边合在一起", where, mend="先撤销那一条"
                )
        number = _append(connection, "undo", who, why, decision_id, meant.left, meant.right)
        return _entry(connection, number)


def carried(settings: Settings, last: int) -> None:
    """Note that decisions up to ``last`` have reached silver and the marts."""
    with connect(settings) as connection:
        connection.execute(
            """
            insert into kanghu.identity_carried (single, decision_id) values (true, %s)
            on conflict (single) do update set decision_id = excluded.decision_id
            """,
            (last,),
        )


def are_waiting(settings: Settings) -> bool:
    """Whether there are decisions that have not reached the marts."""
    with connect(settings) as connection:
        row = connection.execute(
            """
            select coalesce((select max(decision_id) from kanghu.identity_decision), 0)
                <> coalesce((select decision_id from kanghu.identity_carried), 0) as waiting
            """
        ).fetchone()
    return bool(row and row["waiting"])


class _Joined:
    """Rows joined by ``same`` decisions (and by ``units``), as sets that grow together."""

    def __init__(
        self, decisions: Sequence[Decision], units: Iterable[Sequence[PersonRow]] = ()
    ) -> None:
        self._parent: dict[PersonRow, PersonRow] = {}
        self._decisions = decisions
        for unit in units:
            self.join(unit)
        for one in decisions:
            self.join((*one.left.rows, *one.right.rows))

    def join(self, rows: Sequence[PersonRow]) -> None:
        for row in rows:
            self._parent[self.root(row)] = self.root(rows[0])

    def root(self, row: PersonRow) -> PersonRow:
        found = self._parent.setdefault(row, row)
        while found != self._parent[found]:
            self._parent[found] = self._parent[self._parent[found]]
            found = self._parent[found]
        return found

    def roots(self, rows: Iterable[PersonRow]) -> set[PersonRow]:
        return {self.root(row) for row in rows}

    def are_met(self, left: Iterable[PersonRow], right: Iterable[PersonRow]) -> bool:
        return bool(self.roots(left) & self.roots(right))

    def decision_between(
        self, left: Iterable[PersonRow], right: Iterable[PersonRow]
    ) -> Decision | None:
        """A decision by which a row of ``left`` and one of ``right`` are one person."""
        common = self.roots(left) & self.roots(right)
        return next((d for d in self._decisions if self.roots(d.left.rows) & common), None)


def _refuse(
    decided: Decided,
    kind: Kind,
    left: Side,
    right: Side,
    units: list[tuple[PersonRow, ...]],
) -> None:
    where = f"{left.resident_id or left.rows[0]} 与 {right.resident_id or right.rows[0]}"
    same, different = _active(decided, "same"), _active(decided, "different")
    joined = _Joined(same, units)
    if kind == "different":
        for one in different:
            for here, there in ((left, right), (right, left)):
                if set(here.rows) <= set(one.left.rows) and set(there.rows) <= set(one.right.rows):
                    raise KanghuError(f"已经判定过:{one}", where, mend="不必再判定")
        if earlier := joined.decision_between(left.rows, right.rows):
            raise KanghuError(
                f"与先前的判定矛盾:{earlier}",
                where,
                mend=f"若那一条有误,先 kanghu identity undo {earlier.decision_id}",
            )
        if joined.are_met(left.rows, right.rows):
            raise KanghuError(
                "两边在同一机构用同一个人员号码,不能分开",
                where,
                mend="请机构改正号码;下次归并会跟随",
            )
        return
    decided_alone = _Joined(same)
    roots = decided_alone.roots((*left.rows, *right.rows))
    if len(roots) == 1 and (earlier := decided_alone.decision_between(left.rows, right.rows)):
        raise KanghuError(f"已经判定过:{earlier}", where, mend="不必再判定")
    joined.join((*left.rows, *right.rows))
    for one in different:
        if joined.are_met(one.left.rows, one.right.rows):
            raise KanghuError(
                f"与先前的判定矛盾:{one}",
                where,
                mend=f"若那一条有误,先 kanghu identity undo {one.decision_id}",
            )


def _active(decided: Decided, kind: Kind) -> list[Decision]:
    return [d for d in decided.decisions if d.is_active and d.kind == kind]


@contextmanager
def _alone(settings: Settings) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """One entry at a time: each is checked against all before it."""
    with connect(settings) as connection:
        connection.execute("lock table kanghu.identity_decision in exclusive mode")
        yield connection


def _told(who: str, why: str) -> None:
    if not who.strip() or not why.strip():
        raise KanghuError("没有写明谁判定、为什么", "--who、--why", mend="两项都要写")


def _read(connection: psycopg.Connection[dict[str, Any]]) -> Decided:
    undone = {
        row["undoes"]: row["decision_id"]
        for row in connection.execute(
            "select decision_id, undoes from kanghu.identity_decision where kind = 'undo'"
        )
    }
    rows: dict[tuple[int, str], list[PersonRow]] = {}
    for row in connection.execute(
        "select * from kanghu.identity_decision_row "
        "order by decision_id, institution, feed, source_key, dataset"
    ):
        key = PersonRow(row["institution"], row["feed"], row["source_key"], row["dataset"])
        rows.setdefault((row["decision_id"], row["side"]), []).append(key)
    decisions = []
    for row in connection.execute("select * from kanghu.identity_decision order by decision_id"):
        number, meant = row["decision_id"], row["undoes"] or row["decision_id"]
        left, right = (
            Side(row[f"{side}_resident"], tuple(rows.get((meant, side), ())))
            for side in ("left", "right")
        )
        said = (number, row["kind"], row["who"], row["why"], row["decided_at"], left, right)
        decisions.append(Decision(*said, undoes=row["undoes"], undone_by=undone.get(number)))
    return Decided(decisions[-1].decision_id if decisions else 0, tuple(decisions))


def _entry(connection: psycopg.Connection[dict[str, Any]], number: int) -> Decision:
    return next(d for d in _read(connection).decisions if d.decision_id == number)


def _append(
    connection: psycopg.Connection[dict[str, Any]],
    kind: Kind,
    who: str,
    why: str,
    undoes: int | None,
    left: Side,
    right: Side,
) -> int:
    row = connection.execute(
        """
        insert into kanghu.identity_decision
            (decision_id, kind, undoes, who, why, left_resident, right_resident)
        select coalesce(max(decision_id), 0) + 1, %s, %s, %s, %s, %s, %s
        from kanghu.identity_decision
        returning decision_id
        """,
        (kind, undoes, who.strip(), why.strip(), left.resident_id, right.resident_id),
    ).fetchone()
    assert row is not None
    number = int(row["decision_id"])
    if undoes is None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into kanghu.identity_decision_row values (%s, %s, %s, %s, %s, %s)",
                [
                    (number, side, one.institution, one.feed, one.source_key, one.dataset)
                    for side, said in (("left", left), ("right", right))
                    for one in said.rows
                ],
            )
    return number
