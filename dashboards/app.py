"""The boards: which there are, what every one of them gets.

Belongs here: opening the home, the build, the reader; the order of head, board, foot. Does not: what a board shows.
Run by `citybrain boards` (dashboards/serve.py), never by hand: the flags matter.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboards.boards import data_quality, overview, risk
from dashboards.kit import data, page
from dashboards.kit.access import Reader
from dashboards.kit.city import read_city
from dashboards.kit.filters import to_params
from dashboards.kit.page import BOARDS, FRAME, Board
from dashboards.kit.words import Words
from pipelines.core.errors import UsageError
from pipelines.core.settings import load_settings

SHOWN = {"overview": overview.show, "risk": risk.show, "data_quality": data_quality.show}


def main() -> None:
    """One rerun: one build, one reader, one board."""
    st.set_page_config(page_title="citybrain", layout="wide")
    st.html(FRAME)
    home = load_settings().home
    if home is None:
        page.stop_unless(home, Words("en")("guard.no_home", command="citybrain boards --home DIR"), "home")
        return
    city = read_city(home)
    view = page.current_view(city)
    words = Words(view.language)
    try:
        source = data.open_source(home, Reader(role=city.role, scope=city.scope), build=view.build)
    except UsageError:
        page.stop_unless(condition=False, sentence=words("guard.nothing", command="citybrain run"), key="nothing")
        return
    boards = {name: Board(source, view, words, city, path) for name, path in BOARDS.items()}
    pages = {
        path: st.Page(partial(_show, boards[name], name), title=words(f"board.{name}"), url_path=name, default=path == ".")
        for name, path in BOARDS.items()
    }
    here = st.navigation(list(pages.values()), position="hidden")
    target = page.pending_board()
    if target in pages and pages[target] is not here:
        st.switch_page(pages[target], query_params=to_params(view))
    here.run()


def _show(board: Board, name: str) -> None:
    page.keep_address(board.view)
    page.head(board)
    SHOWN[name](board)
    page.foot(board)
    page.watch(board, board.source.home_root)


main()
