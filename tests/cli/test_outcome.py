"""The end of a run on the screen says what its figures cover."""

from __future__ import annotations

import pytest

from collectors.compare import ComparisonResult
from kanghu.cli.outcome import show_run
from pipeline.run import RunResult
from spark_jobs.conservation import FeedCount
from spark_jobs.normalise import NormaliseResult


def test_conservation_is_of_this_run(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [FeedCount("A", "s.t", "patient", 10, 7, 2, 1)]
    show_run(RunResult(normalised=[NormaliseResult(counts=counts)]))
    assert "守恒(本次):送达 10 = 标准库 7 + 隔离区 2 + 被替代 1" in capsys.readouterr().out


def test_a_lake_that_differs_is_not_work_done(capsys: pytest.CaptureFixture[str]) -> None:
    """A standing note of a kind of feed (HL7, CDA) does not hide which rows differ."""
    note = "来源只保留新送达的,只比对来源还有的"
    double = ComparisonResult("A", "hl7v2.obx", "different", 3, 4, 0, 1, 0, note, ["多出 M1/OBX"])
    result = RunResult(comparisons=[double])
    show_run(result)
    assert not result.is_whole
    told = capsys.readouterr().err
    assert f"多出 M1/OBX; {note}" in told
    assert "存了两份" in told
    assert RunResult(comparisons=[ComparisonResult("A", "s.t", "equal", 3, 3, 0, 0, 0)]).is_whole
