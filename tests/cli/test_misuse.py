"""A command typed wrongly says what, where and how to mend it, in Chinese, without a trace."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from kanghu.cli.failures import explained
from kanghu.errors import KanghuError
from kanghu.validation import in_chinese
from tests.cli.conftest import Kanghu


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("nosuch", "没有命令 nosuch"),
        ("simulate", "缺少 --out"),
        ("explain", "缺少 indicator"),
        ("simulate --out x --residents 0", "--residents:应不小于 1"),
        ("simulate --out x --residents -5", "--residents:应不小于 1"),
        ("simulate --out x --residents many", "--residents:应是整数"),
        ("simulate --out x --months 0", "--months:应不小于 1"),
        ("simulate --out x --as-of garbage", "'garbage' 不是这里要的日期写法"),
        ("simulate --out x --residnts 4", "没有选项 --residnts;像是 --residents"),
        ("run --since", "选项 --since 后面要有值"),
        ("run extra", "多出了参数 extra"),
        ("quarantine show patient --limit -1", "--limit:应不小于 1"),
    ],
)
def test_misuse_is_told(kanghu: Kanghu, command: str, what: str) -> None:
    said = kanghu(*command.split())
    assert said.status == 2
    assert what in said.text
    assert "--help" in said.text
    assert "Traceback" not in said.text


def test_no_arguments_show_the_help(kanghu: Kanghu) -> None:
    assert "quarantine" in kanghu().out


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("replay --dataset nosuch", "目录里没有数据集 nosuch"),
        ("run --dataset nosuch", "目录里没有数据集 'nosuch'"),
        ("run --source nosuch", "没有名为 'nosuch' 的来源"),
        ("compare --source nosuch", "没有名为 'nosuch' 的来源"),
        ("source check nosuch", "没有名为 'nosuch' 的来源"),
        ("quarantine list --dataset nosuch", "没有数据集 'nosuch'"),
        ("quarantine show pateint", "没有数据集 'pateint';像是 patient"),
        ("explain F99", "没有指标 'F99'"),
        ("link nosuch.csv", "nosuch.csv"),
        ("city change nowhere", "不是模拟城市的文件夹"),
        ("city serve nowhere", "不是模拟城市的文件夹"),
        ("standards diff nosuch", "既不是目录的文件夹"),
        ("standards load nosuch.csv --as GB2261.1", "读不了文件"),
        ("simulate --residents 5 --out /proc/nope", "/proc/nope"),
        ("dictionary --out /proc/nope", "/proc/nope"),
    ],
)
def test_what_is_not_there_is_named(kanghu: Kanghu, command: str, what: str) -> None:
    said = kanghu(*command.split())
    assert said.status == 1
    assert what in said.text
    assert "处理" in said.text
    assert "Traceback" not in said.text


@pytest.mark.parametrize("store", ["postgresql://nobody@127.0.0.1:1/none", "nonsense"])
def test_a_store_that_is_not_there_is_named(
    kanghu: Kanghu, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setenv("KANGHU_STORE", store)
    said = kanghu("status")
    assert said.status != 0
    assert "KANGHU_STORE" in said.text
    assert "Traceback" not in said.text


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(28, "No space left on device", "/lake/x"), "磁盘满了"),
        (PermissionError(13, "Permission denied", "/lake"), "没有权限"),
        (FileNotFoundError(2, "No such file", "/x"), "不存在"),
        (psycopg.OperationalError("connection refused"), "数据库断开了"),
        (KanghuError("甲"), "甲"),
    ],
)
def test_the_machines_failures_are_explained(error: Exception, what: str) -> None:
    told = explained(error)
    assert told is not None
    assert what in told.what


def test_what_nobody_foresaw_is_not_explained_away() -> None:
    assert explained(ZeroDivisionError()) is None


def test_sayings_that_we_do_not_know_are_kept() -> None:
    assert in_chinese("Something else") == "Something else"
    assert in_chinese("Field required") == "缺少这一项"


def test_an_error_with_brackets_is_shown_whole(kanghu: Kanghu, tmp_path: Path) -> None:
    """Text in square brackets is data here, never the screen's markup."""
    said = kanghu("standards", "load", tmp_path / "[bold]list.csv", "--as", "GB2261.1")
    assert "[bold]list.csv" in said.text
