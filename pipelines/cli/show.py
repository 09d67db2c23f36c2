"""How the CLI speaks: colours, the live funnel, errors as one line.

Belongs here: printing. Does not: deciding anything.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.cli.next_step import with_places
from pipelines.core.bindings import Binding
from pipelines.core.settings import pick
from pipelines.ingest import FileOutcome


class Speaking(Console):
    """A console whose messages name commands as they can be typed: with the home and city that the user meant."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich prints; see next_step."""
        super().print(*(with_places(one) if isinstance(one, str) else one for one in objects), **options)


# Bound to the terminal now: dbt's lines are kept off it by redirecting sys.stdout while dbt runs.
console = Speaking(file=sys.stdout, highlight=False, soft_wrap=True)
errors = Speaking(stderr=True, highlight=False, soft_wrap=True)


def funnel_line(title: str, outcomes: list[FileOutcome]) -> str:
    """Read = accepted + quarantined + repeats + non-data, over files."""
    total = {n: sum(getattr(o, n) for o in outcomes) for n in ("read_n", "accepted_n", "quarantined_n", "repeat_n", "nondata_n")}
    gone = sum(o.deleted_at_source_n for o in outcomes)
    held = sum(o.verdict == "held" for o in outcomes)
    known = sum(o.verdict == "known" for o in outcomes)
    text = pick(
        "{title:<22} {files:>4} files  {read_n:>10,} read = {accepted_n:>10,} accepted + {quarantined_n:>7,} quarantined"
        " + {repeat_n:>6,} repeats + {nondata_n:>5,} non-data",
        "{title:<22} {files:>4} 个文件  读入 {read_n:>10,} = 接收 {accepted_n:>10,} + 隔离 {quarantined_n:>7,}"
        " + 重复 {repeat_n:>6,} + 非数据 {nondata_n:>5,}",
    ).format(title=title, files=len(outcomes), **total)
    if gone:
        text += pick(f"  ({gone:,} deleted at source)", f"（源端删除 {gone:,}）")
    if known:
        text += pick(f"  ({known} known already)", f"（{known} 个已知）")
    if held:
        text += pick(f"  [red]{held} held[/red]", f"  [red]{held} 个搁置[/red]")
    return text


class Progress:
    """Tells a run's steps as they happen: one line per feed that grows, then models, checks, build."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._status: Any = None
        self._seen: list[FileOutcome] = []
        self._title = self._doing = ""

    def __call__(self, kind: str, value: Any) -> None:
        handler = getattr(self, f"_{kind}", None)
        if handler:
            handler(value)

    def _busy(self, text: str) -> None:
        if self._status:
            self._status.stop()
        self._status = console.status(text)
        self._status.start()

    def done(self) -> None:
        """Stop the moving line."""
        if self._status:
            self._status.stop()
            self._status = None

    def _feed_title(self, binding: Binding) -> str:
        return pick(binding.title_en, binding.title_zh)

    def _feed(self, binding: Binding) -> None:
        self._seen = []
        self._title = self._feed_title(binding)
        self._busy(self._title)

    def _file(self, outcome: FileOutcome) -> None:
        self._seen.append(outcome)
        if self._status:
            self._status.update(funnel_line(self._title, self._seen))
        if outcome.verdict == "held":
            errors.print(f"[red]{pick('held', '搁置')}[/red] {escape(outcome.message)}", markup=True)
        elif outcome.verdict == "loaded" and outcome.message:
            errors.print(f"[yellow]{pick('note', '注意')}[/yellow] {escape(outcome.message)}", markup=True)

    def _feed_done(self, value: tuple[Binding, list[FileOutcome], str]) -> None:
        binding, outcomes, reached = value
        self.done()
        if reached:
            errors.print(f"[red]{pick('failed', '失败')}[/red] {escape(reached)}")
        console.print(funnel_line(self._feed_title(binding), outcomes))

    def _step(self, name: str) -> None:
        words = {
            "validate": pick("Great Expectations on the new batches", "对新批次运行 Great Expectations"),
            "prepare": pick("preparing the warehouse", "准备数据仓库"),
            "phase_1": pick("dbt phase 1: events", "dbt 第一阶段：事件"),
            "phase_2": pick("dbt phase 2: figures", "dbt 第二阶段：指标"),
            "publish": pick("audit and publish", "审核并发布"),
        }
        self._doing = words.get(name, name)
        self._busy(f"{self._doing} …")

    def _nodes(self, number: int) -> None:
        if self._status:
            self._status.update(f"{self._doing} … {number}")

    def _line(self, text: str) -> None:
        self.done()
        console.print(text)


#: No table of ours is wider; a line longer than the terminal is broken by it, which is better than a number cut off.
WIDEST = 400


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A plain table, whole: where the terminal is narrower (a pipe counts as 80), its lines are not cut."""
    grid = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        grid.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        grid.add_row(
            *(f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else escape(str(cell)) for cell in row)
        )
    width = console.width
    console.width = max(width, WIDEST)
    try:
        console.print(grid, crop=False, overflow="ignore")
    finally:
        console.width = width
