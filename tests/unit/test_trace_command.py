"""Options of the command that tell it how much to show and where to write: wrong ones are refused before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cli.show_figure import check_file
from pipelines.core.errors import UsageError
from tests.conftest import citybrain


def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    check_file(tmp_path / "cases.csv")
    with pytest.raises(UsageError, match="no folder") as caught:
        check_file(tmp_path / "none" / "deep" / "cases.csv")
    assert caught.value.where == "--csv"
    assert caught.value.remedy
    assert not (tmp_path / "none").exists()
    with pytest.raises(UsageError, match="is a folder"):
        check_file(tmp_path)


@pytest.mark.parametrize("command", ["trace", "diff"])
def test_fewer_than_no_case_cannot_be_shown(command: str, tmp_path: Path) -> None:
    done = citybrain(command, "M16", "--area", "37", "--period", "2026", "--most", "-3", "--home", str(tmp_path), check=False)
    assert done.returncode == 2
    assert "--most" in done.stderr
    assert "Traceback" not in done.stderr
