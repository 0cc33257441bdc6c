"""What is said of a resident: the best of what the person's rows say.

Name, sex and birth date: what most rows say, then rows with a number of their own, then the
latest; a newborn's name (王芳之子) only where no row has another. ID number: only a valid one that
agrees with birth date, so never a mother's or a neighbour's. Phone, address, mother and death: the
latest row that says it, an address whole.
"""

from __future__ import annotations

RESIDENT_COLUMNS = (
    "name",
    "sex_code",
    "birth_date",
    "id_no",
    "phone_no",
    "address_county",
    "address_township",
    "address_village",
    "address_door",
    "mother_name",
    "death_date",
)
"""What ``resident`` says beside ``resident_id``, ``person_rows`` and ``since``."""

_ADDRESS = tuple(column for column in RESIDENT_COLUMNS if column.startswith("address_"))
_COMMONEST = ("name", "sex_code", "birth_date", "id_no")
_ROWS = "9223372036854775808::hugeint"  # more than any row_id
_SECONDS = "17179869184::hugeint"  # more than any instant, in seconds
_TIMES = "1048576::hugeint"  # more than any person's rows


def best_query(member: str, source: str, person: str, created: str) -> str:
    """SQL: one row a resident.

    ``member`` (resident_id, row_id), ``source`` (rows.py), ``person`` (prepare.py) and
    ``created`` (resident_id, at) are tables. A resident none of whose rows is in silver any more
    keeps its id, with nothing said.
    """
    addresses = ", ".join(f"source.{column}" for column in _ADDRESS)
    latest = ("phone_no", "mother_name", "death_date", "place")
    return f"""
        with described as materialized (
            select member.resident_id, person.name, person.sex_code, person.birth_date, id_state,
                person.name_child is null as is_named,
                case when id_state >= 1 then id18 end as id_no, person.phone_no,
                source.mother_name, try_cast(source.death_date as date) as death_date,
                case when source.address_township is not null then row({addresses}) end as place,
                cast(greatest(coalesce(epoch(try_cast(said_at as timestamp)), 0), 0) as hugeint)
                    * {_ROWS} + row_id as lateness
            from {member} as member
                join {source} as source using (row_id) join {person} as person using (row_id)
        ),
        latest as (
            select resident_id, {", ".join(f"arg_max({c}, lateness) as {c}" for c in latest)},
                count(*) as person_rows
            from described group by resident_id
        ),
        {", ".join(f"{part} as ({_commonest(part)})" for part in _COMMONEST)}
        select resident_id, name, sex_code, birth_date, id_no, phone_no,
            {", ".join(f"place[{at}] as {c}" for at, c in enumerate(_ADDRESS, start=1))},
            mother_name, death_date, coalesce(person_rows, 0) as person_rows, created.since
        from (select distinct resident_id from {member})
            left join latest using (resident_id)
            {" ".join(f"left join {part} using (resident_id)" for part in _COMMONEST)}
            left join (
                select resident_id, min("at") as since from {created} group by resident_id
            ) as created using (resident_id)
    """


def _commonest(value: str) -> str:
    """By how many rows say it, then by how many of them with a number of their own, then the
    latest: one number, the largest wins."""
    better = "is_named" if value == "name" else "0"
    return f"""
        select resident_id, arg_max({value},
            (times + {better} * {_TIMES}) * {_ROWS} * {_SECONDS} * 2
            + least(own, 1) * {_ROWS} * {_SECONDS} + lateness) as {value}
        from (
            select resident_id, {value}, count(*)::hugeint as times,
                bool_or(is_named)::hugeint as is_named,
                count(*) filter (where id_state = 2)::hugeint as own, max(lateness) as lateness
            from described where {value} is not null group by resident_id, {value}
        ) group by resident_id
    """
