"""ZIP archives: their members as files of their own.

Belongs here: which members a feed takes, what their names are, refusing what would burst the disk, reading one. Does not:
writing one out (it is streamed into the vault), what is in it (cleaning). A member's name is a label and never a path.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import itertools
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from pipelines.core import disk
from pipelines.core.errors import SEND_AGAIN, FileHeld, SourceUnavailable, said_by
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import ArchiveLimits, password_for, pick, wrong_password
from pipelines.sources import zip_aes
from pipelines.sources.zip_aes import WrongPassword

#: What systems leave beside the files that a person packed.
LITTER = ("__MACOSX/*", "*.DS_Store", "*Thumbs.db", "*desktop.ini")
IS_UTF8, IS_ENCRYPTED = 0x800, 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: `at` is its place in the directory, `name` how a person calls it."""

    at: int
    name: str
    size_bytes: int
    is_encrypted: bool


def unreadable(error: OSError, *, where: str) -> SourceUnavailable:
    """The error for a file or folder that the machine does not let us read now."""
    what = pick(f"it cannot be read: {error.strerror}", f"无法读取：{error.strerror}")
    return SourceUnavailable(what, where=masked(where), remedy=pick("check it and run again", "请检查后重新运行"))


def refuse_unread(error: Exception, *, where: str) -> None:
    """Raises SourceUnavailable if it was the disk or the network that refused, and not the bytes that are wrong."""
    if isinstance(error, OSError) and disk.refusal(error, where) is not None:
        raise unreadable(error, where=where) from None  # the cause names the file as it is called


def is_archive(path: Path) -> bool:
    """Whether a file is opened as an archive: by its ending, because a workbook is a ZIP too."""
    return path.suffix.lower() == ".zip"


def _name(info: zipfile.ZipInfo, declared: str) -> str:
    """What the packer called it, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in _spelled(info, declared))


def _spelled(info: zipfile.ZipInfo, declared: str) -> str:
    """Its name: UTF-8 if marked so, else the stated encoding, else UTF-8, else GB18030 (Windows in China)."""
    if info.flag_bits & IS_UTF8:
        return info.orig_filename.replace("\\", "/")
    raw = info.orig_filename.encode("cp437")
    for encoding in ([declared] if declared else []) + ["utf-8", "gb18030"]:
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return info.orig_filename.replace("\\", "/")


def members(path: Path, *, wanted: str, declared: str, limits: ArchiveLimits, name: str) -> list[Member]:
    """The files of an archive that a feed takes, in order of name.

    Args:
        path: the archive.
        wanted: pattern of `source.member`, against the whole inner name or its last part; empty takes every file.
        declared: encoding of names that are not marked as UTF-8; empty tries UTF-8, then GB18030.
        limits: what it may hold.
        name: the archive, for messages.

    Raises:
        FileHeld: it is no ZIP, is cut off, is beyond the limits, has one name twice, or holds nothing that is wanted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except DAMAGED as error:
        refuse_unread(error, where=str(path))
        raise FileHeld(f"not readable as ZIP: {said_by(error)}", where=name, remedy=SEND_AGAIN) from error
    unpacked = sum(info.file_size for info in listed)
    limits.refuse(files=len(listed), unpacked=unpacked, packed=path.stat().st_size, name=name)
    every = [
        Member(at, _name(info, declared), info.file_size, bool(info.flag_bits & IS_ENCRYPTED)) for at, info in enumerate(listed)
    ]
    files = [one for one in every if not one.name.endswith("/") and not _is_like(one.name, LITTER)]
    taken = [one for one in files if not wanted or _is_like(one.name, (wanted,))]
    names = sorted(one.name for one in taken)
    for first, second in itertools.pairwise(names):
        if first == second:
            raise FileHeld(f"two files of the archive are called {first!r}", where=name, remedy=SEND_AGAIN)
    if not taken:
        held = ", ".join(sorted(one.name for one in files)[:5]) or "nothing"
        raise FileHeld(
            f"no file of the archive is like {wanted or '*'!r}; it holds {held}", where=name,
            remedy="mend source.member in the binding, or ask the department",
        )  # fmt: skip
    return sorted(taken, key=lambda one: one.name)


def _is_like(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(text, pattern) for text in (name, posixpath.basename(name)) for pattern in patterns)


def open_member(path: Path, member: Member, *, name: str, variable: str = "", feed: str = "") -> BinaryIO:
    """A member's bytes, seekable. Opening and reading raise FileHeld where the archive is damaged or its password is wrong.

    `variable` is the environment variable that the binding `feed` names for the password.
    """
    if not member.is_encrypted:
        return io.BufferedReader(_Guarded(path, member, name), PIECE)
    for password in password_for(variable, feed=feed, name=name):
        with contextlib.suppress(WrongPassword):
            return io.BufferedReader(_Guarded(path, member, name, password, variable), PIECE)
    raise wrong_password(variable, name=name)


class _Guarded(io.RawIOBase):
    """A member whose damage is told as FileHeld, wherever in its bytes it shows.

    Raises WrongPassword when it is opened. ZipCrypto checks one byte of the password only, so that of a locked member
    damage and a wrong password may look alike further on.
    """

    def __init__(self, path: Path, member: Member, name: str, password: bytes = b"", variable: str = "") -> None:
        self._path, self._member, self._name = path, member, name
        self._password, self._variable = password, variable
        self._is_weakly_locked = bool(password)
        with self._told():
            self._inner = self._opened()

    def _opened(self) -> IO[bytes]:
        with zipfile.ZipFile(self._path) as archive:  # the member keeps the file open when the archive is closed
            info = archive.infolist()[self._member.at]
            if info.compress_type == zip_aes.METHOD:
                self._is_weakly_locked = False
                return io.BufferedReader(zip_aes.Opened(self._path, info, self._password), PIECE)
            try:
                return archive.open(info, pwd=self._password or None)
            except RuntimeError as error:
                raise WrongPassword from error

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except WrongPassword:
            raise
        except DAMAGED as error:
            refuse_unread(error, where=str(self._path))
            if self._is_weakly_locked and not isinstance(error, NotImplementedError):
                raise wrong_password(self._variable, name=self._name) from error
            raise FileHeld(f"the archive is damaged: {said_by(error)}", where=self._name, remedy=SEND_AGAIN) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._told():
            piece = self._inner.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._told():
            if not self._inner.seekable() and offset == 0 and whence == io.SEEK_SET:
                self._inner.close()
                self._inner = self._opened()
                return 0
            return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def close(self) -> None:
        self._inner.close()
        super().close()
