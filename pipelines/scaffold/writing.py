"""Writing: a proposal as the files of a city folder.

Belongs here: the text of feeds/FEED.yml with its reasons as comments, code tables to be completed. Does not: deciding what
stands in them (proposing). Values of a source enter a file only as masked samples and as codes that look like nobody's.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from pipelines.core.bindings import SUFFIXES
from pipelines.core.code_tables import UNDECIDED
from pipelines.core.errors import UsageError
from pipelines.core.headers import plain
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick
from pipelines.scaffold.proposing import CodeRow, Proposal

#: Values that YAML would take for something else unless quoted.
PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff.]*( [\w\u4e00-\u9fff.]+)*")
TITLE = re.compile(r"^title_zh:[ \t]*([^#\n]+)", re.MULTILINE)
WORDS = {"yes", "no", "true", "false", "on", "off", "null", "none", "y", "n"}


def quoted(text: str) -> str:
    """A YAML scalar that reads back as the text."""
    return text if PLAIN.fullmatch(text) and text.lower() not in WORDS else json.dumps(text, ensure_ascii=False)


def _line(text: str, reason: str = "") -> str:
    return f"{text}  # {reason}" if reason else text


def stated(made: Proposal) -> dict[str, str]:
    """Headers that the binding must name: those that the contract does not know, or would give to another column.

    Empty for a column whose own header is there and was refused: an empty header lifts the contract's spellings.
    """
    contract = made.fit.contract
    matched = {match.column: match.header for match in made.fit.sure}
    found: dict[str, str] = {}
    for column in contract.columns:
        own = [plain(s) for s in (column.title_zh, column.name, *column.synonyms)]
        offered = [h for h in made.seen.header if plain(h) in own]
        if column.name in matched and offered != [matched[column.name]]:
            found[column.name] = matched[column.name]
        elif column.name not in matched and offered and not column.required:
            found[column.name] = ""
    return found


def _columns(made: Proposal) -> list[str]:
    named = stated(made)
    lines = ["columns:"] if named else []
    for match in made.fit.sure:
        shown = " | ".join(made.sample(match.position))
        told = f"{min(match.score, 1):.2f} {match.reason}" + (f"; {pick('such as', '例如')} {shown}" if shown else "")
        told = told.replace("\n", " ")
        if match.column in named:
            lines.append(_line(f"  {match.column}: {quoted(match.header)}", told))
    refused = pick("refused: its own header is there, its values do not fit", "未采用：有此表头，但取值不符")
    lines += [_line(f'  {name}: ""', refused) for name, header in named.items() if not header]
    known = [m for m in made.fit.sure if m.column not in named]
    lines += [f"# {' '.join(m.header.split())} -> {m.column}: {m.reason}" for m in known]
    placed = {m.position for m in made.fit.sure}
    not_taken, outdone = pick("not taken", "未采用"), made.fit.outdone
    lines += [f"# {not_taken}: {' '.join(made.seen.header[p].split())}: {why}" for p, why in outdone.items()]
    others = {*placed, *made.fit.doubtful, *outdone}
    unused = [" ".join(h.split()) for p, h in enumerate(made.seen.header) if p not in others and h.strip()]
    if unused:
        lines.append(f"# {not_taken} ({pick('not recognised', '未识别')}): {', '.join(unused)}")
    return lines


def _told_by_pattern(made: Proposal) -> bool:
    name = made.pattern.lower().removesuffix(".gz")
    return any(name.endswith(end) and kind == made.seen.format for end, kind in SUFFIXES.items())


def title_for(made: Proposal, taken: Collection[str] = ()) -> str:
    """A Chinese name for the boards: the contract's, with a number where another feed of the city has it already."""
    name, number = made.fit.contract.title_zh, 1
    title = name
    while title in taken:
        number += 1
        title = f"{name}{number}"
    return title


def titles_taken(folder: Path, feed: str) -> set[str]:
    """The Chinese names of a city's other feeds."""
    found = set()
    for path in (folder / "feeds").glob("*.yml"):
        if path.stem != feed and (told := TITLE.search(path.read_text(encoding="utf-8"))):
            found.add(told[1].strip("\"' "))
    return found


