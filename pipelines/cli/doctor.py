"""The command doctor: what is wrong with this installation, and what to do.

Belongs here: which home and city are meant, printing. Does not: finding anything out (core.health, core.health_home).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import show
from pipelines.core.errors import CityError
from pipelines.core.settings import pick

if TYPE_CHECKING:
    from pipelines.core.bindings import City
    from pipelines.core.health import Finding
    from pipelines.core.settings import Home

HomeOption = Annotated[Path | None, typer.Option("--home", help="the home to look at; default as for run")]
CityOption = Annotated[Path | None, typer.Option("--city", help="a city folder; default: the home's city")]


def doctor(home: HomeOption = None, city: CityOption = None) -> None:
    """What is wrong with this installation, and what to do; needs no network and no home. / 安装自检。 Exit 1 on a problem."""
    from pipelines.core import health, health_home
    from pipelines.core.installation import home_path
    from pipelines.core.settings import Home, load_settings

    settings = load_settings()
    place = Home(home_path(home, _name(city)))
    has_run = (place.state / "ledger.db").exists()
    loaded, found = _city(city, place)
    is_production = loaded is not None and loaded.level == "production"
    zone = loaded.zone if loaded else "Asia/Shanghai"
    found += health.machine(settings, place.root, zone=zone, is_production=is_production)
    if has_run or place.vault.exists():
        found += health_home.home_state(place, settings, is_production=is_production)
    else:
        told = pick(f"no run was made in {place.root}", f"{place.root} 尚未运行过")
        found.append(health.Finding(pick("home", "状态目录"), "note", told, "citybrain run" if city else "citybrain demo"))
    _tell(found)
    raise typer.Exit(1 if any(f.state == "problem" for f in found) else 0)


def _name(city: Path | None) -> str | None:
    """The name of the city that was typed, which is that of its home; None where its folder does not tell."""
    from pipelines.core.bindings import read_city_file
    from pipelines.core.installation import named_city

    try:
        return str(read_city_file(named_city(city))["name"]) if city else None
    except CityError:  # told with the city
        return None


def _city(city: Path | None, place: Home) -> tuple[City | None, list[Finding]]:
    """The city that is meant, if one is, and what was found of its folder."""
    import sqlite3

    from pipelines.core import health, health_home
    from pipelines.core.bindings import load_city
    from pipelines.core.installation import named_city
    from pipelines.core.state import Ledger

    name = pick("city", "城市")
    try:
        folder = named_city(city) if city else None
        own = Ledger.of(place).home_city_folder() if (place.state / "ledger.db").exists() else None
        if folder is not None and own is not None and folder.resolve() != own.resolve():
            told = pick(f"the home belongs to {own}", f"该状态目录属于 {own}")
            return None, [health.Finding(name, "problem", told, pick("another --home, or no --city", "换 --home 或去掉 --city"))]
        folder = folder or own
        if folder is None:
            return None, [health.Finding(name, "note", pick("none is meant: --city DIR", "未指定城市：--city DIR"))]
        loaded = load_city(folder)
    except CityError as error:
        return None, [health.Finding(name, "problem", f"{error.where}: {error.what}", error.remedy)]
    except sqlite3.Error as error:  # the ledger has a line of its own
        return None, [health.Finding(name, "note", pick(f"the ledger does not tell: {error}", f"台账无法读取：{error}"))]
    return loaded, health_home.city(loaded)


def _tell(found: list[Finding]) -> None:
    words = {"ok": pick("ok", "正常"), "note": pick("note", "提示"), "problem": pick("problem", "问题")}
    colours = {"ok": "green", "note": "yellow", "problem": "red"}
    for finding in found:
        show.console.print(f"[{colours[finding.state]}]{words[finding.state]:<8}[/]", end="")
        remedy = f" -> {finding.remedy}" if finding.remedy else ""
        show.console.print(f"{finding.name}: {finding.told}{remedy}", markup=False)
    wrong = sum(f.state == "problem" for f in found)
    show.console.print(pick(f"{len(found)} looked at, {wrong} problems", f"共检查 {len(found)} 项，{wrong} 个问题"))


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("doctor")(doctor)
