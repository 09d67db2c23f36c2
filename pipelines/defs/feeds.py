"""One unpartitioned asset per feed: the ledger is the record of which files there are.

Belongs here: the factory. Does not: ingesting (pipelines.ingest does).
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import ingest
from pipelines.core.bindings import Binding
from pipelines.core.errors import SourceUnavailable, StorageFailed
from pipelines.defs.resources import Run

RETRIES = 2


def feed_key(feed: str) -> dg.AssetKey:
    """The asset of a feed."""
    return dg.AssetKey(["feed", feed])


def _heard(run: Run, outcomes: list[ingest.FileOutcome], outcome: ingest.FileOutcome) -> None:
    outcomes.append(outcome)
    run.tell("file", outcome)


def feed_asset(binding: Binding) -> dg.AssetsDefinition:
    """The asset that ingests what is new of one feed."""
    key = feed_key(binding.feed)

    @dg.asset(
        key=key,
        group_name="feeds",
        description=f"{binding.title_zh} / {binding.title_en}: contract {binding.contract.id}",
        kinds={"parquet"},
        check_specs=[dg.AssetCheckSpec(name, asset=key) for name in ("source_reached", "nothing_held")],
        required_resource_keys={"run"},
    )
    def ingest_feed(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        run: Run = context.resources.run
        place, reached = run.place, ""
        run.tell("feed", binding)
        outcomes: list[ingest.FileOutcome] = []
        try:
            ingest.ingest_feed(binding, place, now=place.now(), progress=lambda outcome: _heard(run, outcomes, outcome))
        except (SourceUnavailable, StorageFailed) as error:
            if context.retry_number < RETRIES and run.retry_seconds:
                raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=run.retry_seconds) from error
            reached = str(error)  # the other feeds go on; the run says so and ends with exit code 3
            run.failed_sources.append(reached)
        run.outcomes += outcomes
        run.tell("feed_done", (binding, outcomes, reached))
        held = [outcome for outcome in outcomes if outcome.verdict == "held"]
        yield dg.MaterializeResult(metadata={"files": len(outcomes), "rows_accepted": sum(o.accepted_n for o in outcomes)})
        yield dg.AssetCheckResult(check_name="source_reached", passed=not reached, metadata={"reason": reached or "-"})
        yield dg.AssetCheckResult(
            check_name="nothing_held", passed=not held, metadata={"held": "; ".join(o.message for o in held) or "-"}
        )

    return ingest_feed
