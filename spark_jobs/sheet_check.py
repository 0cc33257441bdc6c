"""``kanghu sheet check``: what each row of a filled sheet would be told, with nothing written.

The same plan as normalise's over the sheet's rows, as ``source check`` does for a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectors.sheets import ROW, FilledSheet, sheet_feed
from expectations.compile_spark import RECORD, UNIT
from expectations.suite import row_suite
from kanghu.settings import Settings
from spark_jobs.dry_run import trial_rows
from standards.catalogue import load_catalogue


@dataclass(frozen=True)
class SheetFinding:
    """One thing wrong with one cell: ``row`` as the workbook counts, ``heading`` as it stands."""

    row: int
    heading: str
    rule: str
    severity: str
    message: str
    mend: str


def check_sheet(settings: Settings, sheet: FilledSheet, institution: str) -> list[SheetFinding]:
    """Every finding of every row, by row. Empty: the whole sheet would pass."""
    catalogue = load_catalogue()
    feed = sheet_feed(settings, sheet.dataset, institution)
    rows = trial_rows(settings, feed, sheet.rows, sheet.dataset.name)
    suite = row_suite(sheet.dataset.name, catalogue)
    numbers = sheet.rows.column(ROW).to_pylist()
    found = []
    for row in rows.select("_source_key", "_blocking", "_advisory").collect():
        for coded in (row["_blocking"], row["_advisory"]):
            for failure in filter(None, coded.split(RECORD)):
                rule = suite[int(failure.split(UNIT)[0])]
                found.append(
                    SheetFinding(
                        row=int(numbers[int(row["_source_key"])]),
                        heading=sheet.headings.get(rule.column, ""),
                        rule=rule.id,
                        severity=rule.severity,
                        message=rule.message,
                        mend=rule.mend,
                    )
                )
    found += _twice(sheet)
    return sorted(found, key=lambda one: (one.row, one.heading))


def _twice(sheet: FilledSheet) -> list[SheetFinding]:
    """Rows of one key: as two records of one source they would both land."""
    keys = list(
        zip(*(sheet.rows.column(name).to_pylist() for name in sheet.dataset.key), strict=True)
    )
    numbers = sheet.rows.column(ROW).to_pylist()
    first: dict[tuple[str | None, ...], str] = {}
    found = []
    for key, number in zip(keys, numbers, strict=True):
        earlier = first.setdefault(key, number)
        if earlier != number and all(key):
            found.append(
                SheetFinding(
                    row=int(number),
                    heading="、".join(sheet.headings[name] for name in sheet.dataset.key),
                    rule=f"{sheet.dataset.name}.key.duplicate",
                    severity="blocking",
                    message=f"与第 {earlier} 行的主键相同",
                    mend="一条记录只写一行;另一行改用自己的编号,或删去",
                )
            )
    return found
