"""The work list: rows that were set aside and wait for their bureau, with what is wrong and by when.

Belongs here: entries from the ledger and the vault, grouped by what they are about; rules that people overrule. Does not:
the workbook a clerk gets (worklist_xlsx), judging or taking rows (ingest, replay), deciding (core.decided).

An entry holds key columns and failing cells, nothing else of the row. A P4 or free-text cell is never read out of the
vault's text into an entry, nor is a value that looks personal in any other column (columns may have been swapped): the entry says
that it fails, not what it holds; in a key column a keyed mark stands in for it.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.core import codes, decisions
from pipelines.core.bindings import Binding
from pipelines.core.contracts import CONTRACTS, Column
from pipelines.core.headers import plain, positions
from pipelines.core.installation import Installation
from pipelines.core.overruling import why_not
from pipelines.core.personal_shapes import holds_personal, holds_personal_key
from pipelines.core.set_aside import rows_set_aside, stand_in
from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.spelling import nearest
from pipelines.reports import rule_words
from pipelines.reports.rule_words import Words

#: Departments are told by a feed of their own, not by tables of codes.
DEPARTMENT = "department"
#: Closed because the row came in good order; and not the bureau's fault after all.
GOOD = ("mended", "accepted", "mended_at_source")
NO_FAULT = ("retracted", "replaced")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that a clerk may mend. `text` is None where it came empty; hidden cells never carry their text."""

    column: str
    header: str
    text: str | None
    is_hidden: bool = False
    known: tuple[str, ...] = ()
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that waits; of several tickets on one event the newest, with the others as bounces."""

    ticket: str
    bureau: str
    feed: str
    contract: str
    file: str
    sha256: str
    record_no: int
    rule_ids: tuple[str, ...]
    overruled_never: tuple[str, ...]
    key: dict[str, str]
    cells: tuple[Cell, ...]
    words: Words
    opened_at: dt.datetime
    age_workdays: int
    due_on: dt.date
    bounces: int
    older: tuple[str, ...] = ()


@functools.cache
def _workdays() -> dict[dt.date, bool]:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "ref_calendar.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {dt.date.fromisoformat(row["date_day"]): row["is_workday"] == "true" for row in csv.DictReader(stream)}


def is_workday(day: dt.date) -> bool:
    """By the calendar; days that it has not: Monday to Friday."""
    return _workdays().get(day, day.isoweekday() <= 5)  # noqa: PLR2004 (Friday)


def workdays_after(first: dt.date, last: dt.date) -> int:
    """Working days after `first` up to and with `last`."""
    return sum(is_workday(first + dt.timedelta(days=n)) for n in range(1, (last - first).days + 1))


@functools.cache
def due_on(opened: dt.date) -> dt.date:
    """The day by which a row is to be mended: so many working days after it was set aside as the dated table says."""
    with (CONTRACTS / "worklist_due.csv").open(encoding="utf-8-sig", newline="") as stream:
        held = [r for r in csv.DictReader(stream) if r["effective_from"] <= opened.isoformat() <= r["effective_to"]]
    left, day = int(held[-1]["workdays"]), opened
    while left:
        day += dt.timedelta(days=1)
        left -= is_workday(day)
    return day


def nearest_code(text: str, known: Iterable[str]) -> str:
    """The known code that is spelled most like an unknown one; empty if none is near."""
    return nearest(codes.plain(text), known)


def is_hidden(column: Column) -> bool:
    """Whether a cell of it is told by its fault alone."""
    return column.level == "P4" or column.is_free_text


def failing_columns(binding: Binding, rule_id: str) -> list[str]:
    """The columns whose cells a rule is about; none for rules on whole records."""
    columns = {column.name: column for column in binding.contract.columns}
    for column in columns.values():
        for rule in column.rules:
            if rule.id == rule_id:
                pair = rule_words.ORDER.fullmatch(rule.expression.strip())
                return [pair[1], pair[2]] if pair else [column.name]
    name = rule_id.removesuffix("-required")
    return [name] if name in columns else []


MEND = {
    "required": Words("请补填", "fill it in"),
    "type": Words("请按约定写法改写", "write it in the agreed form"),
    "range": Words("请核对数值", "check the number"),
    "order": Words("请核对两个时间的先后", "check the two against each other"),
    "window": Words("请核对日期，例如 2026-03-01 08:30", "check the date, such as 2026-03-01 08:30"),
    "record": Words("请在源系统更正后重新报送整行", "mend it at the source and send the row again"),
}


def _mend(binding: Binding, rule_id: str, columns: list[str]) -> Words:
    kind = rule_id.rpartition("-")[2]
    if not columns:
        return MEND["record"]
    if kind == "type" and binding.contract.column(columns[0]).type in ("timestamp", "date"):
        return Words("请写作 2026-03-01 08:30", "write it as 2026-03-01 08:30")
    return MEND.get(kind, MEND["range"])


def told(
    binding: Binding, rule_ids: Iterable[str], cells: Iterable[Cell] = (), *, headers: Mapping[str, str] | None = None,
    is_gone: bool = False,
) -> Words:  # fmt: skip
    """What is wrong with a row and how to mend it, in both languages; `is_gone`: the vault no longer tells the row.

    A column is called as the file calls it (by its `cells`, and by `headers` where no cell is at hand), and as the contract does
    in brackets where that differs. What stands there and cannot be read is not also told to be missing.
    """
    zh, en, cells, broken = [], [], tuple(cells), tuple(rule_ids)
    named = {**(headers or {}), **{cell.column: cell.header for cell in cells}}
    unread = {rule_id.removesuffix("-type") for rule_id in broken if rule_id.endswith("-type")}
    for rule_id in broken:
        if rule_id.removesuffix("-required") in unread:
            continue
        columns = failing_columns(binding, rule_id)
        rule = next((r for r in binding.contract.rules if r.id == rule_id), None)
        name = rule.column if rule else columns[0] if columns else ""
        said, how = rule_words.sentence(binding.contract, rule_id, name), _mend(binding, rule_id, columns)
        for column in columns:
            said = _under_its_header(said, binding.contract.column(column), named.get(column, ""))
        zh.append(f"{said.zh}：{how.zh}")
        en.append(f"{said.en}: {how.en}")
    for cell in cells:
        if cell.known and cell.text and codes.plain(cell.text) not in cell.known:
            near_zh = f"，最接近的是“{cell.nearest}”" if cell.nearest else ""
            near_en = f"; the nearest known is {cell.nearest!r}" if cell.nearest else ""
            zh.append(f"「{cell.header}」的代码未知{near_zh}")
            en.append(f'"{cell.header}" holds an unknown code{near_en}')
    if is_gone:
        zh.append("原文已不留存，只能由报送单位重新报送")
        en.append("its text is no longer kept: only a new export of the bureau can mend it")
    return Words("；".join(zh) + "。", "; ".join(en) + ".")


def _under_its_header(said: Words, column: Column, header: str) -> Words:
    """A sentence in which the column is called by the file's own header first, by ours in brackets where that is another."""
    name, ours = rule_words.title(column), column.name.replace("_", " ")
    zh, en = name.zh, name.en
    if plain(header) not in ("", plain(column.title_zh)):
        zh = f"「{header}」（{column.title_zh}）"
    if plain(header) not in ("", plain(ours)):
        en = f'"{header}" ({ours})'
    return Words(said.zh.replace(name.zh, zh), said.en.replace(name.en, en))


