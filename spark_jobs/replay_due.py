"""What of bronze has still to be carried into silver again, kept in the store.

``kanghu replay`` writes down what it means to do before it begins, and a table whose mapping failed
is written down with its error. Both stay until the marts stand on the result, so whatever was
killed or failed is carried by the next run (law 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kanghu.settings import Settings
from kanghu.store import connect


@dataclass(frozen=True, order=True)
class Due:
    """All rows of a bronze table for a dataset. Empty ``system``: of all tables; empty
    ``dataset``: for all of the table's datasets."""

    system: str = ""
    table_name: str = ""
    dataset: str = ""
    error: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.system, self.table_name, self.dataset)


def all_due(settings: Settings) -> list[Due]:
    """Everything due, in a stable order."""
    with connect(settings) as connection:
        rows = connection.execute(
            "select system, table_name, dataset, error from kanghu.replay_due order by 1, 2, 3"
        ).fetchall()
    return [Due(row["system"], row["table_name"], row["dataset"], row["error"]) for row in rows]


def put_down(settings: Settings, due: Iterable[Due]) -> None:
    """Write ``due`` down; the newest error of each stands."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into kanghu.replay_due (system, table_name, dataset, error) "
            "values (%s, %s, %s, %s) "
            "on conflict (system, table_name, dataset) do update set error = excluded.error",
            [(*one.key, one.error) for one in due],
        )


def strike_out(settings: Settings, due: Iterable[Due]) -> None:
    """Forget ``due``: it is carried, and the marts stand on it."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "delete from kanghu.replay_due where system = %s and table_name = %s and dataset = %s",
            [one.key for one in due],
        )
