"""华验LIS: laboratories that send HL7 v2 messages, several in a file of a kind and a month.

Messages only ever add: a change is a message that comes later.
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

_CHARACTER_SETS = (("gb18030", "GB 18030-2000"), ("utf-8", "UNICODE UTF-8"))
"""Python's name and what MSH-18 says; the laboratories take turns."""


class HuayanWriter:
    """华验LIS: ``<institution>/<month>-<ADT|OML|ORU>.hl7``."""

    system = "huayan_lis"

    def __init__(self, sites: Sequence[Assignment], data: Path) -> None:
        self.sites = tuple(sites)
        self.folder = data / self.system
        self.layout = Layout(self.system)
        self._encodings = {
            site.institution: _CHARACTER_SETS[place % len(_CHARACTER_SETS)]
            for place, site in enumerate(self.sites)
        }
        for site in self.sites:
            (self.folder / site.institution).mkdir(parents=True, exist_ok=True)

    def write(self, chunk: Chunk) -> list[pa.Table]:
        """Append the chunk's messages; answers where in which message each event lies."""
        with self.layout.loaded(chunk):
            return self._send()

    def change(self, chunk: Chunk) -> list[pa.Table]:
        """What is new or different is sent in a message; what is gone is not spoken of again."""
        with self.layout.loaded(chunk, ("insert", "update")):
            return self._send()

    def close(self) -> list[dict[str, Any]]:
        """The source files; nothing else is open."""
        self.layout.close()
        return [
            source_file(site, self.system, place, connection=str(self.folder / site.institution))
            for place, site in enumerate(self.sites)
        ]

    def _send(self) -> list[pa.Table]:
        answers = [self.layout.delivered(table) for table in self.layout.deliveries()]
        files = self.layout.connection.execute(
            "select _institution, substr(_changed_at, 1, 7) || '-' || kind, "
            "string_agg(text, '' order by _changed_at, message_no) from message_text group by all"
        )
        while found := files.fetchmany(200):
            for institution, name, text in found:
                encoding, said = self._encodings[institution]
                path = self.folder / institution / f"{name}.hl7"
                with path.open("ab") as out:
                    out.write(text.replace("${CHARSET}", said).encode(encoding))
        return answers
