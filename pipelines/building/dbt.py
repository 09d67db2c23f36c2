"""The two dbt invocations of a build: their arguments, their environment, and what their results say.

Belongs here: how dbt is called, by us and by Dagster. Does not: what the models are (dbt_project), when to call (build).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.core.errors import BuildBlocked
from pipelines.core.settings import PROJECT_ROOT, Home, Settings, child_environment, environment, pick

PROJECT = PROJECT_ROOT / "dbt_project"
Phase = Literal[1, 2]
TAGS: dict[int, str] = {1: "phase_one", 2: "phase_two"}
#: Phase one tests only what it built; phase two also tests what reaches back to phase one. Together: every test once.
SELECTION: dict[int, str] = {1: "cautious", 2: "buildable"}


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """What one invocation did; `failures` are lines for a person."""

    phase: int
    models: int
    passed: int
    warned: int
    failed: int
    errors: int
    failures: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        return not self.failed and not self.errors


def target_path(home: Home) -> Path:
    """Where dbt writes: under the home, never in the checkout. Both phases share it, so the second need not parse again."""
    return home.root / "warehouse" / "dbt"


def dbt_arguments(phase: Phase) -> list[str]:
    """Arguments of `dbt` for one phase."""
    return ["build", "--select", f"tag:{TAGS[phase]}", "--indirect-selection", SELECTION[phase]]


def dbt_environment(home: Home, settings: Settings) -> dict[str, str]:
    """Environment of the dbt child, the same in both phases."""
    target = target_path(home)
    return child_environment(
        CITYBRAIN_WAREHOUSE=str(home.warehouse),
        CITYBRAIN_SPILL=str(home.spill),
        CITYBRAIN_MEMORY_LIMIT=settings.memory_limit,
        CITYBRAIN_THREADS=str(settings.threads),
        CITYBRAIN_WRITER=str(os.getpid()),
        DBT_PROJECT_DIR=str(PROJECT),
        DBT_PROFILES_DIR=str(PROJECT),
        DBT_TARGET_PATH=str(target),
        DBT_LOG_PATH=str(target / "logs"),
        # Its default, debug, writes 14 MB a build and a fifth of dbt's CPU time; the SQL stands under compiled/ and run/.
        DBT_LOG_LEVEL_FILE=environment("DBT_LOG_LEVEL_FILE") or "info",
        PYTHONPATH=str(PROJECT_ROOT),
        PYTHONUTF8="1",
    )


def dbt_program() -> list[str]:
    """The dbt of this interpreter's environment, whatever is on PATH."""
    return [sys.executable, "-m", "dbt.cli.main"]


def run_phase(home: Home, settings: Settings, phase: Phase) -> PhaseResult:
    """Run one phase in a child process. Raises BuildBlocked when dbt could not run at all."""
    target = target_path(home)
    target.mkdir(parents=True, exist_ok=True)
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    ended = subprocess.run(
        [*dbt_program(), *dbt_arguments(phase)], cwd=PROJECT, env=dbt_environment(home, settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not results.exists():
        said = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        raise BuildBlocked(
            pick("dbt could not run: ", "dbt 无法运行:") + " / ".join(said[-8:]), where=f"phase {phase}",
            remedy=str(target / "logs" / "dbt.log"),
        )  # fmt: skip
    return read_results(results, phase)


def read_results(path: Path, phase: Phase) -> PhaseResult:
    """What `run_results.json` says."""
    counts = {"models": 0, "passed": 0, "warned": 0, "failed": 0, "errors": 0}
    failures, tests = [], []
    for result in json.loads(path.read_text(encoding="utf-8"))["results"]:
        kind, status = result["unique_id"].split(".", 1)[0], result["status"]
        if kind in ("test", "unit_test"):
            tests.append(result["unique_id"])
            counts[{"pass": "passed", "warn": "warned", "fail": "failed"}.get(status, "errors")] += 1
        elif status == "success":
            counts["models"] += 1
        else:
            counts["errors"] += 1
        if status not in ("pass", "success", "warn"):
            name = result["unique_id"].split(".")[2] if kind == "test" else result["unique_id"].split(".")[-1]
            failures.append(f"{name}: {status}: {' '.join((result.get('message') or '').split())[:300]}")
    return PhaseResult(phase=phase, failures=tuple(failures), tests=tuple(tests), **counts)
