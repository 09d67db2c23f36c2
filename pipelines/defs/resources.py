"""What assets are given: the installation, and somewhere to report progress.

Belongs here: Dagster resources. Does not: opening anything that a run might not need.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.build import Prepared
from pipelines.core import disk
from pipelines.core.errors import CityError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.settings import load_settings
from pipelines.core.warehouse import writer_lock
from pipelines.ingest import FileOutcome


def _quiet(kind: str, value: Any) -> None:
    """Report nothing: the daemon's runs are read in Dagster."""


@dataclass(slots=True)
class Run:
    """One run: where it works, whom it tells, and what it has done so far."""

    city: Path | None = None
    home: Path | None = None
    source_root: Path | None = None
    as_of: dt.datetime | None = None
    tell: Callable[[str, Any], None] = _quiet
    retry_seconds: float = 5.0
    is_watched: bool = False
    outcomes: list[FileOutcome] = field(default_factory=list)
    failed_sources: list[str] = field(default_factory=list)
    held_build: str = ""
    prepared: Prepared | None = None
    failure: CityError | None = None
    _opened: Installation | None = None
    _lock: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def place(self) -> Installation:
        """The installation, opened at first use."""
        if self._opened is None:
            self._opened = open_installation(city=self.city, home=self.home, source_root=self.source_root, as_of=self.as_of)
        return self._opened

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step of the build; what stops it is kept for the caller and entered in the ledger."""
        self.tell("step", name)
        try:
            yield
        except CityError as error:
            self.failure = error
            self.held_build = str(error)
            self.end_build("blocked", str(error))
            raise
        except Exception as error:
            self.failure = disk.refusal(error, self.place.home.root)
            with contextlib.suppress(sqlite3.Error):  # a full disk may refuse this too; what is told is why the step failed
                self.end_build("failed", str(self.failure or f"{type(error).__name__}: {error}"))
            raise

    def hold_warehouse(self) -> None:
        """Keep the kernel lock until this process ends, so that the daemon's runs and `citybrain run` never mix."""
        self._lock.enter_context(writer_lock(self.place.home.warehouse))

    def begin_build(self, prepared: Prepared) -> None:
        """Enter the build in the ledger."""
        self.prepared = prepared
        self.place.ledger.open_build(prepared.build_id, self.place.now().isoformat(timespec="seconds"))

    def end_build(self, status: str, reason: str) -> None:
        """Enter how the build ended."""
        if self.prepared is not None:
            self.place.ledger.close_build(
                self.prepared.build_id, finished_at=self.place.now().isoformat(timespec="seconds"),
                as_of=self.prepared.inputs.as_of.isoformat(sep=" "), mode=self.prepared.mode, status=status, reason=reason,
                fingerprint=self.prepared.inputs.fingerprint,
            )  # fmt: skip

    @classmethod
    def from_environment(cls) -> Run:
        """The run of the daemon: home and city from the environment."""
        settings = load_settings()
        return cls(city=settings.city, home=settings.home)
