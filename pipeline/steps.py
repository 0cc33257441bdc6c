"""What every step tells whoever watches it: a command line, Airflow, a workbench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Watcher(Protocol):
    """Sees a run's steps begin and end, with a line of news in between."""

    def step(self, name: str) -> AbstractContextManager[None]: ...

    def note(self, text: str) -> None: ...


class Unwatched:
    """Nobody looks."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        del name
        yield

    def note(self, text: str) -> None:
        del text
