"""Owed: whether a reader did something that the page does not show yet.

Belongs here: that note, for the session at hand. Does not: what was done (the callbacks that take the note know), making pages.

Streamlit's frontend sends as one message whatever happens before its next free moment, and names it after a fragment if one is
part of it. An open page asks for news from a fragment each second. So a choice, a link or a form of the same moment reached the
server as such a question: its callback ran, and no page was made (Streamlit 1.67; up to one of 100 clicks in a busy browser,
2026-11). Now every callback takes note, and a question for news that finds the note has the page made.
"""

from __future__ import annotations

import streamlit as st

_OWED = "owed"


def owe() -> None:
    """Note, from a callback, that the page must be made anew."""
    st.session_state[_OWED] = True


def is_owed() -> bool:
    """Whether something was done since the page was last made."""
    return _OWED in st.session_state


def paid() -> None:
    """The page is made, of all that was done before it was begun."""
    st.session_state.pop(_OWED, None)


__all__ = ["is_owed", "owe", "paid"]
