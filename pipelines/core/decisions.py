"""Human decisions: `state/state.db`, append-only.

Belongs here: entering decisions and reading them, and what the last of them says of each file. Does not: what a decision
does (decided for files, building/inputs for codes and targets).
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.core.errors import UsageError
from pipelines.core.settings import Home, pick

DECISIONS = """
create table if not exists decision (
    decision_id integer primary key, kind text not null, subject text not null, content text not null, reason text not null,
    decided_by text not null, decided_at text not null, effective_from text not null);
"""
DECISION_KINDS = (
    "release", "retract", "accept_as_is", "mend", "code_mapping", "alert_seen", "alert_closed", "ask_done", "target",
    "shred", "retention", "rotate_key",
)  # fmt: skip
#: Kinds whose content dbt models read; when one is made, nothing old can be kept.
READ_BY_MODELS = ("code_mapping", "target")


@dataclass(frozen=True, slots=True)
class Decision:
    """One human decision; `content` is a JSON object whose keys depend on the kind."""

    kind: str
    subject: str
    content: dict[str, Any]
    reason: str
    decided_by: str
    decided_at: dt.datetime
    effective_from: dt.date


def check(decision: Decision) -> None:
    """Raises UsageError for an unknown kind or a missing name or reason."""
    if decision.kind not in DECISION_KINDS:
        raise UsageError(
            pick(f"unknown kind of decision {decision.kind!r}", f"没有这种决定：{decision.kind!r}"),
            remedy=pick(f"known are {', '.join(DECISION_KINDS)}", f"可用：{'、'.join(DECISION_KINDS)}"),
        )
    if not decision.reason.strip() or not decision.decided_by.strip():
        raise UsageError(
            pick("a decision needs a reason and a name", "决定须写明理由和决定人"),
            remedy=pick("add --reason and --by", "加上 --reason 和 --by"),
        )


class Decisions:
    """`state/state.db`: human decisions, append-only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(DECISIONS)

    @classmethod
    def of(cls, home: Home) -> Decisions:
        """The decisions of `home`."""
        return cls(home.state / "state.db")

    def close(self) -> None:
        self._db.close()

    def append(self, decision: Decision) -> int:
        """Enter a decision; returns its number. Raises UsageError as `check` does."""
        check(decision)
        row = asdict(decision)
        cursor = self._db.execute(
            "insert into decision (kind, subject, content, reason, decided_by, decided_at, effective_from) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [row["kind"], row["subject"], json.dumps(row["content"], ensure_ascii=False, sort_keys=True), row["reason"],
             row["decided_by"], decision.decided_at.isoformat(), decision.effective_from.isoformat()],
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def all(self) -> list[dict[str, Any]]:
        """Every decision in the order made."""
        return [dict(row) for row in self._db.execute("select * from decision order by decision_id")]


def every(home: Home) -> list[dict[str, Any]]:
    """Every decision of `home` in the order made."""
    decisions = Decisions.of(home)
    try:
        return decisions.all()
    finally:
        decisions.close()


def enter(home: Home, decision: Decision) -> int:
    """Enter one decision of `home`; returns its number. Raises UsageError as `Decisions.append` does."""
    decisions = Decisions.of(home)
    try:
        return decisions.append(decision)
    finally:
        decisions.close()
