"""What people decide about what was received, each as one stage of a trial, and the command that follows a stop.

Belongs here: the acts and the points that each reaches. Does not: which faults, what must hold afterwards (the tests).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import replay
from pipelines.core import decided, disk, faults, retention, rotation, shredding
from pipelines.core.decided import Signed
from pipelines.core.installation import Installation
from pipelines.core.named_files import named_file
from tests.faults import trials

SIGNED = Signed("data desk", "a trial", trials.NOW)
FEED, MONTH = "u", trials.NOW.strftime("%Y%m")
#: When everything is over its time.
LATE = trials.NOW + dt.timedelta(days=2000)
#: Every point that an act reaches, each after its decision but `after_upload`.
POINTS = {
    "retract": ("after_decision",),
    "accept": ("after_decision",),
    "mend": ("after_upload", "after_decision"),
    "shred": ("after_decision", "after_keys"),
    "retain": ("after_decision", "after_objects"),
    "rotate": ("after_decision", "key_fsync", "key_rename", "between_masters", "after_new_key"),
}
#: Acts that a person begins once more after a stop; what was decided by the others the next run carries out.
BEGUN_AGAIN = ("mend", "shred", "retain", "rotate")


@dataclass(frozen=True)
class Row:
    """A row of a workbook that came back."""

    ticket: str
    cells: dict[str, str | None]
    key: dict[str, str] = field(default_factory=dict)
    formula_in: tuple[str, ...] = ()


def _ticket(place: Installation, rule: str) -> str:
    told = "select ticket from quarantine where feed = ? and rule_ids like ? order by record_no limit 1"
    return str(place.ledger.rows(told, FEED, f"%{rule}%")[0]["ticket"])


def _retract(place: Installation) -> None:
    decided.retract(place.home, place.ledger, named_file(place.ledger, "u20260601.csv"), SIGNED)


def _accept(place: Installation) -> None:
    replay.accept(place, [_ticket(place, "reported_at-window")], SIGNED)


def _mend(place: Installation) -> None:
    row = Row(_ticket(place, "reported_at-type"), {"reported_at": "2026-06-01 07:30:00"})
    replay.replay(place, FEED, b"a workbook", [row], by="clerk", name="w.xlsx", now=trials.NOW)


def _shred(place: Installation) -> None:
    shredding.shred(place, shredding.keys_of(place, FEED, MONTH), SIGNED, name=MONTH, feed=FEED)


def _retain(place: Installation) -> None:
    found = retention.overdue(place, now=LATE, with_open=True)
    if found.paths or found.keys:
        retention.apply(place, found, SIGNED)


def _rotate(place: Installation) -> None:
    rotation.rotate(place, SIGNED)


ACTS: dict[str, Callable[[Installation], None]] = {
    "retract": _retract, "accept": _accept, "mend": _mend, "shred": _shred, "retain": _retain, "rotate": _rotate,
}  # fmt: skip


def home_of(stage: trials.Stage, target: Path) -> Path:
    """A home of its own for one trial; copied, not linked, for keys are overwritten where they lie."""
    return Path(shutil.copytree(stage.home, target))


def act(stage: trials.Stage, home: Path, heard: Any) -> dict[str, Any]:
    """The act that the home is named after."""
    del heard
    place = trials.opened(stage, home)
    with disk.told(home):
        ACTS[home.name.partition("-")[0]](place)
    place.ledger.close()
    return {"done": home.name}


def count(stage: trials.Stage, home: Path, heard: Any) -> dict[str, Any]:
    """The same, telling how often each fault point is reached."""
    reached: Counter[str] = Counter()
    faults.hit = lambda point: reached.update([point])
    act(stage, home, heard)
    return {"reached": reached}


def go_on(stage: trials.Stage, home: Path, heard: Any) -> dict[str, Any]:
    """What follows a stop, and an act that was not stopped alike: the next run; then the act once more, where one begins it again."""
    ended = trials.take(stage, home, heard)
    return ended if home.name.partition("-")[0] not in BEGUN_AGAIN else {**ended, **act(stage, home, heard)}
