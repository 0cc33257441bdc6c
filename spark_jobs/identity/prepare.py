"""Person rows made comparable, column by column, in DuckDB: cleaned text, sounds and shapes of
names, upgraded and checked ID numbers, dates, digits.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from spark_jobs.identity import id_number
from spark_jobs.identity.characters import spellings
from spark_jobs.identity.model import Comparison, LinkModel

_NOT_A_NAME = "'不详','未知','无名','无','佚名','无名氏','姓名不详','新生儿','测试'"
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
_BEFORE = "<before>"
_NOT_A_PHONE = ("000000", "1111111", "8888888", "9999999")


def prepare(
    connection: duckdb.DuckDBPyConnection, source: str, model: LinkModel, target: str = "person"
) -> None:
    """Make table ``target`` from ``source`` (``row_id`` bigint and the model's columns).

    Columns of ``target``: ``row_id``, each column of the model cleaned under its own name, what
    its kind derives from it (``name_sound``, ``id18``, ...).
    """
    cleaned = dict(_cleaned(model))
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
            steps.append(_name_step(connection, f"{target}_cleaned", comparison.columns[0]))
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
    return comparison.kind


def _cleaning(kind: str, column: str, model: LinkModel) -> str:
    text = f"trim(cast({column} as varchar))"
    match kind:
        case "chinese_name":
            bare = f"upper(regexp_replace({text}, '[\\s·•.。*0-9()()]', '', 'g'))"
            return f"case when {bare} not in ('', {_NOT_A_NAME}) then {bare} end"
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
            made_up = " or ".join(f"contains({plain}, '{made}')" for made in _NOT_A_PHONE)
            return f"case when length({plain}) >= 7 and not ({made_up}) then {plain} end"
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


def _name_step(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> str:
    """Family and given name, sound and shape, each distinct name spelt once."""
    column = f"person.{quoted(name)}"
    found = connection.execute(
        f"select distinct {column} from {table} as person where {column} is not null"
    ).fetchall()
    rows = spellings(text for (text,) in found)
    heading = ("name", "sound", "shape")
    values = {key: pa.array([row[i] for row in rows], pa.string()) for i, key in enumerate(heading)}
    spelling = quoted(f"{table}_{name}_spelling")
    connection.register("spelled", pa.table(values))
    connection.execute(f"create or replace temp table {spelling} as from spelled")
    connection.unregister("spelled")
    family = (
        f"case when substr({column}, 1, 2) in ({_TWO_CHARACTER_FAMILIES}) "
        f"then substr({column}, 1, 2) else substr({column}, 1, 1) end"
    )
    return f"""
        select person.*, {family} as {quoted(name + "_family")},
            substr({column}, 1 + length({family})) as {quoted(name + "_given")},
            spelling.sound as {quoted(name + "_sound")},
            spelling.shape as {quoted(name + "_shape")}
        from {_BEFORE} as person left join {spelling} as spelling on spelling.name = {column}
    """
