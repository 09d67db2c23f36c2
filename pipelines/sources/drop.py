"""Drop folders: which files of a feed are ready to be taken.

Belongs here: matching names, leaving half-uploaded files alone, the members of an archive as files of their own. Does not:
reading or remembering them (ingest, ledger).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pipelines.core import faults
from pipelines.core.bindings import Binding, City
from pipelines.core.errors import FileHeld, SourceUnavailable
from pipelines.core.settings import ArchiveLimits
from pipelines.sources.archive import Member, is_archive, members, open_member, unreadable

PIECE = 1 << 20
UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")
MARKERS = (".ok", ".md5")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that is ready, or a member of an archive that is; `refused` says why an archive cannot be taken.

    `feed` and `variable` are the binding's name and the environment variable that it names for a password.
    """

    path: Path
    name: str
    size_bytes: int
    mtime_ns: int
    member: Member | None = None
    refused: FileHeld | SourceUnavailable | None = None
    feed: str = ""
    variable: str = ""

    @property
    def place(self) -> str:
        """Where it lies, as the ledger remembers it; a member lies below its archive."""
        return f"{self.path}/{self.member.name}" if self.member else str(self.path)

    def archive(self, refused: FileHeld) -> Candidate:
        """The archive that a member lies in, refused as a whole."""
        assert self.member is not None
        name = self.name.removesuffix(f"/{self.member.name}")
        return Candidate(self.path, name, self.path.stat().st_size, self.mtime_ns, refused=refused)

    def open(self) -> BinaryIO:
        """Its bytes, seekable. Opening and reading raise SourceUnavailable, and FileHeld for a member that cannot be read."""
        if self.member is None:
            return io.BufferedReader(_Delivered(self.path), PIECE)
        return open_member(self.path, self.member, name=self.name, variable=self.variable, feed=self.feed)


class _Delivered(io.FileIO):
    """A delivered file. That it cannot be read now says nothing about what is in it: SourceUnavailable, no damage."""

    def __init__(self, path: Path) -> None:
        with self._told(path):
            super().__init__(path)

    @contextlib.contextmanager
    def _told(self, path: object) -> Iterator[None]:
        try:
            faults.hit("source_read")
            yield
        except OSError as error:
            raise unreadable(error, where=str(path)) from None  # the cause names the file as it is called

    def readinto(self, buffer: Any) -> int | None:
        with self._told(self.name):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with self._told(self.name):
            return super().readall()


def folder(binding: Binding, city: City, source_root: Path) -> Path:
    """Where the binding's pattern starts: the source root, or the city folder for committed references."""
    return city.folder if binding.root == "city" else source_root


def _is_marked(path: Path, mtime_ns: int) -> bool:
    """Whether its sender marked it as complete; a mark older than the file is that of a file which had this name before."""
    for marker in MARKERS:
        with contextlib.suppress(FileNotFoundError):
            if path.with_name(path.name + marker).stat().st_mtime_ns >= mtime_ns:
                return True
    return False


def is_written(path: Path) -> bool:
    """Whether some process of this machine has the file open for writing, as far as the kernel tells.

    It lends a file for reading only while nobody writes it (fcntl(2), F_SETLEASE). Of another user's file, and on disks that
    lend nothing, it tells nothing: then stillness alone decides.
    """
    try:
        with path.open("rb") as stream:
            fcntl.fcntl(stream, fcntl.F_SETSIG, signal.SIGURG)  # who begins to write now must not end us: SIGIO would
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:  # one that cannot be opened is told by whoever reads it
        return error.errno == errno.EAGAIN
    return False


def _whole(path: Path, settle_seconds: float) -> os.stat_result | None:
    """Its size and time if it is whole: marked by its sender; or still for `settle_seconds`, and nobody is writing.

    Time of writing in the future (a clock that is wrong) tells no stillness: then it must be looked at twice (`_ahead`).
    """
    try:
        status = path.stat()
        if _is_marked(path, status.st_mtime_ns):
            return status
        return status if time.time() - status.st_mtime >= settle_seconds and not is_written(path) else None
    except FileNotFoundError:  # taken away since the folder was listed
        return None


