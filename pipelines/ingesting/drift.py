"""Drift of a feed's header: what changed since the file before, and what that means for this one.

Belongs here: finding changes, the verdict per contract mode (docs/drift.md has the same table), their words. Does not: which
column a header is (core.headers), required columns (the judge holds a file without them), keeping what was found (core.drifts).
A renamed header is proposed, with how much it is alike, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from pipelines.core import decided
from pipelines.core.bindings import Binding
from pipelines.core.contracts import Column
from pipelines.core.drifts import Change, Kind
from pipelines.core.errors import FileDrifted
from pipelines.core.headers import alike, plain, positions
from pipelines.core.installation import Installation
from pipelines.core.settings import pick
from pipelines.core.state import Parsed, RuleRow

DRIFT_RULE = "header-drift"
#: One of its own: a file's columns are counted here, not rows, and Great Expectations sees no header.
DIMENSION = "stability"
Verdict = Literal["loaded", "noted", "held"]
#: Change and mode of the contract to verdict. A missing or renamed column that a row must have holds the file in both.
VERDICTS: dict[str, dict[str, Verdict]] = {
    "added": {"evolve": "noted", "strict": "held"},
    "missing": {"evolve": "noted", "strict": "held"},
    "renamed": {"evolve": "noted", "strict": "held"},
    "retyped": {"evolve": "noted", "strict": "held"},
    "unread": {"evolve": "noted", "strict": "noted"},
    "cut": {"evolve": "held", "strict": "held"},
    "reordered": {"evolve": "loaded", "strict": "loaded"},
}
MOST_TOLD = 3
TYPES = {
    "timestamp": ("times", "时间"), "date": ("dates", "日期"), "boolean": ("yes or no", "是否"),
    "integer": ("whole numbers", "整数"), "number": ("numbers", "数字"),
}  # fmt: skip


def judge(parsed: Parsed, binding: Binding, place: Installation) -> tuple[Parsed, FileDrifted | None]:
    """The file with what changed in it, and why it is held for that; None if it is not, or a person released it."""
    before = _before(parsed, binding, place)
    found = (
        _cut(parsed, place)
        + changes(parsed.header.columns, before, binding)
        + _unread(parsed.rules, binding, _readable(parsed, place))
    )
    if not found:
        return parsed, None
    told = replace(parsed, changes=tuple(found))
    mode = binding.contract.mode
    holding = [one for one in found if VERDICTS[one.kind][mode] == "held"]
    if holding and not decided.is_released(place.home, parsed.file):
        remedy = pick(
            f"{_remedy(holding, binding)}; if it may come so: citybrain release FILE --by NAME --reason TEXT",
            f"{_remedy(holding, binding)}；如可照此接收：citybrain release 文件 --by 姓名 --reason 理由",
        )
        return told, FileDrifted(_words(holding), where=parsed.file.name, remedy=remedy)
    noted = [one for one in found if one.told]
    if not noted:
        return told, None
    row = parsed.parse
    rule = RuleRow(
        row.feed,
        row.sha256,
        row.parser,
        DRIFT_RULE,
        "",
        "warn",
        DIMENSION,
        max(len(parsed.header.columns), len(noted)),
        len(noted),
    )
    sentence = f"{parsed.file.name}: {_words(noted)} -> {_remedy(noted, binding)}"
    message = f"{parsed.message}; {sentence}" if parsed.message else sentence
    return replace(told, rules=(*parsed.rules, rule), message=message), None


def _readable(parsed: Parsed, place: Installation) -> dict[str, float]:
    """What share of each column's values could be read in the file before; nothing if there is none."""
    row, drifts = parsed.file, place.ledger.drifts
    before = drifts.before(row.feed, row.sha256, row.extracted_at)
    return drifts.readable(row.feed, before[0]) if before else {}


def _cut(parsed: Parsed, place: Installation) -> list[Change]:
    """A last line without its end, where that of the file before had one: cut off in its last cell, for all anybody knows."""
    row = parsed.file
    before = place.ledger.drifts.before(row.feed, row.sha256, row.extracted_at)
    if parsed.header.is_ended or before is None or not before[1].is_ended:
        return []
    told = pick(
        "its last line has no end, as that of the file before had: it may be cut off",
        "末行没有换行符，而此前文件有：文件可能不完整",
    )
    return [Change("cut", "", "", 0, told)]


def _before(parsed: Parsed, binding: Binding, place: Installation) -> Sequence[str] | None:
    """The header to compare with. A file of JSON lines has only the keys that its records use: those of all files count."""
    row, drifts = parsed.file, place.ledger.drifts
    if binding.format == "jsonl":
        return drifts.ever(row.feed, row.sha256, row.extracted_at)
    before = drifts.before(row.feed, row.sha256, row.extracted_at)
    return before[1].columns if before else None


