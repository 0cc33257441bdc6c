"""市妇幼健康信息平台: one database of the city, in which each row bears its institution's code."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.plan import Assignment
from simulator.systems.postgres import CONNECTION, PostgresWriter
from simulator.systems.source_files import source_file

_HOSPITAL_TABLES = ("fy_fmjl", "fy_xsejl", "fy_cszm", "fy_xsesc")


class MuyingWriter(PostgresWriter):
    """Shared tables; a hospital's source reads other ones than a township's."""

    system = "muying_mch"
    schema = "fypt"
    organisation = "jgbm"
    keys: ClassVar = {}

    def _source(self, place: int, site: Assignment) -> dict[str, Any]:
        said = source_file(
            site,
            self.system,
            place,
            connection=CONNECTION,
            parameters={"jgbm": site.institution},
        )
        hospital = site.tier in ("1", "2")
        absent = [
            table.name
            for table in self.layout.tables
            if site.tier and (table.name in _HOSPITAL_TABLES) != hospital
        ]
        if absent:
            said["differs"] = {"without": absent}
        return said
