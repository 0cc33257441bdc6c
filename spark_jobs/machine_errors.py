"""Errors of engine, lake, disk and store as a person reads them: which step, where, how to mend.

Everything of a step can be run again, so each of these ends with that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import psycopg
from deltalake.exceptions import DeltaError
from grpc import RpcError
from pyspark.errors import PySparkException

from kanghu.errors import KanghuError

MACHINE_ERRORS = (PySparkException, RpcError, DeltaError, duckdb.Error, psycopg.Error, OSError)
"""What the libraries raise; what is a fault of ours (a TypeError) keeps its trace."""

_FULL = ("No space left", "File too large", "Disk quota", "os error 28", "os error 27")
_GONE = ("UNAVAILABLE", "Connection refused", "Connection reset", "failed to connect")
_AGAIN = "后重新运行 kanghu run:做了一半的会接着做完,不丢不重"


@contextmanager
def told(step: str, where: str = "") -> Iterator[None]:
    """Raises ``KanghuError`` for any error of the machine in the block."""
    try:
        yield
    except MACHINE_ERRORS as error:
        raise as_person_reads(error, step, where) from error


def as_person_reads(error: BaseException, step: str, where: str) -> KanghuError:
    text = in_short(error)
    place = f"{step}:{where}" if where else step
    if is_of_a_full_disk(error):
        return full_disk(text, place)
    if _mentions(error, _GONE) or isinstance(error, psycopg.OperationalError):
        return KanghuError(
            what=f"计算引擎或运行库断开了:{text}",
            where=place,
            rule="KANGHU_ENGINE, KANGHU_STORE",
            mend=f"确认它们在运行{_AGAIN}",
        )
    return KanghuError(what=f"没有做完:{text}", where=place, mend=f"按这条信息处理{_AGAIN}")


def full_disk(text: str, place: str) -> KanghuError:
    return KanghuError(
        what=f"磁盘满了,或到了文件大小的上限:{text}",
        where=place,
        rule="KANGHU_HOME, KANGHU_LAKE, KANGHU_MARTS",
        mend=f"腾出空间(或放宽 ulimit -f){_AGAIN}",
    )


def is_of_a_full_disk(error: object) -> bool:
    """Whether an error, or what a library says of one, is about a full disk."""
    return _mentions(error, _FULL)


def is_of_the_machine(error: BaseException) -> bool:
    """Whether no other mapping would have helped: a full disk, an engine that is gone."""
    return not isinstance(error, PySparkException) or _mentions(error, (*_FULL, *_GONE))


def in_short(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])[:300] if lines else type(error).__name__


def _mentions(error: object, words: tuple[str, ...]) -> bool:
    return any(word in str(error) for word in words)
