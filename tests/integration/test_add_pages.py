"""docs/add_a_metric.md and docs/add_a_feed_kind.md, done: their files put into a copy of the project, their commands run there.

The copy builds one city from exports invented here (`make prove-pages`; `make test` runs only what writes files of the project);
its figures are compared with counts over those exports, and over the built events, in Python.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.register import parse_entry
from pipelines.core.warehouse import open_published
from tests.architecture.project import ROOT, project_files

METRIC, KIND = ROOT / "docs" / "add_a_metric.md", ROOT / "docs" / "add_a_feed_kind.md"
#: What the copy leaves out: cities, proofs and pictures that neither the commands nor a build read.
NOT_NEEDED = ("bench", "data", ".ci")
DIRECTIVE = re.compile(r"(?:#|--) (new|append|before `(?P<anchor>.+)`): (?P<path>\S+)\n")
#: The invented exports: every kind of alert as the page's codes spell it, and two classes of urban cases.
ALERTS = {"超警戒水位": "9004", "水污染": "9005", "汛情": "9002"}
CLASSES = {"占道经营": "3003", "施工噪声": "3008"}
AREAS = ("990101", "990102")
YEAR = 2025
ROOT_AREA = "990100"
OFFICER = "何水官"
#: How a command begins that writes files of the project; each page names them, once is enough.
WRITES = ".venv/bin/python -m pipelines."


def blocks(page: Path, language: str) -> list[str]:
    """The page's code blocks in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@cache
def entry() -> dict[str, Any]:
    (block,) = blocks(METRIC, "yaml")
    (only,) = yaml.safe_load(block)
    return dict(only)


def put(copy: Path, block: str) -> str:
    """Do what a block's first line says; returns the file it is about."""
    said = DIRECTIVE.match(block)
    assert said, block[:80]
    path, lines = copy / said["path"], block[said.end() :]
    if said[1] == "new":
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, encoding="utf-8")
    elif said[1] == "append":
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + lines, encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        (found,) = re.findall(rf"^.*{re.escape(said['anchor'])}.*\n", text, re.MULTILINE)
        path.write_text(text.replace(found, lines + found), encoding="utf-8")
    return said["path"]


def run(copy: Path, line: str) -> str:
    """One command of a page in the copy; returns what it printed. Fails the test with it."""
    program, *arguments = shlex.split(line, comments=True)
    called = {".venv/bin/python": [], ".venv/bin/citybrain": ["-m", "pipelines.cli.main"]}[program]
    done = subprocess.run(
        [sys.executable, *called, *arguments], cwd=copy, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(copy), "CITYBRAIN_LANG": "en"},
    )  # fmt: skip
    assert not done.returncode, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def exported(kind: str) -> list[dict[str, str]]:
    """Rows as a department would send them, the same each time."""
    draw, rows = random.Random(kind), []
    for number in range(120):
        came = dt.datetime(YEAR, 1, 1) + dt.timedelta(minutes=draw.randrange(60 * 24 * 360))
        done = f"{came + dt.timedelta(hours=draw.randrange(2, 90)):%Y-%m-%d %H:%M:%S}" if number % 7 else ""
        due = f"{came + dt.timedelta(days=5):%Y-%m-%d %H:%M:%S}" if number % 5 else ""
        area, at = draw.choice(AREAS), f"{came:%Y-%m-%d %H:%M:%S}"
        rows.append(
            {"预警编号": f"SW{number:04}", "预警类型": draw.choice(list(ALERTS)), "监测站": "东河站", "网格编码": area, "发布时间": at,
             "预警级别": draw.choice(("红色", "蓝色")), "预警内容": f"请联系{OFFICER}", "值班员": OFFICER, "解除时间": done}
            if kind == "water_alert" else
            {"任务号": f"CG{number:04}", "小类名称": draw.choice(list(CLASSES)), "单元网格编码": area, "上报时间": at,
             "处置截止时间": due, "结案时间": done}
        )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Typed:
    """The copy's folder, the files that the pages name, what the commands that write files said, the other commands."""

    copy: Path
    named: set[str]
    said: dict[str, str]
    left: list[str]


