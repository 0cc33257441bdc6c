"""Law 8: bad input gets a clear error and is kept.

Each fault is done to a tiny clinic of its own, on the real line from collect to marts, together
with new rows. It gives an error or a finding that says what, where, which rule and how to mend; no
row is lost; and once it is mended, the result is that of a run which nothing disturbed.
"""

from __future__ import annotations

import copy
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from collectors.collect import collect
from collectors.registry import load_registry
from kanghu.lake import connect_duckdb
from kanghu.settings import Settings, load_settings
from tests.laws.lake_content import lake_content
from tests.laws.tiny_clinic import HIS, SIGNS, Clinic

NEW_ROWS = """
insert into patients values ('P5', '孙七', '女', '1966-06-06');
insert into prescriptions values ('C4', 'P5', '2024-03-09 11:00:00', '4200');
insert into followups values ('F5', 'P5', '2024-03-09', 'HTN');
"""
MORE_SIGNS = SIGNS + "V7,P5,体温,38.5\n"
LAYERS = ("silver", "quarantine", "identity", "quality")


@dataclass(frozen=True)
class Day:
    """A clinic on the day after its first run, again and again."""

    first: Clinic
    store: str
    folder: Callable[[str], Path]

    def again(self, name: str) -> Clinic:
        """The same clinic and platform as after the first run, for one test alone."""
        home = self.folder(name)
        database = f"bad_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.store, autocommit=True) as connection:
            connection.execute(
                f'create database "{database}" template "{_database(self.first.settings)}"'
            )
        shutil.copytree(self.first.settings.home, home, dirs_exist_ok=True)
        settings = _settings(home, self.store.replace("/postgres?", f"/{database}?"))
        clinic = Clinic(home / "clinic", settings)
        clinic.connect()
        clinic.sql(NEW_ROWS)
        clinic.drop(MORE_SIGNS)
        return clinic


def _settings(home: Path, store: str) -> Settings:
    loaded = load_settings({"KANGHU_HOME": str(home), "KANGHU_SOURCES": str(home / "sources")})
    return replace(loaded, store=store)


def _database(settings: Settings) -> str:
    return settings.store.split("?")[0].rsplit("/", 1)[-1]


