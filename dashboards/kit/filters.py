"""Filters: what a reader looks at, as a value that is the same thing as the page's address.

Belongs here: the state of a board, its two-way mapping to query parameters, the select boxes that write it. Does not:
what may be chosen (the boards know it from the data), queries.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from dashboards.kit.chance import whole
from dashboards.kit.words import LANGUAGES, Language

YEAR_TO_DATE = "ytd"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PAGE = re.compile(r"[1-9][0-9]{0,5}")
_CODE = re.compile(r"[\w.\-]{1,96}")
#: The name of a figure, METRIC[~KIND=CODE]/AREA/PERIOD[/BASIS][@BUILD]: whether it leads anywhere is for the board to say.
NAMED = re.compile(r"[^/\s<>\"']{1,120}/[^\s<>\"']{1,160}")
#: What is looked for: one line, no markup.
FOUND = re.compile(r"(?=.{1,160}\Z)[^\s<>\"']+( [^\s<>\"']+)*")
_PRINTED = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[1-9][0-9]{0,11}")


def is_year(year: int) -> bool:
    """Whether a year that an address names can be one: years before and after it, too, can be reckoned with then."""
    return whole("year_first") <= year <= whole("year_last")


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at. An empty text means the board's own first choice.

    Args:
        language: of the page.
        area: a grid_code of any level.
        period: `ytd`, or a month as 2026-05.
        kind: an event_kind.
        build: a published build that is still kept.
        figure: a metric_id whose trend, areas and cases are open.
        cut: which part of that figure, as `<kind of slice>.<code>`; a kind alone opens the comparison by it.
        case: an event_id whose trail is open.
        feed: a feed whose returned rows are listed.
        rule: a rule that they break.
        ticket: one returned row that is open.
        page: page of a list, from 1.
        unit: week, month, quarter or year, of a trend.
        span: one of them, as 2026-W26, 2026-06, 2026-Q2 or 2026.
        against: the one it is compared with.
        basis: `restated` for figures on the areas in force; empty for the areas of the time.
        one: an area that is compared.
        other: the area it is compared with.
        named: a figure by its permanent id, on the boards about one figure.
        earlier: a kept build that `named` is compared with.
        printed: a figure as a bureau printed it.
        printed_of: the number of cases it is said to be a share of.
        claim: how it is claimed, as `>=`; empty: that it is so.
        network: whose departments stand in the funnel.
        find: what is looked for in the box of the head.
    """

    language: Language = "zh"
    area: str = ""
    period: str = YEAR_TO_DATE
    kind: str = ""
    build: str = ""
    figure: str = ""
    cut: str = ""
    case: str = ""
    feed: str = ""
    rule: str = ""
    ticket: str = ""
    page: int = 1
    unit: str = ""
    span: str = ""
    against: str = ""
    basis: str = ""
    one: str = ""
    other: str = ""
    named: str = ""
    earlier: str = ""
    printed: str = ""
    printed_of: str = ""
    claim: str = ""
    network: str = ""
    find: str = ""

    def but(self, **changes: Any) -> View:
        """The same view with some parts changed."""
        return replace(self, **changes)

    @property
    def way_on(self) -> View:
        """The same as somewhere to go: what was looked for here is found, and nobody looks for it there."""
        return self.but(find="")

    @property
    def build_read(self) -> str:
        """The build that this view reads; empty: the current one. The id of a figure names its own."""
        build = self.named.rpartition("@")[2] if "@" in self.named else ""
        return _text(build) or self.build

    @property
    def month(self) -> dt.date | None:
        """The first day of the month looked at; None for the year to date."""
        found = _MONTH.fullmatch(self.period)
        return dt.date(int(found[1]), int(found[2]), 1) if found and is_year(int(found[1])) else None


#: Query parameter of each part; short, and the same in both languages, so that a link can be passed on.
PARAMETERS = {
    "language": "lang", "area": "area", "period": "period", "kind": "kind", "build": "build", "figure": "figure",
    "cut": "cut", "case": "case", "feed": "feed", "rule": "rule", "ticket": "ticket", "page": "page", "unit": "unit",
    "span": "span", "against": "against", "basis": "basis", "one": "one", "other": "other",
    "named": "id", "earlier": "from", "printed": "value", "printed_of": "of", "claim": "claim",
    "network": "network", "find": "find",
}  # fmt: skip

#: Parts that are a code.
CODES = ("area", "kind", "build", "figure", "cut", "case", "feed", "rule", "ticket", "unit", "span", "against",
         "basis", "one", "other", "earlier", "network")  # fmt: skip
#: Parts of another shape, and what they look like.
SHAPED = {"named": NAMED, "find": FOUND, "printed": _PRINTED, "printed_of": _WHOLE, "claim": re.compile("[<>]=?|~")}


def to_params(view: View) -> dict[str, str]:
    """The query parameters of `view`: the language always, other parts only where they differ from a fresh view."""
    fresh = View()
    found = {PARAMETERS["language"]: str(view.language)}
    for part, name in PARAMETERS.items():
        value = getattr(view, part)
        if value != getattr(fresh, part):
            found[name] = str(value)
    return found


def _text(value: str) -> str:
    return value if _CODE.fullmatch(value) else ""


def from_params(params: Mapping[str, str], *, language: Language = "zh") -> View:
    """The view that query parameters name; what makes no sense is left out, never an error (a link may be old)."""
    found = {part: str(params.get(name, "")) for part, name in PARAMETERS.items()}
    spoken: Language = "zh" if found["language"] == "zh" else "en" if found["language"] == "en" else language
    view = View(language=spoken).but(**{part: _text(found[part]) for part in CODES})
    view = view.but(**{part: found[part] for part, shape in SHAPED.items() if shape.fullmatch(found[part])})
    if View(period=found["period"]).month:
        view = view.but(period=found["period"])
    return view.but(page=int(found["page"])) if _PAGE.fullmatch(found["page"]) else view


def link(view: View) -> str:
    """`view` as the address of a link on the same page."""
    return f"?{urlencode(to_params(view))}"


def choose(
    label: str,
    options: Sequence[str],
    view: View,
    part: str,
    *,
    written: Callable[[str], str],
    onward: Callable[[View], View] = lambda view: view,
) -> None:
    """A select box for one part of the view. The address is the only memory: a choice rewrites it.

    Args:
        label: what is chosen, in the reader's language.
        options: values of the part; the current one is shown first if it is none of them.
        view: the current view.
        part: the part's name.
        written: how a value is shown.
        onward: what else a new choice changes (a new area closes the open case).
    """
    import streamlit as st

    from dashboards.kit.owed import owe

    current = getattr(view, part)
    shown = current if current in options else options[0]
    with st.container(key=f"choose_{part}"):
        # The box of another value is another box. A page that asks for news while it is made anew sends what it still shows: to
        # one box that was a choice, and led back to where the reader came from (one of 100 clicks, Streamlit 1.67, 2026-11-23).
        # No typing in the box: its "no results" would be English on a Chinese page.
        sent = st.selectbox(
            label, options, index=options.index(shown), key=f"choice_{part}_{current}", format_func=written, filter_mode=None,
            on_change=owe,
        )  # fmt: skip
    # Streamlit hands on the words of an option that it did not know: a click on a page that was just being made anew.
    chosen = next((one for one in options if sent in (one, written(one))), shown)
    if chosen != shown:
        st.query_params.from_dict(to_params(onward(view.but(**{part: chosen})).way_on))
        st.rerun()


__all__ = ["LANGUAGES", "PARAMETERS", "YEAR_TO_DATE", "View", "choose", "from_params", "link", "to_params"]
