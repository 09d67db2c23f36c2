"""The city a home belongs to, as a board needs it: its names, its languages, whether it is invented.

Belongs here: the few lines of `city.yml` that boards show or obey. Does not: bindings (core.bindings, closed to boards:
they must not know how feeds are read).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dashboards.kit.access import Reader
from dashboards.kit.words import Language
from pipelines.core.board_options import board_options
from pipelines.core.settings import Home
from pipelines.core.state import Ledger


@dataclass(frozen=True, slots=True)
class BoardCity:
    """A city as boards show it; `reader` is who reads them until there is a log-in."""

    title_zh: str
    title_en: str
    language: Language
    is_synthetic: bool
    reader: Reader
    ledger_build: dict[str, Any] = field(default_factory=dict)

    def title(self, language: Language) -> str:
        """The city's name."""
        return self.title_zh if language == "zh" else self.title_en


def read_city(home_root: Path) -> BoardCity:
    """The city of a home. A home that never ran, or whose city folder went away, gives a nameless city.

    Raises ConfigurationError for board options that are wrong: nobody is shown more than was meant.
    """
    home = Home(home_root)
    folder, last = None, None
    if (home.state / "ledger.db").exists():
        ledger = Ledger.of(home)
        try:
            folder, last = ledger.home_city_folder(), ledger.last_build()
        finally:
            ledger.close()
    path = folder / "city.yml" if folder else None
    entry: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path and path.exists() else {}
    feeds = [one.stem for one in (folder / "feeds").glob("*.yml")] if folder else []
    options = board_options(entry.get("boards"), feeds, str(path))
    languages = entry.get("languages") or ["zh", "en"]
    name = str(entry.get("name", ""))
    return BoardCity(
        title_zh=str(entry.get("title_zh", name)),
        title_en=str(entry.get("title_en", name)),
        language="en" if languages[0] == "en" else "zh",
        is_synthetic=bool(entry.get("synthetic")),
        reader=Reader(options.role, options.areas, options.departments, options.feeds),
        ledger_build=last or {},
    )
