"""``kanghu status`` on a screen of 80 columns: many feeds are summed up, a few told whole."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from kanghu.cli.console import console
from kanghu.cli.statuses import MANY, Wanted, show_statuses
from pipeline.status import FeedStatus


def entry(number: int, *, error: str | None = None, comparison: str = "equal") -> FeedStatus:
    return FeedStatus(
        institution=f"35042400{number:02d}",
        feed="gongxiang_cda.outpatient_emergency_record",
        dataset="resident_record_medication_history_item",
        delivered=None,
        source_rows=1_234_567,
        bronze=1_234_567,
        silver=1_200_000,
        quarantine=30_000,
        superseded=4_567,
        shared=0,
        comparison=comparison,
        compared_at=None,
        last_success=None,
        error=error,
    )


@pytest.fixture(autouse=True)
def narrow_screen(wide_screen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 80)


def test_each_feed_fits_a_narrow_screen_unbroken(capsys: pytest.CaptureFixture[str]) -> None:
    show_statuses([entry(1), entry(2, error="连不上数据库")], one_by_one=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    text = "\n".join(lines)
    assert text.count("gongxiang_cda.outpatient_emergency_record") == 2
    assert text.count("resident_record_medication_history_item  一致") == 2
    assert text.count("来源 1,234,567  青铜 1,234,567  标准库 1,200,000") == 2
    assert "连不上数据库" in text


def test_many_are_summed_up_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    many = [entry(number) for number in range(MANY)]
    many.append(entry(99, comparison="different: missing 1, extra 0, altered 0"))
    show_statuses(many, one_by_one=False)
    told = capsys.readouterr().out
    assert max(cell_len(line) for line in told.splitlines()) <= 80
    assert len(told.splitlines()) < 15
    assert "有问题的机构:3504240099(1)" in told
    show_statuses(many, one_by_one=True)
    assert capsys.readouterr().out.count("gongxiang_cda") == len(many)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), 3),
        (Wanted(institution="3504240001"), 1),
        (Wanted(feed="cda"), 3),
        (Wanted(feed="his"), 0),
        (Wanted(dataset="patient"), 0),
        (Wanted(problems=True), 2),
    ],
)
def test_filters(wanted: Wanted, taken: int) -> None:
    every = [entry(1), entry(2, error="x"), entry(3, comparison="different: missing 1")]
    assert sum(wanted.takes(one) for one in every) == taken
