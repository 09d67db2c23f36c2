"""Judge: every rule of the contract on every row, in one vectorised pass.

Belongs here: match headers to columns, type them, find which rule each row breaks, split. Does not: reading files,
writing anything, identity across files (ingest).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning import oddities, parse, privacy
from pipelines.core.bindings import Binding
from pipelines.core.contracts import Column, Contract, Rule
from pipelines.core.delete_flag import MARKED, OWN_COLUMN
from pipelines.core.errors import ConfigurationError, FileHeld, one_line
from pipelines.core.headers import alike, positions

ORDER = re.compile(r"(\w+) >= (\w+)")
#: No header is longer; what is, is data that somebody took for one, and is not to be told.
HEADER_TOLD = 60
WINDOW = re.compile(r"(\w+) between earliest and latest")


@dataclass(frozen=True, slots=True)
class Header:
    """Which source column holds which canonical column."""

    position: dict[str, int]
    unknown: tuple[str, ...]


def match_header(header: list[str], binding: Binding, *, name: str) -> Header:
    """Match a file's header. Raises FileHeld if a required or key column is missing."""
    chosen, unknown = positions(header, binding)
    for needed in required(binding):
        if needed.name not in chosen and needed.name not in binding.constants:
            raise _lacking(needed, chosen, header, unknown, binding, name)
    flag = binding.delete_flag
    if flag and flag.place not in {**chosen, **binding.constants} and binding.format != "jsonl":  # its lines may leave keys out
        raise FileHeld(
            f"column {told(flag.header or flag.column)} is missing, which says of each row whether it was deleted", where=name,
            remedy=f"ask the bureau for it, or mend delete_flag: in feeds/{binding.feed}.yml",
        )  # fmt: skip
    return Header(chosen, tuple(told(h) for h in unknown if h.strip()))


def told(header: str) -> str:
    """A header as it may be told."""
    return one_line(header)[:HEADER_TOLD]


def _lacking(
    needed: Column, chosen: dict[str, int], header: list[str], unknown: list[str], binding: Binding, name: str
) -> FileHeld:  # fmt: skip
    """A needed column is missing. What may be it under another name is proposed, if this is a header at all."""
    what = f"column {needed.title_zh} ({needed.name}) is missing; known are {len(chosen)} of {len(header)} columns"
    near = alike(unknown, needed, binding) if chosen else None
    if stated := binding.columns.get(needed.name):
        what = f"columns: {stated} ({needed.name}) is not in the file; known are {len(chosen)} of {len(header)} columns"
    if near is None and stated:
        remedy = f"mend columns: in feeds/{binding.feed}.yml: write the header as the file has it"
        return FileHeld(what, where=name, remedy=remedy)
    if near is None:
        title = "" if chosen else "if its first line is a title, ask for the file without it; else "
        remedy = f"{title}add columns: {{{needed.name}: <header>}} to feeds/{binding.feed}.yml"
        return FileHeld(what, where=name, remedy=remedy)
    text = told(near[0])
    return FileHeld(
        f"{what}; {text} may be it ({100 * near[1]:.0f} % alike)", where=name,
        remedy=f"if it is, write synonyms: {{{needed.name}: {text}}} in feeds/{binding.feed}.yml and run citybrain run",
    )  # fmt: skip


