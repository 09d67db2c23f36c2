"""An open page becomes that of a new build by itself, also after its reader went to another board."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import serving, window_on
from tests.conftest import TinyCity
from tests.integration import publishing

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000


def test_an_open_page_shows_a_new_build_by_itself(browser: Any, tiny_city: TinyCity, tmp_path: Path) -> None:
    home = publishing.copied(tiny_city.home, tmp_path / "home")
    publish = [sys.executable, "-m", "tests.integration.publishing", str(home), str(tiny_city.folder), "1", "0"]
    with serving(home, tmp_path / "log.txt") as port, window_on(browser, port) as reader:
        reader.open("risk", lang="zh")
        reader.page.locator(".head a", has_text="总览").first.click()
        reader.page.wait_for_url(lambda address: "/risk" not in address)
        reader.settled()
        new = reader.page.locator(".banner", has_text=publishing.build_of(publishing.FIRST + 1))
        assert not new.count()
        subprocess.run(publish, check=True, capture_output=True)
        new.wait_for(timeout=PATIENCE_MS)
        reader.settled()
        assert f"{publishing.FIRST + 1:,}" in reader.text()
