"""Rows that come back: mended by a clerk, or said to be right as they are.

Belongs here: the verdict on each, the decision, and that the file is read anew with it. Does not: the list and its workbook
(reports), judging and reading (ingest), keeping decisions (core).

The decision is entered after the mended cells rest in the vault; the file is then read anew. A kill between leaves a decision
that the next run carries out. The same workbook twice changes nothing: its tickets are closed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipelines import ingest
from pipelines.core import decided, decisions, faults
from pipelines.core.bindings import Binding
from pipelines.core.decided import Signed, file_decision
from pipelines.core.errors import FileHeld, UsageError
from pipelines.core.installation import Installation
from pipelines.core.overruling import why_not
from pipelines.core.personal_shapes import HIDDEN, masked
from pipelines.core.set_aside import rows_set_aside, stand_in
from pipelines.core.settings import pick

#: Rows set aside, by record number: of a feed, a file, a parser.
Kept = dict[tuple[str, str, str], dict[int, Any]]
Outcome = Literal["accepted", "refused", "unchanged", "closed", "unknown", "other_row", "formula", "gone"]


class Row(Protocol):
    """A row that came back: its ticket, changed cells by canonical column, key cells by header, cells that hold a formula."""

    @property
    def ticket(self) -> str: ...
    @property
    def cells(self) -> dict[str, str | None]: ...
    @property
    def key(self) -> dict[str, str]: ...
    @property
    def formula_in(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row; `rule_ids` are those that it still breaks."""

    ticket: str
    outcome: Outcome
    rule_ids: tuple[str, ...] = ()


