"""Count: Great Expectations over frames of judged batches, its results read key by key.

Belongs here: asking a suite of a frame, adding the counts of chunks up, telling an error from a pass. Does not: what is
asked (suites), where batches come from and the process this runs in (run).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.core.contracts import Contract
from quality.suites import EARLIEST, LATEST, Check, build_suite, plan

if TYPE_CHECKING:
    import pandas as pd

#: Small batches share a validation up to this many rows; beyond, the list of failing rows would cost memory.
POOL_ROWS = 50_000
PIECE = "_piece"
BOUNDS = (EARLIEST, LATEST)
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}
COUNTS_BY_PIECE = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [PIECE],
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
}


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What Great Expectations counted for one rule; `is_error` means it could not be evaluated, which is no pass."""

    rule_id: str
    evaluated_n: int
    failed_n: int
    is_error: bool = False
    error: str = ""


def rule_error(rule_id: str, why: str) -> RuleCount:
    """A rule that could not be counted, and why."""
    return RuleCount(rule_id, 0, 0, is_error=True, error=why)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A frame of one batch, with the rules that cannot be asked of it and why."""

    batch: int
    frame: pd.DataFrame
    refused: dict[str, str]


def _cannot_ask(check: Check, frame: pd.DataFrame) -> str:
    """Why a check cannot be asked of this frame; empty if it can."""
    missing = [name for name in check.columns if name not in frame.columns]
    if missing:
        return f"the batch has no column {missing[0]}"
    if check.kind == "window":
        bounds = frame[[EARLIEST, LATEST]]
        if bounds.isna().any(axis=None) or (bounds[EARLIEST] > bounds[LATEST]).any():
            return f"the batch states no window by {EARLIEST} and {LATEST}"
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


def _failed_by_piece(counts: Mapping[str, Any]) -> Counter[int]:
    """Failing rows by piece, from the index that Great Expectations returns: `[{"_piece": ["0", "0", "3"]}]`."""
    found: Counter[int] = Counter()
    for entry in counts.get("unexpected_index_list") or []:
        told = entry[PIECE]
        found.update(int(number) for number in (told if isinstance(told, list) else [told]))
    return found


def _read_result(result: Any, check: Check, pool: Sequence[_Piece]) -> list[RuleCount]:
    """One expectation's result as counts, one per piece; a result without counts is an error, whatever it says."""
    rule_id, failure = check.rule.id, _exception(result.exception_info or {})
    counts = result.result or {}
    if not failure and not {"unexpected_count", "element_count"} <= counts.keys():
        failure = "the result holds no counts"
    if failure:
        return [rule_error(rule_id, f"{check.kind}: {failure}")] * len(pool)
    evaluated = int(counts["element_count"]) - int(counts.get("missing_count") or 0)
    failed = int(counts["unexpected_count"])
    if len(pool) == 1:
        return [RuleCount(rule_id, evaluated, failed)]
    by_piece, asked = _failed_by_piece(counts), [_asked(check, piece.frame) for piece in pool]
    if by_piece.total() != failed or sum(asked) != evaluated:
        return [rule_error(rule_id, f"{check.kind}: the batches do not add up")] * len(pool)
    return [RuleCount(rule_id, n, by_piece[at]) for at, n in enumerate(asked)]


def _asked(check: Check, frame: pd.DataFrame) -> int:
    """On how many rows a rule has something to say."""
    match check.kind:
        case "required" | "judged":
            return len(frame)
        case "type":
            return int(frame[check.columns[1]].notna().sum())
        case "order":
            return int(frame[list(check.columns)].notna().all(axis=1).sum())
        case _:
            return int(frame[check.columns[0]].notna().sum())


