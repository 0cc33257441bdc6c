"""Law 3 for collect: killed at any instant and run again, nothing is lost and nothing doubled."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from collectors import bronze as bronze_writer
from collectors import collect_table
from collectors.collect import collect
from collectors.registry import Registry
from kanghu import batch_log
from kanghu.settings import Settings
from tests.collectors.cities import VISITS, bronze, make_visits, registry, run_sql, system

ROWS = [(n, "AB"[n % 2], f"人{n}", n, None, "2024-01-01 08:00:00") for n in range(1, 41)]
OTHERS = {**VISITS, "from": "others"}


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(function: Any) -> Any:
    def then_die(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        _die()

    return then_die


def _collect_and_die(settings: Settings, cities: Registry, instant: str) -> None:
    """Runs in a process of its own; dies by SIGKILL at ``instant``."""
    if instant == "reading":
        collect_table._note_arrival = _die
    elif instant == "announced":
        bronze_writer.commit = _die
    elif instant == "files placed":
        bronze_writer.CommitProperties = _die  # type: ignore[misc,assignment]
    elif instant == "committed":
        bronze_writer.commit = _after(bronze_writer.commit)
    elif instant == "logged":
        batch_log.finish_landing = _after(batch_log.finish_landing)
    elif instant == "before the end":
        batch_log.advance = _die
    collect(settings, cities, cities.feeds())


def _in_a_process(function: Any, *arguments: Any) -> int:
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.parametrize(
    "instant", ["reading", "announced", "files placed", "committed", "logged", "before the end"]
)
def test_killed_and_run_again_is_as_if_undisturbed(
    settings: Settings, clinic: str, instant: str
) -> None:
    make_visits(clinic, ROWS)
    run_sql(clinic, "create table others as select * from visits where no <= 10")
    cities = registry(system(visits=VISITS, others=OTHERS), clinic, ("A", "B"))
    assert _in_a_process(_collect_and_die, settings, cities, instant) == -signal.SIGKILL
    (batch,) = batch_log.unfinished_batches(settings, "open")
    result = collect(settings, cities, cities.feeds(), batch_id=batch)
    assert result.failed == []
    assert batch_log.unfinished_batches(settings) == [batch]
    for table, rows in (("visits", 40), ("others", 10)):
        counted = bronze(
            settings,
            table,
            "select count(*), count(distinct _source_key), count(distinct _batch_id), "
            "sum(no::bigint) from bronze",
        )
        assert counted == [(rows, rows, 1, rows * (rows + 1) / 2)]
    states = batch_log.feed_states(settings)
    assert {state.watermark for state in states.values()} == {"2024-01-01 08:00:00"}
    assert {state.last_batch_id for state in states.values()} == {batch}
    assert collect(settings, cities, cities.feeds()).bronze_rows == 0


def _collect_with_little_disk(settings: Settings, cities: Registry, answer: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    result = collect(settings, cities, cities.feeds())
    Path(answer).write_text("\n".join(error for _, error in result.failed), encoding="utf-8")


def test_a_full_disk_is_said_and_no_row_is_lost(
    settings: Settings, clinic: str, tmp_path: Path
) -> None:
    make_visits(clinic, [])
    run_sql(
        clinic,
        "insert into visits select n, 'A', md5(n::text), n, md5((-n)::text), '2024-01-01' "
        "from generate_series(1, 5000) as n",
    )
    cities = registry(system(visits=VISITS), clinic)
    answer = tmp_path / "answer.txt"
    _in_a_process(_collect_with_little_disk, settings, cities, str(answer))
    assert "磁盘满了" in answer.read_text(encoding="utf-8")
    result = collect(settings, cities, cities.feeds())
    assert (result.failed, result.bronze_rows) == ([], 5000)
    assert bronze(settings, "visits", "select count(*) from bronze") == [(5000,)]
