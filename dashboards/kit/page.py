"""Page: what every board has around it, and how markup and charts get onto it.

Belongs here: head with the boards and the languages, banner, footer, putting markup and charts on the page, following
a link without a new session. Does not: what a board says, queries.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.kit import charts, data, downloads, search
from dashboards.kit.chance import reference
from dashboards.kit.city import BoardCity
from dashboards.kit.filters import View, from_params, to_params
from dashboards.kit.markup import EMPTY, Html, anchor, join, tag
from dashboards.kit.menu import BOARDS, GROUPS, MENU, boards_of, strange_path
from dashboards.kit.owed import is_owed, owe, paid
from dashboards.kit.periods import last_complete_month
from dashboards.kit.words import Words

_FOLDER = Path(__file__).parent
_GO, _DREW, _ANSWERED, _LEFT = "go_to_board", "drew", "answered", "left"
#: How much later than its words the charts of a session's first page are sent. A browser needs 2 s for the drawing library
#: alone (4.5 MB; Chromium on 2 cores, 2026-11-23), and before it shows the words if both come together.
WORDS_FIRST_SECONDS = 0.6
_LATER: ContextVar[list[Callable[[], None]] | None] = ContextVar("later", default=None)
#: What a page that may still be left for a later build is made of.
_LEAVES: ContextVar[data.Source | None] = ContextVar("leaves", default=None)
#: Streamlit's own frame, where it would say something in English or waste the top of the screen.
FRAME = """
<style>
header[data-testid="stHeader"], [data-testid="stStatusWidget"], [data-testid="stElementToolbar"],
[data-testid="stToolbar"], [data-testid="stDecoration"], [data-testid="stDialog"], footer { display: none !important; }
.block-container, [data-testid="stMainBlockContainer"] { padding: 1.1rem 2.2rem 2rem !important; max-width: 1360px; }
[data-testid="stVerticalBlock"] { gap: 0.7rem; }
@media (max-width: 640px) { .block-container, [data-testid="stMainBlockContainer"] { padding: 0.6rem 1rem 1.5rem !important; } }
</style>
"""


@dataclass(frozen=True, slots=True)
class Board:
    """What a board is given: what it reads, what is looked at, the words."""

    source: data.Source
    view: View
    words: Words
    city: BoardCity
    path: str

    def kind(self, code: str) -> str:
        """What a kind of matter is called."""
        names = {row["event_kind"]: self.words.pick(row, "name") for row in self.source.ask("kinds").rows(named=True)}
        name = names.get(code, code)
        return name[:1].upper() + name[1:]

    def threshold(self, name: str) -> int:
        """A whole number of the rules that the build was made by (ref_threshold). Raises KeyError for an unknown name."""
        return int({row["threshold_id"]: row["value"] for row in self.source.ask("thresholds").rows(named=True)}[name])

    @property
    def health(self) -> list[dict[str, Any]]:
        """The health of the data in the last complete month, all feeds together and each."""
        root = (self.source.row("build") or {}).get("root_code", "")
        month = last_complete_month(self.source.as_of)
        return self.source.ask("quality__health", root=root, month=month).rows(named=True)

    @property
    def as_of(self) -> str:
        """The line every chart carries."""
        return self.words("as_of", moment=self.words.moment(self.source.as_of))


def _component() -> Callable[..., object]:
    """The element that shows our markup. Registered once per process under one name."""
    css = f"{charts.css_variables().replace(':root', ':host')}\n{(_FOLDER / 'style.css').read_text(encoding='utf-8')}"
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    made: Callable[..., object] = st.components.v2.component(
        "citybrain_markup", html='<div class="root"></div>', css=css, js=script
    )
    return made


def put(
    content: Html, key: str, *, focus: str | None = None, words: Words | None = None,
    act: Callable[[dict[str, Any]], None] | None = None,
) -> None:  # fmt: skip
    """Show markup. `focus`: scroll here when it changes to something new; `words`: make the frame speak them too.

    Ends the run where a click is answered, or a later build is read instead.

    act: is given what a form in the markup (with data-act) was filled in with, before the page is made anew. It may be begun
        twice unless it makes no call of Streamlit's: each of them may end the run.
    """
    _leave_for_a_later_build()
    downloads.remember(content.text, key)
    shown: dict[str, str] = {"html": content.text}
    if words is not None:
        shown |= {"language": words.language, "skip": words("frame.skip")}
    if focus is not None:
        shown["focus"] = focus
    name = f"markup_{key}"

    answered: dict[str, Any] = st.session_state.setdefault(_ANSWERED, {})

    def answer(event: str, work: Callable[[Any], None]) -> None:
        told = st.session_state[name].get(event)
        if _is_new(told, name, answered):
            owe()
            work(told)
            # Last, and without a call of Streamlit's: what ends this run before leaves it to the next.
            answered[name] = told["at"]

    def follow() -> None:
        answer("go", lambda told: _go(str(told["href"])))

    def acted() -> None:
        answer("act", act or (lambda _: None))

    drawn = _component()(key=name, data=shown, on_go_change=follow, on_act_change=acted)
    for event, again in (("go", follow), ("act", acted)):
        if _is_new(getattr(drawn, event, None), name, answered):
            again()
            st.rerun()


def _is_new(told: Any, name: str, answered: Mapping[str, Any]) -> bool:
    """Whether a click has not been answered yet: a run that another one cuts short, or that owes a page, leaves it to the next.

    So what was clicked is looked at once more where it was drawn, and answered once: its moment says which click it is.
    """
    return isinstance(told, dict) and told.get("at") != answered.get(name)


def _go(href: str) -> None:
    """Follow a link of ours: write the address, and note the board if it is another one."""
    where, _, query = href.partition("?")
    if where:
        st.session_state[_GO] = where.removeprefix("./") or "."
    st.query_params.from_dict(dict(parse_qsl(query)))


def go_on(pages: dict[str, Any], here: Any, view: View) -> None:
    """Go to the board that a link led to in this rerun, if it is not the one we are on."""
    target = st.session_state.pop(_GO, None)
    if target in pages and pages[target] is not here:
        st.switch_page(pages[target], query_params=to_params(view))


def has_board(board: Board, name: str) -> bool:
    """Whether the reader's role has a board, so that a link to it leads somewhere."""
    return name in boards_of(board.source.reader.role)


