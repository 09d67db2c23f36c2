"""The boards: which there are, what every one of them gets.

Belongs here: opening the home, the build, the reader; the order of head, board, foot. Does not: what a board shows.
Run by `citybrain boards` (dashboards/serve.py), never by hand: the flags matter.
"""

from __future__ import annotations

import logging
from functools import partial

import streamlit as st

from dashboards.boards import (
    areas,
    can_be_true,
    courts,
    data_quality,
    departments,
    disputes,
    explain,
    hazards,
    overview,
    petitions,
    public_safety,
    returned,
    risk,
    trends,
    urban,
    why_changed,
)
from dashboards.kit import data, page
from dashboards.kit.city import read_city
from dashboards.kit.menu import BOARDS, boards_of
from dashboards.kit.page import Board
from dashboards.kit.words import Words
from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.core.settings import load_settings

SHOWN = {
    "overview": overview.show,
    "trends": trends.show,
    "areas": areas.show,
    "departments": departments.show,
    "risk": risk.show,
    "petitions": petitions.show,
    "urban": urban.show,
    "courts": courts.show,
    "public_safety": public_safety.show,
    "hazards": hazards.show,
    "disputes": disputes.show,
    "data_quality": data_quality.show,
    "explain": explain.show,
    "can_be_true": can_be_true.show,
    "why_changed": why_changed.show,
    "returned": returned.show,
}


def main() -> None:
    """One rerun: one build, one reader, one board."""
    st.set_page_config(page_title="citybrain", layout="wide")
    st.html(page.FRAME)
    home = load_settings().home
    if home is None:
        return page.stop(Words("en")("guard.no_home", command="citybrain boards --home DIR"))
    try:
        city = read_city(home)
    except ConfigurationError as error:
        logging.getLogger("citybrain.boards").error("%s", error)
        return page.stop(Words("zh")("guard.options") + " " + Words("en")("guard.options"))
    view = page.current_view(city)
    words = Words(view.language)
    try:
        source = data.open_source(home, city.reader, build=view.build_read)
    except UsageError:
        return page.stop(words("guard.nothing", command="citybrain run"))
    own, pages = boards_of(city.reader.role), {}
    for name, path in BOARDS.items():
        # The first address shows the first board that the role has; the address of a board that it has not says so.
        given = name if name in own else own[0] if path == "." else ""
        board = Board(source, view, words, city, BOARDS[given] if given else path)
        shown = partial(page.whole_page, board, SHOWN.get(given, page.not_for_role))
        pages[path] = st.Page(shown, title=words(f"board.{given or name}"), url_path=name, default=path == ".")
    here = st.navigation(list(pages.values()), position="hidden")
    page.go_on(pages, here, view)
    here.run()
    return None


main()
