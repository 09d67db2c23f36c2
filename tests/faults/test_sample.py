"""Three cells of the fault matrix on a tiny city of two feeds; the whole matrix is `make prove-faults`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults import trials
from tests.faults.trials import Stage

HEADER = "任务号,上报时间,结案时间,单元网格编码,上报人,上报人电话,问题描述,更新时间"
FEED = """contract: urban_case
system: {name}
source: {{type: drop, pattern: '{name}*', settle_seconds: 0}}
format: csv
delivery: increment
extracted_at: {{name: '{name}(\\d{{8}})'}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A home that took one day, and a second day that waits."""
    base = tmp_path_factory.mktemp("sample")
    (base / "city" / "feeds").mkdir(parents=True)
    (base / "source").mkdir()
    (base / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    stage = Stage(base / "home", base / "city", base / "source")
    for name in ("u", "w"):
        (base / "city" / "feeds" / f"{name}.yml").write_text(FEED.format(name=name), encoding="utf-8")
    for day in (1, 2):
        for name in ("u", "w"):
            rows = [f"A{n},2026-06-0{day} 07:00:00,,9901,A,139,B,2026-06-0{day} 08:00:00" for n in range(20)]
            rows.append("A99,no time,,9901,A,139,B,2026-06-01 08:00:00")
            (base / "source" / f"{name}2026060{day}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        if day == 1:
            assert trials.run(trials.take, stage, stage.home).said == {"failed": {}}
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
