"""Rows that were set aside, as they came: read out of the vault.

Belongs here: that reading, and what stands in for a value that may not be told. Does not: writing them (ingesting), what of
them a person may see (reports/worklist).
"""

from __future__ import annotations

import json
import re
from typing import Any

from pipelines.core.errors import VaultError
from pipelines.core.installation import Installation
from pipelines.core.personal_shapes import HIDDEN, masked
from pipelines.core.vault import Vault

#: A mark as letters: patterns of bindings look for digits in names.
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
#: One such mark, or several without anything between them.
MARKS = re.compile(f"(?:{HIDDEN}[a-p]{{12}})+")


def stand_in(text: str, vault: Vault) -> str:
    """A keyed mark in place of a personal value: equal values stay equal, others differ, and nothing of them is told."""
    return f"{HIDDEN}{vault.mark(text).translate(LETTERS)}"


def path_told(text: str, vault: Vault) -> str:
    """A file's name or path as everything outside the vault has it: what is plainly personal in it gives way to a keyed mark.

    Equal names stay equal and others differ, so that files are told apart and a binding's patterns go on.
    """
    return masked(text, lambda found: stand_in(found, vault))


def rows_set_aside(place: Installation, feed: str, sha256: str, parser: str) -> dict[int, Any]:
    """The rows of one parse: record number to header and text, or a list for a record of another width.

    Personal data: what it returns may go into the vault and nowhere else. Empty if the vault no longer tells them.
    """
    try:
        with place.vault.open_table(place.vault.path("quarantine", feed, f"{sha256}-{parser}.parquet")) as table:
            rows = table.read().to_pylist()
    except (OSError, VaultError):
        return {}
    return {int(row["record_no"]): json.loads(row["raw"]) for row in rows}
