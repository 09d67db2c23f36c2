"""docs/add_a_city.md, done: its commands typed by a new user on a file of another department, to a published board.

The file is invented here; what is published is compared with a count of its rows in Python. The commands before `run` are in
`make test`; `run` and what is published in `make prove-pages`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import random
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.core.warehouse import open_published
from tests.architecture.project import ROOT

PAGE = ROOT / "docs" / "add_a_city.md"
AREAS = ("东城街道", "西城街道", "南山镇", "北湖社区")
#: What the file calls a matter -> our category; the last two by the page's table, the others are known spellings.
KINDS = {"占道经营": "3003", "施工噪声": "3008", "欠薪": "2009", "井盖缺失": "3101", "路灯不亮": "3102"}
ROWS = 400
MOST_SECONDS = 15 * 60
PERSON = "王小明"


def block(language: str) -> str:
    """The page's one code block in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"{len(found)} blocks in {language}"
    return str(found[0])


def export() -> list[dict[str, str]]:
    """Orders as a hotline that nobody knows would send them."""
    draw, rows = random.Random(5), []
    for number in range(ROWS):
        came = dt.datetime(2025, 1, 1) + dt.timedelta(minutes=draw.randrange(60 * 24 * 300))
        done = came + dt.timedelta(hours=draw.randrange(5, 400))
        rows.append({
            "工单编号": f"GD2025{number:05}", "投诉时间": came.strftime("%Y/%m/%d %H:%M"), "来电人姓名": PERSON,
            "联系电话": f"13{900000000 + number}", "诉求类别": draw.choice(list(KINDS)), "问题属地": draw.choice(AREAS),
            "办结日期": done.strftime("%Y/%m/%d %H:%M") if number % 9 else "", "满意情况": draw.choice(("满意", "不满意", "基本满意")),
        })  # fmt: skip
    return rows


def table(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")


@dataclass
class Walked:
    """The folder the commands ran in, what each printed, how long all took."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def type(self, arguments: list[str]) -> None:
        """One command of the page, in a process of its own."""
        began = time.monotonic()
        if arguments[0] == "check":  # step 4 of the page comes before it
            (self.folder / "mytown" / "codes" / "hotline_order_category.csv").write_text(block("csv"), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments], cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "CITYBRAIN_LANG": "en"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        self.said[arguments[0]] = done.stdout
        self.seconds += time.monotonic() - began


def commands() -> list[list[str]]:
    """What the page tells to type, without the program's name."""
    lines = [shlex.split(line, comments=True) for line in block("bash").splitlines()]
    assert {line[0] for line in lines} == {".venv/bin/citybrain"}
    return [line[1:] for line in lines]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Everything of the page before `run`."""
    folder = tmp_path_factory.mktemp("walk")
    (folder / "exports").mkdir()
    (folder / "exports" / "hotline_20251201.csv").write_bytes(table(export()))
    place = Walked(folder)
    for arguments in commands():
        if arguments[0] == "run":
            return place
        place.type(arguments)
    raise AssertionError("the page never runs the city")


@pytest.fixture(scope="module")
def published(walked: Walked) -> Walked:
    """`run`, and what the page has typed after it."""
    names = [arguments[0] for arguments in commands()]
    for arguments in commands()[names.index("run") :]:
        walked.type(arguments)
    return walked


@pytest.mark.proof
def test_a_board_is_published_in_a_quarter_of_an_hour(published: Walked) -> None:
    assert published.seconds < MOST_SECONDS
    assert "published " in published.said["run"]
    assert f"{ROWS} accepted" in published.said["run"]


@pytest.mark.proof
def test_what_is_published_is_what_the_file_says(published: Walked) -> None:
    rows = export()
    with open_published(published.folder / "state") as build:
        found = build.connection.execute(
            "select grid_code, category_code, count(*), count(closed_at) from marts.fct_event where event_kind = 'hotline_order' "
            "group by all"
        ).fetchall()  # fmt: skip
        shown = build.connection.execute(
            "select distinct period_kind from marts.v_metric_display where value is not null"
        ).fetchall()
    cases: Counter[tuple[str, str]] = Counter((r["问题属地"], KINDS[r["诉求类别"]]) for r in rows)
    closed: Counter[tuple[str, str]] = Counter((r["问题属地"], KINDS[r["诉求类别"]]) for r in rows if r["办结日期"])
    assert {(area, kind): n for area, kind, n, _ in found} == dict(cases)
    assert {(area, kind): n for area, kind, _, n in found} == dict(closed)
    assert {("month",), ("year",)} <= set(shown)


def test_the_table_of_the_page_is_what_was_left_to_people(walked: Walked) -> None:
    """The codes that new-feed left open are exactly those that the page completes."""
    assert "2 unknown, 2 with a near one -> codes/hotline_order_category.csv" in walked.said["new-feed"]
    assert {row["source_code"] for row in csv.DictReader(io.StringIO(block("csv")))} == {"井盖缺失", "路灯不亮"}


def test_no_person_is_named_on_the_way(walked: Walked) -> None:
    written = [p for p in (walked.folder / "mytown").rglob("*") if p.is_file()]
    text = "".join([*walked.said.values(), *(p.read_text(encoding="utf-8") for p in written)])
    assert "工单编号" in text
    assert PERSON not in text
    assert "139000" not in text
