"""Settings, from the environment only.

Code never asks in which of the two ways it runs (docs/interfaces.md): the engine, the lake, the
store and the marts are URLs, and the defaults are the embedded ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds the rooms: what the product runs is read from here, nothing else."""


@dataclass(frozen=True)
class Settings:
    """Where everything is.

    ``engine`` is ``sail`` or ``sc://host:port``; ``lake`` a path or ``s3://…``; ``store`` is
    ``embedded`` or ``postgresql://…``; ``marts`` a DuckDB path or ``trino://…``; ``sources`` a
    folder with ``systems/`` and ``sources/`` that a site keeps outside the checkout, or ``None``;
    ``standards`` a folder with the official lists that a site has loaded (it may not exist yet).
    """

    home: Path
    engine: str
    lake: str
    store: str
    marts: str
    sources: Path | None
    standards: Path

    def at_home(self, home: Path) -> Settings:
        """The same settings with everything embedded under another home."""
        return replace(
            self,
            home=home,
            lake=str(home / "lake"),
            marts=str(home / "marts.duckdb"),
            store="embedded",
            sources=home / "sources",
            standards=home / "standards",
        )


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: the process's)."""
    env = os.environ if environment is None else environment
    home = Path(env.get("KANGHU_HOME") or CHECKOUT / ".kanghu").expanduser().resolve()
    sources = env.get("KANGHU_SOURCES")
    standards = env.get("KANGHU_STANDARDS")
    return Settings(
        home=home,
        engine=env.get("KANGHU_ENGINE") or "sail",
        lake=(env.get("KANGHU_LAKE") or str(home / "lake")).rstrip("/"),
        store=env.get("KANGHU_STORE") or "embedded",
        marts=env.get("KANGHU_MARTS") or str(home / "marts.duckdb"),
        sources=Path(sources).expanduser().resolve() if sources else _default_sources(home),
        standards=Path(standards).expanduser().resolve() if standards else home / "standards",
    )


def _default_sources(home: Path) -> Path | None:
    at_home = home / "sources"
    return at_home if at_home.is_dir() else None
