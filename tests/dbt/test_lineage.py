"""Lineage on the real mappings and the real marts: from a vendor's column to a published one."""

from __future__ import annotations

import json

import pytest

from collectors.registry import load_registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings
from pipeline.build import BuildResult
from pipeline.lineage import Lineage, check_known, lineage
from standards.catalogue import load_catalogue

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def found(city: Settings, built: BuildResult) -> Lineage:
    return lineage(city, load_registry(city), CATALOGUE)


def _reached(found: Lineage, column: str) -> set[str]:
    """Everything upstream of ``column``."""
    reached: set[str] = set()
    waiting = [column]
    while waiting:
        for edge in found.upstream(waiting.pop()):
            if edge.origin not in reached:
                reached.add(edge.origin)
                waiting.append(edge.origin)
    return reached


def test_every_mart_is_read(found: Lineage, city: Settings) -> None:
    assert found.has_models
    assert found.unread == {}
    targets = {edge.target.split(".")[0] for edge in found.edges if edge.kind == "model"}
    assert {"dim_resident", "fct_encounter", "rpt_indicator", "rpt_quality_score"} <= targets
    # Not cached as understood without its origins, and the build's own inputs are known:
    assert "quality.weight.weight" in _reached(found, "rpt_quality.score")


@pytest.mark.parametrize(
    ("column", "origins"),
    [
        ("patient.sex_code", {"baixing_files.hzxx.性别", "jiwei_phis.t_brjbxx.xb"}),
        (
            "fct_encounter.main_diagnosis_code",
            {"outpatient_encounter.main_diagnosis_code", "baixing_files.mzrz.初诊断编码"},
        ),
        ("fct_followup.systolic_mmhg", {"baixing_files.gxysf.收缩压"}),
        ("fct_cost.total_yuan", {"settlement.total_yuan", "charge_detail.amount_yuan"}),
    ],
)
def test_a_column_is_followed_to_the_vendors_own(
    found: Lineage, column: str, origins: set[str]
) -> None:
    assert origins <= _reached(found, column)


def test_a_filter_is_no_origin(found: Lineage) -> None:
    assert "outpatient_encounter.visited_at" not in _reached(found, "fct_encounter.doctor_no")


def test_the_rule_stands_beside_the_edge(found: Lineage) -> None:
    (edge,) = [one for one in found.upstream("patient.sex_code") if "hzxx" in one.origin]
    assert (edge.kind, edge.how) == ("mapping", "lookup: xb")


def test_it_is_kept_and_the_same_again(found: Lineage, city: Settings) -> None:
    kept = (city.home / "lineage.json").read_text(encoding="utf-8")
    assert len(json.loads(kept)["edges"]) == len(found.edges)
    assert lineage(city, load_registry(city), CATALOGUE) == found
    assert (city.home / "lineage.json").read_text(encoding="utf-8") == kept


def test_an_unknown_column_is_told_with_what_is_near(found: Lineage) -> None:
    with pytest.raises(KanghuError, match="相近的有") as caught:
        check_known(found, CATALOGUE, "patient.gender")
    assert "patient.sex_code" in caught.value.mend
