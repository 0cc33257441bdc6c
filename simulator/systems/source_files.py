"""The source file of a simulated institution: which system it runs, where, and what differs."""

from __future__ import annotations

from typing import Any

from simulator.plan import Assignment
from simulator.systems.deviations import deviation


def source_file(
    site: Assignment,
    system: str,
    place: int,
    *,
    connection: str,
    token: str = "",
    parameters: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A ``collectors/sources`` YAML's content; its file is ``<source>.yml``."""
    said: dict[str, Any] = {
        "source": f"{site.institution}-{system}",
        "institution": site.institution,
        "name": site.name,
        "system": system,
        "connection": connection,
    }
    if token:
        said["token"] = token
    said["schedule"] = f"{place % 60} {1 + place // 60} * * *"
    if parameters:
        said["parameters"] = parameters
    own = deviation(system, place)
    if own:
        said["differs"] = own.differs()
    return said