def required(binding: Binding) -> list[Column]:
    """Columns that a row must have: the contract's, without the key where the binding lifts it, with the binding's key."""
    contract = binding.contract
    lifted = set(contract.key) - set(binding.key_columns)
    return [c for c in contract.columns if (c.required and c.name not in lifted) or c.name in binding.key_columns]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Evaluated and failed rows of one rule in one batch."""

    rule: Rule
    evaluated: int
    failed: int


@dataclass(slots=True)
class Judged:
    """One batch after judgment.

    frame: `_record_no`, typed columns, `<col>__raw` tidied text, `_failed` (ids of broken quarantine rules), `_flags`,
    `time_precision`, `terms`; one row per source row in source order. marks: `<column>:<parse rule>` and how many values.
    """

    frame: pl.DataFrame
    verdicts: list[Verdict]
    fails: pl.DataFrame
    marks: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What judging one feed's rows needs, worked out once per file."""

    binding: Binding
    rules: tuple[Rule, ...]
    hidden: tuple[Rule, ...]

    @classmethod
    def of(cls, binding: Binding) -> Plan:
        """The rules in force for a binding, in the contract's column order; `hidden` are those on P3, P4, free text."""
        contract, needed = binding.contract, {c.name for c in required(binding)}
        rules = [r for r in contract.rules if not r.id.endswith("-required") or r.column in needed]
        named = {r.id for r in rules}
        for name in sorted(needed):
            if f"{name}-required" not in named:
                rules.append(Rule(f"{name}-required", name, f"{name} is not null", "quarantine", "completeness"))
        order = {c.name: number for number, c in enumerate(contract.columns)}
        rules.sort(key=lambda r: order[r.column])
        shown = {c.name for c in contract.columns if c.level in ("P1", "P2") and not c.is_free_text}
        return cls(binding, tuple(rules), tuple(r for r in rules if r.column not in shown))


def judge(raw: pl.DataFrame, header: Header, plan: Plan, *, zone: str, earliest: dt.datetime, latest: dt.datetime) -> Judged:
    """Type and judge one batch of text columns `c0..cn` with `_record_no`."""
    binding, contract = plan.binding, plan.binding.contract
    present = [c for c in contract.columns if c.name in header.position or c.name in binding.constants]
    source = raw.select(_source(c, header, binding) for c in present)
    parsed = parse.parse_columns(present, source, forms=binding.dates, zone=zone)
    parsed.typed, odd, converted = oddities.points(parsed.typed, binding.datum)
    parsed.marks += [*odd, *oddities.marks_of(present, source, parsed.texts), *_flagged(raw, parsed.texts, header, binding)]
    absent = [c for c in contract.columns if c not in present]
    typed = parsed.typed.with_columns(pl.lit(None, dtype=_dtype(c)).alias(c.name) for c in absent)
    texts = parsed.texts.with_columns(pl.lit(None, dtype=pl.String).alias(c.name) for c in absent)
    tests = {rule.id: _test(rule, contract.column(rule.column), earliest, latest) for rule in plan.rules}
    both = typed.hstack(texts.rename({name: f"{name}__raw" for name in texts.columns}))
    fails = both.select((applies & ~good.fill_null(True)).alias(i) for i, (applies, good) in tests.items())
    evaluated = both.select(applies.sum().alias(i) for i, (applies, _) in tests.items()).row(0, named=True)
    failed = fails.sum().row(0, named=True)
    verdicts = [Verdict(rule, int(evaluated[rule.id]), int(failed[rule.id])) for rule in plan.rules]
    frame = _assemble(raw, both, parsed, fails, verdicts, contract)
    return Judged(frame, verdicts, fails, _counts(parsed.marks) | converted | oddities.personal(contract, parsed.texts))


def _flagged(raw: pl.DataFrame, texts: pl.DataFrame, header: Header, binding: Binding) -> list[pl.Series]:
    """The mark of rows that the bureau says it deleted, if there are any."""
    flag = binding.delete_flag
    if flag is None or flag.place not in (header.position if flag.header else texts.columns):
        return []
    said = texts[flag.column] if flag.column else parse.tidy(raw.select(f"c{header.position[OWN_COLUMN]}"))[0].to_series()
    deleted = said.is_in(list(flag.values)).fill_null(False)
    return [pl.select(pl.when(deleted).then(pl.lit(MARKED)).alias(MARKED)).to_series()] if deleted.any() else []


