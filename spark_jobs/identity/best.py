"""What is said of a resident: the best of what the person's rows say.

Name, sex and birth date: what most rows say, then rows with a number of their own, then the
latest. ID number: only a valid one that agrees with birth date, so never a mother's or a
neighbour's. Phone, address, mother and death: the latest row that says it, an address whole.
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
_PARTS = ("name", "sex", "birth", "number", "phone", "mother", "death", "whole")


def best_query(member: str, source: str, person: str, created: str) -> str:
    """SQL: one row a resident.

    ``member`` (resident_id, row_id), ``source`` (rows.py), ``person`` (prepare.py) and
    ``created`` (resident_id, at) are tables. A resident none of whose rows is in silver any more
    keeps its id, with nothing said.
    """
    return f"""
        with described as materialized (
            select member.resident_id, person.name, person.sex_code, person.birth_date,
                case when id_state = 2 then id18 end as own, case when id_state = 1 then id18 end
                    as half, person.phone_no, source.mother_name, source.said_at,
                try_cast(source.death_date as date) as death_date,
                {", ".join(f"source.{column}" for column in _ADDRESS)}, source.row_id
            from {member} as member
                join {source} as source using (row_id) join {person} as person using (row_id)
        ),
        name as ({_commonest("name")}),
        sex as ({_commonest("sex_code")}),
        birth as ({_commonest("birth_date")}),
        number as ({_commonest("coalesce(own, half)", "id_no")}),
        phone as ({_latest("phone_no", "phone_no")}),
        mother as ({_latest("mother_name", "mother_name")}),
        death as ({_latest("death_date", "death_date")}),
        whole as ({_latest("address_township", ", ".join(_ADDRESS))}),
        counted as (
            select resident_id, count(source.row_id) as person_rows
            from {member} as member left join {source} as source using (row_id)
            group by resident_id
        )
        select resident_id, name, sex_code, birth_date, id_no, phone_no, {", ".join(_ADDRESS)},
            mother_name, death_date, person_rows, created.since
        from counted {" ".join(f"left join {part} using (resident_id)" for part in _PARTS)}
            left join (
                select resident_id, min("at") as since from {created} group by resident_id
            ) as created using (resident_id)
        order by resident_id
    """


def _commonest(value: str, name: str = "") -> str:
    return f"""
        select resident_id, {value} as {name or value} from described
        where {value} is not null group by resident_id, {value}
        qualify row_number() over (partition by resident_id order by count(*) desc,
            count(own) desc, max(said_at) desc nulls last, {value}) = 1
    """


def _latest(needed: str, values: str) -> str:
    return f"""
        select resident_id, {values} from described where {needed} is not null
        qualify row_number() over (partition by resident_id
            order by said_at desc nulls last, row_id) = 1
    """
