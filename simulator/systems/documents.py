"""共享文档: hospitals that share WS/T 500 documents, a file each.

Documents only ever add: a change is a document that comes later, under its old number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from simulator.events import Chunk
from simulator.plan import Assignment
from simulator.systems.layout import Layout
from simulator.systems.source_files import source_file


class GongxiangWriter:
    """共享文档: ``<institution>/<C0001|C0002>/<number>.xml``."""

    system = "gongxiang_cda"

    def __init__(self, sites: Sequence[Assignment], data: Path) -> None:
        self.sites = tuple(sites)
        self.folder = data / self.system
        self.layout = Layout(self.system)
        for site in self.sites:
            for kind in ("C0001", "C0002"):
                (self.folder / site.institution / kind).mkdir(parents=True, exist_ok=True)

    def write(self, chunk: Chunk) -> list[pa.Table]:
        """Leave the chunk's documents; answers where in which document each event lies."""
        with self.layout.loaded(chunk):
            return self._share()

    def change(self, chunk: Chunk) -> list[pa.Table]:
        """What is new or different is shared again; what is gone is not spoken of again."""
        with self.layout.loaded(chunk, ("insert", "update")):
            return self._share()

    def close(self) -> list[dict[str, Any]]:
        """The source files; nothing else is open."""
        self.layout.close()
        return [
            source_file(site, self.system, place, connection=str(self.folder / site.institution))
            for place, site in enumerate(self.sites)
        ]

    def _share(self) -> list[pa.Table]:
        answers = [self.layout.delivered(table) for table in self.layout.deliveries()]
        documents = self.layout.connection.execute(
            "select _institution, folder, compact(substr(_changed_at, 1, 10)) || '_' || unit "
            "|| case when nth > 1 then '_' || nth else '' end, text "
            "from (select *, row_number() over (partition by _institution, folder, unit "
            "order by text) as nth from document_text)"
        )
        while found := documents.fetchmany(500):
            for institution, folder, name, text in found:
                path = self.folder / institution / folder / f"{name}.xml"
                path.write_text(text, encoding="utf-8")
        return answers