def headers(place: Installation, binding: Binding, tickets: Iterable[str]) -> dict[str, dict[str, str]]:
    """How the file of each ticket calls the contract's columns: ticket to column to header; none of rows no longer told."""
    desk, found = Desk(place), {}
    for ticket in tickets:
        for row in place.ledger.rows("select feed, sha256, parser, record_no from quarantine where ticket = ?", ticket):
            raw = desk.raw(row["feed"], row["sha256"], row["parser"], row["record_no"])
            if isinstance(raw, dict):
                header = list(raw)
                found[ticket] = {column: header[at] for column, at in desk.placed(binding, header).items()}
    return found


@dataclass(slots=True)
class Desk:
    """What reading the list needs, once per feed and per file."""

    place: Installation
    known: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    sorted_codes: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    places: dict[tuple[str, tuple[str, ...]], dict[str, int]] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], dict[int, Any]] = field(default_factory=dict)

    def codes_of(self, binding: Binding, column: Column) -> tuple[str, ...]:
        """The source codes that mean something in a column; none where tables of codes do not tell."""
        if column.codes in ("", DEPARTMENT) or column.is_list:
            return ()
        if not self.known:
            for contract, system, code_set, code, *_ in codes.code_map(self.place.city, decisions.every(self.place.home)):
                self.known.setdefault((contract, system, code_set), []).append(code)
        code_set = binding.contract.id, binding.system, column.codes
        if code_set not in self.sorted_codes:
            self.sorted_codes[code_set] = tuple(sorted(set(self.known.get(code_set, ()))))
        return self.sorted_codes[code_set]

    def placed(self, binding: Binding, header: list[str]) -> dict[str, int]:
        """Which column of the contract stands where in a header."""
        if (key := (binding.feed, tuple(header))) not in self.places:
            self.places[key] = positions(header, binding)[0]
        return self.places[key]

    def raw(self, feed: str, sha256: str, parser: str, record_no: int) -> Any:
        """The row as it came: header to text; a list for a record of another width; None if the vault no longer tells it."""
        if (feed, sha256, parser) not in self.rows:
            self.rows[feed, sha256, parser] = rows_set_aside(self.place, feed, sha256, parser)
        return self.rows[feed, sha256, parser].get(record_no)


