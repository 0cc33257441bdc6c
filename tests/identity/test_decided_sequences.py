"""Any sequence of merges, splits, undos and new batches: every row has one resident, ids never
change hands, decisions hold.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings, load_settings
from spark_jobs.identity import identify
from spark_jobs.identity.decision_store import read_decisions
from spark_jobs.identity.decisions import undo
from spark_jobs.identity.refer import merge, split
from tests.identity.silver import Row, history, id_number, residents, row, write_silver

BORN = date(1971, 2, 3)
TOWN = {"address_county": "三元区", "address_township": "洋溪镇", "address_village": "上坪村"}
SAID = {"who": "张医生", "why": "核对过"}


def person(name: str, phone: str, **said: Any) -> dict[str, Any]:
    told = {"name": name, "sex_code": "1", "birth_date": BORN, "phone_no": phone}
    return {**told, **TOWN, **said}


def pool() -> dict[str, Row]:
    """Three people of which one looks like another, and two rows that a number holds together."""
    number = {"id_no": id_number("350402", BORN, 11)}
    said = {
        "a1": person("陈小明", "13900000001"),
        "a2": person("陈小明", "13900000001", **number),
        "a3": person("陈晓明", "13900000001"),
        "b1": person("王大伟", "13900000002", id_no=id_number("350421", BORN, 21)),
        "b2": person("王大伟", "13900000002"),
        "c1": person("林丽", "13900000003"),
    }
    rows = {key: row(key, institution=f"I-{key}", **told) for key, told in said.items()}
    rows["d1"] = row("d1", institution="I-b1", **person("王大伟", "13900000002"))
    rows["d2"] = row(
        "d2", "resident_record", "I-b1", patient_no="d1", **person("赵军", "13900000004")
    )
    return rows


POOL = pool()


def ref(key: str) -> str:
    one = POOL[key]
    return f"{one['_institution']}/{one['_feed']}/{key}"


class Deciding(RuleBasedStateMachine):
    settings: Settings
    """Of the test; each example has a home of its own in it."""
    store: str
    home: Path
    examples = 0

    @initialize(keys=st.sets(st.sampled_from(sorted(POOL)), min_size=3))
    def begin(self, keys: set[str]) -> None:
        type(self).examples += 1
        name = f"{self.home.name}_{self.examples}".lower().replace("-", "_")[-60:]
        with psycopg.connect(self.store, autocommit=True) as connection:
            connection.execute(f'create database "{name}"')
        self.settings = load_settings(
            {
                "KANGHU_HOME": str(self.home / name),
                "KANGHU_STORE": self.store.replace("/postgres?", f"/{name}?"),
            }
        )
        self.lake = Lake(self.settings.lake)
        self.present: set[str] = set()
        self.found: dict[str, str] = {}
        self.retired: set[str] = set()
        self.arrive(keys)

    @rule(keys=st.sets(st.sampled_from(sorted(POOL)), min_size=1, max_size=3))
    def arrive(self, keys: set[str]) -> None:
        self.present |= keys
        write_silver(self.lake, [POOL[key] for key in sorted(self.present)])
        self.identify()

    @rule(one=st.sampled_from(sorted(POOL)), other=st.sampled_from(sorted(POOL)))
    def merge(self, one: str, other: str) -> None:
        if {one, other} <= self.present:
            self.tried(lambda: merge(self.settings, self.found[one], ref(other), **SAID))

    @rule(key=st.sampled_from(sorted(POOL)), other=st.sampled_from(sorted(POOL)))
    def split(self, key: str, other: str) -> None:
        if {key, other} <= self.present:
            self.tried(lambda: split(self.settings, ref(key), self.found[other], **SAID))

    @rule(number=st.integers(1, 6))
    def undo(self, number: int) -> None:
        self.tried(lambda: undo(self.settings, number, **SAID))

    def tried(self, act: Any) -> None:
        """Decide, or be refused; then identify."""
        before = read_decisions(self.settings).last
        with suppress(KanghuError):
            act()
        assert read_decisions(self.settings).last in {before, before + 1}
        self.identify()

    def identify(self) -> None:
        before, bearers = self.found, self.bearers()
        result = identify(self.settings)
        self.found = residents(self.lake)
        assert result.persons == len(self.present), "every row in exactly one resident"
        self.decisions_hold()
        told = history(self.lake)
        merged = {resident for event, resident, _ in told if event == "merged"}
        created = [resident for event, resident, _ in told if event == "created"]
        assert len(created) == len(set(created)), "an id was given twice"
        assert not merged & set(self.found.values()), "a retired id came back"
        assert set(self.found.values()) <= set(created)
        for resident, keys in self.bearers().items():
            if resident in bearers:
                assert keys & bearers[resident], "an id went to people who never bore it"
        for key, resident in before.items():
            if self.found[key] != resident:
                led = {into for _, left, into in told if left == resident}
                assert self.found[key] in led or resident in merged
        assert identify(self.settings).compared == 0
        assert residents(self.lake) == self.found, "once more changes nothing"

    def bearers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for key, resident in self.found.items():
            found[resident].add(key)
        return found

    def decisions_hold(self) -> None:
        for one in read_decisions(self.settings).decisions:
            if not one.is_active:
                continue
            left, right = (
                {self.found[row.source_key] for row in side.rows} for side in (one.left, one.right)
            )
            if one.kind == "same":
                assert len(left | right) == 1
            else:
                assert not left & right


def test_any_sequence_keeps_what_must_hold(postgres_url: str, tmp_path: Path) -> None:
    machine = type("Machine", (Deciding,), {"store": postgres_url, "home": tmp_path})
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=8,
            stateful_step_count=10,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