def binding_text(made: Proposal, taken: Collection[str] = ()) -> str:
    """feeds/FEED.yml; `taken`: Chinese names that other feeds of the city have."""
    seen, because = made.seen, made.because
    key = "none" if made.key == () else f"[{', '.join(made.key)}]" if made.key else ""
    title = made.feed.replace("_", " ").capitalize()
    lines = [
        f"# {pick('Proposed by citybrain new-feed from', '由 citybrain new-feed 根据此文件提出')} {masked(seen.path.name)}"
        f" ({seen.records:,} {pick('records', '条记录')}). {pick('Read and mend', '请核对修改')}",
        *(f"# {note}" for note in seen.notes),
        *(f"# TODO {doubt}" for doubt in [*seen.doubts, *made.doubts]),
        _line(f"contract: {made.fit.contract.id}", because["contract"]),
        _line(f"system: {quoted(made.system)}", pick("part of every identity: now or never", "事件标识的一部分：以后勿改")),
        _line(f"title_zh: {quoted(title_for(made, taken))}", pick("on the boards", "看板上的名称")),
        f"title_en: {quoted(title)}",
        f"source: {{type: drop, pattern: {json.dumps(made.pattern, ensure_ascii=False)}, settle_seconds: 5}}",
    ]  # fmt: skip
    if not _told_by_pattern(made):
        lines.append(f"format: {seen.format}")
    for name, value in (("encoding", seen.encoding), ("sheet", seen.sheet), ("delimiter", seen.delimiter)):
        lines += [f"{name}: {json.dumps(value, ensure_ascii=False)}"] if value else []
    lines.append(_line(f"delivery: {made.delivery}", because["delivery"]))
    lines += [f"covers: {made.covers}"] if made.covers else []
    if made.extracted:
        lines.append(_line(f"extracted_at: {{name: '{made.extracted}'}}", because["extracted_at"]))
    if key:
        lines.append(_line(f"key: {key}", because["key"]))
    elif "key" in because:
        lines.append(f"# key: {because['key']}")
    if made.dates:
        lines.append(_line(f"dates: {json.dumps(list(made.dates))}", because["dates"]))
    if made.constants:
        told = ", ".join(f"{name}: {json.dumps(value)}" for name, value in made.constants.items())
        lines.append(f"constants: {{{told}}}")
    lines += _columns(made)
    if made.codes:
        told = ", ".join(f"{code_set}: {made.file_of(code_set)}" for code_set in made.codes)
        lines.append(_line(f"codes: {{{told}}}", pick(f"rows with {UNDECIDED} are to be completed", f"{UNDECIDED} 处待填写")))
    return "\n".join(lines) + "\n"


def codes_text(rows: Iterable[CodeRow]) -> str:
    """codes/FEED_SET.csv: every unknown code, undecided, with what is nearest."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["source_code", "canonical_code", "valid_from", "valid_to", "column", "rows", "nearest", "nearest_code"])
    for row in rows:
        writer.writerow([row.source_code, UNDECIDED, "", "", row.column, row.rows, row.nearest, row.nearest_code])
    return out.getvalue()


def write(made: Proposal, folder: Path, *, force: bool) -> list[Path]:
    """Write the proposal into a city folder; the paths. Raises UsageError rather than overwrite, unless `force`."""
    texts = {folder / "feeds" / f"{made.feed}.yml": binding_text(made, titles_taken(folder, made.feed))}
    texts |= {folder / "codes" / made.file_of(code_set): codes_text(rows) for code_set, rows in made.codes.items()}
    there = [path for path in texts if path.exists()]
    if there and not force:
        raise UsageError(
            pick("it is there already", "文件已存在"), where=", ".join(map(str, there)),
            remedy=pick("--force overwrites it, or give the feed another name", "用 --force 覆盖，或换一个数据源名"),
        )  # fmt: skip
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)
