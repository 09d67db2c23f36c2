"""Run: Great Expectations over judged batches, as a function and as a child process.

Belongs here: feeding a batch in chunks whose counts are added, reading Great Expectations' results key by key, the
comparison with the judge's counts. Does not: what is asked (suites), storing the outcomes (the ledger's owner does).

`python -m quality.run` reads a request as JSON on stdin and writes outcomes as JSON on stdout. It is a child process
because the import costs seconds and the library's memory grows in a long process (2026-11); so one child serves all
new batches of a run. No value of any row leaves the child: counts, and of an exception its type only.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyarrow.lib import ArrowException

from pipelines.core.contracts import Contract, load_contract
from pipelines.core.errors import CityError
from pipelines.core.settings import PROJECT_ROOT, Home, child_environment, load_settings
from pipelines.core.state import QualityRow
from pipelines.core.vault import Vault, master_key
from quality.suites import EARLIEST, LATEST, Check, build_suite, columns_read, plan, rules_in_force

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

CHUNK_ROWS = 500_000
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One judged batch to validate; `key` is the binding's key columns (none if keyless), None the contract's own."""

    path: str
    contract: str
    feed: str
    sha256: str
    parser: str
    key: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What Great Expectations counted for one rule; `is_error` means it could not be evaluated, which is no pass."""

    rule_id: str
    evaluated_n: int
    failed_n: int
    is_error: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A rule on which the judge and Great Expectations do not agree; None is "did not say"."""

    rule_id: str
    judge_n: int | None
    gx_n: int | None
    reason: str


def _error(rule_id: str, why: str) -> RuleCount:
    return RuleCount(rule_id, 0, 0, is_error=True, error=why)


def frames(batch: pq.ParquetFile, columns: Iterable[str]) -> Iterator[pd.DataFrame]:
    """The batch as pandas frames of at most CHUNK_ROWS rows, only `columns`; absent columns stay absent.

    Of `<col>__raw` only whether it was there is kept (1.0 or NaN): the check asks no more, and text costs memory.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = [name for name in columns if name in batch.schema_arrow.names]
    for piece in batch.iter_batches(batch_size=CHUNK_ROWS, columns=wanted):
        arrays = [
            pc.if_else(pc.is_valid(piece[name]), pa.scalar(1.0), pa.scalar(None, pa.float64()))
            if name.endswith("__raw")
            else piece[name]
            for name in piece.schema.names
        ]
        table = pa.table(arrays, names=piece.schema.names)
        yield table.to_pandas(date_as_object=False)


def _window(frame: pd.DataFrame) -> tuple[dt.datetime, dt.datetime] | None:
    """The file's credible times, constant over the batch; None where the batch does not say."""
    import pandas as pd

    if frame.empty or not {EARLIEST, LATEST} <= set(frame.columns):
        return None
    stated = frame[[EARLIEST, LATEST]].iloc[0]
    if stated.isna().any():
        return None
    return pd.Timestamp(stated[EARLIEST]).to_pydatetime(), pd.Timestamp(stated[LATEST]).to_pydatetime()


def _cannot_run(check: Check, frame: pd.DataFrame, window: tuple[dt.datetime, dt.datetime] | None) -> str:
    """Why a check cannot be asked of this frame; empty if it can."""
    missing = [name for name in check.columns if name not in frame.columns]
    if missing:
        return f"the batch has no column {missing[0]}"
    if check.kind == "window" and window is None:
        return f"the batch states no {EARLIEST} and {LATEST}"
    if check.kind == "judged" and frame[check.columns[0]].isna().any():
        return f"{check.columns[0]} has rows without the judge's verdict"
    return ""


def _exception(info: Mapping[str, Any]) -> str:
    """The type of the exception that an expectation met; empty if none.

    Without a failure `info` is flat; with one it is keyed by MetricConfigurationID (1.24.1). The message is left
    out, because it may quote a value.
    """
    entries: list[Any] = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if not isinstance(entry, Mapping):
            return "exception"
        if entry.get("raised_exception"):
            lines = [line for line in str(entry.get("exception_traceback") or "").splitlines() if line[:1].strip()]
            return lines[-1].split(":")[0] if lines else "exception"
    return ""


