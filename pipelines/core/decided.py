"""What people decide about files, done in the ledger.

Belongs here: retracting and giving back, mending a ledger that lags behind the decisions, destroying keys that a decision
names. Does not: keeping decisions (decisions), the ledger's statements (state), which file is meant (named_files).

A decision is entered first and the ledger follows in one transaction. A kill between the two leaves a decision that the
next run or command carries out: `settle` makes the ledger say what the last decision on each file says, and changes
nothing where it does. So a ledger that was lost and filled again from the drop folder follows them too.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.core import decisions as human
from pipelines.core import faults, vault_keys
from pipelines.core.decisions import Decision
from pipelines.core.errors import UsageError
from pipelines.core.settings import Home, pick
from pipelines.core.state import FileRow, Ledger
from pipelines.core.tickets import Amendment

FileKey = tuple[str, str]
#: Kinds of decisions about what was received, with what was done and what undoing it is called, in English and Chinese.
FILE_KINDS = {
    "retract": (("retracted", "已撤回"), ("given back", "已恢复")),
    "release": (("released", "已放行"), ("held again", "已重新搁置")),
    "mend": (("rows mended", "已更正行"), ("", "")),
    "accept_as_is": (("row taken as it is", "按原样接收一行"), ("row set aside again", "一行重新隔离")),
    "shred": (("shredded in the vault", "已在保险库中销毁"), ("", "")),
    "retention": (("dropped after retention", "已按保存期限清除"), ("", "")),
    "rotate_key": (("master key rotated", "已轮换主密钥"), ("", "")),
}
#: Kinds whose `keys` are destroyed: room, feed and month of each.
DESTROYING = ("shred", "retention")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who decides, why, and when."""

    by: str
    reason: str
    at: dt.datetime


def file_decision(kind: str, file: FileRow, signed: Signed, **content: Any) -> Decision:
    """A decision of `kind` on one file; its subject is feed/sha256."""
    told = {"feed": file.feed, "sha256": file.sha256, "name": file.name, **content}
    return Decision(kind, f"{file.feed}/{file.sha256}", told, signed.reason, signed.by, signed.at, signed.at.date())


def last_words(decisions: Iterable[dict[str, Any]], kind: str) -> dict[FileKey, dict[str, Any]]:
    """The content of the last decision of `kind` on each file: (feed, sha256) to its content."""
    said: dict[FileKey, dict[str, Any]] = {}
    for decision in decisions:
        if decision["kind"] == kind:
            content = json.loads(decision["content"])
            said[content["feed"], content["sha256"]] = content
    return said


def sentence(decision: dict[str, Any]) -> str:
    """One line about a decision on a file: what, which, who, when, why."""
    content = json.loads(decision["content"])
    done = pick(*FILE_KINDS[decision["kind"]][bool(content.get("undo"))])
    who = f"{decision['decided_by']}, {decision['decided_at'][:16].replace('T', ' ')}: {decision['reason']}"
    return f"{done}: {content['feed']} {content['name']} ({who})"


def is_released(home: Home, file: FileRow) -> bool:
    """Whether the last word of a person is that a file is to be loaded though it was held."""
    content = last_words(human.every(home), "release").get((file.feed, file.sha256))
    return content is not None and not content.get("undo")


def amendments(decisions: Iterable[dict[str, Any]]) -> list[Amendment]:
    """What the decisions say about single records: cells laid over them, and rules that a person overruled."""
    mends: list[Amendment] = []
    accepted: dict[tuple[str, str, int], Amendment | None] = {}
    for decision in decisions:
        number, kind = decision["decision_id"], decision["kind"]
        content = json.loads(decision["content"]) if kind in ("mend", "accept_as_is") else {}
        if kind == "mend":
            for record in content["records"]:
                mends.append(Amendment(number, content["feed"], content["sha256"], record, "mend", content["cells"]))
        if kind == "accept_as_is":
            key = content["feed"], content["sha256"], content["record_no"]
            told = Amendment(number, *key, "accept", ",".join(content["rule_ids"]))
            accepted[key] = None if content.get("undo") else told
    every = [*mends, *(one for one in accepted.values() if one)]
    return sorted(every, key=lambda one: (one.seq, one.feed, one.sha256, one.record_no, one.kind))


def settle(home: Home, ledger: Ledger) -> int:
    """Make the ledger say what the decisions say; returns how many files changed. One transaction; none if none lags."""
    told = human.every(home)
    destroy_decided(home, told)
    if not last_words(told, "retract") and ledger.amendments() == amendments(told):
        return 0
    with ledger.transaction():
        told = human.every(home)  # read anew: what another process decided and carried out meanwhile is not undone
        amended = amendments(told)
        if ledger.amendments() != amended:
            ledger.set_amendments(amended)
        return sum(
            (ledger.give_back if content.get("undo") else ledger.take_back)(*key)
            for key, content in sorted(last_words(told, "retract").items())
        )


def destroy_decided(home: Home, decisions: Iterable[dict[str, Any]]) -> int:
    """Destroy every data key of which that was decided, also one that a backup brought back; returns how many were there."""
    n = 0
    for decision in decisions:
        if decision["kind"] in DESTROYING:
            doomed = [(room, feed, month) for room, feed, month in json.loads(decision["content"])["keys"]]
            n += vault_keys.destroy(home, doomed, f"{decision['decided_at'][:10]}, #{decision['decision_id']}")
    return n


def retract(home: Home, ledger: Ledger, file: FileRow, signed: Signed, *, undo: bool = False) -> FileRow:
    """Take a file out of everything, or give it back; the file as it then stands.

    Raises UsageError if it is out already (with undo: if it is not), or without a name and a reason.
    """
    settle(home, ledger)
    now = _known(ledger, file)
    if undo != (now.status == "retracted"):
        raise UsageError(
            pick("is not retracted", "未被撤回") if undo else pick("is retracted already", "已被撤回"),
            where=f"{file.feed}: {file.name}",
            remedy="citybrain status" if undo else pick("retract with --undo gives it back", "retract 加 --undo 可恢复"),
        )
    human.enter(home, file_decision("retract", now, signed, undo=undo))
    faults.hit("after_decision")
    settle(home, ledger)
    return _known(ledger, file)


def release(home: Home, ledger: Ledger, file: FileRow, signed: Signed) -> None:
    """Enter that a held file is to be loaded; ingest loads it.

    Raises UsageError where holding it is no judgement but a fact (it cannot be read), and for a file that is not held.
    """
    settle(home, ledger)
    now = _known(ledger, file)
    if all(one.sha256 != now.sha256 for one in ledger.held_by_judgement(now.feed)):
        is_held = now.status == "held"
        raise UsageError(
            pick(f"no decision can load it: {now.held_what}", f"无法以决定放行：{now.held_what}") if is_held
            else pick("is not held", "未被搁置"),
            where=f"{now.feed}: {now.name}", remedy=now.held_remedy.rsplit(" [", 1)[0] if is_held else "citybrain status",
        )  # fmt: skip
    human.enter(home, file_decision("release", now, signed))
    faults.hit("after_decision")


def _known(ledger: Ledger, file: FileRow) -> FileRow:
    found = ledger.file(file.feed, file.sha256)
    assert found is not None
    return found
