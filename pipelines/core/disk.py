"""The disk: files that appear whole or not at all, drafts that a killed run left, and what is said when the disk refuses.

Belongs here: draft, fsync, rename, fsync of the folder; sweeping; turning "no space left" into a sentence. Does not: what
is written (vault, landing, publish), databases (SQLite and DuckDB sync themselves).

A draft is locked while it is written. The kernel lets the lock go with the process, so that a sweep can tell the draft of
a killed run from one that another process is writing now.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.core import faults
from pipelines.core.errors import StorageFailed
from pipelines.core.settings import pick

DRAFT = ".part"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BROKEN = (errno.EIO, errno.EROFS, errno.ENODEV, errno.ESTALE, errno.ENOTCONN)
CLOSED = (errno.EACCES, errno.EPERM)
#: How libraries that keep the number to themselves (DuckDB, polars, dbt's results) put it.
SAID = {
    errno.ENOSPC: re.compile(r"No space left on device|Disk quota exceeded|database or disk is full"),
    errno.EIO: re.compile(r"Input/output error|Read-only file system|disk I/O error"),
}
SQLITE = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO, sqlite3.SQLITE_READONLY: errno.EROFS}
#: Less room than this is none: a ledger could not be opened.
LITTLE = 1 << 20
LIBRARIES = ("duckdb", "_duckdb", "polars", "pyarrow")


# --- writing ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def drafting(target: Path, what: str) -> Iterator[BinaryIO]:
    """A stream to a draft (its path is the stream's name), which becomes `target`, on disk, when the block ends well.

    `what` names the fault points: <what>_fsync, <what>_rename.
    """
    make_folder(target.parent)
    stream = _new_draft(target)
    draft = Path(stream.name)
    try:
        yield stream
        stream.flush()
        place(draft, target, what)
    finally:
        draft.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # what could not be written was told already
            stream.close()


def _new_draft(target: Path) -> BinaryIO:
    while True:
        stream = target.with_name(f".{target.name}.{secrets.token_hex(4)}{DRAFT}").open("xb")
        fcntl.flock(stream, fcntl.LOCK_EX)
        if os.fstat(stream.fileno()).st_nlink:  # else a sweep took it between its making and its lock
            return stream
        stream.close()


def place(draft: Path, target: Path, what: str) -> None:
    """Give a finished draft its name so that neither a kill nor a power cut leaves half of it under that name."""
    faults.hit(f"{what}_fsync")
    sync(draft)
    faults.hit(f"{what}_rename")
    draft.replace(target)
    sync(target.parent)


def write_once(path: Path, data: bytes) -> bytes:
    """Write `data`, for its owner only, unless the file exists; either way return what the file holds."""
    make_folder(path.parent)
    faults.hit("key_write")
    stream = _new_draft(path)
    draft = Path(stream.name)
    try:
        with stream:
            draft.chmod(0o600)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)
    return path.read_bytes()


def make_folder(path: Path) -> None:
    """A folder that a power cut does not take away again with what was put into it."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or what was made, renamed or unlinked in a folder, last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folders: Iterable[Path]) -> int:
    """Remove drafts that nobody writes any more; returns how many."""
    swept = 0
    for folder in folders:
        for draft in folder.glob(f".*{DRAFT}"):
            with contextlib.suppress(FileNotFoundError, BlockingIOError), draft.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                draft.unlink()
                swept += 1
    return swept


# --- refusing -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def told(where: str | Path) -> Iterator[None]:
    """What the disk refuses within the block as StorageFailed; other errors as they are."""
    try:
        yield
    except Exception as error:
        if (failed := refusal(error, where)) is not None:
            raise failed from error
        raise


def refusal(error: BaseException, where: str | Path) -> StorageFailed | None:
    """The sentence for an error by which a disk refused; None for any other."""
    number = _number(error)
    if number is None:
        return None
    if isinstance(error, sqlite3.Error) and number == errno.EIO and _has_no_room(where):
        number = errno.ENOSPC  # of its own small files SQLite says no more than that
    named = getattr(error, "filename", None)
    return refused(number, str(named) if isinstance(named, str) else str(where))


def refused(number: int, where: str) -> StorageFailed:
    """The sentence for an error number of FULL, BROKEN or CLOSED."""
    again = pick("then citybrain run: nothing is lost", "再运行 citybrain run：数据不会丢失")
    if number in FULL:
        what = pick("the disk is full", "磁盘已满")
        remedy = pick(
            f"make room (warehouse/ may be deleted at any time), {again}", f"请腾出空间（warehouse/ 可随时删除），{again}"
        )
    elif number in CLOSED:
        what = pick("this user may not write or read it", "当前用户无权读写")
        remedy = pick(f"give it to the user who runs citybrain, {again}", f"请授权给运行 citybrain 的用户，{again}")
    else:
        said = os.strerror(number)
        what = pick(f"the disk cannot be read or written ({said})", f"磁盘无法读写（{said}）")
        remedy = pick(f"check disk and mount (dmesg, df), {again}", f"请检查磁盘与挂载（dmesg、df），{again}")
    return StorageFailed(what, where=where, remedy=remedy)


def _has_no_room(where: str | Path) -> bool:
    try:
        return shutil.disk_usage(where).free < LITTLE
    except OSError:
        return False


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError):
        return error.errno if error.errno in (*FULL, *BROKEN, *CLOSED) else None
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if type(error).__module__.partition(".")[0] in LIBRARIES:
        return number_in(str(error))
    return None


def number_in(text: str) -> int | None:
    """Which refusal of a disk a library's message tells, if any."""
    return next((number for number, pattern in SAID.items() if pattern.search(text)), None)
