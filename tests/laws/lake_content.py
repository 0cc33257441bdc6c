"""What a lake holds, without what differs from run to run (batch ids, landing times)."""

from __future__ import annotations

from pathlib import Path

from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings

_CHANGES_BY_RUN = ("_batch_id", "batch_id", "_landed_at", "at", "since", "run")


def lake_content(settings: Settings, layers: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """Table -> (rows, order-independent hash of all rows), for every table of ``layers``."""
    root = Path(Lake(settings.lake).root)
    content = {}
    with connect_duckdb() as connection:
        for layer in layers:
            for log in sorted((root / layer).rglob("_delta_log")):
                table = log.parent
                columns = [
                    name
                    for (name, *_) in connection.execute(
                        f"describe select * from delta_scan('{table}')"
                    ).fetchall()
                    if name not in _CHANGES_BY_RUN
                ]
                row = ", ".join(f'"{name}"' for name in sorted(columns))
                found = connection.execute(
                    f"select count(*), sum(md5_number_lower(row({row})::varchar)::hugeint) "
                    f"from delta_scan('{table}')"
                ).fetchone()
                assert found is not None
                content[str(table.relative_to(root))] = (found[0], str(found[1]))
    return content
