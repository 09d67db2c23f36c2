"""Validation report: one static bilingual page per received file, an index per feed and one per home.

Belongs here: reading the ledger's counts, the verdict on each rule and each file, rendering. Does not: counting (the
judge and `quality` did), figures about the city. A page opens offline from the disk: no script, no font, no request.
The text depends on the ledger alone, so the same state gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from pipelines.core.bindings import City
from pipelines.core.contracts import Contract, load_contract
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import Home
from pipelines.core.state import Ledger
from pipelines.reports.rule_words import DIMENSIONS, SEVERITIES, Words, sentence

TEMPLATES = Path(__file__).resolve().parent / "templates"
SHORT = 12
#: How many files of a feed the home's index lists before it points to the feed's own index (layout, not judgment).
FRONT_FILES = 20

#: Verdicts on a rule, worst first: what cannot be trusted, then what was refused, then what was flagged.
RULE_VERDICTS = {
    "error": Words("复核出错", "second count failed"),
    "differ": Words("两次计数不一致", "counts disagree"),
    "block": Words("有问题", "broken"),
    "quarantine": Words("已隔离", "rows set aside"),
    "unchecked": Words("未复核", "not counted twice"),
    "warn": Words("已标记", "rows flagged"),
    "passed": Words("通过", "passed"),
}
#: Verdicts on a file, worst first.
FILE_VERDICTS = {
    "held": Words("整份暂不入库", "file held"),
    "error": Words("须工程师处理", "needs an engineer"),
    "quarantine": Words("已入库，部分行隔离", "loaded, some rows set aside"),
    "unchecked": Words("已入库，尚未复核", "loaded, not counted twice yet"),
    "warn": Words("已入库，有提醒", "loaded, with remarks"),
    "clean": Words("已入库，无问题", "loaded, clean"),
}
STATUSES = {
    "loaded": Words("在用", "in use"),
    "held": Words("暂不入库", "held"),
    "superseded": Words("已被更新的文件取代", "replaced by a newer file"),
    "retracted": Words("已撤回", "retracted"),
}
DISTRUST = ("error", "differ")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule on one file; `gx_n` is None where Great Expectations gave no count."""

    rule_id: str
    words: Words
    severity: str
    dimension: str
    evaluated_n: int
    failed_n: int
    gx_n: int | None
    error: str
    verdict: str

    @property
    def rank(self) -> tuple[int, float, str]:
        """Sort key, worst first."""
        share = self.failed_n / self.evaluated_n if self.evaluated_n else 0.0
        return list(RULE_VERDICTS).index(self.verdict), -share, self.rule_id


@dataclass(frozen=True, slots=True)
class FilePage:
    """One received file: the ledger's row, its current parse (None while held) and its rules, worst first."""

    feed: str
    feed_title: Words
    file: dict[str, Any]
    parse: dict[str, Any] | None
    rules: tuple[RuleLine, ...]

    @property
    def name(self) -> str:
        """The page's file name within its feed's folder."""
        return f"{self.file['sha256'][:SHORT]}.html"

    @property
    def remedy(self) -> str:
        """What to do about a held file, without the parser's mark that ingest leaves at its end."""
        return re.sub(r"\s*\[[0-9a-f]{12}\]$", "", self.file["held_remedy"])

    @property
    def is_closed(self) -> bool:
        """Whether every record read is accounted for."""
        p = self.parse
        return p is not None and p["read_n"] == sum(p[f"{part}_n"] for part in PARTS)

    @property
    def verdict(self) -> str:
        """Key of FILE_VERDICTS."""
        if self.parse is None or self.file["status"] == "held":
            return "held"
        found = {line.verdict for line in self.rules}
        if found & set(DISTRUST) or not self.is_closed:
            return "error"
        if self.parse["quarantined_n"] or found & {"block", "quarantine"}:
            return "quarantine"
        return next((verdict for verdict in ("unchecked", "warn") if verdict in found), "clean")

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(FILE_VERDICTS).index(self.verdict)


PARTS = ("accepted", "quarantined", "repeat", "nondata")


def rule_verdict(*, severity: str, failed_n: int, gx_n: int | None, error: str, is_row_rule: bool) -> str:
    """The verdict on one rule.

    Args:
        severity: block, quarantine or warn.
        failed_n: rows that broke it, by the judge.
        gx_n: the same by Great Expectations; None if it gave no count.
        error: why it gave none; empty if it simply has not run.
        is_row_rule: whether the rule is on a column; a rule on records is counted once, by the record counter.
    """
    if error:
        return "error"
    if gx_n is not None and gx_n != failed_n:
        return "differ"
    if failed_n:
        return severity
    return "unchecked" if gx_n is None and is_row_rule else "passed"


