"""Three cells of the fault matrix on a tiny city of two feeds, and that no point is without cells; the whole is `make prove-faults`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.core import faults
from tests.faults import acts, small_city, trials
from tests.faults.trials import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A home that took one day, and a second day that waits."""
    stage = small_city.write_city(tmp_path_factory.mktemp("sample"))
    small_city.write_day(stage, 1)
    assert trials.run(trials.take, stage, stage.home).said == {"failed": {}}
    small_city.write_day(stage, 2)
    return stage


@pytest.fixture(scope="module")
def clean(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = trials.copy_home(stage.home, tmp_path_factory.mktemp("clean") / "home")
    assert trials.run(trials.take, stage, home).said == {"failed": {}}
    return trials.content(stage, home)


@pytest.mark.parametrize("fault", ["vault_rename:kill:2", "landing_rename:enospc", "vault_read:eio:3"])
def test_a_rerun_after_a_fault_ends_where_a_clean_run_does(
    stage: Stage, clean: dict[str, Any], tmp_path: Path, fault: str
) -> None:  # fmt: skip
    home = trials.copy_home(stage.home, tmp_path / "home")
    ended = trials.run(trials.take, stage, home, fault)
    assert ended.code or ended.said["failed"], "the fault point was not reached"
    assert not trials.wrong(stage, home, ended.acknowledged)
    assert trials.difference(clean, trials.content(stage, home)), "the fault stopped nothing"
    assert trials.run(trials.take, stage, home).said == {"failed": {}}
    assert not trials.difference(clean, trials.content(stage, home))
    assert not trials.drafts(home)


def test_every_point_has_its_cells_in_the_matrix() -> None:
    """Of decisions and keys each point is reached by an act; of the others the matrix takes the lists as they stand."""
    assert {point for points in acts.POINTS.values() for point in points} == {*faults.DECISIONS, *faults.KEYS}
    assert {*faults.INGEST, *faults.BUILD, *faults.PUBLISH, *faults.DECISIONS, *faults.KEYS} == set(faults.POINTS)
    assert acts.POINTS.keys() == acts.ACTS.keys()
