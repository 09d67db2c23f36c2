"""Suites and their runner: what each shape of rule counts, what is an error, and that no value leaves."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.core.contracts import Contract, contract_ids, load_contract, parse_contract
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import PROJECT_ROOT, Home, load_settings
from pipelines.core.state import QualityRow
from pipelines.core.vault import Vault
from pipelines.core.vault_keys import master_keys
from quality import count, run
from quality.count import RuleCount, validate, validate_many
from quality.run import BatchRequest, frames, parity, validate_in_child
from quality.suites import columns_read, plan

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: sample
name: Sample
version: 1.0.0
status: active
customProperties:
  - {property: entity, value: event}
schema:
  - name: sample
    properties:
      - {name: number, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1, classification: P2}
      - {name: seen_at, logicalType: timestamp, classification: P2,
         quality: [{id: seen_at-window, type: custom, engine: citybrain, severity: quarantine, dimension: conformity,
                    implementation: "seen_at between earliest and latest"}]}
      - {name: shut_on, logicalType: date, classification: P1,
         quality: [{id: shut_on-order, type: custom, engine: citybrain, severity: warn, dimension: consistency,
                    implementation: "shut_on >= seen_at"}]}
      - {name: persons, logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 9}, classification: P1}
      - {name: code, logicalType: string, logicalTypeOptions: {pattern: '^\\d{6,9}$|^X$'}, classification: P1}
      - {name: lon, logicalType: number, logicalTypeOptions: {minimum: -180}, classification: P3}
"""
date, moment = dt.date.fromisoformat, dt.datetime.fromisoformat
EARLIEST, LATEST, RAN_AT = moment("2010-01-01"), moment("2026-02-01T23:59:59"), moment("2026-02-01T08:00:00")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract(CONTRACT, where="test")


def batch() -> pa.Table:
    """Eight rows; what is wrong with each column is said beside it."""
    day = moment("2026-01-05T12:00:00")
    return pa.table(
        {
            "number": pa.array(["a", "b", None, "d", "e", "f", "g", None]),  # 2 missing
            # row 1: not readable; row 2: before the window; row 3: after it; row 4: year 3020; row 5: none sent
            "seen_at": pa.array(
                [day, None, moment("2009-12-31"), moment("2026-02-02"), moment("3020-01-01"), None, day, LATEST],
                pa.timestamp("us"),
            ),
            "seen_at__raw": pa.array(["x", "soon", "x", "x", "x", None, "x", "x"]),
            # row 0: shut the day before it was seen; row 6: same day at midnight, before noon: a failure as well
            "shut_on": pa.array(
                [
                    None if day == "-" else date(day)
                    for day in ["2026-01-04", "2026-01-01", "-", "-", "-", "2000-01-01", "2026-01-05", "-"]
                ],
                pa.date32(),
            ),
            "shut_on__raw": pa.array(["x", "x", None, None, None, "x", "x", None]),
            "persons": pa.array([1, 9, 0, 10, None, None, 5, 5], pa.int64()),  # 2 out of range
            "persons__raw": pa.array(["1", "9", "0", "10", None, "ten", "5", "5"]),  # 1 unreadable
            # a newline at the end, text around digits and an empty alternative must not pass as a match
            "code": pa.array(["123456", "X", "123456\n", "a123456", "XX", None, "1234567890", "123456789"]),
            "lon__ok__lon-type": pa.array([True] * 7 + [False]),
            "lon__ok__lon-range": pa.array([True, False, False, True, True, True, True, True]),
            "_earliest": pa.array([EARLIEST] * 8, pa.timestamp("us")),
            "_latest": pa.array([LATEST] * 8, pa.timestamp("us")),
            "_is_repeat": pa.array([False] * 8),
            "_failed": pa.array([[]] * 8, pa.list_(pa.string())),
        }
    )


EXPECTED = {
    "number-required": (8, 2), "seen_at-type": (7, 1), "seen_at-window": (6, 3), "shut_on-type": (4, 0),
    "shut_on-order": (2, 2), "persons-type": (7, 1), "persons-range": (6, 2), "code-pattern": (7, 4),
    "lon-type": (8, 1), "lon-range": (8, 2),
}  # fmt: skip


