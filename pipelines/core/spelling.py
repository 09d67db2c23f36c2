"""Spelling: the known words nearest to one that nobody knows, and the sentence that says so.

Belongs here: nearness of letters for error messages and proposals. Does not: what words mean (scaffold.wording).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pipelines.core.settings import pick

#: Share of letters in common, in order: below it a proposal confuses more than it helps.
LEAST = 0.5
MOST_LISTED = 40


def nearest(typed: str, known: Iterable[object], *, least: float = LEAST) -> str:
    """The known word most like `typed`; empty if none is near."""
    found = difflib.get_close_matches(typed, sorted(map(str, known)), n=1, cutoff=least)
    return found[0] if found else ""


def did_you_mean(typed: str, known: Iterable[object], otherwise: str = "") -> str:
    """A remedy: up to three words most like `typed`; if none is near, `otherwise`, else those that are known."""
    words = sorted(map(str, known))
    near = [repr(word) for word in difflib.get_close_matches(typed, words, n=3, cutoff=LEAST)]
    if near:
        return pick(f"did you mean {' or '.join(near)}?", f"是否指 {'、'.join(near)}？")
    if otherwise:
        return otherwise
    listed = [word or "(empty)" for word in words[:MOST_LISTED]]
    more = [f"... ({len(words)})"] if len(words) > MOST_LISTED else []
    return pick(f"known are {', '.join(listed + more)}", f"可用：{'、'.join(listed + more)}")
