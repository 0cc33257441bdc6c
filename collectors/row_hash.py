"""The row hash: one sentence about a delivered row, in two dialects that must agree.

``md5`` over the delivered columns, in the order of their bronze names by code point, as UTF-8 text
joined by U+001F, with U+001E for null (so null and the empty string differ). DuckDB says it for
what landed in the lake, PostgreSQL for what lies in the source: the comparison of the two is only
worth something because neither asks the other. Over many rows: the count, and the sum of the
first 64 bits of each hash modulo 2^64, which does not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

SEPARATOR = "\x1f"
NULL_MARK = "\x1e"
MODULUS = 1 << 64

_ARGUMENTS = 90
"""PostgreSQL takes no more than 100 arguments; a front page has more columns."""
_FORBIDDEN = " ,;{}()\n\t="


def bronze_column(name: str) -> str:
    """The name that a delivered column bears in bronze: its own, with the characters that Delta
    refuses in column names replaced by ``_``."""
    return "".join("_" if letter in _FORBIDDEN else letter for letter in name)


def hash_order(columns: Iterable[str]) -> list[str]:
    """Columns in the order in which they are hashed, whatever order the source delivers."""
    return sorted(columns, key=bronze_column)


def quoted(name: str) -> str:
    """An identifier in double quotes, good for DuckDB, PostgreSQL and SQLite."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_hash(columns: Sequence[str]) -> str:
    """The row hash (32 hex digits) over text ``columns``, as a DuckDB expression."""
    if not columns:
        return "md5('')"
    values = ", ".join(f"coalesce({quoted(name)}, chr(30))" for name in hash_order(columns))
    return f"md5(concat_ws(chr(31), {values}))"


def duckdb_checksum(row_hash: str) -> str:
    """The checksum over rows of the expression ``row_hash``: text of a number below 2^64."""
    first_bits = f"('0x' || left({row_hash}, 16))::ubigint::hugeint"
    return f"(coalesce(sum({first_bits}), 0) % {MODULUS}::hugeint)::varchar"


def postgresql_hash(columns: Sequence[str], present: Collection[str], *, utf8: bool = True) -> str:
    """The row hash over ``columns`` in the order given, as a PostgreSQL expression. Columns that
    are not ``present`` are null; ``utf8``: whether the database's own encoding is UTF-8."""
    values = [
        f"coalesce({quoted(name)}::text, E'\\x1e')" if name in present else "E'\\x1e'"
        for name in columns
    ]
    while len(values) > _ARGUMENTS:
        some = (values[at : at + _ARGUMENTS] for at in range(0, len(values), _ARGUMENTS))
        values = [_joined(one) for one in some]
    text = _joined(values) if columns else "''"
    return f"md5({text})" if utf8 else f"md5(convert_to({text}, 'UTF8'))"


def _joined(values: Sequence[str]) -> str:
    return f"concat_ws(E'\\x1f', {', '.join(values)})"


def postgresql_checksum(row_hash: str) -> str:
    """The checksum over rows, as a PostgreSQL expression: a numeric below 2^64."""
    first_bits = f"('x' || left({row_hash}, 16))::bit(64)::bigint"
    return f"mod(mod(coalesce(sum({first_bits}), 0), {MODULUS}) + {MODULUS}, {MODULUS})"
