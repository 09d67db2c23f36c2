"""Run: all new judged batches through Great Expectations in one child process; the comparison with the judge.

Belongs here: opening batches in the vault, the child and its protocol, parity. Does not: what is asked (suites), how
it is counted (count), storing the outcomes (the ledger's owner does).

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

from pipelines.core.contracts import load_contract
from pipelines.core.errors import CityError
from pipelines.core.settings import PROJECT_ROOT, Home, child_environment, load_settings
from pipelines.core.state import QualityRow
from pipelines.core.vault import Vault
from pipelines.core.vault_keys import master_keys
from quality.count import RuleCount, rule_error, validate_many
from quality.suites import columns_read, plan, rules_in_force

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

CHUNK_ROWS = 500_000


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
class Mismatch:
    """A rule on which the judge and Great Expectations do not agree; None is "did not say"."""

    rule_id: str
    judge_n: int | None
    gx_n: int | None
    reason: str


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
    return _rows(request, [rule_error(rule.id, why) for rule in rules], ran_at)


def _validate_group(requests: Sequence[BatchRequest], vault: Vault, ran_at: str) -> list[QualityRow]:
    """Batches of one contract and key; one that cannot be read is an error of its every rule, and the others go on."""
    contract, key = load_contract(requests[0].contract), requests[0].key
    columns = columns_read(plan(contract, key))
    broken: dict[int, str] = {}

    def read(number: int, request: BatchRequest) -> Iterator[pd.DataFrame]:
        try:
            yield from frames(vault.open_table(Path(request.path)), columns)
        except (CityError, OSError, ArrowException) as error:
            broken[number] = f"the batch could not be read: {type(error).__name__}"

    counts = validate_many((read(number, request) for number, request in enumerate(requests)), contract, key)
    rows: list[QualityRow] = []
    for number, (request, counted) in enumerate(zip(requests, counts, strict=True)):
        why = broken.get(number)
        rows += _all_errors(request, why, ran_at) if why else _rows(request, counted, ran_at)
    return rows


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
    vault = Vault(home, master_keys(home, load_settings(), level="child"))
    requests = [
        BatchRequest(**{**batch, "key": None if batch["key"] is None else tuple(batch["key"])}) for batch in order["batches"]
    ]
    groups: dict[tuple[str, tuple[str, ...] | None], list[BatchRequest]] = {}
    for request in requests:
        groups.setdefault((request.contract, request.key), []).append(request)
    rows = [row for group in groups.values() for row in _validate_group(group, vault, order["ran_at"])]
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
