"""Proposing: from a file that was looked at to everything a binding says, each with its reason.

Belongs here: dates, key, delivery, extract time, code tables, the trial of the finished proposal. Does not: headers (mapping),
text of the files (writing).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.cleaning import judge
from pipelines.core.bindings import Binding
from pipelines.core.errors import FileHeld, UsageError
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick
from pipelines.scaffold import mapping, shapes
from pipelines.scaffold.looking import Seen
from pipelines.scaffold.mapping import Fit
from pipelines.scaffold.shapes import Shape

MOST_CODES = 400
LONGEST_CODE = 60
#: A key that repeats in more rows than this is none.
FEW_REPEATS = 0.02
STAMP = re.compile(r"(?<!\d)((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:[_-]?(\d{6}))?(?!\d)")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A source's code that no shipped table knows: in how many rows, the nearest known spelling and its code."""

    column: str
    source_code: str
    rows: int
    nearest: str
    nearest_code: str


@dataclass(slots=True)
class Proposal:
    """Everything the binding will say. key: None (the contract's), () (none) or columns; because: key of the YAML -> reason."""

    feed: str
    seen: Seen
    shapes: list[Shape]
    fit: Fit
    rivals: list[tuple[str, float]]
    system: str
    pattern: str
    dates: tuple[str, ...] = ()
    key: tuple[str, ...] | None = None
    delivery: str = ""
    covers: str = ""
    extracted: str = ""
    constants: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[CodeRow]] = field(default_factory=dict)
    because: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def file_of(self, code_set: str) -> str:
        """The table of codes of one set."""
        return f"{self.feed}_{code_set}.csv"

    def sample(self, position: int) -> tuple[str, ...]:
        """Up to three values of a column; masked unless it lands as P1 or P2 and they look like nobody's."""
        match = next((m for m in self.fit.sure if m.position == position), None)
        column = self.fit.contract.column(match.column) if match else None
        shape = self.shapes[position]
        timely = shape.time.share >= shapes.ENOUGH
        shown = timely or (column is not None and column.level in ("P1", "P2") and not column.is_free_text)
        return shapes.samples(shape, may_be_shown=shown)


def propose(feed: str, seen: Seen, *, city: str, zone: str, contract_id: str, pattern: str) -> Proposal:
    """The whole proposal for one file. Raises UsageError if no contract fits at all."""
    found = mapping.shapes_of(seen, zone)
    ranked = mapping.fits(seen, found, contract_id)
    best = ranked[0]
    if not best.sure:
        raise UsageError(
            pick("no header and no value is known to any contract", "没有任何契约认识其表头或取值"), where=seen.path.name,
            remedy=pick("write the binding by hand: docs/add_a_city.md", "请手写绑定：docs/add_a_city.md"),
        )  # fmt: skip
    made = Proposal(
        feed, seen, found, best, [(f.contract.id, f.score) for f in ranked[:4]],
        f"{city}_{feed}", pattern,
    )  # fmt: skip
    _contract(made, is_given=bool(contract_id))
    if not re.search(r"[^\W\d_]", pattern.rpartition("/")[2].split(".")[0]):
        told = pick(f"source: {pattern} takes every such file of the folder: give this feed a folder of its own",
                    f"source: {pattern} 会取该目录下所有此类文件：请为此数据源单设目录")  # fmt: skip
        made.doubts.append(told)
    _dates(made)
    _key(made)
    _delivery(made)
    _codes(made)
    _areas(made)
    _missing(made)
    return made


def _contract(made: Proposal, *, is_given: bool) -> None:
    if is_given:
        made.because["contract"] = pick("as you said", "按您指定")
        return
    told = ", ".join(f"{name} {score:.2f}" for name, score in made.rivals[1:3])
    made.because["contract"] = pick(
        f"fits best ({made.rivals[0][1]:.2f}; next {told})", f"匹配度最高（{made.rivals[0][1]:.2f}；其次 {told}）"
    )
    if len(made.rivals) > 1 and made.rivals[0][1] - made.rivals[1][1] < 0.08:
        told = f"{made.rivals[0][0]} / {made.rivals[1][0]}"
        made.doubts.append(
            pick(f"two contracts fit alike: {told} (--contract decides)", f"两个契约匹配度接近：{told}（用 --contract 决定）")
        )


