"""What can go wrong, as types: every error names its subject, where it is, and the next step.

Belongs here: the error classes and their exit codes. Does not: catching, logging, retrying (the edges do that).
"""

from __future__ import annotations

import re

SEND_AGAIN = "ask the department to send it again"
#: What a library says of itself before it says what is wrong: `Error -3 while decompressing data: `.
_PREFIX = re.compile(r"^(?:[\[(<]?\w*(?:Error|Exception|Errno) ?-?\d*[\])>]?:? ?(?:while \w+ \w+: )?)+")
WORDS_OF_OTHERS = 160


def one_line(text: str) -> str:
    """A text without line ends and what does not print."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def said_by(error: BaseException) -> str:
    """What another library says is wrong: its first line, in bounds, without the names of its classes."""
    text = one_line((str(error).splitlines() or [""])[0])
    text = _PREFIX.sub("", text)
    return text[:WORDS_OF_OTHERS] or "no more is known"


class CityError(Exception):
    """Base of every error a user meets.

    Args:
        what: what is wrong, one sentence.
        where: file, line, feed or column it was found at.
        remedy: what to do next; a command where there is one.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        parts = [f"{where}: {what}" if where else what]
        if remedy:
            parts.append(f"-> {remedy}")
        super().__init__(" ".join(parts))


class ConfigurationError(CityError):
    """A contract, binding, city file or setting is wrong; retrying cannot help."""


class UsageError(CityError):
    """The command was asked for something that does not exist or does not fit."""


class HomeError(CityError):
    """The home belongs to another city, is locked by another process, or lacks its key."""


class SourceUnavailable(CityError):
    """A source could not be read now; retrying may help."""

    exit_code = 3


class StorageFailed(CityError):
    """The disk under the home is full, or cannot be read or written; nothing is lost, retrying may help."""

    exit_code = 3


class FileHeld(CityError):
    """A whole file is held: it cannot be decoded, its header does not fit, or it shrank.

    Whatever a library or a file's name brought into it, it is one printable line that ends with what to do.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(one_line(what), where=one_line(where), remedy=one_line(remedy) or SEND_AGAIN)


class FileJudged(FileHeld):
    """A readable file is held by a judgement, which a person may overrule: release."""


class FileShrunk(FileJudged):
    """It lost most of the rows of what it would replace."""


class FileDrifted(FileJudged):
    """Its header is not that of the file before, and its contract is strict."""


class PasswordRefused(FileHeld):
    """A file is held because its password is missing or wrong: tried again as soon as the password is another."""


class BuildBlocked(CityError):
    """A build did not pass its gate; yesterday's stays published."""

    exit_code = 1


class VaultError(CityError):
    """Encrypted data cannot be read: the key is missing, destroyed or wrong."""


class KeyGone(VaultError):
    """The key of encrypted data was shredded or is missing: with any master key, nobody reads it."""


class ObjectDamaged(VaultError):
    """What lies in the vault is no object, or was changed or cut off: where the drop folder has it, it is received anew."""
