"""What goes wrong with a PostgreSQL source, in the words of who must mend it."""

from __future__ import annotations

import re

import psycopg
import pyarrow as pa

from collectors.registry import Feed
from kanghu.errors import KanghuError

_ENCODING = (
    pa.ArrowInvalid,
    psycopg.errors.CharacterNotInRepertoire,
    psycopg.errors.UntranslatableCharacter,
)
_OF_SOURCE = re.compile(
    r"Postgres|for COPY|COPY:|Failed to (prepare|execute|fetch|read)|(ERROR|FATAL): "
)
_OF_DISK = re.compile(r"No space left|File too large|Disk quota")
_CONNECTION = re.compile(
    r"terminating connection|server closed|[Uu]nable to connect|connection to|no connection"
    r"|could not (receive|send)|connection.*(reset|refused|closed|timed out)|Connection timed out"
    r"|SSL|unexpected EOF"
)


def of_source(error: Exception) -> bool:
    """Whether an error of DuckDB's comes from the database that it reads."""
    text = str(error)
    return _OF_SOURCE.search(text) is not None and _OF_DISK.search(text) is None


def in_words_of_psycopg(error: Exception) -> psycopg.Error:
    """DuckDB's error as the one that psycopg would have raised."""
    text = str(error)
    told = re.search(r"(?:ERROR|FATAL):\s*(.+)", text)
    words = told.group(1) if told else text.strip().splitlines()[0].rpartition("Postgres: ")[2]
    if _CONNECTION.search(text):
        return psycopg.OperationalError(words)
    if "does not exist" in words:
        return psycopg.errors.UndefinedColumn(words)
    if "encoding" in words:
        return psycopg.errors.CharacterNotInRepertoire(words)
    return psycopg.DatabaseError(words)


def as_person_reads(feed: Feed, error: Exception) -> KanghuError:
    """What an error while reading ``feed`` means and how it is mended."""
    where = f"{feed.institution} {feed.name}"
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, _ENCODING):
        return KanghuError(
            what=f"来源的文字编码坏了:{text}",
            where=where,
            rule="UTF-8",
            mend="在来源库里找出并改正这些字符,或让厂商改正库的编码;本批没有收这个数据源的行",
        )
    if isinstance(error, psycopg.errors.UndefinedColumn | psycopg.errors.UndefinedTable):
        return KanghuError(
            what=f"来源的结构变了:{text}",
            where=where,
            rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}",
            mend="按来源现在的表和列改系统文件,或在 differs 里写明这家机构的不同",
        )
    if isinstance(error, psycopg.OperationalError):
        return KanghuError(
            what=f"与来源数据库的连接断了:{text}",
            where=where,
            rule="connection",
            mend="检查网络和来源数据库后重新运行;断开前读到的行没有入湖,不会缺也不会重",
        )
    return KanghuError(
        what=f"来源数据库报错:{text}",
        where=where,
        mend="核对系统文件里的表、过滤条件和水位列",
    )


def unreachable(feed: Feed, reason: str) -> KanghuError:
    return KanghuError(
        what=f"连不上来源数据库:{reason}",
        where=f"{feed.institution} {feed.name}",
        rule=f"sources/{feed.source.source}.yml: connection",
        mend="检查地址、账号、密码的环境变量和网络,然后重新运行",
    )
