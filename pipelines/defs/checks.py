"""Great Expectations on every new batch, and its reports, as one asset with one check per feed.

Belongs here: handing the batches that ingest left to quality.run, deleting them afterwards. Does not: expectations
(quality), the pages (reports.validation).
"""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import dagster as dg

from pipelines.core import faults
from pipelines.core.bindings import City
from pipelines.core.installation import Installation
from pipelines.core.measured import ScoreRow
from pipelines.core.state import QualityRow
from pipelines.core.warehouse import PublishedBuild
from pipelines.defs.feeds import feed_key
from pipelines.defs.resources import Run
from pipelines.reports import validation
from quality import published as published_checks
from quality import run as quality_run
from quality.scorecard import score_feeds

KEY = dg.AssetKey(["quality", "validation"])
#: Longer than any file takes from its last batch to the ledger: a day.
LEFT_SECONDS = 86_400


def waiting_batches(place: Installation) -> list[tuple[Path, quality_run.BatchRequest]]:
    """Batches in the vault's tmp room, each with the request that asks for its validation."""
    waiting = []
    parses = {(row["feed"], row["sha256"], row["parser"]): row for row in place.ledger.rows("select * from parse")}
    for path in sorted((place.home.vault / "tmp").glob("*/*.parquet")):
        feed, (sha256, _, parser) = path.parent.name, path.stem.rpartition("-")
        row = parses.get((feed, sha256, parser))
        if row is None:  # of a file that is on its way, or of a run that was killed: ingest will write the batch again
            _drop_left(path)
            continue
        binding = place.city.feed(feed)
        request = quality_run.BatchRequest(
            path=str(path), contract=row["contract"], feed=feed, sha256=sha256, parser=parser, key=binding.key
        )
        waiting.append((path, request))
    return waiting


def _drop_left(path: Path) -> None:
    """A batch of no parse goes once nobody can still be about to enter its file, which another process may do at any time."""
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > LEFT_SECONDS:
            path.unlink()


def validate_waiting(place: Installation) -> list[QualityRow]:
    """Validate every waiting batch in one child process, enter the results, then delete the batches."""
    waiting = waiting_batches(place)
    rows = quality_run.validate_in_child([request for _, request in waiting], place.home, ran_at=place.now())
    place.ledger.add_quality(rows)
    faults.hit("after_validate")
    unread = {(row.feed, row.sha256) for row in rows if row.is_error and row.rule_id}
    for path, request in waiting:
        if (request.feed, request.sha256) not in unread:  # a batch that could not be read is tried again by the next run
            path.unlink()
    return rows


#: Counts by file and dimension of the parses that count; a rule's dimension is the one that the judge entered. Rules on whole
#: records or headers have no column and no values: they are no part of a score, and Great Expectations is not asked for them.
OF_CURRENT = (
    "from parse p join file f using (feed, sha256) join {table} o on o.feed = p.feed and o.sha256 = p.sha256 "
    "and o.parser = p.parser {more} where p.is_current = 1 and f.status in ('loaded', 'superseded') group by 1, 2, 3"
)
SUMS = "select o.feed, o.sha256, {dimension}, sum(o.evaluated_n) as evaluated_n, sum(o.failed_n) as failed_n "
SAME_RULE = "join rule_outcome r on r.feed = o.feed and r.sha256 = o.sha256 and r.parser = o.parser and r.rule_id = o.rule_id"
JUDGED = SUMS.format(dimension="o.dimension") + OF_CURRENT.format(table="rule_outcome", more="and o.column_name <> ''")
COUNTED_AGAIN = (
    SUMS.format(dimension="r.dimension")
    + ", sum(o.is_error) as is_error "
    + OF_CURRENT.format(table="quality_outcome", more=SAME_RULE)
)


def keep_scores(place: Installation) -> int:
    """Score every feed and month and keep what is news; the history of runs grows by it. Returns how many rows that is."""
    files = place.ledger.rows(
        "select f.feed, f.sha256, f.status, f.extracted_at, f.received_at, p.clock_max, p.read_n, p.repeat_n, p.nondata_n "
        "from file f join parse p using (feed, sha256) where p.is_current = 1"
    )
    events = [binding for binding in place.city.feeds if binding.contract.entity == "event"]
    scores = score_feeds(
        files,
        place.ledger.rows(JUDGED),
        {binding.feed: binding.contract.latency_hours for binding in events},
        place.ledger.rows(COUNTED_AGAIN),
    )
    seen_at = place.now().isoformat(sep=" ", timespec="seconds")
    rows = []
    for score in scores:
        feed, month, dimension, *counts = astuple(score)
        rows.append(ScoreRow(feed, month, dimension, seen_at, *counts))
    return place.ledger.add_scores(rows, seen_at=seen_at)


def misleading(place: Installation, candidate: PublishedBuild) -> list[published_checks.PublishedCheck]:
    """Whether a build that is about to be published would mislead a leader: the checks that failed, blocking ones first."""
    latencies = [b.contract.latency_hours for b in place.city.feeds if b.contract.entity == "event"]
    frames = {name: candidate.frame(query) for name, query in published_checks.QUERIES.items()}
    lead = dt.timedelta(hours=max(latencies, default=0))
    return [check for check in published_checks.check_published(frames, allowed_lead=lead) if not check.ok]


def validation_asset(city: City) -> dg.AssetsDefinition:
    """The asset of all validation results and reports."""
    names = {binding.feed: f"great_expectations_{binding.feed}" for binding in city.feeds}

    @dg.asset(
        key=KEY,
        group_name="quality",
        deps=[feed_key(binding.feed) for binding in city.feeds],
        description="Great Expectations on each new batch, before the split; bilingual static reports",
        check_specs=[dg.AssetCheckSpec(name, asset=KEY) for name in names.values()],
        required_resource_keys={"run"},
    )
    def validate(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        run: Run = context.resources.run
        with run.step("validate"):
            rows = validate_waiting(run.place)
            scored = keep_scores(run.place)
            pages = validation.write_validation(run.place.home, run.place.city, run.place.ledger)
        yield dg.MaterializeResult(metadata={"rules_run": len(rows), "pages_written": len(pages), "scores_moved": scored})
        for feed, name in names.items():
            mine = [row for row in rows if row.feed == feed]
            failed = [row for row in mine if row.is_error or (row.failed_n and row.severity != "warn")]
            yield dg.AssetCheckResult(
                check_name=name,
                passed=not failed,
                # Rows that break a rule are quarantined and the run goes on; only a check that could not run is an error.
                severity=dg.AssetCheckSeverity.ERROR if any(r.is_error for r in mine) else dg.AssetCheckSeverity.WARN,
                metadata={"rules": len(mine), "rules_failed": len(failed), "rows_failed": sum(r.failed_n for r in mine)},
            )

    return validate
