"""The fault matrix of what people decide: retracting, mending, accepting, shredding, retention, rotation, stopped in every way.

Part of the long proof `make prove-faults`. In the fork server, on a tiny city: SIGKILL, exit, exception, a disk that refuses. After
the next run (and the act once more, where a person begins it again) the home's whole content is that of an act nobody stopped, a
decision stands once, and every data key opens. After a stop in a rotation every object of the vault opens before anybody does anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.core import decisions, faults
from pipelines.core.settings import Home
from tests.faults import acts, small_city, trials
from tests.faults.test_matrix import check_end, nth
from tests.faults.trials import Stage

CELLS = [(act, point, kind) for act, points in acts.POINTS.items() for point in points for kind in faults.KINDS]

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A home that took three files: rows set aside, one of them to be mended, one that may be accepted."""
    stage = small_city.write_city(tmp_path_factory.mktemp("decisions"))
    small_city.write_day(stage, 1)
    early = "A50,1999-01-01 07:00:00,,9901,A,139,B,2026-06-02 08:00:00"
    (stage.source / "u20260602.csv").write_text(f"{small_city.HEADER}\n{early}\n", encoding="utf-8")
    assert trials.run(trials.take, stage, stage.home).said == {"failed": {}}
    trials.opened(stage, stage.home).vault.mark("")  # the key of marks is made, so that all homes name cells alike
    return stage


@pytest.fixture(scope="module")
def clean(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], dict[str, int]]]:
    """Of each act that nobody stopped: the home's content, and how often it reaches each point."""
    base, found = tmp_path_factory.mktemp("clean"), {}
    before = trials.content(stage, stage.home)
    for name in acts.ACTS:
        home = acts.home_of(stage, base / f"{name}-clean")
        ended = trials.run(acts.count, stage, home)
        assert "reached" in ended.said, ended.said
        assert trials.run(acts.go_on, stage, home).said["failed"] == {}
        content = trials.content(stage, home)
        assert name == "rotate" or trials.difference(before, content), f"{name} changes nothing: a lost one would go unseen"
        found[name] = content, ended.said["reached"]
    return found


def decided_n(home: Path) -> int:
    return len(decisions.every(Home(home)))


@pytest.mark.parametrize(("act", "point", "kind"), CELLS)
def test_deciding(
    stage: Stage, clean: dict[str, tuple[dict[str, Any], dict[str, int]]], tmp_path: Path, act: str, point: str, kind: str
) -> None:
    content, reached = clean[act]
    home = acts.home_of(stage, tmp_path / f"{act}-home")
    ended = trials.run(acts.act, stage, home, f"{point}:{kind}:{nth(kind, reached[point])}")
    check_end(ended, kind, f"{act} {point}:{kind}")
    assert decided_n(home) == (point != "after_upload")
    if act == "rotate":
        assert not trials.wrong(stage, home, [])
        assert set(trials.content(stage, home)["tables"]) == set(content["tables"])  # which opens every object
    if kind not in ("kill", "exit"):
        assert not trials.drafts(home), "a failure that is told leaves no draft"
    again = trials.run(acts.go_on, stage, home)
    assert (again.code, again.said["failed"]) == (0, {}), again.said
    assert not trials.difference(content, trials.content(stage, home))
    # Going on with a rotation is a decision of its own; so is dropping what retention had not dropped yet.
    assert decided_n(home) == (2 if act == "rotate" or (act, point) == ("retain", "after_decision") else 1)
    assert not trials.drafts(home)
    assert trials.opened(stage, home).vault.keys.stale() == []
