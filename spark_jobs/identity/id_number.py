"""Resident identity numbers (GB 11643) in SQL: cleaned, upgraded, checked, for whole columns.

An old number of 15 digits is carried to 18 (century 19, check digit computed). A number is
valid when its form, birth date and check digit (ISO 7064 MOD 11-2) are.
"""

from __future__ import annotations

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def cleaned(column: str) -> str:
    """SQL: the number without spaces and full-width forms, X in upper case; null when empty."""
    text = f"translate(upper(cast({column} as varchar)), '０１２３４５６７８９Ｘ', '0123456789X')"
    return f"nullif(regexp_replace({text}, '[^0-9X*]', '', 'g'), '')"


def check_digit(seventeen: str) -> str:
    """SQL: the check digit of a column that holds 17 digits (nonsense for anything else)."""
    terms = (
        f"(ascii(substr({seventeen}, {place}, 1)) - 48) * {weight}"
        for place, weight in enumerate(_WEIGHTS, start=1)
    )
    return f"substr('{_CHECK_DIGITS}', 1 + (({' + '.join(terms)}) % 11), 1)"


def upgraded(column: str) -> str:
    """SQL: a cleaned number with 15 digits carried to 18, any other as it is."""
    seventeen = f"(substr({column}, 1, 6) || '19' || substr({column}, 7))"
    return (
        f"case when regexp_full_match({column}, '[0-9]{{15}}') "
        f"then {seventeen} || {check_digit(seventeen)} else {column} end"
    )


def valid(column: str) -> str:
    """SQL: the number when it is valid by GB 11643, else null (column: cleaned and upgraded)."""
    return (
        f"case when regexp_full_match({column}, '[1-9][0-9]{{16}}[0-9X]') "
        f"and try_strptime(substr({column}, 7, 8), '%Y%m%d') "
        f"between timestamp '1880-01-01' and timestamp '2100-12-31' "
        f"and {check_digit(column)} = substr({column}, 18, 1) then {column} end"
    )


def birth_date_of(column: str) -> str:
    """SQL: the birth date within a valid number."""
    return f"cast(try_strptime(substr({column}, 7, 8), '%Y%m%d') as date)"


def sex_of(column: str) -> str:
    """SQL: the sex within a valid number, '1' male or '2' female."""
    return f"case when (ascii(substr({column}, 17, 1)) - 48) % 2 = 1 then '1' else '2' end"