def _read_result(result: Any, check: Check) -> RuleCount:
    """One expectation's result as counts. A result without counts is an error, whatever `success` says."""
    rule_id = check.rule.id
    if failure := _exception(result.exception_info or {}):
        return _error(rule_id, f"{check.kind}: {failure}")
    counts = result.result or {}
    if "unexpected_count" not in counts or "element_count" not in counts:
        return _error(rule_id, f"{check.kind}: the result holds no counts")
    evaluated = int(counts["element_count"]) - int(counts.get("missing_count") or 0)
    return RuleCount(rule_id, evaluated, int(counts["unexpected_count"]))


def _validate_frame(definition: Any, frame: pd.DataFrame, checks: tuple[Check, ...]) -> dict[str, RuleCount]:
    """The counts of one chunk by rule id; every check has an entry."""
    window = _window(frame)
    refused = {c.rule.id: why for c in checks if (why := _cannot_run(c, frame, window))}
    counted = {rule_id: _error(rule_id, why) for rule_id, why in refused.items()}
    asked = {c.rule.id: c for c in checks if c.rule.id not in refused}
    if not asked:
        return counted
    suite = build_suite("rows", asked.values(), window)
    report = definition.get_batch({"dataframe": frame}).validate(suite, result_format=COUNTS_ONLY)
    for result in report.results:
        rule_id = result.expectation_config.meta["rule_id"]
        counted[rule_id] = _read_result(result, asked[rule_id])
    for rule_id in asked.keys() - counted.keys():
        counted[rule_id] = _error(rule_id, "Great Expectations returned no result")
    return counted


def _add(total: RuleCount, more: RuleCount) -> RuleCount:
    return RuleCount(
        total.rule_id,
        total.evaluated_n + more.evaluated_n,
        total.failed_n + more.failed_n,
        total.is_error or more.is_error,
        total.error or more.error,
    )


