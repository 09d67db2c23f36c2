"""What is kept of a file beside its rows: whether the vault still has its bytes, and by what name it is called.

Belongs here: these two questions, what the name tells, and the sentence where the bytes are gone. Does not: keeping them
(ingest), ending it (core.shredding), what looks personal (core.personal_shapes).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from pipelines.core.bindings import Binding
from pipelines.core.errors import VaultError
from pipelines.core.installation import Installation
from pipelines.core.personal_shapes import HIDDEN, holds_personal
from pipelines.core.set_aside import path_told
from pipelines.core.settings import pick
from pipelines.core.state import FileRow
from pipelines.sources.names import covered, extract_time


def name_told(text: str, place: Installation) -> str:
    """A file's name or path as everything outside the vault has it."""
    return path_told(text, place.vault)


def standing(binding: Binding, name: str, place: Installation) -> tuple[dt.datetime | None, str]:
    """When a file was extracted and what it covers, by its name as the bureau wrote it. Raises FileHeld where that is unclear.

    A mark hides digits that a date or a number may be made of, so the name is read before it is told.
    """
    return extract_time(binding, name), name_told(covered(binding, name), place)


def standing_kept(binding: Binding, row: FileRow, place: Installation) -> tuple[dt.datetime | None, str]:
    """The same of a file that the ledger knows. Of a name that hides something what was read of it then goes on counting."""
    if HIDDEN not in row.name:
        return standing(binding, row.name, place)
    kept_at = max(row.extracted_at or "", place.ledger.receipts.dated(row.feed, row.sha256)) if binding.extracted_pattern else ""
    at = dt.datetime.fromisoformat(kept_at) if kept_at else extract_time(binding, row.name)
    return at, row.covers if row.covers and binding.covers == "name" else covered(binding, row.name)


def headers_told(headers: Iterable[str]) -> list[str]:
    """Headers that no contract knows, as they may be told: a first row of data that passed for a header is not."""
    return [HIDDEN if holds_personal(one) else one for one in headers]


def month_of(row: FileRow) -> str:
    """The month by which its key is named: that in which it was first received."""
    return dt.datetime.fromisoformat(row.received_at).strftime("%Y%m")


def has_bytes(row: FileRow, place: Installation) -> bool:
    """Whether the vault keeps the file as it came, and its key."""
    return place.vault.holds(place.vault.path("raw", row.feed, row.sha256))


def is_shredded(row: FileRow, place: Installation) -> bool:
    """Whether it was decided that nobody reads the file again: it is not taken from the drop folder anew, its rows stay."""
    return bool(place.vault.shredded("raw", row.feed, month_of(row))) and not has_bytes(row, place)


def check(row: FileRow, place: Installation) -> None:
    """Raises VaultError, saying what can be done, where a file's bytes or their key are not kept."""
    stored = place.vault.path("raw", row.feed, row.sha256)
    if stored.exists():
        place.vault.data_key(stored)
        return
    where = f"{row.feed}: {row.name}"
    if gone := place.vault.shredded("raw", row.feed, month_of(row)):
        raise VaultError(
            pick(f"the bytes as received were shredded ({gone})", f"原始文件已销毁（{gone}）"), where=where,
            remedy=pick("nobody can read it any more; have the bureau send it again", "已无人能读；请由报送单位重新报送"),
        )  # fmt: skip
    raise VaultError(
        pick("the bytes as received are not kept", "原始文件未留存"), where=where,
        remedy=pick("lay the file into the drop folder and run citybrain run", "请将文件放入投递目录，再运行 citybrain run"),
    )  # fmt: skip
