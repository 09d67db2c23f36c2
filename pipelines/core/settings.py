"""Settings: the only module that reads the environment.

Belongs here: the environment, the language of messages, the folders of a home. Does not: city configuration
(bindings), secrets themselves beyond handing one over by name.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.core.errors import ConfigurationError, FileHeld, PasswordRefused

Language = Literal["zh", "en"]

PROJECT_ROOT = Path(__file__).resolve().parents[2]
CITIES = PROJECT_ROOT / "data" / "cities"

#: The language of the reader whom this thread serves, where it serves one.
_SPOKEN: ContextVar[str] = ContextVar("spoken", default="")

#: Telemetry of the libraries below us, switched off for every child process as well (pitfall list, 2026-11).
QUIET = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "False",
}


#: Below this an archive is no danger however well it packs.
HARMLESS_BYTES = 10 << 20


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation's state; see architecture, 'A home'."""

    root: Path

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse" / "build.duckdb"

    @property
    def handover(self) -> Path:
        """Parquet that Python leaves for dbt: code map, decisions, quality results, feed outcomes."""
        return self.root / "warehouse" / "handover"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def spill(self) -> Path:
        return self.root / "warehouse" / "spill"

    def make(self) -> Home:
        """Create the folders; returns itself."""
        folders = [self.landing, self.handover, self.published, self.reports, self.state, self.dagster, self.spill]
        folders += [self.vault / room for room in ("raw", "party", "quarantine", "uploads", "tmp", "keys")]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        return self


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold before it is refused: files, bytes unpacked, times its own size; and a sheet, cells."""

    members: int = 1_000
    unpacked_bytes: int = 20 << 30
    ratio: int = 200
    cells: int = 30_000_000

    def refuse(self, *, files: int, unpacked: int, packed: int, name: str) -> None:
        """Raise FileHeld if an archive (a ZIP, a workbook) is beyond a limit; small ones may pack as well as they like."""
        times = unpacked // max(packed, 1) if unpacked > HARMLESS_BYTES else 0
        for what, value, limit, variable in (
            ("files", files, self.members, "CITYBRAIN_ARCHIVE_MEMBERS"),
            ("bytes when unpacked", unpacked, self.unpacked_bytes, "CITYBRAIN_ARCHIVE_BYTES"),
            ("times its size when unpacked", times, self.ratio, "CITYBRAIN_ARCHIVE_RATIO"),
        ):
            if value > limit:
                raise FileHeld(
                    f"the archive holds {value} {what}, more than {limit}", where=name,
                    remedy=f"ask whether it is meant; if so raise {variable}",
                )  # fmt: skip

    def refuse_sheet(self, *, rows: int, columns: int, name: str) -> None:
        """Raise FileHeld if a sheet reaches further than memory should: one stray cell in its last corner is enough."""
        if rows * columns > self.cells:
            raise FileHeld(
                f"the sheet reaches to row {rows} and column {columns}, more than {self.cells} cells", where=name,
                remedy="ask for it without the stray cells, or as CSV; if it is meant raise CITYBRAIN_SHEET_CELLS",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says, read once."""

    home: Path | None
    city: Path | None
    language: Language
    memory_limit: str
    threads: int
    master_key: str | None
    archives: ArchiveLimits = ArchiveLimits()
    master_key_old: str | None = None


def _secret(name: str) -> str | None:
    """A secret from the variable `name`, or from the file that `name`_FILE names."""
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not path:
        return value
    if value:
        raise ConfigurationError(f"{name} and {name}_FILE are both set", where=name, remedy="unset one of them")
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the key file cannot be read: {type(error).__name__}", where=f"{name}_FILE", remedy="name a file that holds base64"
        ) from error


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal():
        raise ConfigurationError(f"{text!r} is no whole number", where=name, remedy=f"set it to {default}, for example")
    return int(text)


def load_settings() -> Settings:
    """Read the environment. Raises ConfigurationError for an unknown language and a limit that is no number."""
    os.environ.update(QUIET)
    language = os.environ.get("CITYBRAIN_LANG", "en").split("_")[0].lower()
    if language not in ("zh", "en"):
        raise ConfigurationError(f"unknown language {language!r}", where="CITYBRAIN_LANG", remedy="set it to zh or en")
    home, city = os.environ.get("CITYBRAIN_HOME"), os.environ.get("CITYBRAIN_CITY")
    return Settings(
        home=Path(home).resolve() if home else None,
        # A bare name stays one: it may be that of a city in data/cities.
        city=(Path(city).resolve() if Path(city).exists() else Path(city)) if city else None,
        language="zh" if language == "zh" else "en",
        memory_limit=os.environ.get("CITYBRAIN_MEMORY_LIMIT", "4GB"),
        threads=int(os.environ.get("CITYBRAIN_THREADS", str(min(4, os.cpu_count() or 2)))),
        master_key=_secret("CITYBRAIN_MASTER_KEY"),
        master_key_old=_secret("CITYBRAIN_MASTER_KEY_OLD"),
        archives=ArchiveLimits(
            members=_whole("CITYBRAIN_ARCHIVE_MEMBERS", ArchiveLimits().members),
            unpacked_bytes=_whole("CITYBRAIN_ARCHIVE_BYTES", ArchiveLimits().unpacked_bytes),
            ratio=_whole("CITYBRAIN_ARCHIVE_RATIO", ArchiveLimits().ratio),
            cells=_whole("CITYBRAIN_SHEET_CELLS", ArchiveLimits().cells),
        ),
    )


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a child process: ours, telemetry off, plus `extra`."""
    return {**os.environ, **QUIET, **extra}


def environment(variable: str) -> str:
    """What a variable holds; empty if it is not set, or if none is named."""
    return os.environ.get(variable, "") if variable else ""


def password_for(variable: str, *, feed: str, name: str) -> list[bytes]:
    """The password of a locked file, in the encodings that packers use for one that is not ASCII.

    Args:
        variable: the environment variable that the binding names; empty if it names none.
        feed: the binding, for the remedy.
        name: the file, for messages.

    Raises:
        PasswordRefused: none is named, or it is not set.
    """
    if not variable:
        remedy = f"write password: ${{env:NAME}} in feeds/{feed}.yml and set NAME outside"
        raise PasswordRefused("it is locked with a password, and the binding names none", where=name, remedy=remedy)
    value = environment(variable)
    if not value:
        raise PasswordRefused(
            f"it is locked with a password, and {variable} is not set", where=name,
            remedy=f"set the environment variable {variable} and run again",
        )  # fmt: skip
    return list(dict.fromkeys([value.encode(), value.encode("gb18030")]))


def wrong_password(variable: str, *, name: str) -> PasswordRefused:
    """The error for a password that does not open a file."""
    return PasswordRefused(
        f"the password in {variable} does not open it, or it is damaged", where=name,
        remedy=f"mend the environment variable {variable} and run again, or ask the department",
    )  # fmt: skip


@contextlib.contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Within the block messages are in this language, whatever the environment says: boards serve readers of both."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def pick(en: str, zh: str) -> str:
    """The message in the user's language."""
    return zh if (_SPOKEN.get() or os.environ.get("CITYBRAIN_LANG", "en").lower()).startswith("zh") else en


def export(values: dict[str, str]) -> None:
    """Set environment variables of this process, for libraries that start children of their own (dagster-dbt)."""
    os.environ.update(values)