def _cells(desk: Desk, binding: Binding, rule_ids: Iterable[str], raw: Any) -> tuple[dict[str, str], tuple[Cell, ...]]:
    """Key columns (header to text, or what stands in for it), and the cells that fail or hold a code nobody knows."""
    if not isinstance(raw, dict):
        return {}, ()
    header = list(raw)
    place = desk.placed(binding, header)
    failing = {name for rule_id in rule_ids for name in failing_columns(binding, rule_id)}
    key, cells = {}, []
    told_by = _understood(desk, binding, place, list(raw.values()))
    for column in binding.contract.columns:
        if column.name not in place:
            continue
        title = header[place[column.name]]
        text = raw[title]
        known = () if is_hidden(column) else desk.codes_of(binding, column)
        if column.name in binding.key_columns and column.name not in failing and not is_hidden(column):
            is_personal = bool(text) and holds_personal_key(text, names=not known)
            key[title] = stand_in(text.strip(), desk.place.vault) if is_personal else text or ""
        is_unknown = bool(known and text and codes.plain(text) not in known and column.codes not in told_by)
        if column.name in failing or is_unknown:
            near = nearest_code(text, known) if is_unknown else ""
            hides = is_hidden(column) or bool(text and holds_personal(text, names=not known))  # of another column
            cells.append(Cell(column.name, title, None if hides else text, hides, known, near))
    return key, tuple(cells)


def _understood(desk: Desk, binding: Binding, place: dict[str, int], texts: list[Any]) -> set[str]:
    """Code sets of which some column of the row is known: where a class stands in three columns, one is enough."""
    return {
        column.codes
        for column in binding.contract.columns
        if column.name in place and (text := texts[place[column.name]]) and codes.plain(text) in desk.codes_of(binding, column)
    }