@pytest.fixture(scope="module")
def day(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Day:
    database = f"bad_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{database}"')
    home = tmp_path_factory.mktemp("bad_input")
    settings = _settings(home, postgres_url.replace("/postgres?", f"/{database}?"))
    clinic = Clinic(home / "clinic", settings).open()
    assert clinic.run().is_whole
    return Day(clinic, postgres_url, tmp_path_factory.mktemp)


@pytest.fixture(scope="module")
def undisturbed(day: Day) -> dict[str, Any]:
    """What the line makes of the new rows where nothing is wrong."""
    clinic = day.again("undisturbed")
    assert clinic.run().is_whole
    return result_of(clinic)


@pytest.fixture
def clinic(day: Day) -> Clinic:
    return day.again("disturbed")


def result_of(clinic: Clinic) -> dict[str, Any]:
    """All that later readers see: the lake's tables, and how many rows each mart has."""
    tables = lake_content(clinic.settings, LAYERS)
    content: dict[str, Any] = {name: found for name, found in tables.items() if found[0]}
    with connect_duckdb(clinic.settings.marts, read_only=True) as connection:
        marts = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        for (table,) in marts:
            content[table] = connection.execute(f"select count(*) from {table}").fetchone()
    assert len(content) > 30
    return content


def assert_nothing_is_lost(clinic: Clinic) -> None:
    assert clinic.lost() == []


def assert_clear(error: str, *words: str) -> None:
    """An error of ours: what, where, which rule where there is one, how to mend; in Chinese."""
    for word in (*words, "位置:", "处理:"):
        assert word in error, (word, error)
    assert "Traceback" not in error


def assert_mended(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    result = clinic.run()
    assert result.is_whole
    assert_nothing_is_lost(clinic)
    assert {one.error for one in clinic.statuses().values()} == {None}
    assert result_of(clinic) == undisturbed


def assert_others_went_on(clinic: Clinic, *stopped: str) -> None:
    """The new rows of every other feed are carried."""
    wanted = {
        "tiny_his.patients": 5,
        "tiny_his.prescriptions": 4,
        "tiny_his.followups": 5,
        "tiny_files.signs": 7,
    }
    silver: dict[str, int] = {}
    for (feed, _), one in clinic.statuses().items():
        silver[feed] = silver.get(feed, 0) + one.silver + one.quarantine
    for feed, rows in wanted.items():
        assert (silver[feed] == rows) is (feed not in stopped), feed


def retyped(column: str, kind: str) -> str:
    kinds = {"id": "text primary key", "patient": "text", "written": "text", "fen": "text"}
    columns = ", ".join(f"{name} {one}" for name, one in {**kinds, column: kind}.items())
    return (
        f"alter table prescriptions rename to old; create table prescriptions ({columns});"
        "insert into prescriptions select * from old; drop table old"
    )


@pytest.mark.parametrize(
    ("spoil", "words", "mend"),
    [
        (
            "alter table prescriptions rename column fen to je",
            ("缺少", "fen", "je"),
            "alter table prescriptions rename column je to fen",
        ),
        (
            "alter table prescriptions drop column written",
            ("缺少", "written"),
            "alter table prescriptions add column written text;"
            "update prescriptions set written = '2024-03-05 08:00:00' where id = 'C1';"
            "update prescriptions set written = '2024-03-06 09:00:00' where id = 'C2';"
            "update prescriptions set written = '2024-03-07 10:00:00' where id = 'C3';"
            "update prescriptions set written = '2024-03-09 11:00:00' where id = 'C4'",
        ),
        (
            retyped("written", "blob"),
            ("类型", "written"),
            retyped("written", "text"),
        ),
    ],
    ids=["renamed", "dropped", "retyped"],
)
def test_a_changed_column(
    clinic: Clinic, undisturbed: dict[str, Any], spoil: str, words: tuple[str, ...], mend: str
) -> None:
    clinic.sql(spoil)
    result = clinic.run()
    ((feed, error),) = result.failed
    assert feed.name == "tiny_his.prescriptions"
    assert_clear(error, *words, "规则:")
    assert clinic.statuses()["tiny_his.prescriptions", "prescription"].error == error
    assert_others_went_on(clinic, "tiny_his.prescriptions")
    assert_nothing_is_lost(clinic)

    clinic.sql(mend)
    assert_mended(clinic, undisturbed)


def test_an_unknown_code(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    clinic.sql("update patients set sex = '乾' where id = 'P5'")
    assert clinic.run().is_whole
    ((key, value, message, mend),) = clinic.findings("patient.sex_code.domain")
    assert (key, value) == ("P5", "乾")
    assert "代码不在" in message
    assert "lookups" in mend
    assert clinic.statuses()["tiny_his.patients", "patient"].quarantine == 1
    assert_nothing_is_lost(clinic)

    clinic.sql("update patients set sex = '女' where id = 'P5'")
    assert_mended(clinic, undisturbed)


@pytest.mark.parametrize(
    ("torn", "words"),
    [
        (MORE_SIGNS.encode()[:-14], ("截断",)),
        (MORE_SIGNS.encode().replace("体温,38.5".encode(), b"\xcc\xe5\xff,38.5"), ("编码",)),
    ],
    ids=["truncated", "encoding"],
)
def test_a_broken_file(
    clinic: Clinic, undisturbed: dict[str, Any], torn: bytes, words: tuple[str, ...]
) -> None:
    clinic.drop(torn)
    result = clinic.run()
    ((feed, error),) = result.failed
    assert feed.name == "tiny_files.signs"
    assert_clear(error, *words, "signs.csv")
    assert clinic.statuses()["tiny_files.signs", "vital_sign"].silver == 6
    assert_others_went_on(clinic, "tiny_files.signs")
    assert_nothing_is_lost(clinic)

    clinic.drop(MORE_SIGNS)
    assert_mended(clinic, undisturbed)


def test_a_bad_value_in_an_arithmetic(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    clinic.sql("update prescriptions set fen = 'abc' where id = 'C4'")
    assert clinic.run().is_whole
    ((key, value, message, mend),) = clinic.findings("prescription.amount_yuan.format")
    assert (key, value) == ("C4", "abc")
    assert "不是有效的数字" in message
    assert mend
    assert_others_went_on(clinic)
    assert_nothing_is_lost(clinic)

    clinic.sql("update prescriptions set fen = '4200' where id = 'C4'")
    assert_mended(clinic, undisturbed)


def test_an_unknown_discriminator(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    clinic.sql("update followups set type = 'COPD' where id = 'F5'")
    assert clinic.run().is_whole
    ((key, value, message, mend),) = clinic.findings("hypertension_followup.row.unclaimed")
    assert (key, value) == ("F5", "type=COPD")
    assert "type = 'DM'" in message
    assert "unclaimed" in mend
    assert_others_went_on(clinic)
    assert_nothing_is_lost(clinic)

    clinic.sql("update followups set type = 'HTN' where id = 'F5'")
    assert_mended(clinic, undisturbed)


def test_a_table_that_is_not_mapped_yet(clinic: Clinic) -> None:
    """Its rows wait in bronze, in the status's sight."""
    known = copy.deepcopy(HIS)
    known["tables"]["notes"] = {"from": "notes", "key": ["id"]}
    clinic.sql("create table notes (id text primary key); insert into notes values ('N1'), ('N2')")
    clinic.describe(known)
    assert clinic.run().is_whole
    waiting = clinic.statuses()["tiny_his.notes", ""]
    assert (waiting.bronze, waiting.silver, waiting.quarantine) == (2, 0, 0)
    assert waiting.comparison == "equal"


def test_a_mapping_that_cannot_work(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    """The vendor's system file is spoilt: its sources stop, each time, and the others go on."""
    spoilt = copy.deepcopy(HIS)
    columns = spoilt["tables"]["patients"]["maps"]["patient"]["columns"]
    columns["name"] = {"string": "nosuchfunc(name)"}
    clinic.describe(spoilt)
    for _ in range(2):
        result = clinic.run()
        assert not result.is_whole
        assert {one.file for one in result.refused} == {"tiny_his.yml"}
        for one in result.refused:
            assert_clear(str(one.error), "nosuchfunc", "tiny_his.yml: tables.patients", "规则:")
    assert clinic.statuses()["tiny_files.signs", "vital_sign"].silver == 7
    stopped = clinic.statuses()["tiny_his.patients", "patient"]
    assert stopped.error is not None
    assert not stopped.comparison.startswith("equal")

    clinic.describe(HIS)
    assert_mended(clinic, undisturbed)


def test_a_mapping_that_fails_on_the_engine(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    """What no reading of the file can tell: the child table has no such column."""
    spoilt = copy.deepcopy(HIS)
    columns = spoilt["tables"]["patients"]["maps"]["patient"]["columns"]
    columns["contact_name"] = {
        "aggregate": {
            "table": "followups",
            "by": {"patient": "id"},
            "function": "max",
            "column": "nothing",
        }
    }
    clinic.describe(spoilt)
    for _ in range(2):
        result = clinic.run()
        assert not result.is_whole
        (failed,) = result.uncarried
        assert (failed.system, failed.table_name, failed.dataset) == (
            *("tiny_his", "patients", "patient"),
        )
        assert_clear(failed.error, "nothing", "tiny_his.yml: tables.patients.maps.patient")
        stopped = clinic.statuses()["tiny_his.patients", "patient"]
        assert stopped.error == failed.error
        assert stopped.comparison.startswith("not comparable")
        assert_others_went_on(clinic, "tiny_his.patients")

    clinic.describe(HIS)
    assert_mended(clinic, undisturbed)


def test_a_full_disk_in_normalise(clinic: Clinic, undisturbed: dict[str, Any]) -> None:
    """The rows have landed; there is no room for what is made of them."""
    registry = load_registry(clinic.settings)
    assert collect(clinic.settings, registry, registry.feeds()).failed == []
    stopped = clinic.run_with_little_disk(4_000)
    assert stopped.returncode == 1
    for words in ("磁盘满了", "规范化:数据集 patient", "腾出空间", "kanghu run"):
        assert words in stopped.stderr, stopped.stderr
    assert "Traceback" not in stopped.stderr
    for status in clinic.statuses().values():
        assert_clear(status.error or "", "磁盘满了", "规范化:数据集 patient", "规则:")
        assert status.comparison.startswith("not comparable")

    assert_mended(clinic, undisturbed)
