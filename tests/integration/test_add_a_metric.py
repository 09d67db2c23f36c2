"""docs/add_a_metric.md, done: its entry put into a copy of the project, its commands run there, a city built by that copy.

The figure is compared with a count over the built events in Python. Run as a module, this file builds the city: it is the
child process in which the copy, and not this checkout, is what is imported.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.register import parse_entry
from pipelines.core.settings import Home
from pipelines.core.warehouse import open_published
from tests.architecture.project import ROOT, project_files
from tests.integration.chosen_cases import first_day
from tests.integration.landed import Landed, write_city
from tests.integration.test_build import run

PAGE = ROOT / "docs" / "add_a_metric.md"
#: What the copy leaves out: cities, proofs and pictures that neither the commands nor a build read.
NOT_NEEDED = ("bench", "data", ".ci")


def block(language: str) -> str:
    """The page's one code block in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"{len(found)} blocks in {language}"
    return str(found[0])


def entry() -> dict[str, Any]:
    entries = yaml.safe_load(block("yaml"))
    assert len(entries) == 1
    return dict(entries[0])


def in_copy(copy: Path, *arguments: str) -> None:
    """Python in the copy of the project. Fails the test with what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, f"{' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@dataclass(frozen=True)
class Built:
    """What the copy made: its folder, the figures of the new metric, the cases it looks at."""

    copy: Path
    figures: list[dict[str, Any]]
    events: list[dict[str, Any]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    base = tmp_path_factory.mktemp("metric")
    copy = base / "project"
    for path in project_files():
        if path.parts[0] not in NOT_NEEDED:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy / path)
    subprocess.run(["git", "init", "-q", str(copy)], check=True)  # the lint asks git which files there are
    said = re.match(r"# (\S+)\n", block("yaml"))
    assert said
    (copy / said[1]).write_text(block("yaml"), encoding="utf-8")
    for line in block("bash").splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == ".venv/bin/python"
        in_copy(copy, *arguments)
    in_copy(copy, "-m", "tests.integration.test_add_a_metric", str(base))
    published = open_published(base / "home")

    def rows(query: str, *values: str) -> list[dict[str, Any]]:
        found = published.connection.execute(query, list(values))
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return Built(
        copy,
        rows("select * from marts.v_metric_display where metric_id = ?", str(entry()["id"])),
        rows("select * from marts.fct_event where event_kind = 'urban_case' and is_counted"),
    )


def test_the_entry_is_new() -> None:
    files = [path for path in project_files() if path.parts[:2] == ("dbt_project", "metrics")]
    assert entry()["id"] not in {e["id"] for path in files for e in yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))}


def test_the_page_needs_no_other_file(built: Built) -> None:
    """One entry, and what the commands write from it: nothing else of the project changed."""
    written = {
        str(path) for path in project_files()
        if (built.copy / path).exists() and (built.copy / path).read_bytes() != (ROOT / path).read_bytes()
    }  # fmt: skip
    assert written == {
        "dbt_project/macros/metrics/register.sql", "dbt_project/seeds/ref_metric.csv", "dbt_project/seeds/ref_metric_cut.csv",
        "dbt_project/models/semantic/semantic_models.yml",
        "docs/data_dictionary.md",
    }  # fmt: skip


def counted(events: list[dict[str, Any]]) -> tuple[Counter[Any], Counter[Any]]:
    """(numerators, denominators) by (slice, month): the same figures without the register, SQL or macros."""
    above: Counter[Any] = Counter()
    below: Counter[Any] = Counter()
    for event in events:
        month = event["reported_at"].date().replace(day=1)
        for cut in (("all", "all", month), ("category", event["category_code"], month)):
            below[cut] += 1
            above[cut] += event["deadline_at"] is not None
    return above, below


def test_every_month_of_the_city_is_what_counting_gives(built: Built) -> None:
    above, below = counted(built.events)
    assert sum(below.values()) > sum(above.values()) > 0
    city = [f for f in built.figures if f["grid_level"] == 0 and f["grid_code"] == "990100" and f["period_kind"] == "month"]
    found = {(f["slice_kind"], f["slice_code"], f["period_start"]): (f["num"], f["den"]) for f in city if f["den"]}
    assert found == {cut: (above[cut], below[cut]) for cut in below}


def test_it_is_divided_and_rounded_once_and_small_denominators_are_not(built: Built) -> None:
    year = next(
        f for f in built.figures
        if (f["grid_code"], f["period_kind"], f["slice_kind"]) == ("990100", "year", "all") and f["period_end"].year == 2016
    )  # fmt: skip
    above = sum(event["deadline_at"] is not None for event in built.events)
    tenths = (2 * above * 1000 + len(built.events)) // (2 * len(built.events))
    assert year["value_text"] == f"{tenths // 10}.{tenths % 10}"
    few = [f for f in built.figures if f["den"] and f["den"] < entry()["min_denominator"]]
    assert few
    assert all(f["value"] is None and f["reason"] for f in few)


def test_it_has_the_levels_that_the_entry_gives_it(built: Built) -> None:
    assert {f["grid_level"] for f in built.figures} == set(entry()["levels"])
    assert {f["slice_kind"] for f in built.figures} == {*entry()["slices"], *entry()["slices_coarse"]}
    assert {f["period_kind"] for f in built.figures} == set(parse_entry(entry(), PAGE.name).periods)


def build(base: Path) -> None:
    """The hand-made city of the build's tests, built by whatever project is on the path."""
    city = write_city(base / "city", {"urban_case": "9901,3101,,2016-06-30\n9901,3105,2016-06-30,\n"})
    place = Landed(Home(base / "home").make(), city)
    first_day(place)
    run(place)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