def entries(place: Installation, *, now: dt.datetime, bureau: str = "", feed: str = "", rule: str = "") -> list[Entry]:
    """Every row that waits, the longest waiting first; only those of a bureau, feed or rule where one is given."""
    desk, found = Desk(place), []
    bindings = {binding.feed: binding for binding in place.city.feeds}
    every = place.ledger.rows(
        "select q.*, f.name from quarantine q join file f using (feed, sha256) "
        "order by coalesce(f.extracted_at, f.received_at), q.sha256, q.record_no"
    )
    refusals = place.ledger.rows("select ticket, count(*) as n from ticket_event where what = 'refused' group by ticket")
    refused = {row["ticket"]: row["n"] for row in refusals}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in every:
        groups.setdefault((row["feed"], row["event_id"] or row["ticket"]), []).append(row)
    for group in groups.values():
        waiting = [row for row in group if row["status"] == "open"]
        binding = bindings.get(group[0]["feed"])
        if not waiting or binding is None or bureau not in ("", binding.bureau) or feed not in ("", binding.feed):
            continue
        entry = _entry(desk, binding, group, refused, now)
        if rule in ("", *entry.rule_ids):
            found.append(entry)
    return sorted(found, key=lambda one: (one.opened_at, one.feed, one.sha256, one.record_no))


def _entry(desk: Desk, binding: Binding, group: list[dict[str, Any]], refused: dict[str, int], now: dt.datetime) -> Entry:
    """One entry of all tickets on one event, in the order of their files; at least one is open."""
    waiting = [row for row in group if row["status"] == "open"]
    newest = waiting[-1]
    rule_ids = tuple(newest["rule_ids"].split(","))
    raw = desk.raw(newest["feed"], newest["sha256"], newest["parser"], newest["record_no"])
    key, cells = _cells(desk, binding, rule_ids, raw)
    opened = min(dt.datetime.fromisoformat(row["opened_at"]) for row in _bad_since(group))
    came = {row["sha256"] for row in group if row["status"] not in NO_FAULT}
    bounces = len(came) - 1 + sum(refused.get(row["ticket"], 0) for row in group)
    return Entry(
        newest["ticket"], binding.bureau, binding.feed, binding.contract.id, newest["name"], newest["sha256"],
        newest["record_no"], rule_ids, tuple(rule for rule in rule_ids if why_not(binding, rule)), key, cells,
        told(binding, rule_ids, cells, is_gone=raw is None), opened, workdays_after(opened.date(), now.date()),
        due_on(opened.date()), bounces,
        tuple(row["ticket"] for row in waiting[:-1]),
    )  # fmt: skip


def _bad_since(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tickets since the event was last in good order: its age counts from the first of them."""
    since: list[dict[str, Any]] = []
    for row in group:
        if row["status"] in GOOD:
            since = []
        elif row["status"] not in NO_FAULT:
            since.append(row)
    return since or [row for row in group if row["status"] == "open"]


def rules_overruled(place: Installation) -> list[tuple[str, str, int, int]]:
    """Rules by how often "the row is right" was decided: (feed, rule, overruled, rows it ever set aside), most first."""
    overruled: dict[tuple[str, str], int] = {}
    for one in place.ledger.amendments():
        for rule in one.detail.split(",") if one.kind == "accept" else ():
            overruled[one.feed, rule] = overruled.get((one.feed, rule), 0) + 1
    ever: dict[tuple[str, str], int] = {}
    for row in place.ledger.rows("select feed, rule_ids from quarantine"):
        for rule in row["rule_ids"].split(","):
            ever[row["feed"], rule] = ever.get((row["feed"], rule), 0) + 1
    told_of = [(feed, rule, n, ever.get((feed, rule), n)) for (feed, rule), n in overruled.items()]
    return sorted(told_of, key=lambda one: (-one[2], one[0], one[1]))


def history(place: Installation, ticket: str) -> list[dict[str, Any]]:
    """What became of one ticket, in order: at, what, who, note."""
    return place.ledger.rows("select at, what, who, note from ticket_event where ticket = ? order by rowid", ticket)
