"""What people decided, done in the ledger while others decide too."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from pipelines.core import decided, decisions
from pipelines.core.decisions import Decision
from pipelines.core.settings import Home
from pipelines.core.state import Ledger

AT = dt.datetime(2026, 7, 1, 9)


def decide(home: Home, record_no: int) -> None:
    content = {"feed": "f", "sha256": "0" * 64, "record_no": record_no, "rule_ids": ["r"]}
    decisions.enter(home, Decision("accept_as_is", f"f/{record_no}", content, "why", "who", AT, AT.date()))


@pytest.mark.parametrize("before", [0, 1])
def test_what_another_process_decided_meanwhile_is_not_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Between the reading of the decisions and the ledger's turn another process enters one and carries it out."""
    home = Home(tmp_path / "home").make()
    slow, other = Ledger.of(home), Ledger.of(home)
    for number in range(before + 1):
        decide(home, number)
    read = decisions.every
    reads: list[int] = []

    def every(of: Home) -> list[dict[str, Any]]:
        told = read(of)
        reads.append(1)
        if len(reads) == 1:
            decide(home, 9)
            assert decided.settle(home, other) == 0
        return told

    monkeypatch.setattr(decisions, "every", every)
    decided.settle(home, slow)
    assert [one.record_no for one in slow.amendments()] == [*range(before + 1), 9]
    for ledger in (slow, other):
        ledger.close()
