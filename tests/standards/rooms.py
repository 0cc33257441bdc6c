"""A copy of the catalogue's tables that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

from standards.catalogue import ROOM


def copy_of_catalogue(folder: Path) -> Path:
    """Copy the tables into ``folder`` (made when missing) and answer it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOM / "data_elements.csv", folder)
    for name in ("datasets", "value_domains"):
        shutil.copytree(ROOM / name, folder / name)
    return folder


def replace_in(path: Path, before: str, after: str) -> None:
    """Replace the first ``before``, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path.name} has no {before!r}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