def current_view(city: BoardCity) -> View:
    """The view that the address names."""
    return from_params(st.query_params, language=city.language)


def draw(chart: charts.Chart, key: str, *, into: Callable[[str], None] | None = None) -> None:
    """Show a chart, or the sentence that says why there is none; ends the run as `put` does.

    into: is given the `customdata` of a mark that is clicked.
    """
    if chart.figure is None:
        title = tag("b", chart.caption.title)
        put(tag("p", title, tag("br"), tag("span", chart.sentence, kind="muted")), f"empty_{key}")
        return
    _leave_for_a_later_build()
    downloads.remember_chart(chart)
    later = _LATER.get()
    if later is None:
        _plot(chart, key, into)
    else:
        later.append(partial(_plot_at, st.empty(), chart, key, into))


def _plot_at(place: DeltaGenerator, chart: charts.Chart, key: str, into: Callable[[str], None] | None) -> None:
    with place:
        _plot(chart, key, into)


def _plot(chart: charts.Chart, key: str, into: Callable[[str], None] | None) -> None:
    shown: dict[str, Any] = {"width": "stretch", "theme": None, "config": charts.CONFIG, "alt": chart.caption.title}
    if into is None:
        st.plotly_chart(chart.figure, key=f"chart_{key}", **shown)
        return
    name = f"clicked_{key}"

    def follow() -> None:
        owe()
        for point in st.session_state[name]["selection"]["points"][:1]:
            given = point.get("customdata")
            into(str(given[0] if isinstance(given, list) else given))

    st.plotly_chart(chart.figure, key=name, on_select=follow, selection_mode="points", **shown)