def _dates(made: Proposal) -> None:
    forms: list[str] = []
    for match in made.fit.sure:
        column = made.fit.contract.column(match.column)
        if column.type not in ("timestamp", "date"):
            continue
        form = made.shapes[match.position].time
        if form.rivals:
            told = " / ".join((*form.forms, *form.rivals))
            made.doubts.append(
                pick(f"{match.header}: day and month cannot be told apart: dates: [{told}], one of them",
                     f"{match.header}：无法分辨日与月：dates: [{told}] 取其一")
            )  # fmt: skip
        elif form.forms:
            forms += [f for f in form.forms if f not in forms]
        elif form.share < shapes.ENOUGH and len(made.shapes[match.position].filled):
            forms += [shapes.YEAR_ONLY]
    made.dates = tuple(forms)
    if forms:
        made.because["dates"] = pick("read all the values that were looked at", "可读出所看到的取值")


def _distinct_share(made: Proposal, positions: list[int]) -> float:
    """Of the distinct rows, the share that these columns tell apart; of an event, of those that have the first of them.

    An event without its number is set aside whatever the key is: such rows say nothing about the key.
    """
    frame = made.seen.frame
    if made.fit.contract.entity == "event":
        frame = frame.filter(made.shapes[positions[0]].is_filled)
    frame = frame.unique()
    keys = frame.select(f"c{p}" for p in positions).n_unique()
    return keys / frame.height if frame.height else 0.0


def _key(made: Proposal) -> None:
    """The contract's key if the file has it and it tells rows apart; else a longer one, else none."""
    contract, fit = made.fit.contract, made.fit
    matches = {m.column: m for m in fit.sure}
    missing = [name for name in contract.key if name not in matches]
    if not contract.key:
        return
    if missing:
        made.key = ()
        made.because["key"] = pick(
            f"no column is {', '.join(missing)}: rows have no key", f"没有 {'、'.join(missing)} 列：行无主键"
        )
        _candidates(made)
        return
    positions = [matches[name].position for name in contract.key]
    if contract.entity == "event" and _is_all_empty(made, positions[0]):
        return
    share = _distinct_share(made, positions)
    head = ", ".join(m.header for m in (matches[n] for n in contract.key))
    if share >= 1 - FEW_REPEATS or contract.update_time in matches:
        some_en, some_zh = (" that have it", "有此值的") if made.shapes[positions[0]].null_share > 0 else ("", "")
        made.because["key"] = pick(f"{head}: {share:.1%} of the different rows{some_en} have their own",
                                   f"{head}：{some_zh}不同行中 {share:.1%} 各有其值")  # fmt: skip
        if share < 1:
            made.doubts.append(pick(f"{head} repeats in {1 - share:.1%} of the rows: versions of one case, or several?",
                                    f"{head} 在 {1 - share:.1%} 的不同行中重复：是同一件的多个版本，还是多件？"))  # fmt: skip
        return
    longer = _longer(made, positions)
    if longer is not None:
        made.key = (*contract.key, longer.column)
        told = f"{head}, {longer.header}"
        made.because["key"] = pick(f"{head} repeats in {1 - share:.0%} of the rows; {told} does not",
                                   f"{head} 有 {1 - share:.0%} 的行重复；{told} 不重复")  # fmt: skip
        made.doubts.append(
            pick(f"key: is a row one case, or a part of one ({told})?", f"key：一行是一件，还是其一部分（{told}）？")
        )
        return
    made.key = ()
    made.because["key"] = pick(
        f"{head} repeats in {1 - share:.0%} of the rows: no key", f"{head} 在 {1 - share:.0%} 的行中重复：不作主键"
    )


def _is_all_empty(made: Proposal, position: int) -> bool:
    """Say how often an event's number is missing, and what then becomes of the row; whether it always is."""
    header, rows = made.seen.header[position], made.seen.frame.height
    empty = rows - len(made.shapes[position].filled)
    if not empty:
        return False
    made.doubts.append(pick(f"{header}: empty in {empty:,} of {rows:,} rows ({empty / rows:.0%}): whatever the key is, they "
                            "go to the work list until the department numbers them",
                            f"{header}：{rows:,} 行中 {empty:,} 行为空（{empty / rows:.0%}）："
                            "无论主键如何，这些行都进入待更正清单，待部门补齐编号"))  # fmt: skip
    if empty / rows > FEW_REPEATS:
        _candidates(made)
    if empty == rows:
        made.because["key"] = pick("the number is empty in every row", "编号每行均为空")
    return empty == rows


