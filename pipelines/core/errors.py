"""What can go wrong, as types: every error names its subject, where it is, and the next step.

Belongs here: the error classes and their exit codes. Does not: catching, logging, retrying (the edges do that).
"""

from __future__ import annotations


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
    """A whole file is held: it cannot be decoded, its header does not fit, or it shrank."""

    exit_code = 1


class FileShrunk(FileHeld):
    """A readable file is held because it lost most of the rows of what it would replace: a person may release it."""


class PasswordRefused(FileHeld):
    """A file is held because its password is missing or wrong: tried again as soon as the password is another."""


class BuildBlocked(CityError):
    """A build did not pass its gate; yesterday's stays published."""

    exit_code = 1


class VaultError(CityError):
    """Encrypted data cannot be read: the key is missing, destroyed or wrong."""


class KeyGone(VaultError):
    """The key of encrypted data was shredded or is missing: with any master key, nobody reads it."""