def go_to(view: View) -> None:
    """Look at another view of the same board, from a callback."""
    st.query_params.from_dict(to_params(view.way_on))


def head(board: Board) -> None:
    """City, boards, languages; below it what the data is of, and what a reader must know about it."""
    words, view = board.words, board.view
    other = "en" if view.language == "zh" else "zh"
    switch = anchor(view.but(language=other), words("language.other"), kind="nowrap", is_same=True)
    title = tag("span", board.city.title(view.language) or words("city.nameless"), kind="city")
    top = tag("div", title, search.box(board), switch, _menu(board), kind="head")
    put(top + _banner(board) + search.found(board), "head", words=words, act=search.acting(board))


def _menu(board: Board) -> Html:
    """The reader's boards, group by group; the area and the build go along."""
    words, view = board.words, board.view
    keep, own = View(language=view.language, area=view.area, build=view.build), boards_of(board.source.reader.role)
    shown = []
    for group in GROUPS:
        links = [
            anchor(keep, words(f"board.{name}"), page=BOARDS[name], kind="here" if BOARDS[name] == board.path else "")
            for name in own
            if MENU[name].group == group
        ]
        if links:
            shown.append(tag("div", tag("span", words(f"menu.{group}"), kind="group"), join(links), kind="links"))
    return tag("nav", join(shown))


def _banner(board: Board) -> Html:
    words, last = board.words, board.city.ledger_build
    facts = [
        tag("span", words("banner.as_of"), " ", tag("b", words.moment(board.source.as_of))),
        tag("span", words("banner.build"), " ", tag("b", board.source.build_id)),
    ]
    overall = next((row for row in board.health if row["slice_kind"] == "all" and row["value"] is not None), None)
    if overall:
        value = words.percent(overall["value"], overall["decimals"])
        link = anchor(View(language=board.view.language, build=board.view.build), value, page=BOARDS["data_quality"])
        facts.append(tag("span", words("banner.health"), " ", tag("span", link, data_figure=_health_id(board, overall))))
    if board.city.is_synthetic:
        facts.append(tag("span", words("banner.synthetic")))
    facts += [tag("span", told) for told in _who(board)]
    notices = []
    if last.get("status") in ("blocked", "failed"):
        started = words.moment(dt.datetime.fromisoformat(str(last["started_at"])))
        notices.append(words(f"banner.{last['status']}", started=started))
        notices.append(words("banner.reason", reason=str(last.get("reason") or words("unknown"))))
    if strange := strange_path(st.context.url, st.get_option("server.baseUrlPath")):
        notices.append(words("banner.no_board", name=strange))
    if board.view.build_read and board.view.build_read != board.source.build_id:
        notices.append(words("banner.build_gone", build=board.view.build_read))
    shown = tag("div", join(notices, "<br>"), kind="notice", role="alert") if notices else EMPTY
    return tag("div", join(facts), kind="banner") + shown


def _health_id(board: Board, row: dict[str, Any]) -> str:
    from dashboards.kit.named import id_of  # it makes links, and so needs this module

    return id_of(board, row, row["grid_code"])


def _who(board: Board) -> list[str]:
    """The reader's role and what bounds what they see; nothing for one who sees all."""
    words, reader = board.words, board.source.reader
    told = [words("banner.role", role=words(f"role.{reader.role}"))] if reader.role else []
    for name in ("areas", "departments", "feeds"):
        if codes := getattr(reader, name):
            called = [_feed_name(board, code) for code in codes] if name == "feeds" else codes
            told.append(words(f"banner.{name}", codes=words("comma").join(called)))
    return told


def _feed_name(board: Board, feed: str) -> str:
    rows = board.source.ask("feeds").rows(named=True)
    return next((board.words.pick(row, "title") for row in rows if row["feed"] == feed), feed)


