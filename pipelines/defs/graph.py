"""The graph of one city: assets, the nightly schedule, the drop sensor, and its run in this process.

Belongs here: putting the pieces together. Does not: what a piece does.
"""

import sys
from pathlib import Path

import dagster as dg

from pipelines import ingest
from pipelines.building.dbt import PROJECT
from pipelines.core.errors import CityError, SourceUnavailable
from pipelines.core.warehouse import writer_lock
from pipelines.defs import checks, feeds, warehouse
from pipelines.defs.resources import Run

JOB = "everything"
SENSOR_SECONDS = 30


def _sensor(run: Run) -> dg.SensorDefinition:
    @dg.sensor(
        name="new_files", job_name=JOB, minimum_interval_seconds=SENSOR_SECONDS, default_status=dg.DefaultSensorStatus.RUNNING,
        description="asks the ledger which ready files it does not know; no clock, no cursor",
    )  # fmt: skip
    def new_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        waiting, missing = [], []
        place = run.place
        for binding in place.city.feeds:
            try:
                waiting += ingest.pending(binding, place)
            except SourceUnavailable as error:
                missing.append(str(error))
        if not waiting:
            return dg.SkipReason("; ".join(missing) or "no new file")
        if _is_running(context.instance):
            return dg.SkipReason(f"{len(waiting)} new files; a run is under way and will take them or the next one will")
        return dg.RunRequest(tags={"new_files": str(len(waiting))})

    return new_files


def _is_running(dagster_instance: dg.DagsterInstance) -> bool:
    states = dg.DagsterRunStatus
    open_states = [states.QUEUED, states.NOT_STARTED, states.STARTING, states.STARTED]
    return bool(dagster_instance.get_runs(dg.RunsFilter(job_name=JOB, statuses=open_states), limit=1))


def definitions(run: Run) -> dg.Definitions:
    """Everything Dagster knows of the city of `run`."""
    place = run.place
    dbt = warehouse.Dbt(
        project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=str(Path(sys.executable).with_name("dbt"))
    )
    return dg.Definitions(
        assets=[
            *(feeds.feed_asset(binding) for binding in place.city.feeds),
            checks.validation_asset(place.city),
            *warehouse.assets(place.home, place.settings),
        ],
        jobs=[
            dg.define_asset_job(
                JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor,
                description="ingest what is new, validate, build, audit, publish",
            )
        ],
        schedules=[
            dg.ScheduleDefinition(
                name="nightly", job_name=JOB, cron_schedule="30 2 * * *", execution_timezone=place.city.zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
        sensors=[_sensor(run)],
        resources={"run": dg.ResourceDefinition.hardcoded_resource(run), "dbt": dbt},
    )  # fmt: skip


def execute(run: Run, *, builds_only: bool = False) -> bool:
    """Run the graph in this process, whole or from the warehouse on; True if a build was published (or nothing needed one).

    Raises the CityError that stopped it: the reason is the user's, not Dagster's.
    """
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    # Events stay in memory: 380 of them cost 20 s in Dagster's SQLite (2026-11), and the ledger remembers every build.
    with writer_lock(run.place.home.warehouse), dg.DagsterInstance.ephemeral() as dagster_instance:
        job = definitions(run).resolve_job_def(JOB)
        place = run.place
        result = job.execute_in_process(
            instance=dagster_instance, run_config=quiet, raise_on_error=False,
            asset_selection=sorted({key for asset in warehouse.assets(place.home, place.settings) for key in asset.keys})
            if builds_only else None,
        )  # fmt: skip
        for event in result.all_events:
            if event.is_step_failure:
                _raise_cause(run, event)
    return result.success


def _raise_cause(run: Run, event: dg.DagsterEvent) -> None:
    """The failure of a step as our own error, where it was one."""
    if run.failure is not None:
        raise run.failure
    error = event.step_failure_data.error
    cause = error.cause if error is not None and error.cause is not None else error
    raise CityError(cause.message.strip() if cause else "a step failed", where=event.step_key or "")