def _longer(made: Proposal, positions: list[int]) -> mapping.Match | None:
    """A filled column that lands and makes the key tell rows apart."""
    for match in made.fit.sure:
        column = made.fit.contract.column(match.column)
        fitting = match.position not in positions and column.type == "string" and column.level in ("P1", "P2") and column.lands
        fitting = fitting and not column.normalise and made.shapes[match.position].null_share == 0
        if fitting and _distinct_share(made, [*positions, match.position]) >= 1 - FEW_REPEATS:
            return match
    return None


def _candidates(made: Proposal) -> None:
    """Headers without a column whose values tell every row apart: people may know one of them as the number."""
    placed = {m.position for m in made.fit.sure}
    found = [
        made.seen.header[p] for p, shape in enumerate(made.shapes)
        if p not in placed and shape.is_unique and shape.mean_length <= 40 and shape.time.share < 0.5 and made.seen.header[p]
    ]  # fmt: skip
    if found:
        told, name = ", ".join(found), made.fit.contract.key[0]
        also_en, also_zh = (", and no key: none", "，并去掉 key: none") if made.key == () else ("", "")
        made.doubts.append(pick(f"unique in every row, perhaps the number: {told} -> columns: {{{name}: ...}}{also_en}",
                                f"每行唯一，可能是编号：{told} -> columns: {{{name}: ...}}{also_zh}"))  # fmt: skip


def _delivery(made: Proposal) -> None:
    """What the file says about when it was written and what it covers. One file cannot tell what the next will hold."""
    contract = made.fit.contract
    stamp = STAMP.search(made.seen.path.name)
    if stamp:
        made.extracted = r"(\d{8})[_-]?(\d{6})" if stamp[2] else r"(\d{8})"
        made.because["extracted_at"] = pick(f"the name holds a date, {stamp[0]}", f"文件名含日期 {stamp[0]}")
    timed = any(m.column == contract.update_time for m in made.fit.sure)
    if contract.entity == "reference":
        made.delivery, made.covers = "snapshot", "feed"
        made.because["delivery"] = pick("a reference: the newest file is the whole list", "参考数据：最新文件即完整名录")
    elif made.key == ():
        made.delivery, made.covers = "snapshot", "file"
        made.because["delivery"] = pick("without a key only a file of the same name can replace it", "无主键，仅同名文件可替换它")
    elif timed or made.extracted:
        made.delivery = "changes"
        timed_zh, timed_en = ("行内有更新时间", "rows tell their change") if timed else ("文件名有日期", "the name tells the day")
        why = pick(timed_en, timed_zh)
        made.because["delivery"] = pick(f"{why}; absence then means nothing", f"{why}；缺行不代表删除")
    else:
        made.delivery, made.covers = "snapshot", "file"
        made.because["delivery"] = pick("nothing says when rows were changed: a file of the same name replaces this one",
                                        "没有更新时间：同名文件替换本文件")  # fmt: skip
    if contract.entity == "event":
        made.doubts.append(
            pick("delivery: one file cannot tell whether the next holds everything (snapshot), only what is new (increment) or "
                 "what changed (changes); ask the department",
                 "delivery：单个文件无法判断下一份是全量（snapshot）、新增（increment）还是变更（changes），请问部门")
        )  # fmt: skip


def _codes(made: Proposal) -> None:
    for match in made.fit.sure:
        column = made.fit.contract.column(match.column)
        if not column.codes or not column.lands:
            continue
        values = made.shapes[match.position].filled
        if column.codes == "department":
            made.doubts.append(
                pick(f"{match.header}: {values.n_unique()} names of units, known once a feed of contract department lists them",
                     f"{match.header}：{values.n_unique()} 个单位名称，需由 department 数据源列出后才能识别")
            )  # fmt: skip
            continue
        _unknown_codes(made, match, column.codes, values)


