"""Arrays into the canonical text of ``events``: dates, instants, numbers, keys, whole tables.

Everything works on whole arrays; days count from 1970-01-01 and seconds from its midnight, both in
local time. A ``present`` mask turns what was not recorded into null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.events import META_COLUMNS
from simulator.reference_tables import read_reference
from standards.catalogue import load_catalogue

Array = np.ndarray[Any, Any]

DAY = 86_400
_FIRST_DAY = int(np.datetime64("1880-01-01").astype(np.int64))
_LAST_DAY = int(np.datetime64("2101-01-01").astype(np.int64))


@cache
def _all_dates() -> pa.Array:
    days = np.arange(_FIRST_DAY, _LAST_DAY).astype("datetime64[D]")
    return pa.array(days).cast(pa.string())


@cache
def _all_times() -> pa.Array:
    seconds = np.arange(DAY)
    parts = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    two = [pc.utf8_lpad(pa.array(part).cast(pa.string()), 2, "0") for part in parts]
    return pc.binary_join_element_wise(*two, ":")


def when(text: pa.Array, present: Array | None) -> pa.Array:
    """``text`` where ``present``, null elsewhere."""
    if present is None:
        return text
    return pc.if_else(pa.array(present), text, pa.scalar(None, pa.string()))


def dates(days: Array, present: Array | None = None) -> pa.Array:
    """``2025-03-09``."""
    index = np.clip(days, _FIRST_DAY, _LAST_DAY - 1) - _FIRST_DAY
    return when(_all_dates().take(pa.array(index)), present)


def instants(seconds: Array, present: Array | None = None) -> pa.Array:
    """``2025-03-09T14:05:00``."""
    day = dates(seconds // DAY)
    time = _all_times().take(pa.array(seconds % DAY))
    return when(pc.binary_join_element_wise(day, time, "T"), present)


def numbers(values: Array, present: Array | None = None) -> pa.Array:
    """Whole numbers."""
    return when(pa.array(values.astype(np.int64)).cast(pa.string()), present)


def decimals(scaled: Array, places: int, present: Array | None = None) -> pa.Array:
    """``scaled / 10**places`` with just that many places: 1250, 2 -> ``12.50``."""
    scaled = np.asarray(scaled).astype(np.int64)
    whole, part = np.divmod(np.abs(scaled), 10**places)
    fraction = pc.utf8_lpad(pa.array(part).cast(pa.string()), places, "0")
    text = pc.binary_join_element_wise(pa.array(whole).cast(pa.string()), fraction, ".")
    if (scaled < 0).any():
        text = pc.if_else(pa.array(scaled < 0), pc.binary_join_element_wise("-", text, ""), text)
    return when(text, present)


def flags(values: Array, present: Array | None = None) -> pa.Array:
    """Booleans: ``1`` and ``0``."""
    return when(pa.array(["0", "1"]).take(pa.array(values.astype(np.int64))), present)


def pick(choices: Sequence[str] | pa.Array, index: Array, present: Array | None = None) -> pa.Array:
    """``choices[index]``."""
    table = choices if isinstance(choices, pa.Array) else pa.array(list(choices), pa.string())
    return when(table.take(pa.array(np.asarray(index, dtype=np.int64))), present)


def constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)


def join(*parts: pa.Array | str) -> pa.Array:
    """Text set together; null where any part is."""
    return pc.binary_join_element_wise(*parts, "")


def keys(prefix: str, numbers_: Array, width: int = 0) -> pa.Array:
    """``prefix`` and a number of fixed width, so that text sorts as the numbers do."""
    digits = pa.array(numbers_.astype(np.int64)).cast(pa.string())
    return join(prefix, pc.utf8_lpad(digits, width, "0") if width else digits)


@cache
def columns_of(dataset: str) -> tuple[str, ...]:
    """The columns that the city makes of ``dataset``, in the catalogue's order.

    ``reference/made_columns.csv`` lists them: a norm's form has columns that no mart, cockpit or
    app reads, and those the city leaves empty.
    """
    made = {row["column"] for row in read_reference("made_columns") if row["dataset"] == dataset}
    known = [column.name for column in load_catalogue().dataset(dataset).columns]
    unknown = made - set(known)
    if unknown:
        raise KeyError(f"made_columns.csv: {dataset} has no columns {sorted(unknown)}")
    return tuple(name for name in known if name in made)


def canonical(
    dataset: str, meta: Mapping[str, pa.Array], columns: Mapping[str, pa.Array]
) -> pa.Table:
    """A canonical table: the meta columns, then every column of the dataset in its order.

    Raises ``KeyError`` for a column that the dataset does not have.
    """
    known = columns_of(dataset)
    unknown = set(columns) - set(known)
    if unknown:
        raise KeyError(f"{dataset} has no columns {sorted(unknown)}")
    count = len(meta["_event_id"])
    nothing = pa.nulls(count, pa.string())
    arrays = [meta.get(name, nothing) for name in META_COLUMNS]
    arrays += [columns.get(name, nothing) for name in known]
    return pa.table([array.cast(pa.string()) for array in arrays], names=[*META_COLUMNS, *known])


def day_number(text: str) -> int:
    """The day's number from 1970-01-01."""
    return int(np.datetime64(text, "D").astype(np.int64))
