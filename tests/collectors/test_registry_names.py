"""What a source's file may say of names and secrets, and that no two files say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from collectors.registry import load_registry
from kanghu.errors import KanghuError
from kanghu.settings import Settings

SOURCE = {
    **{"source": "a", "institution": "H1", "name": "一院", "system": "jiwei_phis"},
    **{"parameters": {"jgdm": "H1"}},
}


def write(settings: Settings, file: str, **facts: str) -> None:
    assert settings.sources is not None
    path = settings.sources / "sources" / f"{file}.yml"
    path.write_text(yaml.safe_dump({**SOURCE, **facts}, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"token": "plaintext-secret"}, "令牌只能写成"),
        ({"connection": "postgresql://u:S3CRET@127.0.0.1/his"}, "连接里写着密码"),
        ({"source": "../../x"}, "不能作名字"),
        ({"institution": "a/b"}, "不能作名字"),
        ({"encodng": "gb18030"}, "没有这一项"),
        ({"name": None}, "应是文本"),
    ],
)
def test_a_source_that_may_not_be_is_refused_and_says_why(
    settings: Settings, facts: dict[str, str], what: str
) -> None:
    write(settings, "a", **facts)
    write(settings, "b", source="b", institution="H2")
    registry = load_registry(settings)
    (refused,) = registry.refused
    assert what in refused.error.what
    assert "S3CRET" not in str(refused.error)
    assert list(registry.sources) == ["b"]


def test_secrets_from_the_environment_are_fine(settings: Settings) -> None:
    write(settings, "a", token="${TOKEN}", connection="postgresql://u:${PASSWORD}@127.0.0.1/his")
    assert load_registry(settings).refused == ()


def test_two_files_with_one_name_are_both_refused(settings: Settings) -> None:
    write(settings, "one")
    write(settings, "two", institution="H2")
    registry = load_registry(settings)
    assert registry.sources == {}
    (refused,) = registry.refused
    assert "one.yml 和 two.yml" in refused.error.what


def test_an_institution_is_all_of_its_sources(settings: Settings) -> None:
    write(settings, "a")
    write(settings, "b", source="b", system="yilian_clinic")
    write(settings, "c", source="c", institution="H2")
    registry = load_registry(settings)
    assert [one.source for one in registry.named("H1")] == ["a", "b"]
    assert {feed.institution for feed in registry.feeds("H1")} == {"H1"}
    assert [one.source for one in registry.named("c")] == ["c"]
    with pytest.raises(KanghuError, match="没有名为"):
        registry.named("H3")


def test_a_folder_that_is_not_there_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match="没有文件夹"):
        load_registry(replace(settings, sources=tmp_path / "nowhere"))
