"""A source file that says what its system does not have is refused, once, with the near names."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from collectors.check_source import asked_parameters
from collectors.registry import load_registry
from collectors.scaffold import new_source
from kanghu.errors import KanghuError
from kanghu.settings import Settings

GIVEN = {"jgdm": "A1"}


def refused(settings: Settings, **said: Any) -> KanghuError | None:
    assert settings.sources is not None
    one = {"source": "s", "institution": "A1", "name": "某院", "system": "jiwei_phis", **said}
    path = settings.sources / "sources" / "s.yml"
    path.write_text(yaml.safe_dump(one, allow_unicode=True), encoding="utf-8")
    registry = load_registry(settings)
    if "s" in registry.sources:
        return None
    (found,) = [one for one in registry.refused if one.source == "s"]
    return found.error


@pytest.mark.parametrize(
    ("differs", "what", "place", "near"),
    [
        ({"without": ["t_jzgl"]}, "没有表 't_jzgl'", "differs.without", "t_jsjl"),
        ({"columns": {"t_brjbx": {"a": "xm"}}}, "没有表 't_brjbx'", "columns", "t_brjbxx"),
        (
            {"columns": {"t_brjbxx": {"dh": "lxdhh"}}},
            "没有列(t_brjbxx) 'lxdhh'",
            "t_brjbxx.dh",
            "lxdh",
        ),
        ({"lookups": {"hyzt": {"1": "10"}}}, "没有对照 'hyzt'", "differs.lookups", "hyzk"),
    ],
)
def test_unknown_names_under_differs(
    settings: Settings, differs: dict[str, Any], what: str, place: str, near: str
) -> None:
    error = refused(settings, parameters=GIVEN, differs=differs)
    assert error is not None
    assert what in error.what
    assert place in error.where
    assert near in error.mend


def test_names_that_the_system_has_are_taken(settings: Settings) -> None:
    differs = {
        "columns": {"t_brjbxx": {"dh": "lxdh", "gxsj": "xgsj"}},
        "lookups": {"xb": {"0": "1"}},
        "without": ["t_jtda"],
    }
    assert refused(settings, parameters=GIVEN, differs=differs) is None


def test_a_parameter_without_a_value_is_told_once(settings: Settings) -> None:
    error = refused(settings, parameters={"org": "A1"})
    assert error is not None
    tables = len(load_registry(settings).systems["jiwei_phis"].tables)
    assert error.what == f"参数还没有填:jgdm({tables} 张表要用)"
    assert "org 没有表用到" in error.mend


def test_a_new_source_of_a_known_system_asks_for_its_parameters(settings: Settings) -> None:
    assert settings.sources is not None
    (path,) = new_source(
        settings, settings.sources, institution="A1", name="", system="jiwei_phis",
        connection="${HIS}",
    )  # fmt: skip
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(said["parameters"]) == {"jgdm"}
    with pytest.raises(KanghuError, match=r"参数还没有填:jgdm\(\d+ 张表要用\)"):
        load_registry(settings).feeds("A1-jiwei_phis")
    said["parameters"]["jgdm"] = "A1"
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    assert load_registry(settings).feeds("A1-jiwei_phis")


def test_every_system_says_what_it_asks_for(settings: Settings) -> None:
    systems = load_registry(settings).systems
    assert set(asked_parameters(systems["qingyun_his"])) == {"schema"}
    assert set(asked_parameters(systems["kangjian_cloud"])) == {"tenant"}
