"""Data: which build a page reads, and the answers it already has.

Belongs here: one build per rerun, the cache by (build, reader, query, parameters), which builds are kept, noticing a new
one. Does not: rows a reader may see (access), queries.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from dashboards.kit import access
from pipelines.core.errors import UsageError
from pipelines.core.settings import Home, Language, speaking
from pipelines.core.warehouse import current_manifest

#: Answers kept in memory, over all readers; each is at most access.LARGEST_RESULT rows.
ANSWERS_KEPT = 400
#: The same of what functions made of a build.
MADE_KEPT = 60
#: The id of a build: its day, and what it was made of.
_BUILD = re.compile(r"[0-9]{8}_\w+", re.ASCII)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """What one rerun reads: a home, a build, a reader. It never changes under a page.

    What it was answered it keeps: the cache makes a copy for each question, and a page asks the same of every row of a table.
    """

    home_root: Path
    manifest: str
    reader: access.Reader
    _answers: dict[tuple[str, tuple[tuple[str, Any], ...]], pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @property
    def build_id(self) -> str:
        """The build."""
        return _told(self.manifest)[0]

    @property
    def as_of(self) -> dt.datetime:
        """The time the data is of."""
        return _told(self.manifest)[1]

    def ask(self, query: str, **params: Any) -> pl.DataFrame:
        """The rows of `queries/<query>.sql`; parameters that it does not bind are left out."""
        return self.ask_sql(access.query_text(query), **params)

    def ask_sql(self, sql: str, **params: Any) -> pl.DataFrame:
        """The rows of a text that `trace` made; parameters that it does not bind are left out."""
        needed = access.parameters_of(sql)
        kept = tuple(sorted((name, value) for name, value in params.items() if name in needed))
        if (sql, kept) not in self._answers:
            self._answers[sql, kept] = _answer(str(self.home_root), self.manifest, self.reader, sql, kept)
        return self._answers[sql, kept]

    def made(self, work: Callable[..., T], *given: str | int, language: Language, earlier: str = "") -> T:
        """What `work(build, *given)` makes of this build, or with `earlier` of a pair of builds, as the reader of the page.

        Args:
            work: a function of trace or reports with its module's name: what it gives is kept by that name and `given`.
            given: what else it is given.
            language: of its messages.
            earlier: the manifest of an earlier build.

        Raises what `work` raises.
        """
        name = f"{work.__module__}.{work.__qualname__}"
        found: T = _made(str(self.home_root), self.manifest, earlier, self.reader, name, given, language, work)
        return found

    def forget(self) -> None:
        """Keep no answer any longer: the page is made, but a click on it may still need the source."""
        self._answers.clear()

    def row(self, query: str, **params: Any) -> dict[str, Any] | None:
        """The first row, or None."""
        frame = self.ask(query, **params)
        return frame.row(0, named=True) if frame.height else None


@lru_cache(maxsize=8)
def _told(manifest: str) -> tuple[str, dt.datetime]:
    """(build, the time its data is of). A page asks some hundred times: to parse it each time was a sixth of Overview's time."""
    found = json.loads(manifest)
    return str(found["build"]), dt.datetime.fromisoformat(str(found["as_of"]))


@st.cache_data(max_entries=ANSWERS_KEPT, show_spinner=False)
def _answer(
    home_root: str, manifest: str, reader: access.Reader, sql: str, params: tuple[tuple[str, Any], ...]
) -> pl.DataFrame:  # fmt: skip
    """Keyed by all that decides the rows; the connection lives as long as the query."""
    return access.read(Path(home_root), json.loads(manifest), reader, sql, dict(params))


@st.cache_data(max_entries=MADE_KEPT, show_spinner=False)
def _made(
    home_root: str, manifest: str, earlier: str, reader: access.Reader, name: str, given: tuple[str | int, ...],  # noqa: ARG001
    language: Language, _work: Callable[..., Any],
) -> Any:  # fmt: skip
    """Keyed by all that decides what is made; `name`, which is not read, stands for the function."""
    with speaking(language):
        before = json.loads(earlier) if earlier else None
        return access.lend(Path(home_root), json.loads(manifest), reader, lambda build: _work(build, *given), earlier=before)


def open_source(home_root: Path, reader: access.Reader, *, build: str = "") -> Source:
    """What this rerun reads: the current build, or a kept one that the address names.

    Raises UsageError if nothing is published yet.
    """
    manifest = kept_manifest(home_root, build) if build else None
    return Source(home_root, json.dumps(manifest or current_manifest(home_root), sort_keys=True), reader)


def kept_manifest(home_root: Path, build: str) -> dict[str, Any] | None:
    """The manifest of a kept build; None where it is no longer kept, and for what is no build's id (as CURRENT)."""
    path = Home(home_root).published / f"{build}.json"
    if not _BUILD.fullmatch(build) or not path.is_file():
        return None
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded if loaded["build"] == build else None


def kept_builds(home_root: Path) -> list[dict[str, Any]]:
    """The manifests of the builds that are kept, the newest first."""
    found = []
    for path in Home(home_root).published.glob("*.json"):
        if manifest := kept_manifest(home_root, path.stem):
            found.append(manifest)
    return sorted(found, key=lambda manifest: (str(manifest["published_at"]), str(manifest["build"])), reverse=True)


def kept_names(home_root: Path) -> set[str]:
    """The names of the builds that can be read now."""
    return {path.stem for path in Home(home_root).published.glob("*.json")} - {"CURRENT"} | {current_build(home_root)}


def current_build(home_root: Path) -> str:
    """The build that a fresh page would read; empty if there is none. Open pages ask every second: unless it moved, a stat."""
    path = Home(home_root).published / "CURRENT.json"
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    return _build_named(home_root, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=8)
def _build_named(home_root: Path, inode: int, changed_at: int) -> str:  # noqa: ARG001 - they tell one pointer from another
    """The build that the pointer names. Read a moment after the look, it may name a later one: so much the better."""
    try:
        return str(current_manifest(home_root)["build"])
    except UsageError:
        return ""
