"""`boards:` of city.yml: what is wrong is said with the nearest that is right, and a wrong scope shows nobody more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboards.kit.city import read_city
from dashboards.kit.menu import BOARDS, GROUPS, MENU, boards_of
from pipelines.core.bindings import load_city
from pipelines.core.board_options import ROLES, BoardOptions, board_options, check_places
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import Home
from pipelines.core.state import Ledger

FEEDS = ("urban_case", "petition")


def test_nothing_said_bounds_nothing() -> None:
    assert board_options(None, FEEDS, "city.yml") == BoardOptions()


def test_options_are_read() -> None:
    told = {"role": "clerk", "scope": {"areas": ["01", "02", "01"], "departments": "P1", "feeds": ["petition"]}}
    assert board_options(told, FEEDS, "city.yml") == BoardOptions("clerk", ("01", "02"), ("P1",), ("petition",))
    assert board_options({"scope": "01"}, FEEDS, "city.yml").areas == ("01",)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"role": "clark"}, "unknown role 'clark'.*did you mean 'clerk'"),
        ({"rolle": "clerk"}, "unknown option 'rolle'.*did you mean 'role'"),
        ({"scope": {"area": ["01"]}}, "unknown option 'area'.*did you mean 'areas'"),
        ({"scope": {"feeds": ["petitions"]}}, "unknown feed 'petitions'.*did you mean 'petition'"),
        ({"scope": {"areas": 990102}}, "a code in quotes"),
        ({"scope": {"areas": []}}, "a code in quotes"),
        ({"scope": None}, "holds no options"),
        ({"scope": " "}, "a code in quotes"),
        (["clerk"], "holds no options"),
    ],
)
def test_what_is_wrong_is_said(told: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        board_options(told, FEEDS, "city.yml")


def test_places_are_compared_with_a_build() -> None:
    options = BoardOptions(areas=("990102",), departments=("P01",))
    check_places(options, ["990102"], ["P01"], "city.yml")
    with pytest.raises(ConfigurationError, match=r"unknown area '990102'.*did you mean '990103'"):
        check_places(options, ["990103", "110000"], ["P01"], "city.yml")
    with pytest.raises(ConfigurationError, match="unknown department 'P01'"):
        check_places(options, ["990102"], ["P02"], "city.yml")


def city_of(folder: Path, boards: str) -> Path:
    (folder / "feeds").mkdir(parents=True)
    (folder / "city.yml").write_text(f"name: t\nzone: Asia/Shanghai\nroot_area: '1'\nboards: {boards}\n", encoding="utf-8")
    (folder / "feeds" / "urban.yml").write_text(
        "contract: urban_case\nsystem: s\nsource: {type: drop, pattern: 'u*.csv'}\ndelivery: increment\n", encoding="utf-8"
    )
    return folder


def test_a_city_and_its_boards_read_the_same_options(tmp_path: Path) -> None:
    folder, home = city_of(tmp_path / "t", "{role: clerk, scope: {feeds: [urban]}}"), Home(tmp_path / "home").make()
    ledger = Ledger.of(home)
    ledger.remember("folder", str(folder))
    ledger.close()
    loaded, read = load_city(folder).boards, read_city(home.root).reader
    assert (loaded.role, loaded.feeds) == (read.role, read.feeds) == ("clerk", ("urban",))


def test_wrong_options_open_nothing(tmp_path: Path) -> None:
    folder, home = city_of(tmp_path / "t", "{scope: {feeds: [police]}}"), Home(tmp_path / "home").make()
    ledger = Ledger.of(home)
    ledger.remember("folder", str(folder))
    ledger.close()
    for read in (lambda: load_city(folder), lambda: read_city(home.root)):
        with pytest.raises(ConfigurationError, match="unknown feed 'police'"):
            read()


def test_every_role_has_boards_and_every_board_a_group() -> None:
    assert all(boards_of(role) and set(boards_of(role)) <= set(BOARDS) for role in ROLES)
    assert boards_of("") == tuple(BOARDS)
    assert boards_of("clerk")[0] == "returned", "a clerk's first page is her own list"
    assert {entry.group for entry in MENU.values()} <= set(GROUPS)
