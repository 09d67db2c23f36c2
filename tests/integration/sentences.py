"""What a sentence to a person must be, whatever went wrong."""

from __future__ import annotations

import re

from tests.integration.many_homes import CANARY, PHONE

_LINE_ENDS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029\x00-\x08]")
_CLASSES = re.compile(r"\b\w*(?:Error|Exception|Warning|Traceback|Fault)\b|<class|object at 0x|\bNone\b|\\x[0-9a-f]{2}")


def is_sentence(text: str) -> None:
    """What, where and what to do, on one line, in words, naming nobody."""
    where, _, rest = text.partition(": ")
    what, _, remedy = rest.partition(" -> ")
    assert where, text
    assert what.strip(), text
    assert remedy.strip(), text
    assert len(text) < 500, text
    assert not _LINE_ENDS.search(text), repr(text)
    assert not _CLASSES.search(text), text
    assert CANARY not in text
    assert PHONE not in text