def check_workbook(data: bytes, place: Installation, *, name: str) -> None:
    """Refuse a workbook beyond the limits of archives before it is opened. Raises UsageError, FileHeld."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except Exception as error:  # zipfile raises what its parts raise; whatever it is, this is no workbook
        raise UsageError(pick("is no workbook", "不是 XLSX 文件"), where=name) from error
    size = sum(member.file_size for member in members)
    place.settings.archives.refuse(files=len(members), unpacked=size, packed=len(data), name=name)


def replay(
    place: Installation, feed: str, data: bytes, rows: Iterable[Row], *, by: str, name: str, now: dt.datetime
) -> list[Verdict]:  # fmt: skip
    """Lay mended cells over the rows they were exported from, and take those that the judge now takes.

    Raises UsageError without a name, ConfigurationError for an unknown feed, VaultError where the bytes are not kept.
    """
    binding, upload = place.city.feed(feed), hashlib.sha256(data).hexdigest()
    told = masked(name)  # the decision rests outside the vault
    signed = Signed(by, pick(f"mended in {told}", f"在 {told} 中更正"), now)
    if not by.strip():
        raise UsageError(pick("a replay needs a name", "须写明经办人"), where=name, remedy="--by")
    decided.settle(place.home, place.ledger)
    tickets = {row.ticket: (_ticket(place, row.ticket), row) for row in rows}
    with place.vault.create("uploads", feed, f"{upload}.xlsx", month=_months(place, feed, tickets.values(), now)) as stream:
        stream.write(data)
    verdicts: dict[str, Verdict] = {}
    by_file: dict[str, list[tuple[dict[str, Any], Row]]] = {}
    for ticket, row in tickets.values():
        if ticket is None or ticket["feed"] != feed:
            verdicts[row.ticket] = Verdict(row.ticket, "unknown")
        elif ticket["status"] != "open":
            verdicts[row.ticket] = Verdict(row.ticket, "closed")
        elif row.formula_in or not row.cells:
            verdicts[row.ticket] = Verdict(row.ticket, "formula" if row.formula_in else "unchanged")
        else:
            verdicts[row.ticket] = Verdict(row.ticket, "refused")
            by_file.setdefault(ticket["sha256"], []).append((ticket, row))
    mends: dict[str, dict[int, dict[str, str | None]]] = {}
    for sha256, of_file in sorted(by_file.items()):
        judged, good = _judge_file(place, binding, sha256, of_file)
        verdicts |= judged
        if good:
            mends[sha256] = good
    if mends:
        _decide(place, feed, mends, signed, upload=upload)
        faults.hit("after_decision")
        carry_out(place, binding, now=now)
    return _settled(place, verdicts, by=by, upload=upload, now=now)


def _months(place: Installation, feed: str, rows: Iterable[tuple[dict[str, Any] | None, Row]], now: dt.datetime) -> str:
    """The month of receipt of the files that a workbook is about, or the span of them: it is shredded with any one of them."""
    about = {ticket["sha256"] for ticket, _ in rows if ticket is not None and ticket["feed"] == feed}
    files = [file for sha256 in about if (file := place.ledger.file(feed, sha256))]
    months = sorted({ingest.month_of(file) for file in files}) or [now.strftime("%Y%m")]
    return months[0] if len(months) == 1 else f"{months[0]}-{months[-1]}"


def _decide(
    place: Installation, feed: str, mends: dict[str, dict[int, dict[str, str | None]]], signed: Signed, *, upload: str
) -> None:
    """Keep mended cells under the month of their file, so that they go with it; then enter what was decided about each file."""
    files = {sha256: file for sha256 in mends if (file := place.ledger.file(feed, sha256))}
    by_month: dict[str, list[str]] = {}
    for sha256, file in files.items():
        by_month.setdefault(ingest.month_of(file), []).append(sha256)
    cells: dict[str, str] = {}
    for month, of_month in by_month.items():
        mark = ingest.store_mends(place.vault, feed, {sha256: mends[sha256] for sha256 in of_month}, month=month)
        cells |= dict.fromkeys(of_month, mark)
    faults.hit("after_upload")
    for sha256, file in files.items():
        decision = file_decision("mend", file, signed, upload=upload, cells=cells[sha256], records=sorted(mends[sha256]))
        decisions.enter(place.home, decision)


def _judge_file(
    place: Installation, binding: Binding, sha256: str, of_file: list[tuple[dict[str, Any], Row]]
) -> tuple[dict[str, Verdict], dict[int, dict[str, str | None]]]:
    """A verdict on each row of one file, and the cells of those that the judge would take."""
    file = place.ledger.file(binding.feed, sha256)
    assert file is not None
    if ingest.is_shredded(file, place):
        return {row.ticket: Verdict(row.ticket, "gone") for _, row in of_file}, {}
    work = ingest.stored_work(file, place)
    came: dict[int, dict[str, str | None]] = {}
    verdicts: dict[str, Verdict] = {}
    mends = {}
    kept = {parser: rows_set_aside(place, binding.feed, sha256, parser) for parser in {t["parser"] for t, _ in of_file}}
    for ticket, row in of_file:
        number = ticket["record_no"]
        raw = kept[ticket["parser"]].get(number)
        if not isinstance(raw, dict):
            verdicts[row.ticket] = Verdict(row.ticket, "gone")
        elif any(
            header in raw and not _is_same(text.strip(), (raw[header] or "").strip(), place) for header, text in row.key.items()
        ):
            verdicts[row.ticket] = Verdict(row.ticket, "other_row")
        else:
            came[number], mends[number] = raw, row.cells
    judgement = ingest.judge_rows(work, came, mends)
    tickets = {ticket["record_no"]: ticket["ticket"] for ticket, _ in of_file}
    for number in came:
        failed = tuple(judgement.failed[number])
        verdicts[tickets[number]] = Verdict(tickets[number], "refused" if failed else "accepted", failed)
    good = {number: cells for number, cells in mends.items() if not judgement.failed[number]}
    read: Kept = {(binding.feed, sha256, parser): rows for parser, rows in kept.items()}
    for ticket, _ in of_file:  # by the order of the file; what came back of a twin itself holds
        if ticket["record_no"] in good:
            twins = _twins(place, ticket, read, but={number for number in tickets if number not in good})
            good |= {twin["record_no"]: good[ticket["record_no"]] for twin in twins if twin["record_no"] not in good}
    return verdicts, good


def _twins(place: Installation, ticket: dict[str, Any], kept: Kept, *, but: Collection[int] = ()) -> list[dict[str, Any]]:
    """Tickets as this one on the very same row of the same file, sent twice: what holds of the one holds of the other.

    A row whose key does not tell which event it is may be another's that looks alike: it has none. `but`: records left out;
    `kept`: rows set aside that were read by now.
    """
    if not ticket["event_id"]:
        return []
    alike = place.ledger.rows(
        "select * from quarantine where feed = ? and sha256 = ? and event_id = ? and status = ? and ticket <> ? order by 1",
        ticket["feed"], ticket["sha256"], ticket["event_id"], ticket["status"], ticket["ticket"],
    )  # fmt: skip
    texts = [_text_of(place, one, kept) for one in (ticket, *alike)] if alike else [None]
    return [
        one for one, text in zip(alike, texts[1:], strict=True)
        if text is not None and text == texts[0] and one["record_no"] not in but
    ]  # fmt: skip


def _text_of(place: Installation, ticket: dict[str, Any], kept: Kept) -> Any:
    """The row of a ticket as it came; None if the vault no longer tells it."""
    of = ticket["feed"], ticket["sha256"], ticket["parser"]
    if of not in kept:
        kept[of] = rows_set_aside(place, *of)
    return kept[of].get(ticket["record_no"])


def _is_same(told: str, came: str, place: Installation) -> bool:
    """Whether a key cell that came back is the row's: as it came, or the mark by which a personal one went out."""
    return told == came or (told.startswith(HIDDEN) and told == stand_in(came, place.vault))


