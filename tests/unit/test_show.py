"""What a run tells on the terminal: names and sheets come from outside, and a bracket in one must not be taken for a colour."""

from __future__ import annotations

import pytest

from pipelines.cli import show
from pipelines.ingest import FileOutcome

NAME = "x.zip/[/red]案件[1].csv"


@pytest.mark.parametrize("verdict", ["held", "loaded"])
def test_a_file_is_told_by_the_name_that_it_has(verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    progress = show.Progress()
    with show.errors.capture() as told:
        progress("file", FileOutcome("urban", NAME, "0" * 64, verdict, message=f"{NAME}: 说明 -> mend sheet:"))
    assert f"{NAME}: 说明 -> mend sheet:" in told.get()


def test_a_table_shows_cells_as_they_are() -> None:
    with show.console.capture() as told:
        show.table("", ["file"], [[NAME]])
    assert NAME in told.get()


def test_a_table_wider_than_the_terminal_loses_no_cell() -> None:
    cells = [f"{n}{'x' * 30}" for n in range(6)]
    with show.console.capture() as told:
        show.table("", [f"column {n}" for n in range(6)], [cells])
    assert all(cell in told.get() for cell in cells)
