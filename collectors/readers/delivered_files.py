"""Which files a feed has delivered: a glob under the source's folder, in a stable order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collectors.registry import Feed, expand
from kanghu.errors import KanghuError


@dataclass(frozen=True)
class DeliveredFile:
    """One file: ``name`` is its path below the source's folder, with ``/``."""

    path: Path
    name: str
    size: int
    modified_at: str
    """ISO instant in UTC, to the microsecond."""

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise KanghuError(
                what=f"文件读不出来:{error.strerror or error}",
                where=self.name,
                mend="检查文件是否还在传输、权限和磁盘是否正常",
            ) from error


def place(feed: Feed) -> str:
    """How errors name the feed: ``institution feed``."""
    return f"{feed.institution} {feed.name}"


def delivered_files(feed: Feed, *, needed: bool) -> list[DeliveredFile]:
    """The feed's files, sorted by name.

    ``needed``: none at all is an error, since an absent file is not an empty table; for drops of
    messages it only means that nothing has come yet.
    """
    root = Path(expand(feed.source.connection)).expanduser()
    pattern = _with_parameters(feed)
    if root.is_file():
        paths = [root]
        root = root.parent
    elif root.is_dir():
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise KanghuError(
                what=f"{pattern!r} 指到来源文件夹之外",
                where=f"{place(feed)}: {feed.source.connection}",
                rule=f"tables.{feed.table_name}.from",
                mend="from 写来源文件夹里的相对路径;文件在别处时改 connection",
            )
        paths = sorted(path for path in root.glob(pattern) if path.is_file())
    else:
        raise KanghuError(
            what="来源文件夹不存在",
            where=f"{place(feed)}: {feed.source.connection}",
            rule="connection",
            mend="核对来源文件的 connection 一项,确认共享目录已挂载",
        )
    if needed and not paths:
        raise KanghuError(
            what=f"没有与 {pattern!r} 相符的文件",
            where=f"{place(feed)}: {feed.source.connection}",
            rule=f"tables.{feed.table_name}.from",
            mend="文件可能改了名或还没有送到;改名时在系统文件的 from 一项改正",
        )
    return [_described(path, root) for path in paths]


def _with_parameters(feed: Feed) -> str:
    names = {"institution": feed.institution, **feed.source.parameters}
    try:
        return feed.table.source.format_map(names)
    except (KeyError, IndexError) as error:
        raise KanghuError(
            what=f"来源没有给出参数 {error.args[0]!r}",
            where=place(feed),
            rule=f"tables.{feed.table_name}.from",
            mend="在来源文件的 parameters 下补上",
        ) from error


def _described(path: Path, root: Path) -> DeliveredFile:
    about = path.stat()
    return DeliveredFile(
        path,
        path.relative_to(root).as_posix(),
        about.st_size,
        datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="microseconds"),
    )


def fingerprint(feed: Feed, files: list[DeliveredFile]) -> str:
    """Changes when a file comes, goes or changes, or when the system reads them differently."""
    digest = hashlib.md5(usedforsecurity=False)
    for file in files:
        digest.update(f"{file.name}\0{file.size}\0{file.modified_at}\n".encode())
    for name, table in feed.system.tables.items():
        digest.update(f"{name}\0{table.record}\0{table.options}\n".encode())
    digest.update(repr((feed.table.columns, feed.table.key, feed.table.source)).encode())
    return digest.hexdigest()
