"""Areas: where a board looks, the way up and the way down.

Belongs here: the area of a view with the areas that hold it and those within, breadcrumbs, the select box that goes
down. Does not: figures of areas, maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.kit import filters
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Html, anchor, join, tag
from dashboards.kit.page import Board, put, stop

UNASSIGNED = "UNASSIGNED"


@dataclass(frozen=True, slots=True)
class Place:
    """An area: its code, name and level, the areas that hold it from the outermost, those directly within."""

    code: str
    name: str
    level: int
    root: str
    holders: tuple[tuple[str, str], ...]
    children: pl.DataFrame

    @property
    def is_root(self) -> bool:
        """The whole city (or province)."""
        return self.code == self.root


def area_name(board: Board, row: dict[str, Any], stem: str = "name") -> str:
    """An area's name; the pseudo-area of cases without a place has ours."""
    return board.words("area.unassigned") if row["grid_code"] == UNASSIGNED else board.words.pick(row, stem)


def top_of(board: Board) -> str:
    """The code of the widest area the reader may see; of several the first."""
    root, own = str((board.source.row("build") or {}).get("root_code", "")), board.source.reader.areas
    return own[0] if own and root not in own else root


def code_of(board: Board) -> str:
    """The code of the area the view names, else of the widest the reader may see."""
    return board.view.area or top_of(board)


def place_of(board: Board) -> Place:
    """The area the view names, else the widest the reader may see. Ends the page if they may not see it."""
    root = str((board.source.row("build") or {}).get("root_code", ""))
    code = code_of(board)
    way = board.source.ask("area", area=code, root=root).rows(named=True)
    known = [(row["grid_code"], area_name(board, row)) for row in way]
    if not any(row["grid_code"] == code for row in way):
        back = anchor(board.view.but(area=""), board.words("guard.to_root", area=board.city.title(board.view.language)))
        put(tag("p", back), "back")
        stop(board.words("guard.area", area=code))
    here = next(row for row in way if row["grid_code"] == code)
    holders = tuple((at, name) for at, name in known if at != code)
    children = board.source.ask("children", area=code)
    return Place(code, area_name(board, here), int(here["grid_level"]), root, holders, children)


def crumbs(board: Board, place: Place) -> Html:
    """The way from the city to here, each step a link; nothing at the top, but to the other areas of a reader who has several."""
    view = board.view.but(case="", page=1)
    if not place.holders:
        others = [code for code in board.source.reader.areas if code != place.code and not place.is_root]
        links = [anchor(view.but(area=code), code) for code in others]
        return tag("p", board.words("area.others"), " ", join(links, board.words("comma")), kind="crumbs") if links else EMPTY
    steps: list[object] = [anchor(view.but(area="" if code == place.root else code), name) for code, name in place.holders]
    level = EMPTY if place.code == UNASSIGNED else tag("span", f" {board.words(f'level.{place.level}')}", kind="small")
    here = tag("span", tag("b", place.name), level)
    return tag("p", join([*steps, here], '<span class="sep">›</span>'), kind="crumbs")


def choose_child(board: Board, place: Place) -> None:
    """A select box that goes one level down."""
    names = {row["grid_code"]: area_name(board, row) for row in place.children.rows(named=True)}
    if not names:
        return

    def written(code: str) -> str:
        return names.get(code, board.words("filter.into"))

    def onward(view: View) -> View:
        return view.but(case="", page=1)

    filters.choose(board.words("filter.area"), [board.view.area, *names], board.view, "area", written=written, onward=onward)
