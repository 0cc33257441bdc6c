"""A decision about who is who, as the operational store keeps it: types, and the store's tables.

Entries are only ever appended, one at a time, so the number of the last one read says all that was
read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa

from kanghu.settings import Settings
from kanghu.store import connect

_CITY_TIME = ZoneInfo("Asia/Shanghai")

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
        return read_all(connection)


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


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """One entry at a time: each is checked against all before it."""
    with connect(settings) as connection:
        connection.execute("lock table kanghu.identity_decision in exclusive mode")
        yield connection


def read_all(connection: psycopg.Connection[dict[str, Any]]) -> Decided:
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
        said = (number, row["kind"], row["who"], row["why"], _at(row), left, right)
        decisions.append(Decision(*said, undoes=row["undoes"], undone_by=undone.get(number)))
    return Decided(decisions[-1].decision_id if decisions else 0, tuple(decisions))


def _at(row: dict[str, Any]) -> datetime:
    """When, by the city's clock: people read it."""
    at: datetime = row["decided_at"]
    return at.astimezone(_CITY_TIME)


def read_entry(connection: psycopg.Connection[dict[str, Any]], number: int) -> Decision:
    return next(d for d in read_all(connection).decisions if d.decision_id == number)


def append(
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
