"""Drop folders: which files of a feed are ready to be taken.

Belongs here: matching names, leaving half-uploaded files alone. Does not: reading or remembering them (ingest, ledger).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.bindings import Binding, City
from pipelines.core.errors import SourceUnavailable

UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")
MARKERS = (".ok", ".md5")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that is ready."""

    path: Path
    name: str
    size_bytes: int
    mtime_ns: int


def folder(binding: Binding, city: City, source_root: Path) -> Path:
    """Where the binding's pattern starts: the source root, or the city folder for committed references."""
    return city.folder if binding.root == "city" else source_root


def _is_settled(path: Path, mtime_ns: int, settle_seconds: float) -> bool:
    """Still for `settle_seconds`, or marked as complete by its sender."""
    if any(path.with_name(path.name + marker).exists() for marker in MARKERS):
        return True
    return time.time() - mtime_ns / 1e9 >= settle_seconds


def ready(binding: Binding, city: City, source_root: Path) -> Iterator[Candidate]:
    """Files of the feed that are whole, in order of name. Raises SourceUnavailable if the folder is missing."""
    root = folder(binding, city, source_root)
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
            yield Candidate(path, path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)
