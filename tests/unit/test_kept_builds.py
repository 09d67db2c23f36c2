"""Which builds an address can name: those that are kept under their own id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboards.kit.data import kept_builds, kept_manifest

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
