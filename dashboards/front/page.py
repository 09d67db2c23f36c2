"""Front page: one static file per build that opens by double click, in both languages, without any server.

Belongs here: the frame of that file, what of Overview and Risk it shows, writing it beside the build. Does not: numbers and
sentences (the boards' own functions: the page says what they say), what needs a leader today (needs).

It has no script and asks for nothing: colours and layout are in it, the language is switched by a radio button. Links lead
to the boards where their address is known, else they are plain text.
"""

from __future__ import annotations

import re
from pathlib import Path

from dashboards.boards import overview, risk
from dashboards.briefing import asks
from dashboards.briefing.span import Span
from dashboards.front.needs import Need, needs_of
from dashboards.kit import charts, data
from dashboards.kit.areas import Place, place_of
from dashboards.kit.chance import whole
from dashboards.kit.city import BoardCity, read_city
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Html, anchor, html, join, tag
from dashboards.kit.page import Board
from dashboards.kit.periods import last_complete_week, period_of
from dashboards.kit.words import LANGUAGES, Language, Words

STYLE = Path(__file__).parents[1] / "kit" / "style.css"
FRAME = Path(__file__).with_name("front.css")
#: Links of the boards are relative to where the boards are.
_LINK = re.compile(r' href="\./?([^"]*)"| href="(\?[^"]*)"')


def front_page(home_root: Path, *, build: str = "", boards_at: str = "") -> str:
    """The page of the current build, or of a kept one.

    Args:
        home_root: the home.
        build: a build that is still kept; empty: the current one.
        boards_at: where the boards are served, as http://127.0.0.1:8501; empty: the page has no links.

    Raises:
        UsageError: nothing is published yet.
    """
    city = read_city(home_root)
    source = data.open_source(home_root, city.reader, build=build)
    inside = [_spoken(source, city, language) for language in LANGUAGES]
    first = city.language
    called = {language: Words("en" if language == "zh" else "zh")("language.other") for language in LANGUAGES}
    # Named by itself too: the label of the language that is shown is hidden.
    switches = [
        f'<input type="radio" name="language" id="in-{language}" aria-label="{name}"{" checked" if language == first else ""}>'
        f'<label for="in-{language}">{name}</label>'
        for language, name in called.items()
    ]
    style = STYLE.read_text(encoding="utf-8").replace(":host", "body")
    css = f"{charts.css_variables()}\n{style}\n{FRAME.read_text(encoding='utf-8')}"
    body = "".join([*switches, *(part.text for part in inside)])
    title = html(f"{city.title_zh} · {city.title_en}".strip(" ·") or "citybrain")
    page = (
        f'<!doctype html>\n<html lang="{"zh-CN" if first == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{css}</style></head>\n<body>{body}</body></html>\n"
    )
    return _linked(page, boards_at)


def write_front_page(home_root: Path, path: Path, *, build: str = "", boards_at: str = "") -> None:
    """Write the page, whole or not at all."""
    text = front_page(home_root, build=build, boards_at=boards_at)
    draft = path.with_name(f".{path.name}.part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _linked(page: str, boards_at: str) -> str:
    """Links to the boards' address; without one a link is text."""
    if not boards_at:
        return _LINK.sub("", page)
    base = boards_at.rstrip("/")
    return _LINK.sub(lambda found: f' href="{base}/{found[1] or found[2]}"', page)


def _spoken(source: data.Source, city: BoardCity, language: Language) -> Html:
    """The whole page in one language."""
    view = View(language=language, build=source.build_id)
    board = Board(source, view, Words(language), city, ".")
    words, place = board.words, place_of(board)
    facts = [
        tag("span", words("banner.as_of"), " ", tag("b", words.moment(source.as_of))),
        tag("span", words("banner.build"), " ", tag("b", source.build_id)),
    ]
    if city.is_synthetic:
        facts.append(tag("span", words("banner.synthetic")))
    head = tag("div", tag("span", city.title(language) or words("city.nameless"), kind="city"), kind="head")
    parts = [
        head, tag("div", join(facts), kind="banner"), _needs(board, place), _overview(board, place), _risk(board, place),
        tag("div", words("ethics"), kind="footer"),
    ]  # fmt: skip
    return tag("main", join(parts), kind=f"spoken in-{language}", lang="zh-CN" if language == "zh" else "en")


def _needs(board: Board, place: Place) -> Html:
    words = board.words
    head = tag("h1", words("needs.title", most=whole("needs_shown")))
    needs = needs_of(board, place)
    if not needs:
        return head + tag("p", words("needs.nothing"), kind="lead")
    lately = asks.asked_lately(asks.folder_of(board.source.home_root), board.source.as_of, place.code, words.language)
    return head + tag("ol", join([_line(board, need, _asked(board, need, lately)) for need in needs]), kind="needs")


def _asked(board: Board, need: Need, lately: tuple[Span, list[asks.Asked]] | None) -> str:
    """Whether the last briefing asked for this; empty where none was kept."""
    if lately is None:
        return ""
    number, week = asks.number_of(need, lately[1]), lately[0].written(board.words)
    return board.words("needs.not_asked", week=week) if number is None else board.words("needs.asked_as", week=week, n=number)


def _line(board: Board, need: Need, asked: str) -> Html:
    said = {"place": need.place, "unit": need.unit, "due": need.due, "before": need.before, "asked": asked}
    facts = [
        tag("span", tag("span", board.words(f"needs.{name}"), kind="muted"), " ", text) for name, text in said.items() if text
    ]
    return tag("li", anchor(need.view, need.what, page=need.page), tag("div", join(facts), kind="needs-facts"))


def _overview(board: Board, place: Place) -> Html:
    period = period_of(board.view, board.source.as_of)
    figures = overview.figures_of(board, place, period)
    trends = board.source.ask("overview__trends", area=place.code, **period.params)
    title = tag("h1", board.words("title.overview", area=place.name))
    return title + tag("p", overview.lead(board, figures), kind="lead") + overview.cards(board, place, figures, trends, None)


def _risk(board: Board, place: Place) -> Html:
    cases = board.source.ask("risk__open", area=place.code, kind="")
    week = last_complete_week(board.source.as_of)
    alerts = board.source.ask("risk__alerts", area=place.code, root=place.root, week=week, kind="").rows(named=True)
    outside = risk.outside_of(board, place)
    title = tag("h1", board.words("title.risk", area=place.name))
    shown = cases.filter(~cases["is_hidden"])
    open_cases = risk.open_table(board, shown) if shown.height else EMPTY
    worse = risk.findings(board, place, outside.worse[: whole("findings_shown")]) if outside.worse else EMPTY
    heading = tag("h2", board.words("risk.funnel_heading")) if outside.worse else EMPTY
    return title + tag("p", risk.lead(board, place, cases, alerts, outside), kind="lead") + open_cases + heading + worse
