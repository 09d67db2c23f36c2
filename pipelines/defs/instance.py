"""The Dagster instance of a home: telemetry off, run monitoring on, the writer's pool of one.

Belongs here: dagster.yaml and the bootstrap. Does not: assets.
"""

from __future__ import annotations

import dagster as dg

from pipelines.core.settings import Home

WRITER_POOL = "warehouse_writer"
# The pool default alone let two runs start at once on a fresh instance (seen 2026-10 on 1.13.27): the limit is also set.
CONFIGURATION = """# written by citybrain
telemetry: {enabled: false}
run_monitoring: {enabled: true, start_timeout_seconds: 300, max_runtime_seconds: 14400, free_slots_after_run_end_seconds: 60}
concurrency: {pools: {default_limit: 1, granularity: run}, runs: {max_concurrent_runs: 2}}
retention: {schedule: {purge_after_days: 30}, sensor: {purge_after_days: {skipped: 1, failure: 30, success: 30}}}
"""


def prepare(home: Home) -> None:
    """Write dagster.yaml and set the pool's limit; safe to repeat."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    (home.dagster / "dagster.yaml").write_text(CONFIGURATION, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        instance.event_log_storage.set_concurrency_slots(WRITER_POOL, 1)
