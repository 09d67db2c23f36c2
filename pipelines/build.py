"""A build: hand the warehouse what is landed, run dbt twice, remember what was built once it is published.

Belongs here: the order of a build and the choice between incremental and full. Does not: the SQL (dbt_project), the gate
and publishing (publish), when to build (cli, defs). The caller holds `core.warehouse.writer_lock` around the whole.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.building import changes
from pipelines.building.dbt import PhaseResult, dbt_arguments, dbt_environment, dbt_program, run_phase
from pipelines.building.inputs import Inputs, read_inputs, write_ops, write_raw_views
from pipelines.building.models_page import write_models_page
from pipelines.building.parsed import manifest
from pipelines.core import decided, disk, faults
from pipelines.core.bindings import City
from pipelines.core.errors import BuildBlocked
from pipelines.core.register_files import check_generated
from pipelines.core.settings import PROJECT_ROOT, Home, Settings, pick
from pipelines.core.state import Ledger
from pipelines.core.warehouse import writer

__all__ = [
    "Built", "Inputs", "PhaseResult", "Prepared", "build", "dbt_arguments", "dbt_environment", "dbt_program", "finish", "passed",
    "phase_one", "phase_two", "prepare", "write_models_page",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A warehouse ready for phase one."""

    home: Home
    settings: Settings
    inputs: Inputs
    mode: str
    why_full: str
    touched_n: int

    @property
    def build_id(self) -> str:
        """Follows from the inputs: the same inputs have the same name."""
        return self.inputs.build_id


@dataclass(frozen=True, slots=True)
class Built:
    """Both phases done."""

    prepared: Prepared
    phases: tuple[PhaseResult, PhaseResult]
    seconds: float


def prepare(home: Home, city: City, settings: Settings, as_of: dt.datetime | None = None) -> Prepared:
    """Write what dbt reads, and decide between incremental and full.

    Raises:
        BuildBlocked: nothing is landed, or the generated register is not current.
    """
    check_generated()
    ledger = Ledger.of(home)
    try:
        decided.settle(home, ledger)
        inputs = read_inputs(home, city, ledger, as_of)
        why = _why_full(home, settings, inputs)
        touched: int | None = None
        if not why:
            touched = _write(home, settings, ledger, inputs, "incremental")
            why = "" if touched is not None else "a landing file of the last build is gone, or areas began or ended since"
        if touched is None:
            _set_aside(home)
            touched = _write(home, settings, ledger, inputs, "full")
    finally:
        ledger.close()
    return Prepared(
        home=home, settings=settings, inputs=inputs, mode="full" if why else "incremental", why_full=why,
        touched_n=touched or 0,
    )  # fmt: skip


def _write(home: Home, settings: Settings, ledger: Ledger, inputs: Inputs, mode: str) -> int | None:
    with writer(home.warehouse, settings) as connection:
        changes.make_tables(connection)
        write_raw_views(connection, home, inputs.parses)
        write_ops(connection, inputs, mode)
        faults.hit("warehouse_write")
        return changes.write_touched(connection, home, ledger, inputs) if mode == "incremental" else 0


def _why_full(home: Home, settings: Settings, inputs: Inputs) -> str:
    """Why the warehouse must be made anew; empty when it can be brought up to date."""
    if not home.warehouse.exists():
        return "there is no warehouse yet"
    # A damaged file can abort the process that opens it, so a child opens it first.
    probe = "import sys; from pathlib import Path; from pipelines.core import warehouse as w\n"
    probe += "with w.read_only(Path(sys.argv[1])) as c: c.execute('select 1')"
    opened = subprocess.run(
        [sys.executable, "-c", probe, str(home.warehouse)], cwd=PROJECT_ROOT, capture_output=True, check=False
    )
    if opened.returncode:
        return "the warehouse file cannot be opened"
    with writer(home.warehouse, settings) as connection:
        if not changes.has_finished_build(connection):
            return "the last build did not finish"
        if changes.finished_fingerprint(connection) != inputs.fingerprint:
            return "contracts, bindings, codes, references, decisions, models or versions changed"
    return ""


def _set_aside(home: Home) -> None:
    """Make room for a fresh file; the old one is kept under another name until the next time, never patched."""
    for path in (home.warehouse, home.warehouse.with_name(home.warehouse.name + ".wal")):
        if path.exists():
            path.replace(path.with_name("before." + path.name))


def phase_one(prepared: Prepared) -> PhaseResult:
    """Landing to fct_event. Raises BuildBlocked when a model or test failed."""
    faults.hit("before_phase_1")
    result = passed(run_phase(prepared.home, prepared.settings, 1))
    faults.hit("after_phase_1")
    return result


def phase_two(prepared: Prepared) -> PhaseResult:
    """fct_event to figures. Raises BuildBlocked when a model or test failed."""
    faults.hit("before_phase_2")
    result = passed(run_phase(prepared.home, prepared.settings, 2))
    faults.hit("after_phase_2")
    return result


def passed(result: PhaseResult) -> PhaseResult:
    """The result itself. Raises BuildBlocked when a model or test failed, StorageFailed when the disk was why."""
    if not result.is_good:
        number = disk.number_in("; ".join(result.failures))
        if number is not None:
            raise disk.refused(number, f"dbt, phase {result.phase}")
        raise BuildBlocked(
            pick(
                f"{result.failed + result.errors} models or checks failed: ",
                f"{result.failed + result.errors} 个模型或检查未通过:",
            )
            + "; ".join(result.failures[:5]),
            where=f"dbt, phase {result.phase}",
            remedy=pick("yesterday's build stays published; citybrain status", "继续使用上一版;citybrain status"),
        )
    return result


def build(
    home: Home, city: City, settings: Settings, as_of: dt.datetime | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Built:  # fmt: skip
    """Prepare and run both phases. Raises BuildBlocked."""
    started = time.monotonic()
    prepared = prepare(home, city, settings, as_of)
    tell(f"{prepared.mode}{': ' + prepared.why_full if prepared.why_full else ''}; {prepared.touched_n} touched events")
    manifest(home, settings)  # both phases then read one parse
    first = phase_one(prepared)
    tell(f"phase one: {first.models} models, {first.passed} checks")
    second = phase_two(prepared)
    tell(f"phase two: {second.models} models, {second.passed} checks")
    return Built(prepared=prepared, phases=(first, second), seconds=time.monotonic() - started)


def finish(prepared: Prepared) -> None:
    """Once CURRENT.json has moved: remember what was built, forget what was touched."""
    faults.hit("before_finish")
    with writer(prepared.home.warehouse, prepared.settings) as connection:
        changes.finish(connection, prepared.inputs)