def _definition() -> Any:
    """A batch definition in an ephemeral context: nothing is written, nothing is sent, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("judged").add_dataframe_asset("batch")
    return asset.add_batch_definition_whole_dataframe("chunk")


def validate(
    chunks: Iterable[pd.DataFrame], contract: Contract, key: Iterable[str] | None = None
) -> list[RuleCount]:
    """Great Expectations' counts for one judged batch, one per rule in force, in the contract's order.

    Args:
        chunks: the batch's frames; their counts are added, so no rule may look across rows.
        contract: the feed's contract.
        key: the binding's key columns; None is the contract's own.
    """
    checks = plan(contract, key)
    totals = {check.rule.id: RuleCount(check.rule.id, 0, 0) for check in checks}
    definition = _definition()
    for frame in chunks:
        if frame.empty:
            continue
        for rule_id, count in _validate_frame(definition, frame, checks).items():
            totals[rule_id] = _add(totals[rule_id], count)
    return [totals[check.rule.id] for check in checks]


def parity(judge_counts: Mapping[str, int], gx_counts: Iterable[RuleCount | QualityRow]) -> list[Mismatch]:
    """Where the judge's failed rows and Great Expectations' differ, by rule id; empty when they agree.

    `judge_counts` holds the rules on columns; a rule on a file's records (`record-width`) has no batch to be asked of.
    """
    counted = {count.rule_id: count for count in gx_counts}
    found = []
    for rule_id in sorted(judge_counts.keys() | counted.keys()):
        judge_n, count = judge_counts.get(rule_id), counted.get(rule_id)
        if count is None:
            found.append(Mismatch(rule_id, judge_n, None, "Great Expectations did not evaluate it"))
        elif count.is_error:
            found.append(Mismatch(rule_id, judge_n, None, f"error: {count.error}"))
        elif judge_n is None:
            found.append(Mismatch(rule_id, None, count.failed_n, "the judge did not evaluate it"))
        elif judge_n != count.failed_n:
            found.append(Mismatch(rule_id, judge_n, count.failed_n, "the counts differ"))
    return found


def _rows(request: BatchRequest, counts: Iterable[RuleCount], ran_at: str) -> list[QualityRow]:
    severity = {rule.id: rule.severity for rule in rules_in_force(load_contract(request.contract), request.key)}
    return [
        QualityRow(
            feed=request.feed,
            sha256=request.sha256,
            parser=request.parser,
            rule_id=count.rule_id,
            severity=severity[count.rule_id],
            evaluated_n=count.evaluated_n,
            failed_n=count.failed_n,
            is_error=int(count.is_error),
            error=count.error,
            ran_at=ran_at,
        )
        for count in counts
    ]


def _all_errors(request: BatchRequest, why: str, ran_at: str) -> list[QualityRow]:
    """Every rule of a batch as an error: nothing could be evaluated, and that is never a pass."""
    rules = rules_in_force(load_contract(request.contract), request.key)
    return _rows(request, [_error(rule.id, why) for rule in rules], ran_at)


def _validate_file(request: BatchRequest, vault: Vault, ran_at: str) -> list[QualityRow]:
    """One batch from the vault; whatever stops it becomes an error of every rule, so the other batches go on."""
    contract = load_contract(request.contract)
    try:
        columns = columns_read(plan(contract, request.key))
        counts = validate(frames(vault.open_table(Path(request.path)), columns), contract, request.key)
    except (CityError, OSError, ArrowException) as error:
        return _all_errors(request, f"the batch could not be read: {type(error).__name__}", ran_at)
    return _rows(request, counts, ran_at)


def validate_in_child(
    requests: Sequence[BatchRequest], home: Home, *, ran_at: dt.datetime, timeout_seconds: float | None = None
) -> list[QualityRow]:
    """Validate judged batches in one child process that exits; one row per batch and rule, errors included.

    Args:
        requests: the batches, each still in the vault's `tmp`.
        home: the home whose vault holds them; its key reaches the child through the environment or the key file.
        ran_at: time to record.
        timeout_seconds: after this the child is killed and every rule is an error; None waits.
    """
    if not requests:
        return []
    stamp = ran_at.isoformat(timespec="seconds")
    order = {"home": str(home.root), "ran_at": stamp, "batches": [asdict(request) for request in requests]}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "quality.run"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=PROJECT_ROOT,
            env=child_environment(PYTHONIOENCODING="utf-8"),
            timeout=timeout_seconds,
            check=False,
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else None
        why = f"the child process ended with code {done.returncode}"
    except subprocess.TimeoutExpired:
        answer, why = None, f"the child process took longer than {timeout_seconds} seconds"
    except json.JSONDecodeError:
        answer, why = None, "the child process gave no readable answer"
    if answer is None:
        return [row for request in requests for row in _all_errors(request, why, stamp)]
    return [QualityRow(**row) for row in answer["rows"]]


def answer(order: Mapping[str, Any]) -> dict[str, Any]:
    """The child's work: an order as sent by `validate_in_child`, answered with rows of `quality_outcome`."""
    home = Home(Path(order["home"]))
    # A level other than demo never makes a key: a child that cannot find one must fail, not invent it.
    vault = Vault(home, master_key(home, load_settings(), level="child"))
    requests = [
        BatchRequest(**{**batch, "key": None if batch["key"] is None else tuple(batch["key"])})
        for batch in order["batches"]
    ]
    rows = [row for request in requests for row in _validate_file(request, vault, order["ran_at"])]
    return {"rows": [asdict(row) for row in rows]}


def main() -> int:
    """Read the order on stdin, write the answer on stdout; what libraries print goes to stderr."""
    order = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        result = answer(order)
    json.dump(result, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