@dataclass(frozen=True)
class Built(Typed):
    """And what the copy made: the figures, the events."""

    figures: list[dict[str, Any]]
    events: list[dict[str, Any]]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    copy = tmp_path_factory.mktemp("pages") / "project"
    for path in project_files():
        if path.parts[0] not in NOT_NEEDED:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy / path)
    subprocess.run(["git", "init", "-q", str(copy)], check=True)  # the lint asks git which files there are
    (copy / "exports").mkdir()
    for kind in ("water_alert", "urban_case"):
        with (copy / "exports" / f"{kind}_{YEAR}1231.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(exported(kind)[0]))
            writer.writeheader()
            writer.writerows(exported(kind))
    (metric,) = blocks(METRIC, "yaml")
    told = re.match(r"# (\S+)\n", metric)
    assert told
    (copy / told[1]).write_text(metric, encoding="utf-8")
    named = {put(copy, block) for language in ("yaml", "csv", "sql") for block in blocks(KIND, language)}
    lines = dict.fromkeys(
        line.split("#")[0].strip() for page in (METRIC, KIND) for block in blocks(page, "bash") for line in block.splitlines()
    )
    said = {line: run(copy, line) for line in lines if line.startswith(WRITES)}
    return Typed(copy, {*named, told[1]}, said, [line for line in lines if not line.startswith(WRITES)])


@pytest.fixture(scope="module")
def built(typed: Typed) -> Built:
    said = {line: run(typed.copy, line) for line in typed.left}
    published = open_published(typed.copy / "state")

    def rows(query: str, *values: str) -> list[dict[str, Any]]:
        found = published.connection.execute(query, list(values))
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return Built(
        typed.copy, typed.named, typed.said | said, [],
        rows("select * from marts.v_metric_display where metric_id in (?, 'V01', 'V02')", str(entry()["id"])),
        rows("select * from marts.fct_event where is_counted"),
    )  # fmt: skip


def metric_figures(built: Built) -> list[dict[str, Any]]:
    return [figure for figure in built.figures if figure["metric_id"] == entry()["id"]]


def urban_cases(built: Built) -> list[dict[str, Any]]:
    return [event for event in built.events if event["event_kind"] == "urban_case"]


def test_the_entry_is_new() -> None:
    files = [path for path in project_files() if path.parts[:2] == ("dbt_project", "metrics")]
    assert entry()["id"] not in {e["id"] for path in files for e in yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))}


def test_the_pages_need_no_other_file(typed: Typed) -> None:
    """The files that the pages name, and what the commands write from them: nothing else of the project changed."""
    written = {
        str(path) for path in project_files()
        if (typed.copy / path).exists() and (typed.copy / path).read_bytes() != (ROOT / path).read_bytes()
    }  # fmt: skip
    assert written - typed.named == {
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


@pytest.mark.proof
def test_every_month_of_the_city_is_what_counting_gives(built: Built) -> None:
    above, below = counted(urban_cases(built))
    assert sum(below.values()) > sum(above.values()) > 0
    city = [
        f for f in metric_figures(built) if f["grid_level"] == 0 and f["grid_code"] == ROOT_AREA and f["period_kind"] == "month"
    ]
    found = {(f["slice_kind"], f["slice_code"], f["period_start"]): (f["num"], f["den"]) for f in city if f["den"]}
    assert found == {cut: (above[cut], below[cut]) for cut in below}


@pytest.mark.proof
def test_it_is_divided_and_rounded_once_and_small_denominators_are_not(built: Built) -> None:
    year = next(
        f for f in metric_figures(built)
        if (f["grid_code"], f["period_kind"], f["slice_kind"]) == (ROOT_AREA, "year", "all") and f["period_end"].year == YEAR
    )  # fmt: skip
    above = sum(event["deadline_at"] is not None for event in urban_cases(built))
    tenths = (2 * above * 1000 + len(urban_cases(built))) // (2 * len(urban_cases(built)))
    assert year["value_text"] == f"{tenths // 10}.{tenths % 10}"
    few = [f for f in metric_figures(built) if f["den"] and f["den"] < entry()["min_denominator"]]
    assert few
    assert all(f["value"] is None and f["reason"] for f in few)


@pytest.mark.proof
def test_it_has_the_levels_that_the_entry_gives_it(built: Built) -> None:
    assert {f["grid_level"] for f in metric_figures(built)} == {0, 1} <= set(entry()["levels"])  # the city has no others
    assert {f["slice_kind"] for f in metric_figures(built)} == {*entry()["slices"], *entry()["slices_coarse"]}
    assert {f["period_kind"] for f in metric_figures(built)} == set(parse_entry(entry(), METRIC.name).periods)


@pytest.mark.proof
def test_alerts_are_counted_under_their_name(built: Built) -> None:
    rows = exported("water_alert")
    alerts = [event for event in built.events if event["event_kind"] == "water_alert"]
    assert Counter((e["category_code"], e["grid_code"], e["closed_at"] is None) for e in alerts) == Counter(
        (ALERTS[row["预警类型"]], row["网格编码"], not row["解除时间"]) for row in rows
    )
    assert Counter(e["severity"] for e in alerts) == Counter({"红色": "1", "蓝色": "4"}[row["预警级别"]] for row in rows)
    months = Counter(dt.date.fromisoformat(row["发布时间"][:10]).replace(day=1) for row in rows)
    figures = {
        figure["period_start"]: figure["num"] for figure in built.figures
        if (figure["metric_id"], figure["slice_kind"], figure["slice_code"]) == ("V01", "event_kind", "water_alert")
        and (figure["grid_code"], figure["period_kind"]) == (ROOT_AREA, "month") and figure["num"]
    }  # fmt: skip
    assert figures == months


@pytest.mark.proof
def test_new_city_knew_the_headers_and_nobody_is_named(built: Built) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (built.copy / "rivertown").rglob("*") if path.is_file())
    assert "contract: water_alert" in written
    landed = b"".join(path.read_bytes() for path in (built.copy / "state" / "landing").rglob("*.parquet"))
    assert OFFICER not in written + "".join(built.said.values())
    assert OFFICER.encode() not in landed
    assert (
        "120 read =        120 accepted"
        in built.said[".venv/bin/citybrain run --city rivertown --source-root exports --home state"]
    )