def changes(header: Sequence[str], before: Sequence[str] | None, binding: Binding) -> list[Change]:
    """What changed between two headers; the first file has no before."""
    found = _misnamed(header, before or (), binding)
    if before is None or not header:
        return found
    new = [text for text in positions(list(header), binding)[1] if text.strip()]
    seen = {plain(text) for text in before}
    new = [text for text in new if plain(text) not in seen]
    if binding.format != "jsonl":
        was, now = positions(list(before), binding)[0], positions(list(header), binding)[0]
        for column in [c for c in binding.contract.columns if c.name in was and c.name not in now]:
            text = before[was[column.name]]
            near = alike(new, column, binding)
            if near is None:
                found.append(Change("missing", column.name, text, 0, _missing(column)))
            else:
                new.remove(near[0])
                found.append(Change("renamed", column.name, *near, _renamed(column, *near)))
    found += [Change("added", "", text, 0, _added(text)) for text in new]
    if not found and binding.format != "jsonl" and _is_reordered(header, before):
        found.append(Change("reordered", "", "", 0, ""))
    return found


def _misnamed(header: Sequence[str], before: Sequence[str], binding: Binding) -> list[Change]:
    """Headers that `columns:` states and that neither this file nor the one before has: mistyped, for all anybody knows.

    Not of JSON lines, of which a file has only the keys that its records use.
    """
    found: list[Change] = []
    if not header or binding.format == "jsonl":
        return found
    now, unknown = positions(list(header), binding)
    was = positions(list(before), binding)[0]
    for column in [c for c in binding.contract.columns if binding.columns.get(c.name) and c.name not in {*now, *was}]:
        stated = binding.columns[column.name]
        near = alike(unknown, column, binding)
        kind: Kind = "renamed" if near else "missing"
        header_meant, share = near or (stated, 0)
        found.append(Change(kind, column.name, header_meant, share, _not_there(column, stated, near)))
    return found


def _is_reordered(header: Sequence[str], before: Sequence[str]) -> bool:
    mine, theirs = [plain(text) for text in header], [plain(text) for text in before]
    return mine != theirs and sorted(mine) == sorted(theirs)


def _unread(rules: Iterable[RuleRow], binding: Binding, before: dict[str, float]) -> list[Change]:
    """Columns of which most values cannot be read as their type: retyped if that is new.

    Most, and new: as a file that lost so many rows is held, and as many fewer than in the file `before`.
    """
    found, ratio = [], binding.contract.shrink_hold_ratio
    for rule in rules:
        if rule.rule_id != f"{rule.column_name}-type" or not rule.failed_n:
            continue
        share = 1 - rule.failed_n / rule.evaluated_n
        if share < ratio:
            column = binding.contract.column(rule.column_name)
            kind: Kind = "retyped" if share < ratio * before.get(column.name, 0) else "unread"
            found.append(Change(kind, column.name, "", 0, _unreadable(column, rule)))
    return found


def _added(text: str) -> str:
    return pick(f"new column {text}, which the contract does not know, is left out", f"新列 {text} 不在契约中，未读入")


def _missing(column: Column) -> str:
    return pick(
        f"column {column.title_zh} ({column.name}) is no longer sent and stays empty",
        f"列 {column.title_zh}（{column.name}）不再报送，值为空",
    )


def _not_there(column: Column, stated: str, near: tuple[str, float] | None) -> str:
    maybe = pick(f"; did you mean {near[0]}?", f"；是否指 {near[0]}？") if near else ""
    return pick(
        f"columns: {stated} ({column.name}) is not in the file, so {column.title_zh} stays empty{maybe}",
        f"columns: 文件中没有 {stated}（{column.name}），{column.title_zh}为空{maybe}",
    )


def _renamed(column: Column, text: str, share: float) -> str:
    return pick(
        f"column {column.title_zh} ({column.name}) is no longer sent; {text} may be it ({100 * share:.0f} % alike) and is left "
        "out until somebody says so",
        f"列 {column.title_zh}（{column.name}）不再报送；{text} 可能即为该列（相似度 {100 * share:.0f}%），确认前未读入",
    )


def _unreadable(column: Column, rule: RuleRow) -> str:
    kind = TYPES[column.type]
    return pick(
        f"{rule.failed_n} of {rule.evaluated_n} values of {column.title_zh} ({column.name}) cannot be read as {kind[0]}",
        f"列 {column.title_zh}（{column.name}）的 {rule.evaluated_n} 个值中有 {rule.failed_n} 个不能读成{kind[1]}",
    )


def _words(found: Sequence[Change]) -> str:
    told = "; ".join(one.told for one in found[:MOST_TOLD])
    more = len(found) - MOST_TOLD
    return told + (pick(f"; and {more} changes more", f"；另有 {more} 处变化") if more > 0 else "")


def _remedy(found: Sequence[Change], binding: Binding) -> str:
    """What to do about the change that asks most: accepting a new name, else asking the department."""
    for one in found:
        if one.kind == "renamed":
            line = f"synonyms: {{{one.column}: {one.header}}}"
            return pick(
                f"if it is, write {line} in feeds/{binding.feed}.yml and run citybrain reparse",
                f"如确认，请在 feeds/{binding.feed}.yml 写入 {line}，再运行 citybrain reparse",
            )
    if any(one.kind == "missing" and one.header == binding.columns.get(one.column) for one in found):
        return pick(
            f"mend columns: in feeds/{binding.feed}.yml, or ask the department whether it is meant",
            f"请修改 feeds/{binding.feed}.yml 中的 columns:，或向报送部门核实",
        )
    return pick("ask the department whether it is meant", "请向报送部门核实")
