"""The data dictionary says what the project says, and names every column in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.core.contracts import contract_ids
from pipelines.core.errors import ConfigurationError
from pipelines.core.register import read_register
from pipelines.reports import dictionary


def test_the_page_is_current() -> None:
    dictionary.check_current()


def test_every_mart_feed_and_metric_is_on_the_page() -> None:
    page = dictionary.render()
    assert not [m["name"] for m in dictionary.mart_models() if f"### {m['name']}\n" not in page]
    assert not [c for c in contract_ids() if f"### {c}: " not in page]
    assert not [m.id for m in read_register() if f"| {m.id} |" not in page]


def test_a_column_without_words_and_a_stale_page_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "data_dictionary.md"
    stale.write_text("old", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not current"):
        dictionary.check_current(stale)
    words = dictionary.column_words()
    monkeypatch.setattr(dictionary, "column_words", lambda: {k: v for k, v in words.items() if k != "event_id"})
    with pytest.raises(ConfigurationError, match="event_id"):
        dictionary.render()


def test_every_word_is_said_in_both_languages() -> None:
    assert not [column for column, (zh, en) in dictionary.column_words().items() if not zh.strip() or not en.strip()]
