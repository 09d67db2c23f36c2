"""Few: what is changed is what was marked, in its place."""

from __future__ import annotations

import polars as pl

from pipelines.cleaning.few import changed_where


def test_marked_values_are_changed_in_their_places() -> None:
    values = pl.Series("v", ["a", "b", None, "d"])
    marked = pl.Series([True, False, None, True])
    assert changed_where(values, marked, lambda few: few.str.to_uppercase()).to_list() == ["A", "b", None, "D"]


def test_nothing_marked_is_nothing_done() -> None:
    values = pl.Series("v", ["a"])

    def never(_: pl.Series) -> pl.Series:
        raise AssertionError

    assert changed_where(values, pl.Series([False]), never) is values


def test_lists_keep_their_type() -> None:
    lists = pl.Series("v", [["b", "a"], [], ["c"]])
    assert changed_where(lists, lists.list.len() > 1, lambda few: few.list.sort()).to_list() == [["a", "b"], [], ["c"]]
