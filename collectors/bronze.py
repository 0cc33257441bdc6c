"""Writing bronze: files that are already Parquet become one commit of a Delta table.

Collect writes each institution's file itself (so memory stays flat and a feed that fails leaves
nothing behind) and the commit takes all files of a batch at once. The commit carries the batch as
a Delta application transaction, so whoever resumes a batch knows which tables have it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.fs as arrow_fs
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.fs import DeltaStorageHandler
from deltalake.schema import Field, PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from kanghu.lake import BRONZE_COLUMNS, Lake

PARTITION = "_institution"
_STATISTICS: dict[str, str | None] = {"delta.dataSkippingStatsColumns": "_batch_id"}
"""What a file says of itself in the log. Readers take statistics of other columns, which are not
there, for bounds that exclude every row, unless the table says that there are none."""


@dataclass(frozen=True)
class LandedFile:
    """A Parquet file of one institution's bronze rows, without the partition's column."""

    path: Path
    institution: str
    rows: int


def carries(lake: Lake, path: str, batch_id: str) -> bool:
    """Whether the bronze table at ``path`` has the commit of ``batch_id``."""
    if not lake.exists(path):
        return False
    return lake.table(path).transaction_version(_application(batch_id)) is not None


def institutions_in(lake: Lake, path: str) -> set[str]:
    """Institutions that have rows in the bronze table at ``path``."""
    if not lake.exists(path):
        return set()
    return {str(part[PARTITION]) for part in lake.table(path).partitions()}


def commit(
    lake: Lake, path: str, columns: Sequence[str], files: Sequence[LandedFile], batch_id: str
) -> None:
    """Add ``files`` to the bronze table at ``path`` in one commit marked with ``batch_id``.

    The table is made when it is missing and gets the delivered ``columns`` that it lacks.
    """
    table = _table(lake, path, columns)
    actions: list[AddAction | RemoveAction] = [
        _add(lake, path, file, f"{batch_id}-{number}", batch_id)
        for number, file in enumerate(files)
    ]
    table.create_write_transaction(
        actions,
        mode="append",
        schema=table.schema(),
        partition_by=[PARTITION],
        commit_properties=CommitProperties(
            app_transactions=[Transaction(_application(batch_id), 1)],
            custom_metadata={"batch_id": batch_id},
        ),
    )


def _application(batch_id: str) -> str:
    return f"collect:{batch_id}"


def _table(lake: Lake, path: str, columns: Sequence[str]) -> DeltaTable:
    if not lake.exists(path):
        fields = [
            pa.field(name, pa.timestamp("us", tz="UTC") if name == "_landed_at" else pa.string())
            for name in (*BRONZE_COLUMNS, *columns)
        ]
        DeltaTable.create(
            path,
            pa.schema(fields),
            mode="ignore",
            partition_by=[PARTITION],
            configuration=_STATISTICS,
            storage_options=lake.storage_options(),
        )
    table = lake.table(path)
    known = {field.name for field in table.schema().fields}
    missing = [name for name in columns if name not in known]
    if missing:
        table.alter.add_columns([Field(name, PrimitiveType("string")) for name in missing])
        table = lake.table(path)
    return table


def _add(lake: Lake, path: str, file: LandedFile, name: str, batch_id: str) -> AddAction:
    folder = f"{PARTITION}={quote(file.institution, safe='')}"
    relative = f"{folder}/{name}.parquet"
    size = file.path.stat().st_size
    _place(lake, path, file.path, relative)
    return AddAction(
        path=quote(relative, safe="/=."),
        size=size,
        partition_values={PARTITION: file.institution},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=json.dumps(
            {
                "numRecords": file.rows,
                "minValues": {"_batch_id": batch_id},
                "maxValues": {"_batch_id": batch_id},
                "nullCount": {"_batch_id": 0},
            }
        ),
    )


def _place(lake: Lake, path: str, local: Path, relative: str) -> None:
    """Move the file to its place; what an earlier, killed attempt left there is replaced."""
    if "://" not in path:
        target = Path(path) / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(local, target)
        except OSError:  # another file system
            shutil.copyfile(local, target)
        return
    store = arrow_fs.PyFileSystem(DeltaStorageHandler(path, lake.storage_options()))
    with local.open("rb") as source, store.open_output_stream(relative) as target_stream:
        shutil.copyfileobj(source, target_stream, 16 << 20)
