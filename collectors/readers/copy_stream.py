"""PostgreSQL's COPY stream as record batches, the hot path of collect.

A thread takes rows off the wire (libpq, straight: psycopg's own loop costs twice as much a row) and
hands them on in chunks of whole rows; Arrow parses a chunk while the next one comes. At most a few
chunks are held, so memory does not grow with the table.
"""

from __future__ import annotations

import queue
import select
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
from psycopg import pq

_CHUNK_BYTES = 8 << 20
_CHUNKS_AHEAD = 3
_PATIENCE_SECONDS = 0.2

_Chunk = bytes | Exception | None


def read_copy(
    connection: psycopg.Connection[Any], statement: str, names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Run ``COPY (…) TO STDOUT (FORMAT csv)`` and yield its rows, all text, under ``names``.

    An unquoted empty field is null, a quoted one the empty string. Raises ``psycopg.Error`` when
    the server or the connection fails, ``pyarrow.ArrowInvalid`` when bytes are not UTF-8.
    """
    if connection.info.transaction_status == pq.TransactionStatus.IDLE:
        connection.execute("select 1")  # opens the read-only snapshot
    chunks: queue.Queue[_Chunk] = queue.Queue(_CHUNKS_AHEAD)
    stop = threading.Event()
    puller = threading.Thread(
        target=_pull, args=(connection.pgconn, statement, chunks, stop), daemon=True
    )
    puller.start()
    read = arrow_csv.ReadOptions(column_names=list(names), use_threads=False)
    parse = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    convert = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    try:
        while (chunk := chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            read.block_size = len(chunk) + 1
            table = arrow_csv.read_csv(pa.BufferReader(chunk), read, parse, convert)
            yield from table.to_batches()
    finally:
        stop.set()
        puller.join(timeout=1)


def _pull(
    wire: pq.abc.PGconn, statement: str, chunks: queue.Queue[_Chunk], stop: threading.Event
) -> None:
    try:
        result = wire.exec_(statement.encode())
        if result.status != pq.ExecStatus.COPY_OUT:
            raise _error(wire, result)
        rows: list[bytes] = []
        size = 0
        while True:
            length, row = wire.get_copy_data(1)
            if length < 0:
                break
            if length == 0:
                if not _more_input(wire, stop):
                    return
                continue
            rows.append(row)  # type: ignore[arg-type]
            size += length
            if size >= _CHUNK_BYTES:
                if not _hand_on(chunks, b"".join(rows), stop):
                    return
                rows, size = [], 0
        if length == -2:
            raise psycopg.OperationalError(wire.get_error_message())
        if not _ended_well(wire, stop):
            return
        if rows:
            _hand_on(chunks, b"".join(rows), stop)
        _hand_on(chunks, None, stop)
    except Exception as error:
        _hand_on(chunks, error, stop)


def _ended_well(wire: pq.abc.PGconn, stop: threading.Event) -> bool:
    """Whether all has come; ``False`` when reading is to stop before that is known."""
    while wire.is_busy():
        if not _more_input(wire, stop):
            return False
    final = wire.get_result()
    while wire.get_result():
        pass
    if final is None or final.status != pq.ExecStatus.COMMAND_OK:
        raise _error(wire, final)
    return True


def _more_input(wire: pq.abc.PGconn, stop: threading.Event) -> bool:
    """Wait for bytes from the server and take them in; ``False`` when reading is to stop.

    Not by libpq's own blocking wait: psycopg holds the interpreter's lock in it, so that a silent
    server would stop every thread of this process.
    """
    line = select.poll()
    line.register(wire.socket, select.POLLIN)
    while not line.poll(_PATIENCE_SECONDS * 1000):
        if stop.is_set():
            return False
    wire.consume_input()
    return True


def _error(wire: pq.abc.PGconn, result: pq.abc.PGresult | None) -> psycopg.Error:
    if result is None:
        return psycopg.OperationalError(wire.get_error_message())
    state = result.error_field(pq.DiagnosticField.SQLSTATE)
    kind = psycopg.errors.lookup(state.decode()) if state else psycopg.OperationalError
    return kind(result.get_error_message())


def _hand_on(chunks: queue.Queue[_Chunk], chunk: _Chunk, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            chunks.put(chunk, timeout=_PATIENCE_SECONDS)
            return True
        except queue.Full:
            continue
    return False