def _counts(marks: list[pl.Series]) -> dict[str, int]:
    return dict(pl.concat([mark.alias("mark") for mark in marks]).drop_nulls().value_counts().iter_rows()) if marks else {}


def _source(column: Column, header: Header, binding: Binding) -> pl.Expr:
    if column.name in header.position:
        return pl.col(f"c{header.position[column.name]}").alias(column.name)
    return pl.lit(binding.constants[column.name], dtype=pl.String).alias(column.name)


def _dtype(column: Column) -> pl.DataType:
    return pl.List(pl.String) if column.is_list else parse.DTYPES[column.type]


def _test(rule: Rule, column: Column, earliest: dt.datetime, latest: dt.datetime) -> tuple[pl.Expr, pl.Expr]:
    """Which rows the rule speaks about, and which of them are good."""
    value = pl.col(column.name)
    kind = rule.id.removeprefix(f"{column.name}-")
    if kind == "required":
        return value.is_null() | value.is_not_null(), value.is_not_null()
    if kind == "type":
        return pl.col(f"{column.name}__raw").is_not_null(), value.is_not_null()
    if kind == "pattern":
        return value.is_not_null(), value.str.contains(f"^(?:{column.pattern.strip('^$')})$")
    if kind == "range":
        good = value.is_not_null()
        if column.minimum is not None:
            good &= value >= column.minimum
        if column.maximum is not None:
            good &= value <= column.maximum
        return value.is_not_null(), good
    if match := ORDER.fullmatch(rule.expression):
        first, second = pl.col(match[1]), pl.col(match[2])
        return first.is_not_null() & second.is_not_null(), first >= second
    if match := WINDOW.fullmatch(rule.expression):
        moment = pl.col(match[1]).cast(pl.Datetime("us"))
        return moment.is_not_null(), moment.is_between(earliest, latest)
    raise ConfigurationError(f"rule {rule.id!r} has a form we do not know: {rule.expression!r}", where=column.name)


def _assemble(
    raw: pl.DataFrame, both: pl.DataFrame, parsed: parse.Parsed, fails: pl.DataFrame, verdicts: list[Verdict],
    contract: Contract,
) -> pl.DataFrame:  # fmt: skip
    broken = [v.rule for v in verdicts if v.failed]
    hard = [_mark(rule, fails) for rule in broken if rule.severity != "warn"]
    soft = [_mark(rule, fails) for rule in broken if rule.severity == "warn"]
    shown = [c.name for c in contract.columns if c.lands and c.level in ("P1", "P2")]
    free = [parsed.texts[c.name] for c in contract.columns if c.is_free_text and c.name in parsed.texts.columns]
    precision = parsed.precision.get(contract.main_time)
    return both.select(
        raw["_record_no"],
        *(c.name for c in contract.columns),
        *(f"{name}__raw" for name in shown),
        _listed(hard, raw.height).alias("_failed"),
        _listed([*(pl.lit(mark) for mark in parsed.marks), *soft], raw.height).alias("_flags"),
        (pl.lit(None, dtype=pl.String) if precision is None else precision).alias("time_precision"),
        privacy.terms(free, raw.height).alias("terms"),
    )


def _mark(rule: Rule, fails: pl.DataFrame) -> pl.Expr:
    return pl.when(fails[rule.id]).then(pl.lit(rule.id))


def _listed(marks: list[pl.Expr], rows: int) -> pl.Series:
    """One list of non-null marks per row. Most rows have none, and lists are dear: they are made of the others only."""
    none = pl.Series([[]], dtype=pl.List(pl.String))
    if not marks:
        return none.new_from_index(0, rows)
    told = pl.select(mark.alias(str(at)) for at, mark in enumerate(marks))
    marked = told.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    lists = told.filter(marked).select(pl.concat_list(pl.all()).list.drop_nulls()).to_series()
    place = marked.cast(pl.UInt32).cum_sum() * marked.cast(pl.UInt32)
    return pl.concat([none, lists]).gather(place)
