"""Nothing of the machine it was written on, of a package index, or of real people is in the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, project_files

#: Spelled in pieces, so that this file is clean itself.
DESIGN = "shared/" + "design"
REAL_DATA = "shared/" + "data/real"
NEVER_COMMITTED = re.compile(r"(^|/)uv\.lock$|\.duckdb(\.wal)?$|\.pem$|(^|/)\.env$|(^|/)data/home/|\.pyc$|(^|/)\.venv/")
INDEX = re.compile(
    r"https?://\S+\.(?:whl|tar\.gz|tgz)\b|(?<!emit-)(?:extra-)?index"
    + r"-url\b\s*[= ]\s*\S|https?://\S+/sim"
    + r"ple\b|--find"
    + "-links"
)
#: Chinese resident id numbers (18 places, valid date inside) and mobile numbers are personal even when invented elsewhere.
ID_NUMBER = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
MACHINE = re.compile(r"(?<![\w.])/(?:root|home|Users)/(?!<)[\w.]+/")
TEXT = {
    ".py",
    ".sql",
    ".yml",
    ".yaml",
    ".md",
    ".toml",
    ".lock",
    ".csv",
    ".json",
    ".geojson",
    ".txt",
    ".sh",
    ".html",
    ".cfg",
    "",
}


def texts() -> list[tuple[Path, str]]:
    """Every text file of the project with its content."""
    found = [p for p in project_files() if p.suffix in TEXT]
    return [(p, (ROOT / p).read_text(encoding="utf-8", errors="replace")) for p in found]


def lines_with(pattern: re.Pattern[str], *, skip: tuple[str, ...] = ()) -> list[str]:
    """`file:line text` for every line that the pattern finds."""
    return [
        f"{path}:{number} {line.strip()[:120]}"
        for path, text in texts()
        if not str(path).startswith(skip or ("\0",))
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_that_is_made_here_is_committed() -> None:
    assert not [str(p) for p in project_files() if NEVER_COMMITTED.search(str(p))]


def test_no_path_of_this_machine() -> None:
    here = re.compile(re.escape(str(ROOT.parent).rstrip("/") + "/"))
    assert not lines_with(here)
    assert not lines_with(MACHINE)


def test_no_package_index_is_named() -> None:
    assert not lines_with(INDEX)


def test_the_plan_of_the_house_is_not_named() -> None:
    assert not lines_with(re.compile(re.escape(DESIGN)))


def test_real_data_is_looked_for_by_tests_alone() -> None:
    assert not lines_with(re.compile(re.escape(REAL_DATA)), skip=("tests/",))


def test_no_resident_id_number() -> None:
    assert not lines_with(ID_NUMBER)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (INDEX, "--index" + "-url https://packages.example/sim" + "ple"),
        (INDEX, "https://packages.example/a-1.0-py3-none-any" + ".whl"),
        (MACHINE, "open('/ho" + "me/li/city/x.csv')"),
        (ID_NUMBER, "11010119900307" + "7934"),
        (NEVER_COMMITTED, "data/warehouse.duck" + "db"),
    ],
)
def test_a_leak_is_seen(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