def _count_pool(definition: Any, pool: Sequence[_Piece], checks: Sequence[Check]) -> Iterator[tuple[int, RuleCount]]:
    """The counts of a pool by batch and rule; every check has an answer for every piece.

    When a pool of several pieces meets an error, each is asked alone: none suffers from another.
    """
    import pandas as pd

    asked = [check for check in checks if set(check.columns) <= set(pool[0].frame.columns)]
    frame = pool[0].frame
    if len(pool) > 1:
        numbered = [piece.frame.assign(**{PIECE: at}) for at, piece in enumerate(pool)]
        frame = pd.concat(numbered, ignore_index=True)
    counted = _validate_frame(definition, frame, asked, pool) if asked else {}
    if len(pool) > 1 and any(count.is_error for counts in counted.values() for count in counts):
        for piece in pool:
            yield from _count_pool(definition, [piece], checks)
        return
    for at, piece in enumerate(pool):
        for check in checks:
            why = piece.refused.get(check.rule.id)
            yield piece.batch, rule_error(check.rule.id, why) if why else counted[check.rule.id][at]


def _validate_frame(
    definition: Any, frame: pd.DataFrame, checks: Sequence[Check], pool: Sequence[_Piece]
) -> dict[str, list[RuleCount]]:
    """By rule id the counts of each piece."""
    form = COUNTS_ONLY if len(pool) == 1 else COUNTS_BY_PIECE
    report = definition.get_batch({"dataframe": frame}).validate(build_suite("rows", checks), result_format=form)
    by_rule = {check.rule.id: check for check in checks}
    parts: dict[str, list[list[RuleCount]]] = {}
    for result in report.results:
        rule_id = result.expectation_config.meta["rule_id"]
        parts.setdefault(rule_id, []).append(_read_result(result, by_rule[rule_id], pool))
    found = {}
    for check in checks:
        told = parts.get(check.rule.id, [])
        if len(told) == (len(BOUNDS) if check.kind == "window" else 1):
            found[check.rule.id] = [_one_answer(answers) for answers in zip(*told, strict=True)]
        else:
            silent = rule_error(check.rule.id, "Great Expectations returned no result")
            found[check.rule.id] = [silent] * len(pool)
    return found


def _one_answer(told: Sequence[RuleCount]) -> RuleCount:
    """The answers of a rule's expectations as one: they speak about the same rows and fail different ones."""
    first = next((count for count in told if count.is_error), told[0])
    if first.is_error:
        return first
    return RuleCount(first.rule_id, first.evaluated_n, sum(count.failed_n for count in told))


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


def _pools(batches: Iterable[Iterable[pd.DataFrame]], checks: Sequence[Check]) -> Iterator[list[_Piece]]:
    """Small frames of equal columns together, up to POOL_ROWS; a larger frame alone."""
    pool: list[_Piece] = []
    for number, frames_of_batch in enumerate(batches):
        for frame in frames_of_batch:
            if frame.empty:
                continue
            refused = {c.rule.id: why for c in checks if (why := _cannot_ask(c, frame))}
            rows = len(frame) + sum(len(piece.frame) for piece in pool)
            if pool and (rows > POOL_ROWS or list(pool[0].frame.columns) != list(frame.columns)):
                yield pool
                pool = []
            pool.append(_Piece(number, frame, refused))
    if pool:
        yield pool


def validate_many(
    batches: Iterable[Iterable[pd.DataFrame]], contract: Contract, key: Iterable[str] | None = None
) -> list[list[RuleCount]]:
    """Great Expectations' counts for judged batches of one contract and key.

    A validation costs a third of a second however few its rows (measured 2026-11), so small batches share one.

    Args:
        batches: each batch's frames; their counts are added, so no rule may look across rows.
        contract: the feed's contract.
        key: the binding's key columns; None is the contract's own.

    Returns:
        For each batch one count per rule in force, in the contract's order.
    """
    checks = plan(contract, key)
    totals: list[dict[str, RuleCount]] = []

    def counted() -> Iterator[Iterable[pd.DataFrame]]:
        for frames_of_batch in batches:
            totals.append({check.rule.id: RuleCount(check.rule.id, 0, 0) for check in checks})
            yield frames_of_batch

    definition = _definition()
    for pool in _pools(counted(), checks):
        for number, count in _count_pool(definition, pool, checks):
            totals[number][count.rule_id] = _add(totals[number][count.rule_id], count)
    return [[total[check.rule.id] for check in checks] for total in totals]


def validate(chunks: Iterable[pd.DataFrame], contract: Contract, key: Iterable[str] | None = None) -> list[RuleCount]:
    """The same for one batch."""
    return validate_many([chunks], contract, key)[0]
