"""The dbt project as a build runs it: ``dbt/`` as it is, with the projected sources beside it.

What dbt reads of silver is said once, in the catalogue; so the sources file is made anew for every
build, under the home, and there is nothing in the checkout to edit by hand or to forget.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from standards.catalogue import Catalogue
from standards.projections.dbt_sources import dbt_sources

SILVER_SOURCES = Path("models", "silver.yml")


def assemble(project: Path, target: Path, catalogue: Catalogue, named: Iterable[str] = ()) -> Path:
    """Make ``target`` a copy of ``project`` with ``models/silver.yml`` in it; answers ``target``.

    ``named``: datasets that models read without naming them (the rules of tags do). A file whose
    text is as before leaves dbt nothing to parse again.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(project, target)
    read = datasets_read(project, catalogue) | set(named)
    (target / SILVER_SOURCES).write_text(dbt_sources(catalogue, read), encoding="utf-8")
    return target


def datasets_read(project: Path, catalogue: Catalogue) -> set[str]:
    """The datasets whose names stand in quotes in a model, macro or test of ``project``."""
    quoted: set[str] = set()
    for path in project.rglob("*.sql"):
        quoted |= set(re.findall(r"['\"](\w+)['\"]", path.read_text(encoding="utf-8")))
    return quoted & catalogue.datasets.keys()
