"""Named fault points, so that a test can stop the real program at an exact place.

Belongs here: the switch. Does not: any handling. Nothing happens unless CITYBRAIN_FAULT=name:kind is set, with kind one
of exception, exit, kill; a number after a second colon (name:kind:3) means the third time the point is reached.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from pipelines.core.settings import load_settings

_seen: Counter[str] = Counter()


class InjectedFault(RuntimeError):
    """Raised by a fault point of kind `exception`."""


def hit(point: str) -> None:
    """Stop here if the environment asks for it."""
    wanted = load_settings().fault
    if not wanted:
        return
    name, _, rest = wanted.partition(":")
    kind, _, nth = rest.partition(":")
    if name != point:
        return
    _seen[point] += 1
    if _seen[point] != int(nth or 1):
        return
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        os._exit(70)
    raise InjectedFault(point)
