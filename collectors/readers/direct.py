"""PostgreSQL read by DuckDB's own client (binary COPY), the hot path of collecting whole tables.

The statement makes every value text on the server, so what lands is what the batches would bring;
DuckDB takes it off the wire without Python, CSV or Arrow in between: a third of the client's work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from collectors.readers import INSTITUTION, PART_KEY, Direct
from collectors.row_hash import bronze_column, literal, quoted
from kanghu.lake import load_extension


@contextmanager
def reading_directly(db: duckdb.DuckDBPyConnection, direct: Direct) -> Iterator[None]:
    """The view ``delivery`` over the statement's rows, under bronze names, while the block runs.

    Raises what ``direct.explain`` makes of an error, where the source is at fault.
    """
    load_extension(db, "postgres_scanner")
    own = (INSTITUTION, PART_KEY)
    selected = ", ".join(
        f"{quoted(name)} as {quoted(name if name in own else bronze_column(name))}"
        for name in direct.names
    )
    try:
        db.execute(f"attach {literal(direct.connection)} as source (type postgres, read_only)")
        db.execute(
            f"create or replace temp view delivery as select {selected} "
            f"from postgres_query('source', {literal(direct.statement)})"
        )
        yield
    except duckdb.Error as error:
        explained = direct.explain(error)
        if explained is not None:
            raise explained from error
        raise
    finally:
        db.execute("drop view if exists delivery")
        db.execute("detach database if exists source")
