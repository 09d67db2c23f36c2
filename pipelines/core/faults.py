"""Named fault points, so that a test can stop the real program at an exact place, in an exact way.

Belongs here: the switch, the list of points and kinds. Does not: any handling. Nothing happens unless CITYBRAIN_FAULT=point:kind
was set when the program started; a number behind a second colon (point:kind:3) means the third time the point is reached.
A production city refuses to open while it is set. Unarmed a point costs one comparison.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from collections import Counter
from collections.abc import Iterator

from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import environment

VARIABLE = "CITYBRAIN_FAULT"
#: Points of taking a file, in the order in which one reaches them; a name may be reached several times.
INGEST = (
    "source_list", "source_read", "after_hash", "key_write", "vault_write", "vault_fsync", "vault_rename", "after_vault",
    "decode", "vault_read", "judge", "split", "landing_write", "landing_fsync", "landing_rename", "after_landing",
    "before_ledger", "ledger_commit", "after_ledger",
)  # fmt: skip
#: Points of a build up to its publishing.
BUILD = (
    "after_validate", "warehouse_write", "before_phase_1", "dbt", "after_phase_1", "before_phase_2", "after_phase_2",
)  # fmt: skip
PUBLISH = (
    "gate", "before_publish_file", "part_write", "part_fsync", "part_rename", "file_write", "file_fsync", "file_rename",
    "after_publish_file", "pointer_fsync", "pointer_rename", "after_pointer", "before_finish",
)  # fmt: skip
DECISIONS = ("after_upload", "after_decision")
#: Points of shredding, retention and rotation, each after its decision.
KEYS = ("after_keys", "after_objects", "key_fsync", "key_rename", "between_masters", "after_new_key")
POINTS = (*INGEST, *BUILD, *PUBLISH, *DECISIONS, *KEYS)
#: Kinds that the disk refuses with, and the others.
ERRNOS = {"enospc": errno.ENOSPC, "eio": errno.EIO}
KINDS = ("exception", "exit", "kill", *ERRNOS)
EXIT_STATUS = 70

_wanted = environment(VARIABLE)
_seen: Counter[str] = Counter()


class InjectedFault(RuntimeError):
    """Raised by a fault point of kind `exception`."""


def arm(wanted: str) -> None:
    """Arm this process (tests): `point:kind` or `point:kind:n`; empty disarms. Raises ConfigurationError for what is unknown."""
    global _wanted  # noqa: PLW0603 - the switch
    if wanted:
        _parts(wanted)
    _wanted = wanted
    _seen.clear()


@contextlib.contextmanager
def armed(wanted: str) -> Iterator[None]:
    """Armed within the block (tests)."""
    arm(wanted)
    try:
        yield
    finally:
        arm("")


def refuse_in(level: str) -> None:
    """Raises ConfigurationError where a production city is opened with a fault armed, and for one that is unknown."""
    if _wanted:
        _parts(_wanted)
    if _wanted and level == "production":
        raise ConfigurationError(
            f"a fault is armed: {_wanted} would stop the program on purpose", where=VARIABLE, remedy=f"unset {VARIABLE}"
        )


def hit(point: str) -> None:
    """Stop here if this point is armed."""
    if _wanted:
        _stop(point)


def _parts(wanted: str) -> tuple[str, str, int]:
    name, _, rest = wanted.partition(":")
    kind, _, nth = rest.partition(":")
    if name not in POINTS or kind not in KINDS or not (nth or "1").isdecimal():
        raise ConfigurationError(
            f"no such fault: {wanted!r}", where=VARIABLE,
            remedy=f"point:kind or point:kind:n, with point one of {', '.join(POINTS)} and kind one of {', '.join(KINDS)}",
        )  # fmt: skip
    return name, kind, int(nth or 1)


def _stop(point: str) -> None:
    name, kind, nth = _parts(_wanted)
    if name != point:
        return
    _seen[point] += 1
    if _seen[point] != nth:
        return
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        os._exit(EXIT_STATUS)
    if kind in ERRNOS:
        raise OSError(ERRNOS[kind], os.strerror(ERRNOS[kind]))
    raise InjectedFault(point)
