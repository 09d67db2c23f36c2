"""What assets are given: the installation, and somewhere to report progress.

Belongs here: Dagster resources. Does not: opening anything that a run might not need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.core.installation import Installation, open_installation
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
    outcomes: list[FileOutcome] = field(default_factory=list)
    failed_sources: list[str] = field(default_factory=list)
    held_build: str = ""
    _opened: Installation | None = None

    @property
    def place(self) -> Installation:
        """The installation, opened at first use."""
        if self._opened is None:
            self._opened = open_installation(
                city=self.city, home=self.home, source_root=self.source_root, as_of=self.as_of
            )
        return self._opened