def _unknown_codes(made: Proposal, match: mapping.Match, code_set: str, values: pl.Series) -> None:
    known = mapping.exact_spellings(code_set)
    counted = Counter(unicodedata.normalize("NFKC", v).strip() for v in values.to_list())
    canonical = set(mapping.code_spellings(code_set).values())
    chance = {v for v in counted if v.isdecimal() and v in canonical}
    if chance and len(chance) < 0.5 * len(counted):
        told = ", ".join(sorted(chance)[:6])
        made.doubts.append(pick(f"{match.header}: some numbers are ours too ({told}): by chance? Say in the table what they are",
                                f"{match.header}：部分编号与本系统代码相同（{told}），若属巧合请在代码表中写明其义"))  # fmt: skip
    else:
        chance = set()
    unknown = [(v, n) for v, n in counted.most_common() if v not in known or v in chance]
    there = {row.source_code for row in made.codes.get(code_set, [])}
    fitting = [(v, n) for v, n in unknown if len(v) <= LONGEST_CODE and not shapes.looks_personal(v) and v not in there]
    rows = [CodeRow(match.column, v, n, *mapping.nearest_code(code_set, v)) for v, n in fitting[:MOST_CODES]]
    if rows:
        made.codes.setdefault(code_set, []).extend(rows)
    left = len([v for v, _ in unknown if v not in there]) - len(rows)
    if left:
        made.doubts.append(pick(f"{match.header}: {left} more values are no code rows (long, personal-looking or too many)",
                                f"{match.header}：另有 {left} 个取值未写入代码表（过长、疑似个人信息或过多）"))  # fmt: skip


def _areas(made: Proposal) -> None:
    """A table of areas of one level does not say which: streets and towns (2) until somebody knows better."""
    if made.fit.contract.id == "grid" and made.fit.match("level") is None and made.fit.match("grid_code") is not None:
        made.constants = {"level": "2"} | ({} if made.fit.match("code_authority") else {"code_authority": "local"})
        made.doubts.append(
            pick("constants: level 2 (street or town) is a guess: 1 district, 3 community, 4 grid; local: its codes are its own",
                 "constants：层级 2（街镇）为猜测：1 区县、3 社区、4 网格；local 表示自编代码")
        )  # fmt: skip


def _missing(made: Proposal) -> None:
    matched = {m.column for m in made.fit.sure}
    for column in made.fit.contract.columns:
        held = column.name in matched or column.name in made.constants
        if column.required and not held and column.name not in made.fit.contract.key:
            made.doubts.append(
                pick(f"{column.title_zh} ({column.name}) is required and no column was found for it: "
                     f"columns: {{{column.name}: <header>}} or constants: {{{column.name}: <value>}}",
                     f"缺少必填列 {column.title_zh}（{column.name}）：用 columns: 指定表头，或用 constants: 指定取值")
            )  # fmt: skip
    for position, offers in made.fit.doubtful.items():
        told = ", ".join(f"{m.column} {m.score:.2f}" for m in offers)
        told += f"; {made.fit.outdone[position]}" if position in made.fit.outdone else ""
        header = made.seen.header[position]
        made.doubts.append(pick(f"{header}: perhaps {told}", f"{header}：可能是 {told}"))


@dataclass(frozen=True, slots=True)
class Trial:
    """The binding on the rows that were looked at: rows, good ones, and the rules that refuse the others."""

    rows: int
    good: int
    refused: tuple[tuple[str, int], ...]
    problem: str


def trial(binding: Binding, seen: Seen, zone: str, earliest: dt.date, now: dt.datetime) -> Trial:
    """Judge the rows that were looked at under the binding as written; nothing is kept."""
    try:
        header = judge.match_header(seen.header, binding, name=seen.path.name)
    except FileHeld as error:
        return Trial(seen.frame.height, 0, (), f"{error.what} -> {error.remedy}")
    raw = seen.frame.with_row_index("_record_no", offset=1).with_columns(pl.col("_record_no").cast(pl.Int64))
    start = dt.datetime.combine(earliest, dt.time.min)
    judged = judge.judge(raw, header, judge.Plan.of(binding), zone=zone, earliest=start, latest=now + dt.timedelta(days=1))
    failed = judged.frame["_failed"].list.len() > 0
    rules = Counter(judged.frame["_failed"].explode().drop_nulls().to_list())
    return Trial(raw.height, raw.height - int(failed.sum()), tuple(rules.most_common(6)), "")


def pattern_of(path: Path, root: Path) -> str:
    """The drop pattern: the file below the root; digits of dates and batches in its name, and what is personal, left open."""
    relative = path.resolve().relative_to(root.resolve())
    stem = re.sub(r"(?:[_-]?\d{4,}|[_-]\d+)+", "*", masked(relative.name, lambda _: "*"))
    return (relative.parent / stem).as_posix()
