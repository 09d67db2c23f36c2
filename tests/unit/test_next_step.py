"""Commands that messages name: as they can be typed, with the home and city that the user gave."""

from __future__ import annotations

import io
import runpy
from pathlib import Path

import pytest

from pipelines.cli import main, operate, show
from pipelines.cli.next_step import with_places
from pipelines.core.errors import BuildBlocked
from pipelines.core.installation import home_path
from pipelines.defs import graph, resources

CITY = "name: yunchuan\nzone: Asia/Shanghai\nroot_area: '1'\n"


@pytest.fixture(scope="module", autouse=True)
def commands() -> None:
    main._commands()


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "yunchuan"
    folder.mkdir()
    (folder / "city.yml").write_text(CITY, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("text", "told"), [
    ("2 files -> citybrain reparse --dry-run", "2 files -> citybrain reparse --home 'my state' --dry-run"),
    ("3 rows -> citybrain quarantine list", "3 rows -> citybrain quarantine list --home 'my state'"),
    ("citybrain run makes the figures anew", "citybrain run --home 'my state' makes the figures anew"),
    ("citybrain run, or citybrain rollback BUILD", "citybrain run --home 'my state', or citybrain rollback --home 'my state' BUILD"),
    ("运行 citybrain run 后指标随之更新", "运行 citybrain run --home 'my state' 后指标随之更新"),
    ("-> citybrain boards --home elsewhere", "-> citybrain boards --home elsewhere"),
    ("citybrain new-feed says what it is", "citybrain new-feed says what it is"),
    ("citybrain is a program", "citybrain is a program"),
])  # fmt: skip
def test_a_command_of_a_message_has_the_home_that_was_typed(text: str, told: str) -> None:
    assert with_places(text, ["status", "--home", "my state"]) == told
    assert with_places(text, ["status", "--home=my state"]) == told
    assert with_places(text, ["status"]) == text


def test_a_command_that_takes_no_city_has_the_home_of_the_city_that_was_typed(city: Path) -> None:
    words = ["run", "--city", str(city)]
    home = home_path(None, "yunchuan")
    assert with_places("citybrain run", words) == f"citybrain run --city {city}"
    assert with_places("citybrain status names it", words) == f"citybrain status --home {home} names it"
    assert with_places("citybrain status", ["run", "--city", "no such"]) == "citybrain status"


def test_the_terminal_says_it_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On the screen and for an error that ends the program."""
    out = io.StringIO()
    monkeypatch.setattr("sys.argv", ["citybrain", "status", "--home", "nowhere"])
    monkeypatch.setattr(show.console, "file", out)
    show.console.print("-> citybrain run", markup=False)
    assert out.getvalue() == "-> citybrain run --home nowhere\n"
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(main.__file__), run_name="__main__")  # as `python -m pipelines.cli.main`
    assert ended.value.code == 2
    assert "citybrain run --home nowhere --city DIR" in capsys.readouterr().err


@pytest.mark.parametrize(("failed", "code"), [(["calls: no folder"], 3), ([], 1)])
def test_a_run_that_was_blocked_ends_with_3_where_a_source_had_failed(
    monkeypatch: pytest.MonkeyPatch, city: Path, tmp_path: Path, failed: list[str], code: int
) -> None:
    """The graph itself is run by the tests of builds; here what the command makes of how it ended."""

    def blocked(run: resources.Run, **_: object) -> bool:
        run.failed_sources += failed
        raise BuildBlocked("no file of events has been taken")

    monkeypatch.setattr(graph, "execute", blocked)
    with pytest.raises(BuildBlocked) as ended:
        operate.execute(city, tmp_path / "home", tmp_path / "absent", None)
    assert ended.value.exit_code == code
    monkeypatch.setattr(graph, "execute", lambda run, **_: run.failed_sources.extend(failed))
    assert operate.execute(city, tmp_path / "home", tmp_path / "absent", None) == code
