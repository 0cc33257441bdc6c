"""Batches: in whatever pieces rows arrive, people are the same, and ids are stable for good."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from benchmarks.identity_people import make_register
from kanghu.lake import Lake
from spark_jobs.identity import evaluate_identity, tables
from tests.identity.silver import Row, history, id_number, lake_at, residents, row, run
from tests.identity.silver import write_silver as write

BORN = date(1971, 2, 3)
ID = id_number("350402", BORN, 11)
OTHER_ID = id_number("350421", BORN, 21)
TOWN = {"address_county": "三元区", "address_township": "洋溪镇", "address_village": "上坪村"}
FAR = {"address_county": "大田县", "address_township": "太华镇", "address_village": "高星村"}
FARTHER = {"address_county": "建宁县", "address_township": "里心镇", "address_village": "大南村"}


def person(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "sex_code": "1", "birth_date": BORN, **said}


POOL: dict[str, tuple[str, Row]] = {
    # One person who moved: the first two rows meet only by the third.
    "a1": ("A", row("a1", **person("陈小明", phone_no="13900000001", **TOWN))),
    "a2": ("A", row("a2", institution="I2", **person("陈小明", id_no=ID, **FAR))),
    "a3": (
        "A",
        row("a3", institution="I3", **person("陈小明", id_no=ID, phone_no="13900000001", **TOWN)),
    ),
    # A stranger of the same name and birthday, and his second row.
    "b1": ("B", row("b1", **person("陈小明", id_no=OTHER_ID, phone_no="13900000002", **FARTHER))),
    "b2": ("B", row("b2", "resident_record", patient_no="b1", **person("陈小明", **FARTHER))),
    # A twin at the same phone, without and with a number.
    "c1": ("C", row("c1", **person("陈小红", phone_no="13900000001", **TOWN))),
    "c2": (
        "C",
        row(
            "c2", institution="I2", **person("陈小红", id_no=id_number("350402", BORN, 13), **TOWN)
        ),
    ),
    # A homophone of the twin, at the same phone.
    "c3": ("C", row("c3", institution="I3", **person("陈晓红", phone_no="13900000001", **TOWN))),
}


def partition(found: dict[str, str], keys: set[str]) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for key in keys:
        groups.setdefault(found[key], set()).add(key)
    return {frozenset(group) for group in groups.values()}


class Batches(RuleBasedStateMachine):
    """Rows come, change and go, runs are killed between their writes; identify follows."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.lake = lake_at(self.folder)
        self.present: set[str] = set()
        self.in_town: set[str] = set()
        self.owner: dict[str, str] = {}
        self.seen: dict[str, str] = {}
        self.retired: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(getattr(self, "folder", "none"), ignore_errors=True)

    def rows(self) -> list[Row]:
        moved = {"phone_no": "13900000009"}
        return [
            {**POOL[key][1], **(moved if key in self.in_town else {})}
            for key in sorted(self.present)
        ]

    @rule(keys=st.sets(st.sampled_from(sorted(POOL)), min_size=1, max_size=4))
    def arrive(self, keys: set[str]) -> None:
        self.present |= keys
        write(self.lake, self.rows())

    @rule(key=st.sampled_from(["a1", "c1", "c3"]))
    def change(self, key: str) -> None:
        self.in_town ^= {key}
        write(self.lake, self.rows())

    @rule(key=st.sampled_from(["a3", "b2", "c2"]))
    def go(self, key: str) -> None:
        self.present -= {key}
        write(self.lake, self.rows())

    @rule(writes=st.integers(0, 4))
    def killed(self, writes: int) -> None:
        write(self.lake, self.rows())
        kill_after(self.lake, writes)

    @rule()
    def identify(self) -> None:
        write(self.lake, self.rows())
        run(self.lake)
        found = residents(self.lake)
        self.check_same_as_one_batch(found)
        for key, resident in found.items():
            whose = POOL[key][0]
            assert self.owner.setdefault(resident, whose) == whose, "an id changed hands"
            assert resident not in self.retired, "a retired id came back"
        events = history(self.lake)
        created = [resident for event, resident, _ in events if event == "created"]
        merged = {resident for event, resident, _ in events if event == "merged"}
        assert len(created) == len(set(created)), "an id was given twice"
        assert set(found.values()) <= set(created) - merged
        changed = {k for k, resident in self.seen.items() if found[k] != resident}
        for key in changed:
            left = self.seen[key]
            told = {(event, into) for event, resident, into in events if resident == left}
            assert told & {("merged", found[key]), ("split", found[key])} or left in merged
        self.retired |= merged
        self.seen = found
        assert run(self.lake).compared == 0

    def check_same_as_one_batch(self, found: dict[str, str]) -> None:
        other = lake_at(self.folder / "at_once")
        shutil.rmtree(other.root, ignore_errors=True)
        write(other, self.rows())
        run(other)
        assert partition(found, self.present) == partition(residents(other), self.present)

    @invariant()
    def linked_rows_have_a_resident(self) -> None:
        if hasattr(self, "lake") and self.lake.exists(self.lake.identity("resident")):
            links = set(residents(self.lake).values())
            created = {r for event, r, _ in history(self.lake) if event == "created"}
            assert links <= created


