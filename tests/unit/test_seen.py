"""Seen: how often a text stood in earlier batches, against a plain counter."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import seen as seen_module
from pipelines.cleaning.seen import Marks, Seen, _Run

TEXTS = st.lists(st.sampled_from([f"row {n}" for n in range(30)]), max_size=40)


def marks(texts: list[str]) -> Marks:
    """As identity marks texts: the halves of a digest."""
    whole = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    halves = np.frombuffer(whole, dtype=np.uint64).reshape(-1, 2)
    return Marks(halves[:, 0], halves[:, 1])


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=12))
def test_counts_are_those_of_a_counter(batches: list[list[str]]) -> None:
    seen, plain = Seen(), Counter[str]()
    for batch in batches:
        assert seen.counts(marks(batch)).tolist() == [plain[text] for text in batch]
        seen.add(marks(batch))
        plain.update(batch)


def test_few_runs_remain_of_many_batches() -> None:
    seen = Seen()
    for batch in range(100):
        seen.add(marks([f"{batch} {n}" for n in range(20)]))
    assert sum(len(run.first) for run in seen.runs) == 2_000
    assert len(seen.runs) <= 2 * seen_module.FAN, "a hundred batches are one run of 64, four of eight and four of one"


def test_what_was_added_before_the_filter_grew_is_still_known() -> None:
    seen = Seen()
    texts = [f"row {n}" for n in range(40_000)]
    for start in range(0, len(texts), 4_000):
        seen.add(marks(texts[start : start + 4_000]))
    assert len(seen.filter) > seen_module.SMALLEST
    assert (seen.counts(marks(texts)) == 1).all()
    assert not seen.counts(marks([f"other {n}" for n in range(40_000)])).any()


def test_texts_whose_first_marks_collide_are_told_apart_by_the_second() -> None:
    run = _Run.of(Marks(np.array([7, 7, 7, 9], np.uint64), np.array([3, 1, 3, 1], np.uint64)), np.ones(4, dtype=np.int64))
    asked = run.counted(Marks(np.array([7, 7, 7, 9, 8], np.uint64), np.array([1, 2, 3, 1, 1], np.uint64)))
    assert asked.tolist() == [1, 0, 2, 1, 0]
