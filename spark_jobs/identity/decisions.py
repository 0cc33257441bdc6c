"""What people decided about who is who: two are one person, or are not, whatever else is found.

The operational store keeps each decision for good (``kanghu.identity_decision``), with the rows it
speaks of, who decided it, why and when; what was decided in error is undone by a further entry.
``identify`` reads them: rows of a ``same`` decision are one person, no row on one side of a
``different`` decision ever meets one of the other side. Two decisions never contradict each
other: the later one is refused, naming the earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kanghu.errors import KanghuError
from kanghu.settings import Settings
from spark_jobs.identity.decision_store import (
    Decided,
    Decision,
    Kind,
    PersonRow,
    Side,
    append,
    one_at_a_time,
    read_all,
    read_entry,
)


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
    with one_at_a_time(settings) as connection:
        decided = read_all(connection)
        _refuse(decided, kind, left, right, [tuple(unit) for unit in units])
        number = append(connection, kind, who, why, None, left, right)
        return read_entry(connection, number)


def undo(settings: Settings, decision_id: int, *, who: str, why: str) -> Decision:
    """Append an entry that takes a decision back; raises ``KanghuError`` where there is none, it
    was taken back before, or a later one still says the same."""
    _told(who, why)
    with one_at_a_time(settings) as connection:
        decided = read_all(connection)
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
        number = append(connection, "undo", who, why, decision_id, meant.left, meant.right)
        return read_entry(connection, number)


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


def _told(who: str, why: str) -> None:
    if not who.strip() or not why.strip():
        raise KanghuError("没有写明谁判定、为什么", "--who、--why", mend="两项都要写")