class Killed(Exception):
    """The process dies here."""


def kill_after(lake: Lake, writes: int) -> bool:
    """Run identify and die after that many writes; false when it ended before."""
    done = 0
    real = tables.save

    def save(*arguments: Any, **named: Any) -> None:
        nonlocal done
        if done == writes:
            raise Killed
        real(*arguments, **named)
        done += 1

    tables.save = save
    try:
        run(lake)
    except Killed:
        return True
    finally:
        tables.save = real
    return False


TestBatches = Batches.TestCase
TestBatches.settings = settings(
    max_examples=4,
    stateful_step_count=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("writes", range(4))
def test_killed_between_two_writes(writes: int, tmp_path: Path) -> None:
    """Law 3: run again after a death between any two writes, and it is as if nothing happened."""
    first = [POOL[key][1] for key in ("a1", "a2", "b1")]
    then = [one for _, one in POOL.values()]
    calm, rough = lake_at(tmp_path / "calm"), lake_at(tmp_path / "rough")
    for rows in (first, then):
        write(calm, rows)
        run(calm)
        write(rough, rows)
        assert kill_after(rough, writes)
        run(rough)
    assert residents(rough) == residents(calm)
    assert history(rough) == history(calm)
    for table in ("evidence", "resident"):
        got, due = (
            one.table(one.identity(table)).to_pyarrow_table().to_pylist() for one in (rough, calm)
        )
        assert strip(got) == strip(due)


def strip(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str({k: v for k, v in one.items() if k != "since"}) for one in rows)


def test_merge_and_split_are_history(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    rows = {key: POOL[key][1] for key in ("a1", "a2", "a3")}
    write(lake, [rows["a1"]])
    run(lake)
    write(lake, [rows["a1"], rows["a2"]])
    run(lake)
    before = residents(lake)
    assert before["a1"] != before["a2"]
    write(lake, rows.values())
    assert run(lake).merged == 1
    assert set(residents(lake).values()) == {before["a1"]}, "the oldest id stays"
    assert ("merged", before["a2"], before["a1"]) in history(lake)
    write(lake, [rows["a1"], rows["a2"], {**rows["a3"], "phone_no": "13900000005", **FAR}])
    assert run(lake).split == 1
    after = residents(lake)
    assert after["a2"] == after["a3"] == before["a1"], "the larger part keeps the id"
    assert after["a1"] not in before.values(), "a retired id is not given again"
    assert ("split", before["a1"], after["a1"]) in history(lake)


def test_a_row_that_left_silver_keeps_its_resident(tmp_path: Path) -> None:
    """Its patient number still stands on the encounters: they keep their person."""
    lake = lake_at(tmp_path)
    write(lake, [POOL["a2"][1], POOL["a3"][1]])
    run(lake)
    before = residents(lake)
    write(lake, [POOL["a3"][1]])
    assert run(lake).persons == 1
    assert residents(lake) == before


def pieces(rows: pa.Table, cuts: int) -> Iterator[pa.Table]:
    """The register's rows in silver's form, growing by one of ``cuts`` pieces at a time."""
    count = len(rows)
    whole = pa.table(
        {
            "_institution": rows["institution"],
            "_feed": pa.array(["his.patient"] * count),
            "_source_key": rows["row_id"].cast(pa.string()),
            "_batch_id": pa.array(["b"] * count),
            "_row_hash": pa.array(["h"] * count),
            "patient_no": rows["row_id"].cast(pa.string()),
            **{name: rows[name] for name in rows.column_names if name not in {"row_id"}},
        }
    )
    for place in range(1, cuts + 1):
        yield whole.slice(0, count * place // cuts)


def test_one_batch_or_three_make_the_same_people(tmp_path: Path) -> None:
    register = make_register(2_000)
    found = []
    for cuts in (1, 3):
        lake = lake_at(tmp_path / str(cuts))
        for piece in pieces(register.rows, cuts):
            write_deltalake(lake.silver("patient"), piece, mode="overwrite")
            run(lake)
        links = lake.table(lake.identity("person_link")).to_pyarrow_table()
        found.append(links.select(["_source_key", "resident_id"]))
    same = evaluate_identity(found[0], found[1])
    assert same.precision == same.recall == 1.0
    truth = pa.table(
        {"key": np.arange(len(register.person)).astype(str), "person": register.person}
    )
    quality = evaluate_identity(found[0], truth)
    assert quality.precision >= 0.999
    assert quality.recall >= 0.99, "what is missed: a changed given name without a number"
