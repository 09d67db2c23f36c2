"""Decisions on codes: what one must say, and moving those that stand to the city folder.

Belongs here: checking, and rewriting the city's `codes/*.csv`. Does not: which mapping holds on a day (codes).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.bindings import Binding, City
from pipelines.core.code_tables import FAR_FUTURE, CodeRow
from pipelines.core.codes import EVERY_SYSTEM, FIRST_DAY, Mapping, overlay, plain, resolved, standing_mappings, vocabulary
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick
from pipelines.core.spelling import did_you_mean

COLUMNS = ("source_code", "canonical_code", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Move:
    """What moving the standing decisions does: new text per file, the decisions that go, those that stay and why."""

    texts: dict[Path, str]
    moved: tuple[int, ...]
    left: tuple[tuple[Mapping, str], ...]


def _refused(what: tuple[str, str], where: str, typed: str, known: Sequence[str]) -> UsageError:
    return UsageError(pick(*what), where=where, remedy=did_you_mean(typed, known))


def mapping_content(city: City, code_set: str, source_code: str, canonical_code: str, *, system: str) -> dict[str, Any]:
    """The content of a code-mapping decision. Raises UsageError with the nearest for a set, code or system nobody knows."""
    codes: dict[str, dict[str, str]] = {}
    for row in vocabulary():
        codes.setdefault(row["code_set"], {})[row["canonical_code"]] = f"{row['name_zh']} {row['name_en']}"
    if code_set not in codes:
        raise _refused((f"no code set {code_set!r}", f"没有代码集 {code_set!r}"), "--set", code_set, list(codes))
    if canonical_code not in codes[code_set]:
        what = f"{code_set} has no code {canonical_code!r}", f"代码集 {code_set} 中没有 {canonical_code!r}"
        raise _refused(what, "--to", canonical_code, list(codes[code_set]))
    systems = sorted({b.system for b in city.feeds if _uses(b, code_set)})
    if system != EVERY_SYSTEM and system not in systems:
        what = f"no system {system!r} sends codes of {code_set}", f"没有发送 {code_set} 代码的系统 {system!r}"
        raise _refused(what, "--system", system, systems)
    if not plain(source_code):
        raise UsageError(pick("the source's code is empty", "来源代码为空"), where="--code")
    return {"code_set": code_set, "source_code": plain(source_code), "canonical_code": canonical_code, "system": system}


def _uses(binding: Binding, code_set: str) -> bool:
    return any(column.codes == code_set for column in binding.contract.columns)


def _files(city: City, binding: Binding) -> dict[str, Path]:
    """The files of the city folder in which a binding keeps its codes, by set."""
    entry = yaml.safe_load((city.folder / "feeds" / f"{binding.feed}.yml").read_text(encoding="utf-8"))
    return {code_set: city.folder / "codes" / name for code_set, name in (entry.get("codes") or {}).items() if name}


def _homes(city: City, mapping: Mapping) -> tuple[set[Path], str]:
    """The files that a mapping is to stand in, or why it cannot be moved."""
    found: set[Path] = set()
    of_set = [b for b in city.feeds if _uses(b, mapping.row.code_set)]
    meant = [b for b in of_set if mapping.holds_in(b.system)]
    for binding in meant:
        twins = [b for b in meant if (b.contract.id, b.system) == (binding.contract.id, binding.system)]
        paths = {path for twin in twins if (path := _files(city, twin).get(mapping.row.code_set))}
        if not paths:
            told = f"feeds/{binding.feed}.yml: codes: {{{mapping.row.code_set}: FILE.csv}}"
            return set(), pick(f"no file takes it; add {told}", f"没有可写入的文件；请添加 {told}")
        found |= paths
    others = [b for b in of_set if not mapping.holds_in(b.system)]
    shared = [b.feed for b in others if _files(city, b).get(mapping.row.code_set) in found]
    shared += sorted(
        {of for b in city.feeds for of, path in _files(city, b).items() if path in found and of != mapping.row.code_set}
    )  # what one set's code means, another's of the same file need not mean
    if shared:
        return set(), pick(f"its file also serves {', '.join(shared)}", f"该文件也用于 {'、'.join(shared)}")
    return found, "" if found else pick("no feed sends such codes", "没有数据源发送此类代码")


def plan_move(city: City, decisions: Sequence[dict[str, Any]]) -> Move:
    """What moving every standing decision on a code to the city folder would write. Changes nothing."""
    by_file: dict[Path, list[Mapping]] = {}
    moved, left = [], []
    for mapping in standing_mappings(decisions):
        paths, why = _homes(city, mapping)
        if why:
            left.append((mapping, why))
            continue
        moved.append(mapping.decision_id)
        for path in paths:
            by_file.setdefault(path, []).append(mapping)
    return Move({path: _rewritten(path, mappings) for path, mappings in by_file.items()}, tuple(moved), tuple(left))


def _rewritten(path: Path, mappings: Sequence[Mapping]) -> str:
    """The text of a code file with the mappings in it: rows of their codes end where the first of them begins."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        rows, names = list(reader), [*(reader.fieldnames or COLUMNS)]
    names += [name for name in COLUMNS if name not in names]
    code_set = mappings[0].row.code_set
    decided: dict[str, list[Mapping]] = {}
    for mapping in mappings:
        decided.setdefault(plain(mapping.row.source_code), []).append(mapping)
    out = [row for row in rows if plain(row["source_code"]) not in decided]
    for source_code, of_code in decided.items():
        old = [_row(code_set, row) for row in rows if plain(row["source_code"]) == source_code]
        out += [_cells(row) for row in overlay(resolved(old, f"{path.name}: {source_code}"), of_code)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(out)
    return text.getvalue()


def _row(code_set: str, cells: dict[str, str]) -> CodeRow:
    since, until = cells.get("valid_from") or FIRST_DAY.isoformat(), cells.get("valid_to") or FAR_FUTURE.isoformat()
    source, canonical = cells["source_code"].strip(), cells["canonical_code"].strip()
    return CodeRow(code_set, source, canonical, dt.date.fromisoformat(since), dt.date.fromisoformat(until))


def _cells(row: CodeRow) -> dict[str, str]:
    since = "" if row.valid_from == FIRST_DAY else row.valid_from.isoformat()
    until = "" if row.valid_to == FAR_FUTURE else row.valid_to.isoformat()
    return dict(zip(COLUMNS, (row.source_code, row.canonical_code, since, until), strict=True))


def write_move(move: Move) -> None:
    """Write the files, each whole or not at all. Done twice it writes the same, so a kill before it is entered is harmless."""
    for path, text in move.texts.items():
        draft = path.with_name(f".{path.name}.part")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
