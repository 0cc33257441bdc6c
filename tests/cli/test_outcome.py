"""The end of a run on the screen says what its figures cover."""

from __future__ import annotations

import pytest

from kanghu.cli.outcome import show_run
from pipeline.run import RunResult
from spark_jobs.conservation import FeedCount
from spark_jobs.normalise import NormaliseResult


def test_conservation_is_of_this_run(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [FeedCount("A", "s.t", "patient", 10, 7, 2, 1)]
    show_run(RunResult(normalised=[NormaliseResult(counts=counts)]))
    assert "守恒(本次):送达 10 = 标准库 7 + 隔离区 2 + 被替代 1" in capsys.readouterr().out
