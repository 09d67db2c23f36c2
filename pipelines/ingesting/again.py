"""Bytes that came before and come again: what that means for them and for the files that cover the same.

Belongs here: telling a file that was sent again from one that was only renamed or looked at again, and letting it count as
what came last. Does not: the order of files (core.receipts), reading it (ingest), what share is too few (shrink).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.core import decided
from pipelines.core.bindings import Binding
from pipelines.core.errors import FileShrunk
from pipelines.core.installation import Installation
from pipelines.core.receipts import Replaced
from pipelines.core.settings import pick
from pipelines.core.state import FileRow
from pipelines.ingesting.kept import name_told, standing
from pipelines.ingesting.shrink import shrunk


def receive(known: FileRow, name: str, mtime_ns: int, binding: Binding, place: Installation, *, seen_at: str) -> tuple[str, str]:
    """Note that known bytes came again; returns the verdict on them (known or held) and its sentence.

    name: as the bureau wrote it. Where it tells a later extract time they are that export: their rows are to be read anew, if
    there are any. Raises FileHeld where it should tell that and does not.
    """
    ledger, told_name = place.ledger, name_told(name, place)
    same = pick(f"same bytes as {known.name}", f"与 {known.name} 内容相同")
    if known.status == "retracted":
        return "known", pick(f"{same}, which is retracted", f"{same}，而该文件已撤回")
    told, covers = standing(binding, name, place)
    if binding.covers == "name" and known.covers and covers != known.covers:
        return "held", _for_another(told_name, covers, known)
    parse = ledger.current_parse(known.feed, known.sha256)
    told = told if parse else None
    is_later = told is not None and told.isoformat(sep=" ") > (known.extracted_at or "")
    if not is_later and not ledger.receipts.came_again(known.feed, known.sha256, mtime_ns):
        return "known", same
    now = known
    if is_later and told is not None:
        now = replace(known, name=told_name, extracted_at=told.isoformat(sep=" "), covers=covers)
    has_rows = parse is not None and parse["accepted_n"] + parse["quarantined_n"] > 0
    replaced = None
    if known.status == "superseded" and now.covers:
        replaced = ledger.receipts.older(now.feed, now.sha256, now.covers, now.extracted_at, is_coming=True)
    if is_later and has_rows:  # read anew, and compared with what it replaces when that is done
        ledger.receive_again(now, at=seen_at, mtime_ns=mtime_ns, dates_rows=True)
        return "known", same
    found = _lost(now, parse, replaced, binding, place)
    if found is not None and parse is not None:
        mark = f" [{parse['parser']}]"
        now = replace(now, status="held", held_what=found.what, held_where=found.where, held_remedy=found.remedy + mark)
        ledger.hold(now, parse["parser"], at=seen_at)
    ledger.receive_again(now, at=seen_at, mtime_ns=mtime_ns, dates_rows=False)
    if found is not None:
        return "held", str(found)
    return "known", same if replaced is None else pick(
        f"{same}, sent again: it counts in place of {replaced.name}", f"{same}，再次报送：取代 {replaced.name} 生效"
    )


def _for_another(name: str, covers: str, known: FileRow) -> str:
    """The same bytes for something else that they cover: a file counts once, so nothing is loaded, and that is said."""
    return pick(
        f"{name}: same bytes as {known.name}, which covers {known.covers}; nothing was loaded for {covers} -> ask the department "
        "whether both are the same; if so have it sent with a blank line at its end, which makes it a file of its own",
        f"{name}：与 {known.name} 内容相同，而后者对应 {known.covers}；{covers} 未载入 -> "
        "请向报送部门核实；如确相同，请在文末加一空行重新报送",
    )


def _lost(
    now: FileRow, parse: dict[str, Any] | None, replaced: Replaced | None, binding: Binding, place: Installation
) -> FileShrunk | None:
    """Why it may not take the place of what counts: it has too few of its rows, and nobody released it."""
    if parse is None or decided.is_released(place.home, now):
        return None
    return shrunk(parse["accepted_n"], replaced, binding.contract.shrink_hold_ratio, name=now.name)
