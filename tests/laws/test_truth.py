"""What was planted is found, what is clean is left alone, and people are told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.registry import load_registry
from kanghu.settings import Settings
from pipeline.run import run
from pipeline.verdict import Verdict, verify_findings, verify_identity
from simulator.serve import start_city
from tests.laws.conftest import City, FinishedLine, simulated_city

OTHER_SEED = 90_210
"""Nothing was ever tuned on this one."""


def test_planted_errors_are_found_and_clean_rows_are_not_blamed(
    city: City, finished: FinishedLine
) -> None:
    _assert_exact(verify_findings(finished.settings, city.folder / "truth"))


@pytest.fixture(scope="module")
def other_city(
    tmp_path_factory: pytest.TempPathFactory, home_of: Callable[[str], Settings]
) -> tuple[Settings, Path]:
    """The line over a city of another seed."""
    folder = tmp_path_factory.mktemp("other_city")
    simulated_city(folder, seed=OTHER_SEED, residents=600)
    settings = replace(home_of("other"), sources=folder / "sources")
    with start_city(folder) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        run(settings, load_registry(settings))
    return settings, folder / "truth"


def test_the_same_holds_for_a_city_never_seen(other_city: tuple[Settings, Path]) -> None:
    _assert_exact(verify_findings(*other_city))


def test_people_are_told_apart(
    city: City, finished: FinishedLine, other_city: tuple[Settings, Path]
) -> None:
    for settings, truth in ((finished.settings, city.folder / "truth"), other_city):
        verdict = verify_identity(settings, truth)
        print(verdict)
        assert verdict.precision >= 0.999, verdict
        assert verdict.recall >= 0.995, verdict


def _assert_exact(verdict: Verdict) -> None:
    print(verdict)
    assert verdict.right > 0
    assert (verdict.missed, verdict.false) == (0, 0), verdict
