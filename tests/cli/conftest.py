"""Commands as a person types them: the same front door, its exit status and its two streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kanghu.cli import main
from kanghu.cli.console import console, error_console


@dataclass(frozen=True)
class Said:
    """How a command ended. ``text`` is both streams without the frames' line breaks."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        words = [line.strip(" │") for line in (self.out + self.err).splitlines()]
        return "".join(words)


Kanghu = Callable[..., Said]


@pytest.fixture(autouse=True)
def wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide enough that no cell of a table is broken in two."""
    for one in (console, error_console):
        monkeypatch.setattr(one, "width", 220)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def kanghu(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Kanghu:
    """Run a command in a home of its own; ``kanghu("run", "--full")``."""
    for name in ("KANGHU_SOURCES", "KANGHU_LAKE", "KANGHU_STORE", "KANGHU_STANDARDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KANGHU_HOME", str(home))

    def run(*arguments: str | Path) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 1, out, err)

    return run