def _settled(
    place: Installation, verdicts: dict[str, Verdict], *, by: str, upload: str, now: dt.datetime
) -> list[Verdict]:  # fmt: skip
    """The verdicts as the ledger now bears them out; what was refused is a bounce."""
    told = []
    for verdict in verdicts.values():
        ticket = _ticket(place, verdict.ticket)
        if verdict.outcome == "accepted" and ticket is not None and ticket["status"] == "open":
            told.append(Verdict(verdict.ticket, "refused", tuple(ticket["rule_ids"].split(","))))
        else:
            told.append(verdict)
    refused = [one.ticket for one in told if one.outcome in ("refused", "formula", "other_row")]
    place.ledger.bounce(refused, who=by, upload=upload, at=now.isoformat(timespec="seconds"))
    return told


def carry_out(place: Installation, binding: Binding, *, now: dt.datetime) -> list[ingest.FileOutcome]:
    """Make the ledger and landing say what was decided about records of a feed."""
    decided.settle(place.home, place.ledger)
    return ingest.amend_files(binding, place, now=now)


def _ticket(place: Installation, ticket: str) -> dict[str, Any] | None:
    found = place.ledger.rows("select * from quarantine where ticket = ?", ticket)
    return found[0] if found else None


def accept(place: Installation, tickets: Iterable[str], signed: Signed, *, undo: bool = False) -> None:
    """Take rows as they are: "the row is right"; or take that back. All of them or none; a file is read anew once.

    What is said of a row is said of its twin too, the same row a second time in the same file.

    Raises UsageError for a ticket that is not open (with undo: not accepted), and where a rule of it can be overruled by nobody;
    FileHeld where the file could not be read anew with the decision, which stands.
    """
    decided.settle(place.home, place.ledger)
    named = [_decidable(place, ticket, undo=undo) for ticket in dict.fromkeys(tickets)]
    kept: Kept = {}
    rows = list({row["ticket"]: row for one in named for row in (one, *_twins(place, one, kept))}.values())
    for row in rows:
        file = place.ledger.file(row["feed"], row["sha256"])
        assert file is not None
        told = {"record_no": row["record_no"], "ticket": row["ticket"], "rule_ids": row["rule_ids"].split(","), "undo": undo}
        decisions.enter(place.home, file_decision("accept_as_is", file, signed, **told))
        faults.hit("after_decision")
    feeds = dict.fromkeys(row["feed"] for row in rows)
    outcomes = [one for feed in feeds for one in carry_out(place, place.city.feed(feed), now=signed.at)]
    left = [row for row in rows if ((_ticket(place, row["ticket"]) or row)["status"] == "accepted") == undo]
    if left:
        files = {row["sha256"] for row in left}
        raise _not_carried_out([row["ticket"] for row in left], [one.message for one in outcomes if one.sha256 in files])


def _decidable(place: Installation, ticket: str, *, undo: bool) -> dict[str, Any]:
    """The ticket, of which a person may say that its row is right, or take that back. Raises UsageError."""
    row = _ticket(place, ticket)
    if row is None or row["status"] != ("accepted" if undo else "open"):
        state = row["status"] if row else pick("unknown", "不存在")
        raise UsageError(pick(f"the ticket is {state}", f"该票状态为 {state}"), where=ticket, remedy="citybrain quarantine list")
    if not undo:
        _check_overruling(place, place.city.feed(row["feed"]), row, row["rule_ids"].split(","))
    return row


def _not_carried_out(tickets: list[str], messages: list[str]) -> FileHeld:
    why = "; ".join(filter(None, messages)) or pick("its file was not read anew", "其文件未能重新读取")
    return FileHeld(
        pick(f"the decision is entered and not carried out: {why}", f"决定已登记但尚未执行：{why}"), where=", ".join(tickets),
        remedy=pick("mend what it says; the next citybrain run carries it out", "请按提示处理；下次 citybrain run 将执行该决定"),
    )  # fmt: skip


def _check_overruling(place: Installation, binding: Binding, row: dict[str, Any], rules: list[str]) -> None:
    remedy = pick("have it mended: citybrain quarantine export", "请更正：citybrain quarantine export")
    for rule in rules:
        if why := why_not(binding, rule):
            raise UsageError(pick(f"rule {rule} cannot be overruled: {why}", f"规则 {rule} 不可推翻：{why}"),
                             where=row["ticket"], remedy=remedy)  # fmt: skip
    file = place.ledger.file(row["feed"], row["sha256"])
    assert file is not None
    work, number = ingest.stored_work(file, place), row["record_no"]
    raw = rows_set_aside(place, row["feed"], row["sha256"], row["parser"]).get(number)
    if not isinstance(raw, dict) or number in ingest.judge_rows(work, {number: raw}, {}).late:
        raise UsageError(
            pick("a time of the row lies after the file's extract, or the row is no longer kept",
                 "该行时间晚于取数时间，或原文已不留存"),
            where=row["ticket"], remedy=remedy,
        )  # fmt: skip
