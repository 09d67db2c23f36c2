"""The key that `citybrain new-feed` proposes: the contract's, a longer one, none, and what of it is told."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.core.contracts import contract_ids, load_contract
from pipelines.scaffold import mapping, writing
from pipelines.scaffold.shapes import Shape
from tests.unit.test_scaffold import proposal, written

EVENTS = [contract for contract in contract_ids() if load_contract(contract).entity == "event"]


@pytest.mark.parametrize("contract_id", EVENTS)
def test_a_number_under_its_own_header_is_the_number_however_empty(contract_id: str) -> None:
    contract = load_contract(contract_id)
    values = pl.Series(["", *[f"(2019)京01民初{n}号" if n == 1 else "" for n in range(40)]])
    offers = mapping._offers(contract.column(contract.key[0]).title_zh, 0, Shape(values, "Asia/Shanghai"), contract)
    assert offers[0].column == contract.key[0]
    assert offers[0].score >= mapping.SURE


@pytest.mark.parametrize(("filled_every", "refused"), [(2, "10 of 20 rows (50%)"), (20, "19 of 20 rows (95%)")])
def test_a_number_that_is_half_empty_is_the_key_all_the_same(tmp_path: Path, filled_every: int, refused: str) -> None:
    """No key takes a row without its number: it goes to the work list. What tells every row apart is offered as the number."""
    rows = [
        [f"d{n:08x}", "北京市某法院", f"2019-03-{n + 1:02}", "" if n % filled_every else f"(2019)京01民初{n}号"]
        for n in range(20)
    ]
    made = proposal(written(tmp_path / "court.csv", [["文书标识", "法院", "立案日期", "案号"], *rows]), "court_case")
    assert made.key is None  # the contract's
    assert made.because["key"] == "案号: 100.0% of the different rows that have it have their own"
    assert any(
        doubt.startswith(f"案号: empty in {refused}: whatever the key is, they go to the work list") for doubt in made.doubts
    )
    assert any(doubt.endswith("perhaps the number: 文书标识 -> columns: {source_case_no: ...}") for doubt in made.doubts)
    assert "# key: 案号: 100.0%" in writing.binding_text(made)


def test_a_number_that_every_row_lacks_is_said(tmp_path: Path) -> None:
    rows = [[f"d{n:08x}", f"2019-03-{n + 1:02}", "无"] for n in range(20)]
    made = proposal(written(tmp_path / "court.csv", [["文书标识", "立案日期", "案号"], *rows]), "court_case")
    assert (made.key, made.because["key"]) == (None, "the number is empty in every row")


def test_a_key_that_repeats_is_lengthened_or_dropped(tmp_path: Path) -> None:
    offences = [["编号", "报警时间", "类别"], *([f"A{n // 2}", "2025-01-01 10:00:00", f"K{n % 2}"] for n in range(40))]
    made = proposal(written(tmp_path / "x.csv", offences), "police_incident")
    assert made.key == ("source_case_no", "class_l1_code")
    hopeless = [["编号", "报警时间", "描述"], *([f"A{n // 2}", "2025-01-01 10:00:00", f"K{n}"] for n in range(40))]
    made = proposal(written(tmp_path / "y.csv", hopeless), "police_incident")
    assert (made.key, made.covers) == ((), "file")