def parquet(path: Path, table: pa.Table) -> pq.ParquetFile:
    pq.write_table(table, path)
    return pq.ParquetFile(path)


def counts_of(rows: list[RuleCount]) -> dict[str, tuple[int, int]]:
    assert not [row for row in rows if row.is_error]
    return {row.rule_id: (row.evaluated_n, row.failed_n) for row in rows}


def test_every_shape_of_rule_counts_its_failures(contract: Contract, tmp_path: Path) -> None:
    reader = parquet(tmp_path / "b.parquet", batch())
    assert counts_of(validate(frames(reader, columns_read(plan(contract))), contract)) == EXPECTED


def test_counts_of_chunks_are_added(contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK_ROWS", 3)
    reader = parquet(tmp_path / "b.parquet", batch())
    chunks = list(frames(reader, columns_read(plan(contract))))
    assert [len(chunk) for chunk in chunks] == [3, 3, 2]
    assert counts_of(validate(chunks, contract)) == EXPECTED


def test_whole_columns_without_a_value_are_good_but_for_required(contract: Contract, tmp_path: Path) -> None:
    empty = {
        field.name: pa.nulls(8, field.type)
        if "__ok__" not in field.name and not field.name.startswith("_")
        else batch()[field.name]
        for field in batch().schema
    }
    reader = parquet(tmp_path / "b.parquet", pa.table(empty))
    found = counts_of(validate(frames(reader, columns_read(plan(contract))), contract))
    assert found["number-required"] == (8, 8)
    assert {rule: counts for rule, counts in found.items() if not rule.startswith(("number-", "lon-"))} == {
        rule: (0, 0) for rule in EXPECTED if not rule.startswith(("number-", "lon-"))
    }


def test_a_batch_without_rows_evaluates_nothing(contract: Contract, tmp_path: Path) -> None:
    reader = parquet(tmp_path / "b.parquet", batch().slice(0, 0))
    found = validate(frames(reader, columns_read(plan(contract))), contract)
    assert {(row.evaluated_n, row.failed_n, row.is_error) for row in found} == {(0, 0, False)}
    assert {row.rule_id for row in found} == set(EXPECTED)


def test_a_binding_without_key_lifts_the_keys_required(contract: Contract, tmp_path: Path) -> None:
    reader = parquet(tmp_path / "b.parquet", batch())
    found = counts_of(validate(frames(reader, columns_read(plan(contract, ()))), contract, ()))
    assert found == {rule: counts for rule, counts in EXPECTED.items() if rule != "number-required"}


def test_a_binding_with_another_key_requires_it(contract: Contract, tmp_path: Path) -> None:
    reader = parquet(tmp_path / "b.parquet", batch())
    found = counts_of(validate(frames(reader, columns_read(plan(contract, ["code"]))), contract, ["code"]))
    expected = {rule: counts for rule, counts in EXPECTED.items() if rule != "number-required"}
    assert found == {**expected, "code-required": (8, 1)}


@pytest.mark.parametrize("column", ["number", "seen_at__raw", "lon__ok__lon-range", "_latest", "shut_on"])
def test_a_check_without_its_column_is_an_error_and_no_pass(contract: Contract, column: str) -> None:
    frame = batch().drop_columns([column]).to_pandas(date_as_object=False)
    broken = {row.rule_id: row for row in validate([frame], contract) if row.is_error}
    assert broken
    assert all(column in row.error for row in broken.values())
    untouched = [row for row in validate([frame], contract) if row.rule_id not in broken]
    assert {row.rule_id: (row.evaluated_n, row.failed_n) for row in untouched} == {
        rule: counts for rule, counts in EXPECTED.items() if rule not in broken
    }


def test_an_expectation_that_raises_is_an_error_without_the_value(contract: Contract) -> None:
    frame = batch().to_pandas(date_as_object=False)
    frame["persons"] = ["13800138000x"] * 8  # text where numbers are compared: the library raises inside
    found = {row.rule_id: row for row in validate([frame], contract)}
    assert found["persons-range"].is_error
    assert found["persons-range"].error
    assert "13800138000" not in json.dumps([row.error for row in found.values()])
    assert not found["code-pattern"].is_error


def test_small_batches_share_a_validation_and_keep_their_own_counts(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = batch().to_pandas(date_as_object=False)
    batches = [[frame.iloc[:3]], [], [frame.iloc[3:5], frame.iloc[5:]], [frame]]
    alone = [validate(chunks, contract) for chunks in batches]
    shared = spy_on_validations(monkeypatch)
    assert validate_many(batches, contract) == alone
    assert shared == [16]
    monkeypatch.setattr(count, "POOL_ROWS", 6)
    shared.clear()
    assert validate_many(batches, contract) == alone
    assert shared == [5, 3, 8]


def spy_on_validations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each validation from now on."""
    rows: list[int] = []
    real = count._validate_frame

    def spy(definition: Any, frame: pd.DataFrame, checks: Any, pool: Any) -> Any:
        rows.append(len(frame))
        return real(definition, frame, checks, pool)

    monkeypatch.setattr(count, "_validate_frame", spy)
    return rows


def test_each_file_keeps_its_own_window(contract: Contract) -> None:
    frame = batch().to_pandas(date_as_object=False)
    wider = frame.assign(_latest=pd.Timestamp("2026-03-01"))
    found = validate_many([[frame], [wider]], contract)
    failed = [{row.rule_id: row.failed_n for row in rows}["seen_at-window"] for rows in found]
    assert failed == [3, 2]


def test_a_batch_that_cannot_be_asked_does_not_spoil_its_neighbour(contract: Contract) -> None:
    good = batch().to_pandas(date_as_object=False)
    for bad in (
        good.drop(columns=["code"]),
        good.assign(persons=["x"] * 8),
        good.assign(**{"lon__ok__lon-range": [None] * 8}),
        good.assign(_earliest=pd.Timestamp("2027-01-01")),
    ):
        first, second, third = validate_many([[good], [bad], [good]], contract)
        assert counts_of(first) == counts_of(third) == EXPECTED
        assert [row.rule_id for row in second if row.is_error]


def test_an_error_in_one_chunk_stays_an_error(contract: Contract) -> None:
    good = batch().to_pandas(date_as_object=False)
    bad = good.drop(columns=["code"])
    for chunks in ([good, bad], [bad, good]):
        found = {row.rule_id: row for row in validate(chunks, contract)}
        assert found["code-pattern"].is_error


def test_a_missing_verdict_of_the_judge_is_an_error(contract: Contract) -> None:
    frame = batch().to_pandas(date_as_object=False)
    frame["lon__ok__lon-range"] = [True, None, True, True, True, True, True, True]
    found = {row.rule_id: row for row in validate([frame], contract)}
    assert found["lon-range"].is_error


def test_results_hold_counts_only(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    read = count._read_result

    def spy(result: Any, check: Any, pool: Any) -> list[RuleCount]:
        seen.append(json.dumps(result.to_json_dict()["result"], default=str))
        return read(result, check, pool)

    monkeypatch.setattr(count, "_read_result", spy)
    frame = batch().to_pandas(date_as_object=False)
    for batches in ([[frame]], [[frame], [frame]]):  # alone, and sharing a validation
        seen.clear()
        validate_many(batches, contract)
        assert len(seen) == len(EXPECTED) + 1  # a window has two bounds
        assert not [text for text in seen if "1234567890" in text or "3020" in text]


def test_an_unknown_expression_is_refused() -> None:
    strange = CONTRACT.replace("shut_on >= seen_at", "shut_on > seen_at + 1")
    with pytest.raises(ConfigurationError, match="shut_on-order"):
        plan(parse_contract(strange, where="test"))


def test_a_rule_on_an_unknown_column_is_refused() -> None:
    strange = CONTRACT.replace("shut_on >= seen_at", "shut_on >= seen")
    with pytest.raises(ConfigurationError, match="names no column"):
        plan(parse_contract(strange, where="test"))


@pytest.mark.parametrize("contract_id", contract_ids())
def test_every_shipped_rule_has_exactly_one_check(contract_id: str) -> None:
    shipped = load_contract(contract_id)
    checks = plan(shipped)
    assert [check.rule.id for check in checks] == [rule.id for rule in shipped.rules]
    hidden = {c.name for c in shipped.columns if c.level in ("P3", "P4") or c.is_free_text}
    assert not hidden & set(columns_read(checks))


def test_parity_names_every_difference() -> None:
    failure = RuleCount("c", 0, 0, is_error=True, error="why")
    counted = [RuleCount("a", 9, 2), RuleCount("b", 9, 3), failure, RuleCount("d", 9, 0)]
    found = parity({"a": 2, "b": 4, "c": 0, "e": 1}, counted)
    told = [(m.rule_id, m.judge_n, m.gx_n) for m in found]
    assert told == [("b", 4, 3), ("c", 0, None), ("d", None, 0), ("e", 1, None)]
    assert parity({"a": 2}, counted[:1]) == []


def test_the_child_validates_vault_batches_and_reports_the_unreadable(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    vault = Vault(home, master_keys(home, load_settings(), level="demo"))
    columns = {
        "area_code": pa.array(["1", None]),
        "year": pa.array([2025, None], pa.int32()),
        "year__raw": pa.array(["2025", "soon"]),
    }
    for name in ("usual_residents", "registered_residents", "floating_residents", "households"):
        columns |= {name: pa.array([5, -1], pa.int64()), f"{name}__raw": pa.array(["5", "-1"])}
    table = pa.table(columns)
    with vault.table_writer("tmp", "people", "p.batch", table.schema, month="2026-01") as writer:
        writer.write_table(table)
    path = vault.path("tmp", "people", "p.batch")
    bad = path.with_name("q.batch")
    bad.write_bytes(path.read_bytes()[:-5])
    requests = [BatchRequest(str(p), "population", "people", sha, "v1") for p, sha in ((path, "aa"), (bad, "bb"))]
    rows = validate_in_child(requests, home, ran_at=RAN_AT)
    good = {r.rule_id: r for r in rows if r.sha256 == "aa"}
    assert {r: v.failed_n for r, v in good.items() if v.failed_n} == {
        "area_code-required": 1, "year-required": 1, "year-type": 1, "usual_residents-range": 1,
        "registered_residents-range": 1, "floating_residents-range": 1, "households-range": 1,
    }  # fmt: skip
    assert not any(row.is_error for row in good.values())
    assert {row.severity for row in good.values()} == {"quarantine"}
    broken = [r for r in rows if r.sha256 == "bb"]
    assert len(broken) == len(good)
    assert all(row.is_error and row.error for row in broken)
    assert {row.ran_at for row in rows} == {"2026-02-01T08:00:00"}


def test_a_child_that_dies_leaves_errors(tmp_path: Path) -> None:
    home = Home(tmp_path / "keyless").make()  # no master key: the child must not make one
    request = BatchRequest("nowhere", "population", "people", "aa", "v1", ())
    rows = validate_in_child([request], home, ran_at=RAN_AT)
    assert {row.rule_id for row in rows} >= {"year-type", "usual_residents-range"}
    assert all(row.is_error and row.error for row in rows)
    assert not (home.keys / "master.key").exists()
    assert isinstance(rows[0], QualityRow)


def test_nothing_is_started_for_no_batch(tmp_path: Path) -> None:
    assert validate_in_child([], Home(tmp_path), ran_at=RAN_AT) == []


def test_planning_does_not_import_great_expectations() -> None:
    code = (
        "import sys, quality.run, quality.suites; from pipelines.core.contracts import load_contract;"
        "quality.suites.plan(load_contract('petition')); print('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True)
    assert done.stdout.strip() == "False"


def test_pandas_frames_of_the_batch_are_accepted_as_they_are(contract: Contract) -> None:
    frame: pd.DataFrame = batch().to_pandas(date_as_object=False)
    assert counts_of(validate([frame], contract)) == EXPECTED
