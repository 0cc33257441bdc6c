"""Publishing: all or nothing, also when a data test fails, and from a lake with nothing in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from pipeline.build import PROJECT, build
from tests.dbt.tiny_city import A
from tests.dbt.tiny_lake import at, write_silver


def test_a_failing_data_test_leaves_the_published_marts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First an empty lake is published; then two encounters of nobody are refused, and so is a
    rule in SQL that does not hold."""
    first = build(settings)
    assert first.tests > 90
    published = Path(settings.marts).read_bytes()

    write_silver(
        Lake(settings.lake),
        "outpatient_encounter",
        [
            {
                "_institution": A,
                "resident_id": resident,
                "encounter_no": resident,
                "patient_no": "P",
                "visited_at": at("2025-01-01 08:00"),
            }
            for resident in ("R404", "R405")
        ],
    )
    stricter = shutil.copytree(PROJECT, tmp_path / "dbt")
    (stricter / "tests" / "no_such_city.sql").write_text(
        "select region_code from {{ ref('dim_region') }} where region_code = '350400'"
    )
    said = (stricter / "tests" / "_tests.yml").read_text(encoding="utf-8")
    said += "  - name: no_such_city\n    description: 不该有这个市\n"
    (stricter / "tests" / "_tests.yml").write_text(said, encoding="utf-8")
    monkeypatch.setattr("pipeline.build.PROJECT", stricter)
    left_behind = Path(settings.marts).parent / ".marts.duckdb.building"
    left_behind.mkdir()
    (left_behind / "marts.duckdb").write_bytes(b"killed halfway")
    with pytest.raises(KanghuError) as raised:
        build(settings)

    assert "fct_encounter:resident_id 有 2 行在 dim_resident 里找不到对应的行" in str(raised.value)
    assert "dim_region:不该有这个市(1 行不符)" in str(raised.value)
    assert "relationships_fct_encounter_resident_id" in raised.value.rule
    assert "旧集市保持不变" in raised.value.what
    assert Path(settings.marts).read_bytes() == published
    assert not left_behind.exists()
    with duckdb.connect(settings.marts, read_only=True) as marts:
        assert marts.execute("select count(*) from fct_encounter").fetchone() == (0,)


def test_marts_elsewhere_than_in_a_file_are_refused(settings: Settings) -> None:
    elsewhere = Settings(**{**vars(settings), "marts": "trino://host/lake"})
    with pytest.raises(KanghuError, match="KANGHU_MARTS"):
        build(elsewhere)
