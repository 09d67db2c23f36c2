"""Opened builds: a published build stays open between two questions, narrowed to one reader.

Belongs here: opening once per (home, build, reader), lending a cursor, closing what nobody used for longest. Does not: which
rows a reader sees (access), answers already given (data).

Why: to open a build and make its views took 0.14 s of CPU for each question, eight questions a page (demo, 2026-11-22);
25 readers would have spent more than one core on that alone.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.core.warehouse import Connection, PublishedBuild, open_pair, open_published

#: Builds kept open, over all readers: the current one, the one before while pages still read it, one or two asked for by name.
KEPT_OPEN = 4
#: Questions answered at once, by all pages of a process. More finish no sooner on few cores, and they share one build's
#: gigabyte of memory: with twelve at once a question of the demo ran out of it (2026-11-22).
AT_ONCE = 2


@dataclass(slots=True)
class _Open:
    """One build, and how many questions are being answered from it."""

    build: PublishedBuild
    users: int = 0


class Turns:
    """So many at once, and who asked first goes first.

    A `threading.Semaphore` lets who has just left in again before those that wait, and who loses so waits behind all others anew.
    With more asked than could be answered (20 readers, a build each 8 s) one waited 17 minutes for a page (2026-11-23).
    """

    def __init__(self, at_once: int) -> None:
        self._free, self._waiting, self._lock = at_once, deque[threading.Lock](), threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # until one who leaves hands over

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_kept: OrderedDict[tuple[str, str, Any], _Open] = OrderedDict()
_lock = threading.Lock()
_turn = Turns(AT_ONCE)


@contextmanager
def cursor_of(
    home_root: Path, manifest: dict[str, Any], reader: Hashable, narrow: Callable[[PublishedBuild], None]
) -> Iterator[Connection]:  # fmt: skip
    """A cursor on a published build, opened and narrowed by `narrow` if it is not open yet; closed at the end.

    Raises what opening or narrowing raises; nothing is kept then.
    """
    key = (str(home_root), json.dumps(manifest, sort_keys=True), reader)
    with _lock:
        one = _kept.get(key)
        if one is None:
            build = open_published(home_root, manifest)
            try:
                narrow(build)
            except BaseException:
                build.close()
                raise
            one = _kept[key] = _Open(build)
        one.users += 1
        _kept.move_to_end(key)
        _close_idle()
    try:
        with _turn, closing(one.build.connection.cursor()) as cursor:
            yield cursor
    finally:
        with _lock:
            one.users -= 1


@contextmanager
def pair_of(
    home_root: Path, before: dict[str, Any], after: dict[str, Any], narrow: Callable[[PublishedBuild], None]
) -> Iterator[Connection]:  # fmt: skip
    """A connection on two kept builds (schemas `before` and `marts`), narrowed, closed at the end: few ask, and it holds much.

    What does not fit into memory is written to a folder of its own that goes with it.
    """
    with _turn, TemporaryDirectory(prefix="citybrain-boards-") as spill:
        pair = open_pair(home_root, before, after, Path(spill))
        try:
            narrow(pair)
            yield pair.connection
        finally:
            pair.close()


def _close_idle() -> None:
    """Close the builds that nobody used for longest and nobody uses now. Called under the lock."""
    for key in [key for key, one in _kept.items() if not one.users][: max(0, len(_kept) - KEPT_OPEN)]:
        _kept.pop(key).build.close()


def open_now() -> list[tuple[str, str, Any]]:
    """What is open: (home, manifest, reader), the one used last at the end."""
    with _lock:
        return list(_kept)


def close_all() -> None:
    """Close what nobody uses (at the end of a test, before a home is removed)."""
    with _lock:
        for key in [key for key, one in _kept.items() if not one.users]:
            _kept.pop(key).build.close()