def _ahead(paths: list[Path], settle_seconds: float) -> dict[Path, os.stat_result]:
    """Of files from the future those that stayed as they are for `settle_seconds`: all of them are waited for once."""
    before: dict[Path, os.stat_result] = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            if status.st_mtime > time.time() and not _is_marked(path, status.st_mtime_ns):
                before[path] = status
    if before:
        time.sleep(settle_seconds)
    still = {}
    for path, status in before.items():
        with contextlib.suppress(FileNotFoundError):
            again = path.stat()
            if (again.st_size, again.st_mtime_ns) == (status.st_size, status.st_mtime_ns) and not is_written(path):
                still[path] = again
    return still


def ready(binding: Binding, city: City, source_root: Path, limits: ArchiveLimits) -> Iterator[Candidate]:
    """Files of the feed that are whole, in order of name. Raises SourceUnavailable if the folder is missing or cannot be read."""
    root = folder(binding, city, source_root)
    try:
        faults.hit("source_list")
        yield from _ready(binding, root, limits)
    except OSError as error:
        raise unreadable(error, where=str(root)) from error


def _ready(binding: Binding, root: Path, limits: ArchiveLimits) -> Iterator[Candidate]:
    if not root.is_dir():
        raise SourceUnavailable("the folder is missing", where=str(root), remedy="create it or give --source-root")
    paths = [path for path in sorted(root.glob(binding.pattern)) if not _is_passing(path) and path.is_file()]
    ahead = _ahead(paths, binding.settle_seconds)
    for path in paths:
        if (status := ahead.get(path) or _whole(path, binding.settle_seconds)) is not None:
            whole = Candidate(path, path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)
            yield from _unpacked(whole, binding, limits) if is_archive(path) else (whole,)


def _is_passing(path: Path) -> bool:
    """Whether a name is that of a file on its way, or of a sender's mark."""
    return path.name.startswith(".") or path.suffix in (*UNFINISHED, *MARKERS)


def unclaimed(city: City, source_root: Path) -> list[Path]:
    """Files in the feeds' folders that no feed's pattern takes, relative to the source root, in order of name.

    A folder is what stands before the first wildcard of a pattern; of a pattern with `**` it is everything below.
    """
    patterns = [binding.pattern for binding in city.feeds if binding.root != "city"]
    if not source_root.is_dir():
        return []
    taken = {path for pattern in patterns for path in source_root.glob(pattern)}
    lying: set[Path] = set()
    for pattern in patterns:
        parts = PurePosixPath(pattern).parts
        fixed = list(itertools.takewhile(lambda part: not set("*?[") & set(part), parts[:-1]))
        beyond = parts[len(fixed) : -1]
        lying |= set(source_root.joinpath(*fixed).glob("/".join([*beyond, "*"])))
    left = (path for path in lying - taken if path.is_file() and not _is_passing(path))
    return sorted(path.relative_to(source_root) for path in left)


def _unpacked(whole: Candidate, binding: Binding, limits: ArchiveLimits) -> Iterator[Candidate]:
    """What the feed takes of an archive; the archive itself, refused, where that cannot be said or its password is wrong."""
    whole = replace(whole, variable=binding.password, feed=binding.feed)
    try:
        found = members(whole.path, wanted=binding.member, declared=binding.encoding, limits=limits, name=whole.name)
        if locked := next((member for member in found if member.is_encrypted), None):
            open_member(whole.path, locked, name=whole.name, variable=whole.variable, feed=whole.feed).close()
    except (FileHeld, SourceUnavailable) as error:
        yield replace(whole, refused=error)
        return
    for member in found:
        yield replace(whole, name=f"{whole.name}/{member.name}", size_bytes=member.size_bytes, member=member)
