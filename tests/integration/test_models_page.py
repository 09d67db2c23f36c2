"""`citybrain docs`: dbt's page about the models, written by the real command, and shut in."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.architecture.dbt_models import models
from tests.conftest import TinyCity, citybrain


@pytest.fixture(scope="module")
def home(tiny_city: TinyCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the command reads: dbt opens the warehouse to write, which other tests are reading."""
    copy = tmp_path_factory.mktemp("docs") / "home"
    for folder in ("state", "warehouse"):
        shutil.copytree(tiny_city.home / folder, copy / folder)
    return copy


@pytest.fixture(scope="module")
def page(home: Path) -> str:
    done = citybrain("docs", "--home", str(home))
    assert "models.html" in done.stdout.replace("\n", "")
    return (home / "reports" / "models.html").read_text(encoding="utf-8")


def test_every_model_is_described_with_its_grain_and_owner(page: str) -> None:
    for model in models():
        description = " ".join(str(model.entry["description"]).split())
        assert any(said in page for said in (json.dumps(description)[1:-1], json.dumps(description, ensure_ascii=False)[1:-1])), (
            model.name
        )
    assert page.count('"owner": "figures desk"') + page.count('"owner":"figures desk"') > 10


def test_the_page_asks_for_nothing_and_may_ask_for_nothing(page: str) -> None:
    assert not re.findall(r"<(?:script|img|iframe|link)[^>]*\s(?:src|href)=.?(?:https?:)?//", page)
    policy = page.index("Content-Security-Policy")
    assert policy < page.index("<script")
    assert "default-src 'none'" in page[policy : policy + 120]


def test_nothing_stays_behind_in_the_warehouse(page: str, home: Path) -> None:
    assert page
    assert not (home / "warehouse" / "docs").exists()


def test_a_home_without_a_warehouse_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    done = citybrain("docs", "--home", str(tmp_path), check=False)
    assert done.returncode == 2
    assert done.stderr
