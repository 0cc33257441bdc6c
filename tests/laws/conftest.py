"""A small synthetic city that runs all ten vendor systems, and the line run on it once."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from collectors.registry import load_registry
from kanghu.settings import Settings, load_settings
from pipeline.run import RunResult, run
from simulator.serve import start_city
from simulator.simulate import simulate


@dataclass(frozen=True)
class City:
    """A simulated city with its servers running; ``environment`` is what its sources ask for."""

    folder: Path
    environment: dict[str, str]


def simulated_city(folder: Path, seed: int, residents: int) -> None:
    simulate(
        seed=seed,
        residents=residents,
        out=folder,
        months=12,
        institutions=14,
    )


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """Outside pytest's own folder, which is closed to the other user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="kanghu-city-", ignore_cleanup_errors=True) as at:
        Path(at).chmod(0o755)
        yield from _answering(Path(at))


def _answering(folder: Path) -> Iterator[City]:
    simulated_city(folder, seed=7, residents=600)
    with start_city(folder) as environment:
        before = dict(os.environ)
        os.environ.update(environment)
        yield City(folder, dict(environment))
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def home_of(
    city: City, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Settings]:
    """Settings for a new home over the city: a lake, a store and marts of its own."""

    def make(name: str) -> Settings:
        database = f"law_{name}_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f'create database "{database}"')
        home = tmp_path_factory.mktemp(name)
        settings = load_settings({"KANGHU_HOME": str(home)}).at_home(home)
        return replace(
            settings,
            store=postgres_url.replace("/postgres?", f"/{database}?"),
            sources=city.folder / "sources",
        )

    return make


@dataclass(frozen=True)
class FinishedLine:
    settings: Settings
    result: RunResult
    seconds: float


@pytest.fixture(scope="session")
def finished(home_of: Callable[[str], Settings]) -> FinishedLine:
    """The line run once over the city, undisturbed."""
    settings = home_of("finished")
    began = time.perf_counter()
    result = run(settings, load_registry(settings))
    return FinishedLine(settings, result, time.perf_counter() - began)
