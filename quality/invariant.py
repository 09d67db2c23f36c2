"""Invariant: one thing that must hold, and what is looked at, for `verify` and its parts.

Belongs here: the values, and how two counts are compared. Does not: any check; any import of `pipelines`, on purpose.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Names = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold. What could not be checked is not ok, and the note says why."""

    subject: str
    name_zh: str
    name_en: str
    expected: str
    found: str
    ok: bool
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is looked at: the three folders, the ledger, opened read-only, and the vault's master keys where they are there."""

    home: Path
    city_folder: Path
    source_root: Path
    ledger: sqlite3.Connection
    masters: tuple[bytes, ...] = ()

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query on the ledger."""
        return [dict(row) for row in self.ledger.execute(sql, parameters)]


def compare(subject: str, names: Names, expected: object, found: object) -> Invariant:
    """Holds if both read alike."""
    zh, en = names
    return Invariant(subject, f"{subject}：{zh}", f"{subject}: {en}", str(expected), str(found), str(expected) == str(found))


def unchecked(subject: str, names: Names, expected: object, why: Names) -> Invariant:
    """An invariant that nobody could look at. It does not hold until somebody has."""
    zh, en = names
    return Invariant(
        subject, f"{subject}：{zh}（{why[0]}）", f"{subject}: {en} ({why[1]})", str(expected), "?", ok=False,
        note_zh=why[0], note_en=why[1],
    )  # fmt: skip
