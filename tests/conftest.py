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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker a file, as its fixtures are dear; all that share the laws' city go to one."""
    for item in items:
        shares_city = "city" in getattr(item, "fixturenames", ()) and "laws" in item.path.parts
        group = "laws" if shares_city else str(item.path.relative_to(CHECKOUT))
        item.add_marker(pytest.mark.xdist_group(group))


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