def _rule_line(contract: Contract | None, judged: dict[str, Any], counted: dict[str, Any] | None) -> RuleLine:
    rule_id, column = judged["rule_id"], judged["column_name"]
    error = str(counted["error"] or "error") if counted and counted["is_error"] else ""
    gx_n = None if counted is None or counted["is_error"] else int(counted["failed_n"])
    words = sentence(contract, rule_id, column) if contract else Words(rule_id, rule_id)
    verdict = rule_verdict(
        severity=judged["severity"], failed_n=judged["failed_n"], gx_n=gx_n, error=error, is_row_rule=bool(column)
    )
    return RuleLine(
        rule_id, words, judged["severity"], judged["dimension"], judged["evaluated_n"], judged["failed_n"], gx_n, error,
        verdict,
    )  # fmt: skip


def _contract(contract_id: str) -> Contract | None:
    """The contract; None if the ledger names one that is no longer shipped (its rules then show their ids)."""
    try:
        return load_contract(contract_id)
    except ConfigurationError:
        return None


def _rule_lines(ledger: Ledger, parse: dict[str, Any]) -> tuple[RuleLine, ...]:
    """Every rule that the judge or Great Expectations counted on one parse, worst first."""
    at = (parse["feed"], parse["sha256"], parse["parser"])
    where = "where feed = ? and sha256 = ? and parser = ?"
    judged = {r["rule_id"]: r for r in ledger.rows(f"select * from rule_outcome {where}", *at)}
    counted = {r["rule_id"]: r for r in ledger.rows(f"select * from quality_outcome {where}", *at)}
    contract = _contract(parse["contract"])
    lines = [_rule_line(contract, row, counted.get(rule_id)) for rule_id, row in judged.items()]
    for rule_id in counted.keys() - judged.keys():  # the judge left out a rule that is in force: never silent
        row = {**counted[rule_id], "column_name": rule_id.rpartition("-")[0], "dimension": "", "evaluated_n": 0}
        missing = {**counted[rule_id], "is_error": 1, "error": "the judge gave no count"}
        lines.append(_rule_line(contract, {**row, "failed_n": 0}, missing))
    return tuple(sorted(lines, key=lambda line: line.rank))


def load_pages(ledger: Ledger, city: City) -> list[FilePage]:
    """Every file the ledger knows, newest first within its feed, with its current parse and rules."""
    titles = {binding.feed: Words(binding.title_zh, binding.title_en) for binding in city.feeds}
    parses = {(p["feed"], p["sha256"]): p for p in ledger.rows("select * from parse where is_current = 1")}
    files = ledger.rows("select * from file order by feed, received_at desc, sha256")
    pages = []
    for file in files:
        parse = parses.get((file["feed"], file["sha256"])) if file["status"] != "held" else None
        rules = _rule_lines(ledger, parse) if parse else ()
        title = titles.get(file["feed"], Words(file["feed"], file["feed"]))
        pages.append(FilePage(file["feed"], title, file, parse, rules))
    return pages


def share(part: int, whole: int) -> str:
    """A share as text with one decimal; a part that is not nothing never reads 0.0%."""
    if not whole:
        return "—"
    text = f"{100 * part / whole:.1f}%"
    return "<0.1%" if part and text == "0.0%" else text


@cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["count"] = lambda number: f"{number:,}"
    found.globals.update(
        share=share, rule_verdicts=RULE_VERDICTS, file_verdicts=FILE_VERDICTS, statuses=STATUSES, severities=SEVERITIES,
        dimensions=DIMENSIONS, parts=PARTS,
    )  # fmt: skip
    return found


def render_page(page: FilePage, city: City) -> str:
    """One file's page as HTML."""
    return _environment().get_template("validation_file.html").render(page=page, city=city)


def render_index(pages: Iterable[FilePage], city: City, *, feed: str = "") -> str:
    """The index of a home, or of one `feed` with all its files; feeds and files with the worst verdict come first."""
    by_feed: dict[str, list[FilePage]] = {}
    for page in pages:
        if feed in ("", page.feed):
            by_feed.setdefault(page.feed, []).append(page)
    groups = [sorted(group, key=lambda page: page.rank) for group in by_feed.values()]
    groups.sort(key=lambda group: (group[0].rank, group[0].feed))
    template = _environment().get_template("validation_index.html")
    limit = max((len(group) for group in groups), default=0) if feed else FRONT_FILES
    return template.render(groups=groups, city=city, feed=feed, limit=limit)


def _write(path: Path, text: str) -> bool:
    """Write a page unless it already says this; a reader sees the old or the new page, never half. True if written."""
    data = text.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)
    return True


def write_validation(home: Home, city: City, ledger: Ledger) -> list[Path]:
    """Bring `reports/validation` of a home up to the ledger; returns the pages that changed.

    Writes `<feed>/<first 12 of the sha256>.html`, `<feed>/index.html` and `index.html`.
    """
    folder = home.reports / "validation"
    pages = load_pages(ledger, city)
    texts = {folder / page.feed / page.name: render_page(page, city) for page in pages}
    for feed in sorted({page.feed for page in pages}):
        texts[folder / feed / "index.html"] = render_index(pages, city, feed=feed)
    texts[folder / "index.html"] = render_index(pages, city)
    return [path for path, text in texts.items() if _write(path, text)]