def foot(board: Board) -> None:
    """What this is not."""
    put(tag("div", board.words("ethics"), kind="footer"), "foot")


def watch(board: Board, home_root: Path) -> None:
    """While the page is open, look again and again whether a new build was published; if so, read that one.

    A page of a kept build stays with it.
    """
    if board.view.build_read:
        return
    is_made = False

    @st.fragment
    def look() -> None:
        # Not Streamlit's own run_every: what that asks is answered as the page's that the reader just left, and the browser
        # then broke on parts of it (once in 1,170 pages, Streamlit 1.67, 2026-11-23). page.js waits while a way is taken.
        _component()(key="look", data={"html": "", "look": reference("refresh_seconds")}, on_look_change=lambda: None)
        if is_made and (is_owed() or data.current_build(home_root) != board.source.build_id):
            st.rerun(scope="app")

    look()
    paid()
    is_made = True


def stop(sentence: str) -> None:
    """Say why there is nothing to show, and end the page."""
    _LEAVES.set(None)  # of an earlier run, where this one opened no board: a thread makes page after page
    put(tag("p", sentence, kind="notice"), "guard")
    st.stop()


def not_for_role(board: Board) -> None:
    """What stands in the place of a board that the reader's role has not."""
    own = boards_of(board.source.reader.role)[0]
    view = View(language=board.view.language, build=board.view.build)
    link = anchor(view, board.words(f"board.{own}"), page=BOARDS[own])
    put(tag("p", board.words("guard.role"), " ", link, kind="notice"), "guard")


def whole_page(board: Board, show: Callable[[Board], None]) -> None:
    """A board with its head and foot. What goes wrong is told in the reader's language; the log has the rest."""
    keep_address(board.view)
    _begin(board)
    try:
        _parts(board, show)
        _LEAVES.set(None)
        foot(board)
        watch(board, board.source.home_root)
        _draw_later()
    finally:
        board.source.forget()


def _parts(board: Board, show: Callable[[Board], None]) -> None:
    """The head, the board, what it gives to take along; or that it failed."""
    readable = data.kept_names(board.source.home_root) | {board.source.build_id}
    try:
        head(board)
        downloads.begin()
        show(board)
        downloads.offer(board)
    except Exception:  # the edge: Streamlit would show its own English box
        if not readable <= data.kept_names(board.source.home_root):
            st.rerun()  # later builds were published meanwhile, and one that the page reads may be gone
        logging.getLogger("citybrain.boards").exception("a board failed: %s", to_params(board.view))
        put(tag("p", board.words("guard.error"), kind="notice error", role="alert"), "error")


def _begin(board: Board) -> None:
    """Which page may be left for a later build; until a session drew a chart, its charts wait for its words."""
    was_left = st.session_state.pop(_LEFT, False)
    _LEAVES.set(None if was_left or board.view.build_read else board.source)
    _LATER.set(None if _DREW in st.session_state else [])


def _leave_for_a_later_build() -> None:
    """Begin anew if a build was published since this page was begun: once, the next one is made to its end, whatever comes.

    Where builds come faster than pages are made, one that begins anew each time is never made (20 readers saw nothing for
    100 s, a build each 9 s, 2026-11-23); one that never does is of the older build until it is whole (13 s there).
    """
    source = _LEAVES.get()
    if source is not None and data.current_build(source.home_root) not in ("", source.build_id):
        st.session_state[_LEFT] = True
        st.rerun()


def _draw_later() -> None:
    waiting = _LATER.get()
    _LATER.set(None)
    if waiting:
        time.sleep(WORDS_FIRST_SECONDS)
        st.session_state[_DREW] = True
    for plot in waiting or []:
        plot()


def keep_address(view: View) -> None:
    """Write the view back, so that the address bar always says all of it (also the language)."""
    if dict(st.query_params) != to_params(view):
        st.query_params.from_dict(to_params(view))
