"""Which city folder a command means: a path is what it says, only a bare name stands for a city of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.core.errors import UsageError
from pipelines.core.installation import named_city
from pipelines.core.settings import CITIES, load_settings
from tests.conftest import citybrain


def test_a_path_is_itself_and_a_name_is_a_city_of_the_project(tmp_path: Path) -> None:
    assert named_city(tmp_path) == tmp_path
    assert named_city(Path("chicago")) == CITIES / "chicago"


@pytest.mark.parametrize(
    ("typed", "what", "remedy"),
    [
        ("/nonexistent/chicago", "no folder '/nonexistent/chicago'", "chicago, demo"),
        ("nonexistent/chicago", "no folder 'nonexistent/chicago'", "chicago, demo"),
        ("chicgo", "no city 'chicgo'", "did you mean 'chicago'?"),
        ("atlantis", "no city 'atlantis'", "chicago, demo"),
    ],
)
def test_what_leads_to_no_city_is_quoted_as_typed(typed: str, what: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_city(Path(typed))
    assert caught.value.what == what
    assert remedy in caught.value.remedy


def test_the_environment_may_name_a_city(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITYBRAIN_CITY", "chicago")
    city = load_settings().city
    assert city is not None
    assert named_city(city) == CITIES / "chicago"
    monkeypatch.setenv("CITYBRAIN_CITY", str(tmp_path))
    assert load_settings().city == tmp_path.resolve()


def test_check_does_not_call_another_city_good() -> None:
    done = citybrain("check", "--city", "/nonexistent/chicago", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/nonexistent/chicago" in done.stderr
