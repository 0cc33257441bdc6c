"""Nine vendors, nine ways to say the same: measured on what a generated city's systems deliver."""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest
import yaml

from collectors.readers import Readers
from simulator.serve import POSTGRES, start_city
from tests.simulator.conftest import Written
from tests.simulator.reading import delivered, feeds
from tests.simulator.test_systems import system_of


@dataclass
class Dialect:
    """A system's tables and, by catalogue column, where it keeps a value and what that looks like.

    ``values``: as delivered, before any mapping; ``keys``: the rows' own names in this system.
    """

    tables: set[str] = field(default_factory=set)
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    keys: set[str] = field(default_factory=set)

    def shapes(self, column: str) -> set[str]:
        """Values with each digit as 9: ``2025/3/9`` is ``9999/9/9``."""
        return {re.sub(r"\d", "9", value) for value in self.values[column]}


@pytest.fixture(scope="module")
def dialects(written: Written) -> dict[str, Dialect]:
    found: dict[str, Dialect] = defaultdict(Dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(POSTGRES, written.url)
        with start_city(written.folder) as environment:
            for name, value in environment.items():
                patch.setenv(name, value)
            for path in sorted((written.folder / "sources" / "sources").glob("*.yml")):
                _hear(yaml.safe_load(path.read_text(encoding="utf-8")), found)
    return dict(found)


def _hear(said: dict[str, Any], found: dict[str, Dialect]) -> None:
    system = system_of(said["system"])
    dialect = found[system.system]
    for feed in feeds(system, said):
        dialect.tables.add(feed.table_name)
        rows = delivered(feed, Readers())
        for dataset, mapping in feed.table.maps.items():
            if dataset == "patient":
                dialect.keys |= {str(key) for key in rows["_source_key"].to_pylist()}
            for column, rule in mapping.columns.items():
                if rule.source in rows.column_names:
                    name = f"{dataset}.{column}"
                    dialect.columns[name] = str(rule.source)
                    values = rows[rule.source].drop_null().unique().to_pylist()
                    dialect.values[name] |= {str(value) for value in values if value}


def test_tables_and_columns_bear_each_vendors_own_names(dialects: dict[str, Dialect]) -> None:
    assert len(dialects) == 10
    for system, one in dialects.items():
        for other_system, other in dialects.items():
            assert system == other_system or not one.tables & other.tables
    births = {one.columns.get("patient.birth_date") for one in dialects.values()} - {None}
    assert births >= {"csrq", "date_of_birth", "birthDate", "birth_date", "出生日期", "born"}


def test_codes_dates_and_units_are_each_vendors_own(dialects: dict[str, Dialect]) -> None:
    sexes = {frozenset(one.values["patient.sex_code"]) for one in dialects.values()} - {frozenset()}
    assert len(sexes) >= 5
    assert {frozenset("12"), frozenset("MF"), frozenset("男女")} <= sexes
    looks = set().union(
        *(
            one.shapes(column)
            for one in dialects.values()
            for column in ("patient.birth_date", "outpatient_encounter.visited_at")
        )
    )
    assert looks >= {
        "9999-99-99", "99999999", "9999.99.99", "9999/9/9", "9999-99-99 99:99:99",
        "99999999999999", "9999999999999",
    }  # fmt: skip

    def middle(system: str, column: str) -> float:
        values = (re.fullmatch(r"\d+(\.\d+)?", text) for text in dialects[system].values[column])
        return median(float(found[0]) for found in values if found)

    metres, centimetres = (
        middle(system, "health_checkup.height_cm") for system in ("qingyun_his", "kangjian_cloud")
    )
    assert metres < 2 < centimetres / 50
    fen, yuan = (
        middle(system, "settlement.total_yuan") for system in ("jiwei_phis", "qingyun_his")
    )
    assert fen > 20 * yuan
    # Weight by body mass index is the height squared: below 3.6 in kilograms, above it in jin.
    jin, kilograms = (
        middle(system, "health_checkup.weight_kg") / middle(system, "health_checkup.bmi")
        for system in ("baixing_files", "kangjian_cloud")
    )
    assert jin > 3.6 > kilograms


def test_keys_are_each_vendors_own(dialects: dict[str, Dialect]) -> None:
    looks = (
        r"\d{10}",
        r"YL-\d{10}",
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"P\d{10}/PID\[1\]",
        r"S\d{10}/ClinicalDocument/recordTarget/patientRole",
    )
    for look in looks:
        whose = [
            name
            for name, one in dialects.items()
            if one.keys and all(re.fullmatch(f"{look}(#2)?", key) for key in one.keys)
        ]
        assert whose, look


def test_files_are_in_the_encodings_of_the_trade(written: Written) -> None:
    found = {
        _encoding(path.read_bytes())
        for path in (written.folder / "systems").rglob("*")
        if path.suffix in (".csv", ".hl7", ".xml")
    }
    assert found == {"gb18030", "utf-8", "utf-8-sig"}


def _encoding(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content.decode("gb18030")
        return "gb18030"
    return "utf-8"
