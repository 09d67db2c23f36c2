"""Seen: how often a text stood in earlier batches, against a plain counter."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning.seen import Seen, _Run

TEXTS = st.lists(st.sampled_from([f"row {n}" for n in range(30)]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=12))
def test_counts_are_those_of_a_counter(batches: list[list[str]]) -> None:
    seen, plain = Seen(), Counter[str]()
    for batch in batches:
        texts = pl.Series("t", batch, dtype=pl.String)
        assert seen.counts(texts).to_list() == [plain[text] for text in batch]
        seen.add(texts)
        plain.update(batch)


def test_few_runs_remain_of_many_batches() -> None:
    seen = Seen()
    for batch in range(100):
        seen.add(pl.Series([f"{batch} {n}" for n in range(20)]))
    assert sum(len(run.first) for run in seen.runs) == 2_000
    assert len(seen.runs) <= 8, "each run is more than twice the next"


def test_texts_whose_first_hashes_collide_are_told_apart_by_the_second() -> None:
    first = np.array([7, 7, 7, 9], dtype=np.uint64)
    second = np.array([3, 1, 3, 1], dtype=np.uint64)
    run = _Run.of(first, second, np.ones(4, dtype=np.int64))
    asked = run.counted(np.array([7, 7, 7, 9, 8], dtype=np.uint64), np.array([1, 2, 3, 1, 1], dtype=np.uint64))
    assert asked.tolist() == [1, 0, 2, 1, 0]
