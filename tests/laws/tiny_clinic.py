"""A clinic so small that the whole line over it takes seconds: a database and a dropped file.

What the bad-input laws do to it, they do to its own files, as a vendor or a broken disk would.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from collectors.registry import load_registry
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import CHECKOUT, Settings
from pipeline.run import RunResult, run
from pipeline.status import FeedStatus, feed_statuses

FOLLOWUP = {"followup_no": "id", "record_no": "patient", "followup_date": "seen"}

HIS: dict[str, Any] = {
    **{"system": "tiny_his", "name": "小诊所 HIS", "vendor": "某公司", "version": "1"},
    **{"kind": "table", "dialect": "sqlite", "lookups": {"xb": {"男": "1", "女": "2"}}},
    "tables": {
        "patients": {
            "from": "patients",
            "key": ["id"],
            "maps": {
                "patient": {
                    "columns": {
                        "patient_no": "id",
                        "name": "name",
                        "sex_code": {"from": "sex", "lookup": "xb"},
                        "birth_date": "born",
                    }
                }
            },
        },
        "prescriptions": {
            "from": "prescriptions",
            "key": ["id"],
            "maps": {
                "prescription": {
                    "columns": {
                        "prescription_no": "id",
                        "patient_no": "patient",
                        "prescription_kind_code": {"constant": "3"},
                        "prescribed_at": "written",
                        "amount_yuan": {"arithmetic": "cast(fen as decimal(18,4)) / 100"},
                    }
                }
            },
        },
        "followups": {
            "from": "followups",
            "key": ["id"],
            "maps": {
                "hypertension_followup": {"columns": FOLLOWUP, "where": "type = 'HTN'"},
                "diabetes_followup": {"columns": FOLLOWUP, "where": "type = 'DM'"},
            },
        },
    },
}

FILES: dict[str, Any] = {
    **{"system": "tiny_files", "name": "小诊所文件", "vendor": "某公司", "version": "1"},
    "kind": "file",
    "tables": {
        "signs": {
            "from": "signs.csv",
            "key": ["id"],
            "options": {"encoding": "utf-8"},
            "maps": {
                "vital_sign": {
                    "columns": {
                        "vital_sign_no": "id",
                        "patient_no": "patient",
                        "item_code": "item",
                        "result_text": "result",
                    }
                }
            },
        }
    },
}

SIGNS = "id,patient,item,result\n" + "".join(f"V{n},P{n},体温,{36 + n / 10}\n" for n in range(1, 7))

TABLES = """
create table patients (id text primary key, name text, sex text, born date);
insert into patients values
    ('P1', '张三', '男', '1980-05-06'), ('P2', '李四', '女', '1975-01-02'),
    ('P3', '王五', '男', '1990-03-07'), ('P4', '赵六', '女', '2001-12-30');
create table prescriptions (id text primary key, patient text, written text, fen text);
insert into prescriptions values
    ('C1', 'P1', '2024-03-05 08:00:00', '1250'), ('C2', 'P2', '2024-03-06 09:00:00', '300'),
    ('C3', 'P3', '2024-03-07 10:00:00', '99');
create table followups (id text primary key, patient text, seen date, type text);
insert into followups values
    ('F1', 'P1', '2024-03-05', 'HTN'), ('F2', 'P2', '2024-03-06', 'DM'),
    ('F3', 'P3', '2024-03-07', 'HTN'), ('F4', 'P4', '2024-03-08', 'DM');
"""


@dataclass(frozen=True)
class Clinic:
    """The clinic in a folder, and a platform (``settings``) that knows it and nobody else."""

    folder: Path
    settings: Settings

    def open(self) -> Clinic:
        """Write the clinic's own files, and what the platform is told of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sql(TABLES)
        self.drop(SIGNS)
        for system in (HIS, FILES):
            self.describe(system)
        self.connect()
        return self

    def connect(self) -> None:
        """Tell the platform where the clinic's systems lie."""
        for name, place in (("tiny_his", "his.db"), ("tiny_files", ".")):
            source = {
                **{"source": name, "institution": "T1", "name": "小诊所", "system": name},
                "connection": str((self.folder / place).resolve()),
            }
            self.write("sources", name, source)

    def sql(self, script: str) -> None:
        with sqlite3.connect(self.folder / "his.db") as connection:
            connection.executescript(script)

    def drop(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / "signs.csv").write_bytes(data)

    def describe(self, system: dict[str, Any]) -> None:
        self.write("systems", str(system["system"]), system)

    def write(self, folder: str, name: str, content: Any) -> None:
        assert self.settings.sources is not None
        path = self.settings.sources / folder / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else _yaml(content)
        path.write_text(text, encoding="utf-8")

    def run(self) -> RunResult:
        return run(self.settings, load_registry(self.settings))

    def run_with_little_disk(self, most_bytes: int) -> subprocess.CompletedProcess[str]:
        """``kanghu run`` in a process that can write no bigger file."""
        script = self.folder / "little_disk.py"  # a file: without one PySpark looks for a Spark
        script.write_text(
            "import resource, signal\n"
            "from kanghu.cli import main\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes}))\n"
            "main(['run'])\n",
            encoding="utf-8",
        )
        environment = {
            **os.environ,
            "KANGHU_HOME": str(self.settings.home),
            "KANGHU_STORE": self.settings.store,
            "KANGHU_SOURCES": str(self.settings.sources),
            "COLUMNS": "400",
        }
        return subprocess.run(
            [sys.executable, str(script)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=CHECKOUT,
        )

    def statuses(self) -> dict[tuple[str, str], FeedStatus]:
        """(Feed, dataset) -> how it stands."""
        found = feed_statuses(self.settings, load_registry(self.settings))
        return {(one.feed, one.dataset): one for one in found if one.institution == "T1"}

    def findings(self, rule: str) -> list[tuple[str, str, str, str]]:
        """Source key, value, message and mend of the findings of ``rule``."""
        path = Lake(self.settings.lake).findings
        with connect_duckdb() as connection:
            return connection.execute(
                f"select source_key, value, message, mend from delta_scan('{path}') "
                "where rule = $rule order by all",
                {"rule": rule},
            ).fetchall()

    def lost(self) -> list[tuple[str, int, int]]:
        """Feed, rows of its bronze table, and rows that its datasets account for, where these
        differ; counted in the tables themselves and said by status."""
        lake = Lake(self.settings.lake)
        gaps = []
        statuses = self.statuses()
        with connect_duckdb() as connection:
            for system in (HIS, FILES):
                for table in system["tables"]:
                    feed = f"{system['system']}.{table}"
                    path = lake.bronze(system["system"], table)
                    if not lake.exists(path):
                        continue
                    (rows,) = connection.execute(
                        f"select count(*) from delta_scan('{path}')"
                    ).fetchone() or (0,)
                    said = sum(
                        one.silver + one.quarantine + one.superseded - one.shared
                        for one in statuses.values()
                        if one.feed == feed
                    )
                    if rows != said:
                        gaps.append((feed, rows, said))
        return gaps


def _yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
