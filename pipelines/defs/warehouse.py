"""The warehouse in Dagster: prepared, dbt in two phases with its tests as asset checks, published.

Belongs here: which asset follows which, and the pool of one. Does not: what a build does (pipelines.build, publish).
"""

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliInvocation, DbtCliResource, dbt_assets
from packaging.version import Version

from pipelines import build, publish
from pipelines.building.dbt import SELECTION, TAGS, Phase, dbt_environment, read_results, target_path
from pipelines.building.parsed import manifest
from pipelines.core import faults
from pipelines.core.errors import BuildBlocked
from pipelines.core.settings import Home, Settings, export, pick
from pipelines.defs import checks
from pipelines.defs.instance import WRITER_POOL
from pipelines.defs.resources import Run
from quality.published import PublishedCheck

PREPARED = dg.AssetKey(["warehouse", "prepared"])
PUBLISHED = dg.AssetKey(["published", "build"])


class Dbt(DbtCliResource):
    """dagster-dbt's own resource without two things it does before each invocation and we never use.

    It asks the executable for its version in a process of its own (3 s) and loads dbt into ours for row counts (3 s);
    a test holds the names that this overrides.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        del args


class Translator(DagsterDbtTranslator):
    """dbt's sources are what `prepared` wrote; models keep schema and name."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Key of a model, seed or source."""
        if dbt_resource_props["resource_type"] == "source":
            return PREPARED
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """staging, intermediate, marts or seeds."""
        return str(dbt_resource_props["fqn"][1]) if dbt_resource_props["resource_type"] == "model" else "seeds"


TRANSLATOR = Translator(
    settings=DagsterDbtTranslatorSettings(
        enable_asset_checks=True, enable_source_tests_as_checks=True, enable_duplicate_source_asset_keys=True
    )
)


@dg.asset(
    key=PREPARED, group_name="warehouse", deps=[checks.KEY], pool=WRITER_POOL, required_resource_keys={"run"},
    description="raw views over the current parses, ops tables, touched events; full or incremental",
)  # fmt: skip
def prepared(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Hand the warehouse what is landed."""
    run: Run = context.resources.run
    with run.step("prepare"):
        run.hold_warehouse()
        publish.sweep_drafts(run.place.home)  # what a killed publishing left must not be what fills the disk now
        ready = build.prepare(run.place.home, run.place.city, run.place.settings, run.place.as_of)
        run.begin_build(ready)
    run.tell("line", f"{ready.mode}{': ' + ready.why_full if ready.why_full else ''}; {ready.touched_n} touched")
    return dg.MaterializeResult(metadata={"mode": ready.mode, "touched": ready.touched_n, "build": ready.build_id})


def _streamed(invocation: DbtCliInvocation, run: Run) -> Iterator[Any]:
    """The events of one invocation; dbt's own lines go to its log file only where a person watches our progress."""
    where = open(os.devnull, "w", encoding="utf-8") if run.is_watched else contextlib.nullcontext(sys.stdout)  # noqa: SIM115, PTH123
    with where as sink:
        for number, event in enumerate(_next_each(invocation.stream(), sink), start=1):
            run.tell("nodes", number)
            yield event


def _next_each(events: Iterator[Any], sink: Any) -> Iterator[Any]:
    while True:
        with contextlib.redirect_stdout(sink):
            event = next(events, None)
        if event is None:
            return
        yield event


def _phase(phase: Phase, manifest_path: Path) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=manifest_path, select=f"tag:{TAGS[phase]}", name=f"dbt_phase_{phase}", pool=WRITER_POOL,
        dagster_dbt_translator=TRANSLATOR, required_resource_keys={"run", "dbt"},
    )  # fmt: skip
    def run_phase(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: Run = context.resources.run
        dbt: DbtCliResource = context.resources.dbt
        with run.step(f"phase_{phase}"):
            target = target_path(run.place.home)
            export(dbt_environment(run.place.home, run.place.settings))
            results = target / "run_results.json"
            results.unlink(missing_ok=True)
            faults.hit(f"before_phase_{phase}")
            arguments = ["build", "--indirect-selection", SELECTION[phase]]  # Dagster adds --select by itself
            invocation = dbt.cli(arguments, context=context, target_path=target, raise_on_error=False)
            yield from _streamed(invocation, run)
            if not results.exists():
                raise BuildBlocked("dbt could not run", where=f"phase {phase}", remedy=str(target / "logs" / "dbt.log"))
            result = build.passed(read_results(results, phase))
            faults.hit(f"after_phase_{phase}")
        run.tell("line", f"dbt phase {phase}: {result.models} models, {result.passed} checks passed, {result.warned} warned")

    return run_phase


def _doubt(run: Run, found: list[PublishedCheck]) -> None:
    """Tell what would mislead a leader; raise BuildBlocked where it must not be shown at all."""
    lines = [pick(f"{d.question_en} No: {d.detail_en}", f"{d.question_zh}否：{d.detail_zh}") for d in found]
    for line in lines:
        run.tell("line", line)
    if any(doubt.severity == "block" for doubt in found):
        remedy = pick("yesterday's build stays published", "继续使用上一版")
        raise BuildBlocked("; ".join(lines), where="quality.published", remedy=remedy)


def _published(after: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=PUBLISHED, group_name="published", deps=after, pool=WRITER_POOL, required_resource_keys={"run"},
        description="gate, then published/<build> and CURRENT.json",
    )  # fmt: skip
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        run: Run = context.resources.run
        assert run.prepared is not None
        with run.step("publish"):
            ready, place = run.prepared, run.place
            done = publish.publish(
                place.home, place.settings, ready.inputs, ready.mode, now=place.now(),
                audit=lambda candidate: _doubt(run, checks.misleading(place, candidate)),
            )  # fmt: skip
            build.finish(ready)
            run.end_build("published", "")
        run.tell("line", f"published {done.build_id}: {done.parts_written} of {done.parts} parts written")
        return dg.MaterializeResult(metadata={"build": done.build_id})

    return published


def assets(home: Home, settings: Settings) -> list[dg.AssetsDefinition]:
    """The warehouse's assets for one home."""
    path = manifest(home, settings)
    phases = [_phase(1, path), _phase(2, path)]
    return [prepared, *phases, _published(sorted({key for asset in phases for key in asset.keys}))]
