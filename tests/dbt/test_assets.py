"""Assets: what the page says of datasets and marts, from real marts; tags counted and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from collectors.registry import load_registry
from dashboards.report import ECHARTS
from kanghu.errors import KanghuError
from kanghu.settings import Settings, load_settings
from pipeline.assets import asset_facts, list_tagged
from pipeline.build import BuildResult
from standards.assets import Tag, load_families, load_tags
from standards.catalogue import load_catalogue
from standards.projections.dictionary import write_dictionary

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def facts(city: Settings, built: BuildResult) -> dict[str, Any]:
    return asset_facts(city, load_registry(city), CATALOGUE)


def test_every_published_mart_is_an_asset(facts: dict[str, Any], city: Settings) -> None:
    with duckdb.connect(city.marts, read_only=True) as marts:
        published = {
            row[0] for row in marts.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert {one["id"] for one in facts["marts"]} == published
    for one in facts["marts"]:
        assert one["owner"]
        assert one["zh"]
        assert one["rows"] is not None
        assert all(description for _, _, description, _ in one["columns"])


def test_a_dataset_has_its_score_and_its_lineage(facts: dict[str, Any]) -> None:
    assert 0 <= facts["datasets"]["outpatient_encounter"]["score"] <= 100
    edges = {(origin, target) for origin, target, _ in facts["edges"]}
    assert ("baixing_files.hzxx.性别", "patient.sex_code") in edges
    assert ("stg_resident.sex_code", "dim_resident.sex_code") in edges


def test_tags_are_counted_as_their_rules_say(
    facts: dict[str, Any], marts: duckdb.DuckDBPyConnection, city: Settings
) -> None:
    counted = {
        tag: residents
        for dataset in facts["datasets"].values()
        for tag, _, _, _, residents in dataset.get("tags", [])
    }
    assert set(counted) == {one.tag for one in load_tags(CATALOGUE)}
    (hypertension,) = marts.execute(
        "select count(distinct resident_id) from fct_programme where programme_code = '1'"
    ).fetchone() or (None,)
    assert counted["高血压"] == hypertension > 0
    rows = list_tagged(city, "高血压", None, 1000)
    assert len({row[4] for row in rows} - {None}) == hypertension
    institution = rows[0][0]
    assert {row[0] for row in list_tagged(city, "高血压", institution, 10)} == {institution}


@pytest.mark.parametrize(
    ("dataset", "subject", "expression", "what"),
    [
        ("nothing", "record", "1 = 1", "没有数据集"),
        ("patient", "household", "1 = 1", "subject"),
        ("drug", "resident", "drug_code is not null", "不指明个人"),
        ("patient", "record", "sex_code = ", "看不懂"),
        ("patient", "record", "gender = '1'", "没有列 gender"),
    ],
)
def test_a_tag_that_cannot_be_counted_is_refused(
    tmp_path: Path, dataset: str, subject: str, expression: str, what: str
) -> None:
    path = tmp_path / "tags.csv"
    head = ",".join(Tag.__annotations__)
    path.write_text(f"{head}\n甲,{subject},甲,{dataset},{expression}\n", encoding="utf-8")
    with pytest.raises(KanghuError, match=what):
        load_tags(CATALOGUE, path)


@pytest.mark.requirement("L-16")
def test_the_three_stores_are_views_of_the_catalogue_with_the_atomic_indicators(
    facts: dict[str, Any], marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Population, EMR and health record: each a page of datasets, with rows from silver in its
    marts; residents registered here and elsewhere both; the indicators are there one by one."""
    page = write_dictionary(tmp_path / "index.html", CATALOGUE, facts, ECHARTS)
    assert (tmp_path / "echarts.js").stat().st_size == ECHARTS.stat().st_size
    text = page.read_text(encoding="utf-8")
    for store, name, dataset in (
        ("population", "全员人口库", "patient"),
        ("emr", "电子病历库", "outpatient_encounter"),
        ("health_record", "健康档案库", "resident_record"),
    ):
        assert f'"storeId":"{store}","store":"{name}"' in text
        assert CATALOGUE.groups[CATALOGUE.datasets[dataset].group].store == store
    kinds = CATALOGUE.domain_of(CATALOGUE.datasets["resident_record"].column("residence_type_code"))
    assert kinds is not None
    assert {one.name_zh for one in kinds.codes.values()} >= {"户籍", "非户籍"}
    for mart in ("dim_resident", "fct_encounter", "fct_health_record"):
        assert marts.execute(f"select 1 from {mart} limit 1").fetchone(), mart
    held = "select distinct residence_type_code from dim_resident"
    assert {code for (code,) in marts.execute(held).fetchall()} >= set(kinds.codes)
    indicators = marts.execute("select count(*) from dim_indicator").fetchone()
    assert indicators is not None
    assert indicators[0] >= 9


def test_the_families_of_dictionaries_stand_on_datasets() -> None:
    names = {one.name_zh for one in load_families(CATALOGUE)}
    assert {"材料", "手术", "物价", "疾病", "过敏原", "通用值域"} <= names


def test_without_a_run_what_lacks_is_said(tmp_path: Path) -> None:
    nowhere = load_settings({"KANGHU_HOME": str(tmp_path / "nowhere")})
    facts = asset_facts(nowhere, load_registry(nowhere), CATALOGUE)
    assert facts["marts"] == []
    assert [one.split(":")[0] for one in facts["lacking"]] == ["集市还没有构建", "运行记录打不开"]
