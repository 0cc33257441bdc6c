"""Person rows made comparable, column by column, in DuckDB: cleaned text, sounds and shapes of
names, upgraded and checked ID numbers, dates, digits.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from spark_jobs.identity import id_number
from spark_jobs.identity.birth_names import read_marks, split_query
from spark_jobs.identity.characters import spellings
from spark_jobs.identity.model import Comparison, LinkModel

_NOT_A_NAME = (
    "'不详','未知','无名','无','佚名','无名氏','姓名不详','测试',"
    "'新生儿','婴儿','男婴','女婴','宝宝','之子','之女'"
)
_MALE = "'1','男','男性','m','male'"
_FEMALE = "'2','女','女性','f','female'"
_TWO_CHARACTER_FAMILIES = (
    "'欧阳','上官','司马','诸葛','司徒','皇甫','东方','夏侯','尉迟','令狐','慕容','端木','公孙'"
)
_PLACE_ENDINGS = (
    "社区居民委员会",
    "居民委员会",
    "村民委员会",
    "居委会",
    "村委会",
    "社区",
    "村",
)
_HALF_WIDTH = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in _HALF_WIDTH)
_LONGEST_NAME = 50
"""DE02.01.039.00 is A..50: what is longer slipped in from another field, and names nobody."""
_MOST_DIGITS = 3  # more is a telephone or a record number that slipped into the name
_BEFORE = "<before>"
_LAST_DIGITS = 7  # all of one kind: nobody's number, but what is typed where there is none


def prepare(
    connection: duckdb.DuckDBPyConnection, source: str, model: LinkModel, target: str = "person"
) -> None:
    """Make table ``target`` from ``source`` (``row_id`` bigint and the model's columns).

    Columns of ``target``: ``row_id``, each column of the model cleaned under its own name, what
    its kind derives from it (``name_sound``, ``id18``, ...).
    """
    cleaned: dict[str, str] = {}
    for name, sql in _cleaned(model):
        cleaned.setdefault(name, sql)
    identifier = model.identifier()
    selected = ", ".join(f"{sql} as {quoted(name)}" for name, sql in cleaned.items())
    connection.execute(
        f"create or replace temp table {target}_cleaned as select row_id, {selected} from {source}"
    )
    steps = [f"from {target}_cleaned"]
    if identifier:
        steps += _id_steps(model.comparisons[identifier])
    for comparison in model.comparisons.values():
        if comparison.kind == "chinese_name":
            steps.append(_name_step(connection, f"{target}_cleaned", comparison))
    query = steps[0]
    for step in steps[1:]:
        query = step.replace(_BEFORE, f"({query})")
    connection.execute(f"create or replace temp table {target} as {query}")
    connection.execute(f"drop table {target}_cleaned")


def quoted(name: str) -> str:
    """An SQL identifier, whatever characters a file's heading has."""
    return '"' + name.replace('"', '""') + '"'


def _cleaned(model: LinkModel) -> Iterator[tuple[str, str]]:
    for comparison in model.comparisons.values():
        for place, column in enumerate(comparison.columns):
            yield column, _cleaning(_kind_of(comparison, place), quoted(column), model)


def _kind_of(comparison: Comparison, place: int) -> str:
    if comparison.kind == "id_number":
        return ("id_number", "birth_date", "sex", "chinese_name")[place]
    if comparison.kind == "chinese_name":
        return ("chinese_name", "chinese_name", "sex")[place]
    return comparison.kind


def _cleaning(kind: str, column: str, model: LinkModel) -> str:
    text = f"trim(cast({column} as varchar))"
    match kind:
        case "chinese_name":
            bare = f"upper(regexp_replace({text}, '[\\s·•.。*#()\\x{{ff08}}\\x{{ff09}}]', '', 'g'))"
            half = f"translate({bare}, '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
            letters = f"rtrim(ltrim({half}, '0123456789'), '0123456789')"
            told = f"{letters} not in ('', {_NOT_A_NAME}) and length({half}) <= {_LONGEST_NAME}"
            return f"case when {told} then {half} end"
        case "birth_date" | "date":
            formats = ", ".join(f"'{form}'" for form in model.date_formats)
            read = f"cast(try_strptime({text}, [{formats}]) as date)"
            return f"coalesce(try_cast({column} as date), {read})"
        case "sex":
            known = f"when lower({text}) in"
            return f"case {known} ({_MALE}) then '1' {known} ({_FEMALE}) then '2' end"
        case "id_number":
            return id_number.cleaned(column)
        case "phone":
            digits = f"regexp_replace({text}, '[^0-9]', '', 'g')"
            national = f"regexp_replace({digits}, '^86(1[0-9]{{10}})$', '\\1')"
            # Nearly all are plain already, and text functions cost most of the time here.
            plain = f"case when {text} ~ '1[0-9]{{10}}' then {text} else {national} end"
            made_up = ", ".join(f"'{digit * _LAST_DIGITS}'" for digit in "0123456789")
            real = f"length({plain}) >= 7 and right({plain}, {_LAST_DIGITS}) not in ({made_up})"
            return f"case when {real} then {plain} end"
        case "address":
            bare = f"replace(replace({text}, ' ', ''), chr(12288), '')"
            endings = " ".join(
                f"when ends_with({bare}, '{ending}') then left({bare}, -{len(ending)})"
                for ending in _PLACE_ENDINGS
            )
            return f"nullif(case {endings} else {bare} end, '')"
        case "digits":
            return f"nullif(regexp_replace({text}, '[^0-9]', '', 'g'), '')"
        case "text" | "person_name":
            plain = f"regexp_replace(lower(strip_accents({text})), '[^a-z0-9一-鿿]+', ' ', 'g')"
            return f"nullif(trim({plain}), '')"
        case _:
            return f"nullif({text}, '')"


def _id_steps(comparison: Comparison) -> list[str]:
    """The number with 18 digits, the valid one (``id18``), the birth date from it where the row
    has none, and whose it seems to be (``id_state``): 2 birth date and sex agree, 1 only the
    birth date does, 0 the birth date does not (another person's number, or a wrong birth date),
    null no valid number."""
    number, birth, sex = (quoted(column) for column in comparison.columns[:3])
    in_number = id_number.birth_date_of("id18")
    sex_in_number = id_number.sex_of("id18")
    return [
        f"select * replace ({id_number.upgraded(number)} as {number}) from {_BEFORE}",
        f"select *, {id_number.valid(number)} as id18 from {_BEFORE}",
        f"select * replace (coalesce({birth}, {in_number}) as {birth}) from {_BEFORE}",
        f"""select *, case when id18 is null then null
                when {in_number} is distinct from {birth} then 0
                when coalesce({sex}, {sex_in_number}) = {sex_in_number} then 2
                else 1 end as id_state from {_BEFORE}""",
    ]


def _name_step(connection: duckdb.DuckDBPyConnection, table: str, comparison: Comparison) -> str:
    """Family and given name, sound and shape, each distinct name spelt once.

    A newborn's name (birth_names.py) is spelt as its mother's, with ``child`` (the sex code it
    says, or empty); for any other name ``child`` is null. ``which``: the child of a birth, or the
    clerk's number behind a name. ``mother`` and ``sex``, where the comparison has those columns:
    the sound of the mother's name, and the sex by the name before that of the row.
    """
    name, *others = comparison.columns
    column = f"person.{quoted(name)}"
    _spell(connection, table, comparison.columns[:2])
    child = "nullif(spelling.child, '')"
    more = [f"mother.sound as {quoted(name + '_mother')}"] if others else []
    more += [
        f"coalesce({child}, person.{quoted(sex)}) as {quoted(name + '_sex')}" for sex in others[1:]
    ]
    mother = (
        f"left join {table}_spelling as mother on mother.name = person.{quoted(others[0])}"
        if others
        else ""
    )
    return f"""
        select person.* replace (
                case when spelling.child is null then spelling.base else {column} end
                as {quoted(name)}),
            spelling.family as {quoted(name + "_family")},
            substr(spelling.base, 1 + length(spelling.family)) as {quoted(name + "_given")},
            spelling.sound as {quoted(name + "_sound")},
            spelling.shape as {quoted(name + "_shape")},
            spelling.child as {quoted(name + "_child")},
            spelling.which as {quoted(name + "_which")}
            {"".join(f", {one}" for one in more)}
        from {_BEFORE} as person left join {table}_spelling as spelling
            on spelling.name = {column} {mother}
    """


def _spell(connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> None:
    """``<table>_spelling``: name, base, family, sound, shape, child, which of each name that
    stands in one of ``columns``."""
    named = " union ".join(
        f"select distinct {quoted(column)} as name from {table} where {quoted(column)} is not null"
        for column in columns
    )
    connection.execute(f"create or replace temp table split_name as {split_query(f'({named})')}")

    def asked(column: str) -> list[str]:
        found = connection.execute(
            f"select distinct {column} from split_name where {column} is not null"
        )
        return [text for (text,) in found.fetchall()]

    for view, heading, rows in (
        ("spelt", ("base", "sound", "shape"), spellings(asked("base"))),
        ("marked", ("mark", "child", "which"), read_marks(asked("mark"))),
    ):
        values = {
            key: pa.array([row[i] for row in rows], pa.string()) for i, key in enumerate(heading)
        }
        connection.register(view, pa.table(values))
    connection.execute(
        f"""
        create or replace temp table {table}_spelling as
        select name, base, sound, shape, child,
            case when substr(base, 1, 2) in ({_TWO_CHARACTER_FAMILIES})
                then substr(base, 1, 2) else substr(base, 1, 1) end as family,
            coalesce(which, case when length(digits) <= {_MOST_DIGITS}
                then nullif(ltrim(digits, '0'), '') end) as which
        from split_name join spelt using (base) left join marked using (mark)
        """
    )
    connection.unregister("spelt")
    connection.unregister("marked")
    connection.execute("drop table split_name")
