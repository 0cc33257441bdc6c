"""A replay is an intention that is kept: killed anywhere, the next run carries it to its end."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.registry import load_registry
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import CHECKOUT, Settings
from kanghu.store import connect
from pipeline.run import replay, together
from spark_jobs.replay_due import all_due
from tests.laws.lake_content import lake_content
from tests.laws.tiny_clinic import HIS, Clinic

LAYERS = ("silver", "quarantine", "identity", "quality")

DYING = """
import os, signal, sys
from kanghu.cli import main
import pipeline.run as line

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "after people":
    line.identify = die
elif sys.argv[1] == "after silver":
    line.evaluate_across = die
else:
    line.build = die
main(["replay", "--dataset", "patient"])
"""


@pytest.mark.parametrize("instant", ["after people", "after silver", "before the marts"])
def test_a_killed_replay_is_carried_by_the_next_run(
    settings: Settings, tmp_path: Path, instant: str
) -> None:
    clinic = Clinic(tmp_path / "clinic", settings).open()
    assert clinic.run().is_whole
    mended = copy.deepcopy(HIS)
    mended["lookups"]["xb"] = {"男": "2", "女": "1"}
    clinic.describe(mended)
    script = tmp_path / "dying.py"
    script.write_text(DYING, encoding="utf-8")
    environment = {
        **os.environ,
        "KANGHU_HOME": str(settings.home),
        "KANGHU_STORE": settings.store,
        "KANGHU_SOURCES": str(settings.sources),
    }
    dying = subprocess.run(
        [sys.executable, str(script), instant], env=environment, cwd=CHECKOUT, check=False
    )
    assert dying.returncode == -signal.SIGKILL
    assert [(one.dataset, one.error) for one in all_due(settings)] == [("patient", None)]
    free_leases(settings)

    result = clinic.run()
    assert result.is_whole
    assert result.built is not None
    assert all_due(settings) == []
    assert sexes(settings, Lake(settings.lake).silver("patient")) == {"P1": "2", "P2": "1"}
    assert clinic.lost() == []
    carried = lake_content(settings, LAYERS)
    replay(settings, load_registry(settings), datasets=["patient"])
    assert lake_content(settings, LAYERS) == carried
    assert clinic.run().built is None


def test_what_shares_rows_is_replayed_together(settings: Settings, tmp_path: Path) -> None:
    Clinic(tmp_path / "clinic", settings).open()
    registry = load_registry(settings)
    assert "diabetes_followup" in together(registry, {"hypertension_followup"})
    assert together(registry, {"department"}) == {"department"}


def sexes(settings: Settings, path: str) -> dict[str, str]:
    with connect_duckdb() as connection:
        rows = connection.execute(
            f"select patient_no, sex_code from delta_scan('{path}') "
            "where patient_no in ('P1', 'P2')"
        ).fetchall()
    return dict(rows)


def free_leases(settings: Settings) -> None:
    with connect(settings) as connection:
        connection.execute("update kanghu.lease set expires_at = now() - interval '1 second'")
