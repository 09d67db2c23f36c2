"""Which builds an address can name: those that are kept under their own id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboards.kit.data import kept_builds, kept_manifest
from dashboards.kit.words import Words
from pipelines.publish import KEEP_BUILDS

BUILD = "20260630_91c5567847"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A build that is kept and current, and a copy of its manifest under another name."""
    (tmp_path / "published").mkdir()
    for name in (BUILD, "CURRENT", "20260629_91c5567847"):
        told = json.dumps({"build": BUILD, "published_at": "2026-06-30T06:00:00"})
        (tmp_path / "published" / f"{name}.json").write_text(told, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["CURRENT", "20260629_91c5567847", "20260630_0000000000", "../published/CURRENT", "", f"{BUILD}\n"]
)
def test_what_is_no_id_of_a_kept_build_is_none(home: Path, name: str) -> None:
    assert kept_manifest(home, name) is None


def test_a_kept_build_is_found_by_its_id_and_told_once(home: Path) -> None:
    found = kept_manifest(home, BUILD)
    assert found is not None
    assert kept_builds(home) == [found]


def test_the_page_says_how_many_builds_a_publish_keeps() -> None:
    """The boards may not ask `publish`, so the sentence has the number in words: it changes with the constant or this fails."""
    assert f"最近{'零一二三四五六七八九十'[KEEP_BUILDS]}个版本" in Words("zh")("why.no_earlier", build=BUILD)
    number = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")[KEEP_BUILDS]
    assert f"last {number} builds" in Words("en")("why.no_earlier", build=BUILD)
