"""Law 3: the run may be killed at any instant and run again; nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg

from kanghu.settings import Settings
from tests.laws.conftest import City, FinishedLine
from tests.laws.lake_content import lake_content

KILLS = int(os.environ.get("KANGHU_KILLS", "5"))
"""Random instants; ``make bench`` takes 30."""

LAYERS = ("bronze", "silver", "quarantine", "identity", "quality")


def test_killed_runs_end_as_an_undisturbed_one(
    city: City, finished: FinishedLine, home_of: Callable[[str], Settings]
) -> None:
    settings = home_of("killed")
    environment = {
        **os.environ,
        **city.environment,
        "KANGHU_HOME": str(settings.home),
        "KANGHU_STORE": settings.store,
        "KANGHU_SOURCES": str(settings.sources),
    }
    chance = random.Random(20261031)
    killed = 0
    for _ in range(KILLS):
        process = _start(environment)
        try:
            process.wait(timeout=chance.uniform(1.0, _seconds_of_a_run(finished)))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        _free_leases(settings)
    print(f"{killed} of {KILLS} runs were killed; the others had ended before their instant")
    assert killed > 0, "no run was still going when its instant came"
    last = _start(environment)
    assert last.wait(timeout=600) == 0
    assert lake_content(settings, LAYERS) == lake_content(finished.settings, LAYERS)


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kanghu", "run"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _seconds_of_a_run(finished: FinishedLine) -> float:
    return max(10.0, finished.seconds * 0.9)


def _free_leases(settings: Settings) -> None:
    """A dead holder's lease frees itself after its term; the test does not wait for that."""
    with psycopg.connect(settings.store) as connection:
        found = connection.execute("select to_regclass('kanghu.lease')").fetchone()
        if found and found[0]:
            connection.execute("update kanghu.lease set expires_at = now() - interval '1 second'")
    time.sleep(0.05)
