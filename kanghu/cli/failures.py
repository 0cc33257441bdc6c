"""What went wrong, as an error that a person can act on: misuse of a command, the machine, the
store. The libraries say these in English and without a mend; here they are said as ours are."""

from __future__ import annotations

import errno
import os

import psycopg
import typer

from kanghu.errors import KanghuError
from kanghu.validation import in_chinese

_SYSTEM: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("磁盘满了", "腾出空间后重新运行同一条命令:没有写完的会接着写,不丢不重"),
    errno.EFBIG: ("文件超过了系统允许的大小", "放宽 ulimit -f 后重新运行同一条命令,不丢不重"),
    errno.EDQUOT: ("磁盘配额用完了", "腾出空间后重新运行同一条命令,不丢不重"),
    errno.EACCES: ("没有权限", "换一个可写的位置,或改它的权限"),
    errno.EPERM: ("没有权限", "换一个可写的位置,或改它的权限"),
    errno.EROFS: ("文件系统只读", "换一个可写的位置"),
    errno.ENOENT: ("文件或文件夹不存在", "检查路径"),
    errno.ENOTDIR: ("路径中间有一段不是文件夹", "检查路径"),
    errno.EISDIR: ("这是文件夹,不是文件", "检查路径"),
    errno.EEXIST: ("已经有同名的文件", "换一个名字,或先移走它"),
    errno.EMFILE: ("打开的文件太多", "放宽 ulimit -n 后重新运行"),
    errno.ENOMEM: ("内存不够", "关掉别的程序后重新运行"),
}


def explained(error: BaseException) -> KanghuError | None:
    """``error`` as one of ours; none for what nobody foresaw, whose trace should be seen."""
    if isinstance(error, KanghuError):
        return error
    if isinstance(error, typer.Abort):
        return KanghuError(what="已中止", mend="没有改动任何东西")
    if isinstance(error, psycopg.OperationalError):
        return KanghuError(
            what=f"数据库断开了:{_first_line(error)}",
            where="运行库(KANGHU_STORE)或来源的数据库",
            mend="确认服务器在运行,再运行同一条命令:做了一半的会接着做,不丢不重",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return KanghuError(
            what=f"运行库不允许:{_first_line(error)}",
            where="环境变量 KANGHU_STORE",
            mend="给这个用户建表和读写 kanghu 模式的权限",
        )
    if isinstance(error, OSError):
        return _system_failure(error)
    return _misuse(error)


def _system_failure(error: OSError) -> KanghuError:
    what, mend = _SYSTEM.get(
        error.errno or 0, (os.strerror(error.errno or 0), "按这条信息检查系统后重新运行")
    )
    places = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return KanghuError(what=what, where=" → ".join(places), mend=mend)


def _misuse(error: BaseException) -> KanghuError | None:
    """A command typed wrongly, as typer's own classes tell it."""
    context = getattr(error, "ctx", None)
    if not isinstance(error, Exception) or not hasattr(error, "format_message"):
        return None
    command = getattr(context, "command_path", "kanghu")
    mend = f"用法见 {command} --help"
    option = getattr(error, "option_name", None)
    parameter = getattr(error, "param", None)
    name = _name(parameter)
    if type(error).__name__ == "MissingParameter":
        return KanghuError(what=f"缺少 {name}", where=command, mend=mend)
    if type(error).__name__ == "NoSuchOption":
        alike = "、".join(getattr(error, "possibilities", None) or ())
        hint = f";像是 {alike}" if alike else ""
        return KanghuError(what=f"没有选项 {option}{hint}", where=command, mend=mend)
    message = str(getattr(error, "message", error))
    what = in_chinese(message)
    return KanghuError(what=f"{name}:{what}" if name else what, where=command, mend=mend)


def _name(parameter: object) -> str:
    """How a person types the parameter: ``--residents``, or the argument's name."""
    options = [one for one in getattr(parameter, "opts", ()) if one.startswith("-")]
    named = getattr(parameter, "metavar", None) or getattr(parameter, "name", None)
    return options[0] if options else str(named or "")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
