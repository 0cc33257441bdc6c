"""How a person at a screen names a resident or a row, and what is meant by it.

A resident by its id; a row by its source's key, ``机构/数据源/源键`` (with ``数据集:`` before it
where one delivered row became rows of several datasets), as ``kanghu identity show`` prints it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from collectors.profile import masked
from kanghu.errors import KanghuError
from kanghu.lake import Lake
from kanghu.settings import Settings
from spark_jobs.identity import tables
from spark_jobs.identity.best import RESIDENT_COLUMNS
from spark_jobs.identity.decision_store import Decision, PersonRow, Side, read_decisions
from spark_jobs.identity.decisions import decide
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import prepare
from spark_jobs.identity.rows import read_person_rows
from standards.catalogue import Catalogue

_RESIDENT = re.compile("R[0-9A-HJKMNP-TV-Z]{12}")
_ROW = re.compile("(?:(?P<dataset>[a-z0-9_]+):)?(?P<institution>[^/]+)/(?P<feed>[^/]+)/(?P<key>.+)")
_KEY = "_institution, _feed, _source_key, dataset"


class People:
    """The people as the last identify left them."""

    def __init__(self, settings: Settings) -> None:
        self.lake = Lake(settings.lake)
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'Asia/Shanghai'; set enable_progress_bar = false")
        if not tables.load(self.connection, self.lake, "person_link", "link"):
            raise KanghuError("还没有归并过居民", str(self.lake.root), mend="先 kanghu run")

    def side(self, text: str) -> Side:
        """The resident or the row that ``text`` names; a row stands with those that one person
        number of its institution holds to it."""
        if _RESIDENT.fullmatch(text.strip()):
            return self._resident(text.strip())
        row = self.row(text)
        return Side(self.resident_of(row), self.unit_of(row))

    def row(self, text: str) -> PersonRow:
        """The row that ``text`` names; raises ``KanghuError`` where there is none, or several."""
        said = _ROW.fullmatch(text.strip())
        if said is None:
            raise KanghuError(
                f"看不懂 {text!r}", mend="写居民编号(R…),或 机构/数据源/源键 指明一行"
            )
        found = self._rows(
            "_institution = ? and _feed = ? and _source_key = ? and coalesce(? = dataset, true)",
            [said["institution"], said["feed"], said["key"], said["dataset"]],
        )
        if not found:
            raise KanghuError(
                "没有这一行人员记录", text, mend="行的写法见 kanghu identity show 的输出"
            )
        if len(found) > 1:
            mend = "、".join(str(row) for row in found)
            raise KanghuError("这个键在几个数据集里各有一行", text, mend=f"写明是哪一行:{mend}")
        return found[0]

    def resident_of(self, row: PersonRow) -> str:
        found = self.connection.execute(
            "select min(resident_id) from link where (_institution, _feed, _source_key, dataset) "
            "= (?, ?, ?, ?)",
            [row.institution, row.feed, row.source_key, row.dataset],
        ).fetchone()
        return str(found[0]) if found else ""

    def unit_of(self, row: PersonRow) -> tuple[PersonRow, ...]:
        """The row, and those of its institution that share a person number with it, and so on."""
        return tuple(sorted({one for one, _ in self._reached([row])}))

    def units(self, rows: Iterable[PersonRow]) -> list[tuple[PersonRow, ...]]:
        """Rows that share a person number with one of ``rows``, and so on, a tuple a number."""
        sharing: dict[str, list[PersonRow]] = defaultdict(list)
        for row, number in self._reached(rows):
            sharing[number].append(row)
        return [tuple(sorted(found)) for found in sharing.values()]

    def _reached(self, rows: Iterable[PersonRow]) -> list[tuple[PersonRow, str]]:
        known = [(r.institution, r.feed, r.source_key, r.dataset) for r in rows]
        heads = _KEY.split(", ")
        columns = [pa.array(column, pa.string()) for column in zip(*known, strict=True)]
        self.connection.register("wanted", pa.table(dict(zip(heads, columns, strict=True))))
        found = self.connection.execute(
            f"""
            with recursive held as (
                select {_KEY}, concat_ws(chr(31), _institution, number_kind, number) as owner
                from link where row_hash is not null
            ),
            reached as (
                select held.* from held semi join wanted using ({_KEY})
                union
                select other.* from reached as one
                    join held as mine using ({_KEY})
                    join held as other on other.owner = mine.owner
            )
            from reached
            """
        ).fetchall()
        self.connection.unregister("wanted")
        return [(PersonRow(*one[:4]), str(one[4])) for one in found]

    def _resident(self, resident_id: str) -> Side:
        rows = self._rows("resident_id = ?", [resident_id])
        if rows:
            return Side(resident_id, tuple(rows))
        if tables.load(self.connection, self.lake, "history", "history"):
            into = self.connection.execute(
                """
                with recursive led(resident_id) as (
                    select $1
                    union select into_resident_id from led join history using (resident_id)
                    where event = 'merged'
                )
                select led.resident_id from led semi join link using (resident_id)
                """,
                [resident_id],
            ).fetchone()
            if into:
                raise KanghuError(
                    "这个居民编号已并入另一个,不再使用", resident_id, mend=f"改用 {into[0]}"
                )
        raise KanghuError(
            "没有这位居民,或已没有记录", resident_id, mend="核对编号:R 后十二位字母和数字"
        )

    def _rows(self, condition: str, values: list[str | None]) -> list[PersonRow]:
        found = self.connection.execute(
            f"select distinct {_KEY} from link where row_hash is not null and {condition} "
            f"order by {_KEY}",
            values,
        ).fetchall()
        return [PersonRow(*one) for one in found]


def prepare_rows(people: People, catalogue: Catalogue, model: LinkModel, only: str = "") -> None:
    """``source`` and ``person`` of the rows in the table ``only`` (default: all), on its own
    connection."""
    columns = tuple(dict.fromkeys([*model.columns(), *RESIDENT_COLUMNS]))
    read_person_rows(people.connection, people.lake, catalogue, columns, "", only=only)
    prepare(people.connection, "source", model)


def shown(text: str | None, clear: bool) -> str:
    """What a screen shows of a direct identifier."""
    return text or "" if clear else masked(text or "")


def row_of(key: list[str]) -> PersonRow:
    """From dataset, institution, feed and source key."""
    dataset, institution, feed, source_key = key
    return PersonRow(institution, feed, source_key, dataset)


def merge(settings: Settings, one: str, other: str, *, who: str, why: str) -> Decision:
    """Decide that two (residents or rows) are one person; the next identify follows."""
    people = People(settings)
    left, right = people.side(one), people.side(other)
    if left.resident_id == right.resident_id:
        raise KanghuError("已经是同一位居民", left.resident_id, mend="不必合并")
    units = people.units(left.rows + right.rows + _spoken_of(settings))
    return decide(settings, "same", left, right, who=who, why=why, units=units)


def split(settings: Settings, row: str, resident: str, *, who: str, why: str) -> Decision:
    """Decide that a row (with those that its person number holds to it) is not that resident."""
    people = People(settings)
    meant = people.row(row)
    unit = people.unit_of(meant)
    whole = people.side(resident)
    rest = tuple(one for one in whole.rows if one not in set(unit))
    if not rest:
        raise KanghuError(
            "这位居民的记录都用这一行的人员号码,没有可以分开的",
            f"{meant},{whole.resident_id}",
            mend="若机构把两个人记在一个号码下,请机构改正;下次归并会跟随",
        )
    left, right = Side(people.resident_of(meant), unit), Side(whole.resident_id, rest)
    units = people.units(unit + rest + _spoken_of(settings))
    return decide(settings, "different", left, right, who=who, why=why, units=units)


def _spoken_of(settings: Settings) -> tuple[PersonRow, ...]:
    """The rows of all decisions in force: a number may lead from one decision to another."""
    decided = read_decisions(settings).decisions
    return tuple(row for d in decided if d.is_active for row in d.left.rows + d.right.rows)
