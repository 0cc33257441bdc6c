"""``kanghu simulate``: make a city, deliver it into its institutions' own systems, keep the truth.

Chunks stream from the city through the vendors' writers; neither residents nor rows are ever held
all at once.
"""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import yaml

from kanghu.errors import KanghuError
from simulator.city import (
    DEFAULT_AS_OF,
    DEFAULT_ERROR_RATE,
    DEFAULT_MONTHS,
    make_chunk,
    make_city,
    together,
)
from simulator.systems import open_writers
from simulator.truth import TruthWriter

Progress = Callable[[int, int], None]
"""Called with residents done and residents in all."""

ARGUMENTS = "city.yml"
"""What the city was made of, in its folder: a later delivery begins from it."""


@dataclass(frozen=True)
class Arguments:
    """What a city follows from. ``institutions``: how many take part (all: ``None``)."""

    seed: int
    residents: int
    as_of: str = DEFAULT_AS_OF
    months: int = DEFAULT_MONTHS
    error_rate: float = DEFAULT_ERROR_RATE
    institutions: int | None = None
    own_postgres: bool = True
    """Whether the institutions' PostgreSQL is kept in the city's folder."""


@dataclass(frozen=True)
class Summary:
    """What was made: ``rows`` lie in the sources, ``errors`` are rules broken by them."""

    folder: Path
    residents: int
    institutions: int
    sources: int
    rows: int
    errors: int
    rows_by_dataset: dict[str, int]


def simulate(
    seed: int,
    residents: int,
    out: Path,
    postgres: str | None = None,
    as_of: str = DEFAULT_AS_OF,
    months: int = DEFAULT_MONTHS,
    error_rate: float = DEFAULT_ERROR_RATE,
    institutions: int | None = None,
    chunks_at_once: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """Make a city under ``out``: ``truth/``, ``systems/``, ``sources/``; what was there goes.

    ``postgres``: a server's URL for the institutions that run on it; without one a server is kept
    under ``out/postgres``. ``institutions``: a part of them (8 at least) that has all systems.
    ``chunks_at_once``: how many are written together, for memory's sake only: the city is the same.
    """
    arguments = Arguments(
        seed, residents, as_of, months, error_rate, institutions, postgres is None
    )
    city = make_city(seed, residents, as_of, months, institutions)
    for name in ("truth", "sources"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    writers = open_writers(city.assignments, out, postgres)
    rows = errors = done = 0
    by_dataset: dict[str, int] = {}
    with TruthWriter(out / "truth") as truth:
        for first in range(0, len(city.plan.chunks), chunks_at_once):
            numbers = range(first, min(first + chunks_at_once, len(city.plan.chunks)))
            chunk = together([make_chunk(city, number, error_rate) for number in numbers])
            delivered = writers.write(chunk)
            truth.persons(chunk.persons)
            truth.events(chunk.tables)
            written, broken = truth.rows(chunk.tables, delivered, chunk.errors)
            rows, errors = rows + written, errors + broken
            for dataset, table in chunk.tables.items():
                by_dataset[dataset] = by_dataset.get(dataset, 0) + table.num_rows
            done += chunk.persons.num_rows
            del chunk, delivered
            _give_memory_back()
            if progress:
                progress(done, residents)
    sources = writers.close()
    write_sources(out, sources)
    (out / ARGUMENTS).write_text(yaml.safe_dump(asdict(arguments)), encoding="utf-8")
    return Summary(
        folder=out,
        residents=done,
        institutions=len(city.assignments) - 1,
        sources=len(sources),
        rows=rows,
        errors=errors,
        rows_by_dataset=dict(sorted(by_dataset.items())),
    )


def _give_memory_back() -> None:
    """Hand what a chunk freed back to the system: glibc alone keeps it in each thread's arena, in
    pieces too small for the next chunk, and would grow with the city."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:  # glibc has it
        trim(0)


def read_arguments(out: Path) -> Arguments:
    """What the city in ``out`` was made of; raises ``KanghuError`` where there is none."""
    path = out / ARGUMENTS
    if not path.is_file():
        raise KanghuError(
            what="这里没有模拟城市", where=str(path), mend="先运行 kanghu simulate --out 这个文件夹"
        )
    return Arguments(**yaml.safe_load(path.read_text(encoding="utf-8")))


def write_sources(out: Path, sources: list[dict[str, object]]) -> None:
    """One YAML a source under ``out/sources/sources``; ``KANGHU_SOURCES`` is ``out/sources``."""
    folder = out / "sources" / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    (out / "sources" / "systems").mkdir(exist_ok=True)
    for source in sources:
        text = yaml.safe_dump(source, allow_unicode=True, sort_keys=False)
        (folder / f"{source['source']}.yml").write_text(text, encoding="utf-8")
