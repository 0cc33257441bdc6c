"""Fixtures for every room: a home of its own, a real PostgreSQL, a real engine."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kanghu.settings import CHECKOUT, Settings, load_settings
from kanghu.store import embedded_server_url

# A worker of pytest-xdist has a main module without a file, by which PySpark takes it for a doctest
# run and asks for a Spark distribution that its client does not bring.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__

OUTSIDE_DATA = CHECKOUT.parent / "shared" / "data"
"""Real inputs that nobody here wrote; CI has them, a fresh clone does not."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One real PostgreSQL for the session, from the wheel.

    Outside pytest's own folder: that one is closed to others, and where the tests run as root the
    wheel's server is another user.
    """
    with tempfile.TemporaryDirectory(prefix="kanghu-postgres-", ignore_cleanup_errors=True) as at:
        Path(at).chmod(0o755)
        yield embedded_server_url(Path(at) / "data")


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A new, empty database on it: for a store, or for an institution's system."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    yield postgres_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Everything under a temporary home, the store in a database of its own."""
    home = tmp_path / "home"
    (home / "sources" / "systems").mkdir(parents=True)
    (home / "sources" / "sources").mkdir()
    return load_settings(
        {
            "KANGHU_HOME": str(home),
            "KANGHU_STORE": database_url,
            "KANGHU_ENGINE": os.environ.get("KANGHU_ENGINE", "sail"),
            "KANGHU_SOURCES": str(home / "sources"),
        }
    )


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder of outside inputs, or a skip that says why."""
    if not OUTSIDE_DATA.is_dir():
        pytest.skip("outside test data are not here (they lie beside the checkout in CI)")
    return OUTSIDE_DATA


_CITY_OF_LAWS = "laws"
_LONGEST_FIRST = (_CITY_OF_LAWS, "tests/expectations/test_catalogue_rules.py")


def _share(nodeid: str) -> str:
    """Tests of one share run in one worker, as their fixtures are dear: a file, or all files that
    look at the laws' city. (The groups of pytest-xdist 3.8 are lost on pytest 9.2.)"""
    file = nodeid.split("::", 1)[0]
    return _CITY_OF_LAWS if Path(file).name in _FILES_OF_THE_CITY else file


_FILES_OF_THE_CITY = frozenset(
    path.name
    for path in (CHECKOUT / "tests" / "laws").glob("test_*.py")
    if "FinishedLine" in path.read_text(encoding="utf-8")
    or "City" in path.read_text(encoding="utf-8")
)


class _Shares(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _share(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return _Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest shares first, so that no worker ends long after the other."""

    def place(item: pytest.Item) -> int:
        share = _share(item.nodeid)
        return _LONGEST_FIRST.index(share) if share in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=place)


_passed: dict[str, set[str]] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(*ids): ids that this test proves")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call" and report.passed:
        for marker in item.iter_markers("requirement"):
            if len(marker.args) > 3:
                raise pytest.UsageError(f"{item.nodeid}: a test claims at most three ids")
            for identifier in marker.args:
                _passed.setdefault(identifier, set()).add(item.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave what this run proved for ``make coverage``, one file a run (and worker)."""
    folder = CHECKOUT / "build" / "proved"
    folder.mkdir(parents=True, exist_ok=True)
    suite = os.environ.get("KANGHU_SUITE", "test")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if _passed:
        (folder / f"{suite}-{worker}.json").write_text(
            json.dumps({name: sorted(tests) for name, tests in sorted(_passed.items())}, indent=1),
            encoding="utf-8",
        )
