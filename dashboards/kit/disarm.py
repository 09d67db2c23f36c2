"""Disarm: names in a drawing are text and never markup.

Belongs here: taking the marks of markup out of a figure's texts. Does not: HTML of a page (markup escapes that), drawing.
Plotly takes <a href=...> in any text for a link, and names come from departments' files. What boards set themselves in what a
mark says, bold and a new line, stays; a name could do no more than that.
"""

from __future__ import annotations

import re
from typing import Any

import plotly.graph_objects as go

_MARKUP = re.compile(r"<(?!/?b>|br>)")


def _plain(value: Any) -> Any:
    """The same with no markup in any text; templates are the boards' own."""
    if isinstance(value, str):
        return _MARKUP.sub("&lt;", value)
    if isinstance(value, dict):
        return {key: one if key.endswith("template") else _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def disarm(figure: go.Figure) -> None:
    """Make every text of a figure harmless, in place; one without markup is left alone."""
    told = figure.to_plotly_json()
    for trace, told_of in zip(figure.data, told["data"], strict=True):
        changed = {
            name: plain
            for name, one in told_of.items()
            if not name.endswith("template") and (plain := _plain(one)) != _listed(one)
        }
        if changed:
            trace.update(changed, overwrite=True)
    layout = {
        name: plain for name, one in told["layout"].items() if name != "template" and (plain := _plain(one)) != _listed(one)
    }
    if layout:
        figure.update_layout(layout, overwrite=True)


def _listed(value: Any) -> Any:
    """The same with lists for tuples, as _plain gives them."""
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value
