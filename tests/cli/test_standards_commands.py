"""``kanghu standards`` as its user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kanghu
from tests.standards.rooms import copy_of_catalogue, replace_in

FOLLOWUP = "datasets/chronic/hypertension_followup.csv"


def test_lint_is_clean_and_names_what_is_not(kanghu: Kanghu, tmp_path: Path) -> None:
    assert kanghu("standards", "lint").status == 0
    room = copy_of_catalogue(tmp_path / "room")
    replace_in(room / FOLLOWUP, "heart_rate_per_min", "HeartRate")
    said = kanghu("standards", "lint", room)
    assert said.status == 1
    assert "hypertension_followup.HeartRate" in said.text
    assert "小写英文" in said.text


def test_conformance_prints_the_account(kanghu: Kanghu) -> None:
    said = kanghu("standards", "conformance", "--json")
    assert said.status == 0
    lines = json.loads(said.out)
    assert {line["standard"].split("-")[0] for line in lines} >= {"WS 363", "WS 364", "WS 365"}
    assert sum(line["standard"].startswith("WS 445") for line in lines) == 58
    assert "没有收" not in said.err
    assert "HDSD00.02.019" in kanghu("standards", "conformance", "--missing").out


def test_diff_passes_what_adds_and_stops_what_breaks(kanghu: Kanghu, tmp_path: Path) -> None:
    room = copy_of_catalogue(tmp_path / "room")
    same = kanghu("standards", "diff", room)
    assert (same.status, "0 处改动" in same.text) == (0, True)
    replace_in(room / FOLLOWUP, "heart_rate_per_min", "pulse_per_min")
    said = kanghu("standards", "diff", room)
    assert said.status == 1
    assert "hypertension_followup.pulse_per_min:列被删去或改名" in said.text
    assert "没有升版本号:hypertension_followup" in said.text


def test_diff_against_a_revision_of_the_checkout(kanghu: Kanghu) -> None:
    assert "处改动" in kanghu("standards", "diff", "HEAD").text


def test_load_shows_the_difference_and_keeps_the_history(
    kanghu: Kanghu, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("代码,名称\n1,医院\n2,家中\n", encoding="gb18030")
    said = kanghu("standards", "load", file, "--as", "CV02.01.103", "--yes")
    assert said.status == 0
    assert "新增 2" in said.text
    held = home / "standards" / "value_domains" / "CV02.01.103.csv"
    assert "家中" in held.read_text(encoding="utf-8")
    assert "list.csv" in kanghu("standards", "history").out


def test_load_asks_before_anything_is_written(
    kanghu: Kanghu, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("code,name_zh\n1,医院\n", encoding="utf-8")
    monkeypatch.setattr("typer.confirm", lambda text: False)
    said = kanghu("standards", "load", file, "--as", "CV02.01.103")
    assert said.status == 1
    assert "没有改动" in said.text
    assert not (home / "standards").exists()


def test_load_refuses_a_coverage_that_is_none(kanghu: Kanghu, tmp_path: Path) -> None:
    said = kanghu("standards", "load", tmp_path / "x", "--as", "ICD-10", "--coverage", "half")
    assert said.status == 1
    assert "coverage 不能是 'half'" in said.text
