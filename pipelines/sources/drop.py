"""Drop folders: which files of a feed are ready to be taken.

Belongs here: matching names, leaving half-uploaded files alone, the members of an archive as files of their own. Does not:
reading or remembering them (ingest, ledger).
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
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


def _is_settled(path: Path, mtime_ns: int, settle_seconds: float) -> bool:
    """Still for `settle_seconds`, or marked as complete by its sender."""
    if any(path.with_name(path.name + marker).exists() for marker in MARKERS):
        return True
    return time.time() - mtime_ns / 1e9 >= settle_seconds


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
    for path in sorted(root.glob(binding.pattern)):
        if path.name.startswith(".") or path.suffix in (*UNFINISHED, *MARKERS) or not path.is_file():
            continue
        try:
            status = path.stat()
        except FileNotFoundError:  # taken away since the folder was listed
            continue
        if _is_settled(path, status.st_mtime_ns, binding.settle_seconds):
            whole = Candidate(path, path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)
            yield from _unpacked(whole, binding, limits) if is_archive(path) else (whole,)


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
