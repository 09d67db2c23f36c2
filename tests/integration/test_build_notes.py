"""After a build is published, what it could not decide or understand is told in a line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.core.warehouse import open_published
from pipelines.reports.build_notes import notes


@pytest.mark.parametrize(("language", "tied", "unmapped"), [("en", "which row counts is arbitrary", "nobody has mapped"),
                                                            ("zh", "取哪一行并无依据", "尚未对照的代码")])  # fmt: skip
def test_ties_and_unknown_codes_are_told_with_their_numbers(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch, language: str, tied: str, unmapped: str
) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", language)
    with open_published(tiny_home) as build:
        lines = notes(build, "state")
        (ties,) = build.rows(
            "select count(distinct event_id) from marts.fct_event_version join marts.fct_event using (event_id) "
            "where is_key_conflict and is_counted"
        )[0]
        (codes,) = build.rows("select cast(sum(unmapped_n) as bigint) from marts.fct_feed_outcome")[0]
    assert ties
    assert codes
    assert len(lines) == 2
    assert tied in lines[0]
    assert lines[0].startswith(f"{ties:,} ")
    assert unmapped in lines[1]
    assert lines[1].startswith(f"{codes:,} ")
    assert lines[1].endswith("citybrain quarantine codes --home state")
