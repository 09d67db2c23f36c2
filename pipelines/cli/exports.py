"""Commands that write what leaves the house: briefing, open-data.

Belongs here: options and where files go. Does not: what stands in the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import show
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
BuildOption = Annotated[str, typer.Option("--build", help="a build that is still kept; default the current one")]


def briefing(
    home: HomeOption = None,
    week: Annotated[str, typer.Option("--week", help="as 2026-W26; default the last complete week")] = "",
    month: Annotated[str, typer.Option("--month", help="as 2026-06")] = "",
    area: Annotated[str, typer.Option("--area", help="a grid_code; default the whole city")] = "",
    lang: Annotated[str, typer.Option("--lang", help="zh, en or both")] = "both",
    out: Annotated[Path | None, typer.Option("--out", help="the folder; default HOME/reports/briefing")] = None,
    build: BuildOption = "",
    font: Annotated[Path | None, typer.Option("--font", help="a font file with Chinese, instead of looking for one")] = None,
) -> None:
    """A memo for a week or month: what changed, what is overdue, numbered asks. / 周报或月报：变化、超期、请求事项与跟进单。"""
    from dashboards.briefing.asks import folder_of
    from dashboards.briefing.memo import write_briefing
    from dashboards.kit.words import LANGUAGES, Language
    from pipelines.core.installation import existing_home

    spoken: dict[str, tuple[Language, ...]] = {"zh": ("zh",), "en": ("en",), "both": LANGUAGES}
    if lang not in spoken:
        raise UsageError(pick(f"no language {lang!r}", f"没有语言 {lang!r}"), where="--lang", remedy=", ".join(spoken))
    place = existing_home(home)
    folder = out or folder_of(place.root)
    found = write_briefing(
        place.root, folder, week=week, month=month, area=area, languages=spoken[lang], build=build, font=font
    )  # fmt: skip
    for path in found:
        show.console.print(str(path))


def open_data(
    home: HomeOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="the folder; default HOME/reports/open_data")] = None,
) -> None:
    """What anybody may have: figures about matters and single matters, Parquet, CSV, Open311. / 开放数据：事项类指标与事项。

    Needs the home's master key: numbers of matters are keyed by it.
    """
    from pipelines.core.bindings import load_city
    from pipelines.core.installation import existing_home
    from pipelines.core.settings import load_settings
    from pipelines.core.state import Ledger
    from pipelines.core.vault import Vault
    from pipelines.core.vault_keys import master_keys
    from pipelines.core.warehouse import open_published
    from pipelines.reports.open_data import PURPOSE, write_open_data

    place = existing_home(home)
    ledger = Ledger.of(place)
    try:
        city = ledger.home_city_folder()
    finally:
        ledger.close()
    if city is None:
        raise UsageError(pick("the home does not say its city", "工作目录没有记录其城市"), where=str(place.root))
    folder, loaded = out or place.reports / "open_data", load_city(city)
    key = Vault(place, master_keys(place, load_settings(), level=loaded.level)).key_for(PURPOSE)
    with open_published(place.root) as opened:
        for path in write_open_data(opened, folder, zone=loaded.zone, key=key):
            show.console.print(str(path))


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("briefing")(briefing)
    app.command("open-data")(open_data)
