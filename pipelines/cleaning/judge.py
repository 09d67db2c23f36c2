"""Judge: every rule of the contract on every row, in one vectorised pass.

Belongs here: match headers to columns, type them, find which rule each row breaks, split. Does not: reading files,
writing anything, identity across files (ingest).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning import parse, privacy
from pipelines.core.bindings import Binding
from pipelines.core.contracts import Column, Rule
from pipelines.core.errors import ConfigurationError, FileHeld

ORDER = re.compile(r"(\w+) >= (\w+)")
WINDOW = re.compile(r"(\w+) between earliest and latest")


def plain(header: str) -> str:
    """A header as it is compared: NFKC, no blanks, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).lower()


def known_headers(binding: Binding) -> dict[str, list[tuple[int, str]]]:
    """Plain header -> (priority, canonical column); the binding's own spelling wins, then the contract's order."""
    known: dict[str, list[tuple[int, str]]] = {}
    for column in binding.contract.columns:
        spellings = [binding.columns.get(column.name), column.title_zh, column.name, *column.synonyms]
        if column.name in binding.columns:  # a stated header replaces the contract's spellings
            spellings = [binding.columns[column.name]]
        for priority, spelling in enumerate(spellings):
            if spelling:
                known.setdefault(plain(spelling), []).append((priority, column.name))
    return known


@dataclass(frozen=True, slots=True)
class Header:
    """Which source column holds which canonical column."""

    position: dict[str, int]
    unknown: tuple[str, ...]


def match_header(header: list[str], binding: Binding, *, name: str) -> Header:
    """Match a file's header. Raises FileHeld if a required or key column is missing."""
    known = known_headers(binding)
    offers: dict[str, list[tuple[int, int]]] = {}
    unknown = []
    for position, text in enumerate(header):
        found = known.get(plain(text))
        if not found:
            unknown.append(text)
        for priority, column in found or ():
            offers.setdefault(column, []).append((priority, position))
    chosen = {column: min(places)[1] for column, places in offers.items()}
    for needed in required(binding):
        if needed.name not in chosen and needed.name not in binding.constants:
            raise FileHeld(
                f"column {needed.title_zh} ({needed.name}) is missing; the header has {', '.join(header[:12])}",
                where=name, remedy=f"add columns: {{{needed.name}: <header>}} to feeds/{binding.feed}.yml",
            )  # fmt: skip
    return Header(chosen, tuple(h for h in unknown if h.strip()))


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
    `time_precision`, `terms`; one row per source row in source order.
    """

    frame: pl.DataFrame
    verdicts: list[Verdict]
    fails: dict[str, pl.Series]


def rules_of(binding: Binding) -> list[Rule]:
    """The rules in force for a binding."""
    needed = {c.name for c in required(binding)}
    contract = binding.contract
    rules = [r for r in contract.rules if not r.id.endswith("-required") or r.column in needed]
    named = {r.id for r in rules}
    for column in needed:
        if f"{column}-required" not in named:
            rules.append(Rule(f"{column}-required", column, f"{column} is not null", "quarantine", "completeness"))
    return sorted(rules, key=lambda r: [c.name for c in contract.columns].index(r.column))


def judge(
    raw: pl.DataFrame, header: Header, binding: Binding, *, zone: str, earliest: dt.datetime, latest: dt.datetime
) -> Judged:
    """Type and judge one batch of text columns `c0..cn` with `_record_no`."""
    typed: dict[str, pl.Series] = {}
    texts: dict[str, pl.Series] = {}
    flags: list[pl.Series] = []
    precision: pl.Series | None = None
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, raw.height)
    for column in binding.contract.columns:
        at = header.position.get(column.name)
        source = raw[f"c{at}"] if at is not None else _constant(binding, column, empty)
        if source is None:
            texts[column.name] = empty
            typed[column.name] = pl.Series([None], dtype=_dtype(column)).new_from_index(0, raw.height)
            continue
        parsed = parse.parse_column(column, source, forms=binding.dates, zone=zone)
        texts[column.name], typed[column.name] = parsed["text"], parsed["typed"]
        if column.name == binding.contract.main_time:
            precision = parsed["precision"]
        flags += _parse_flags(column, parsed)
    frame = pl.DataFrame({name: series.alias(name) for name, series in typed.items()})
    fails, verdicts = _apply(frame, texts, binding, earliest, latest)
    return Judged(_assemble(raw, frame, texts, flags, fails, precision, binding), verdicts, fails)


def _constant(binding: Binding, column: Column, empty: pl.Series) -> pl.Series | None:
    value = binding.constants.get(column.name)
    return None if value is None else pl.Series([value], dtype=pl.String).new_from_index(0, len(empty))


def _dtype(column: Column) -> pl.DataType:
    return pl.List(pl.String) if column.is_list else parse.DTYPES[column.type]


def _parse_flags(column: Column, parsed: dict[str, pl.Series]) -> list[pl.Series]:
    flags: list[pl.Series] = []
    if not column.lands:
        return flags
    if parsed["rule"].is_not_null().any():
        flags.append((column.name + ":" + parsed["rule"]).alias(f"{column.name}:rule"))
    if parsed["token"].any():
        mark = pl.DataFrame({"t": parsed["token"]}).select(pl.when("t").then(pl.lit(f"{column.name}:null_token")))
        flags.append(mark.to_series().alias(f"{column.name}:token"))
    return flags


def _apply(
    frame: pl.DataFrame, texts: dict[str, pl.Series], binding: Binding, earliest: dt.datetime, latest: dt.datetime
) -> tuple[dict[str, pl.Series], list[Verdict]]:
    fails: dict[str, pl.Series] = {}
    verdicts = []
    for rule in rules_of(binding):
        column = binding.contract.column(rule.column)
        applies, good = _test(rule, column, frame, texts, earliest, latest)
        bad = applies & ~good.fill_null(True)
        fails[rule.id] = bad
        verdicts.append(Verdict(rule, int(applies.sum()), int(bad.sum())))
    return fails, verdicts


def _test(
    rule: Rule,
    column: Column,
    frame: pl.DataFrame,
    texts: dict[str, pl.Series],
    earliest: dt.datetime,
    latest: dt.datetime,
) -> tuple[pl.Series, pl.Series]:
    """Which rows the rule speaks about, and which of them are good."""
    value = frame[column.name]
    kind = rule.id.removeprefix(f"{column.name}-")
    if kind == "required":
        return pl.Series([True], dtype=pl.Boolean).new_from_index(0, frame.height), value.is_not_null()
    if kind == "type":
        return texts[column.name].is_not_null(), value.is_not_null()
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
        first, second = frame[match[1]], frame[match[2]]
        return first.is_not_null() & second.is_not_null(), first >= second
    if match := WINDOW.fullmatch(rule.expression):
        moment = frame[match[1]].cast(pl.Datetime("us"))
        return moment.is_not_null(), (moment >= earliest) & (moment <= latest)
    raise ConfigurationError(f"rule {rule.id!r} has a form we do not know: {rule.expression!r}", where=column.name)


def _assemble(
    raw: pl.DataFrame, frame: pl.DataFrame, texts: dict[str, pl.Series], flags: list[pl.Series], fails: dict[str, pl.Series],
    precision: pl.Series | None, binding: Binding,
) -> pl.DataFrame:  # fmt: skip
    severity = {rule.id: rule.severity for rule in rules_of(binding)}
    hard = [_mark(i, s) for i, s in fails.items() if severity[i] != "warn" and s.any()]
    soft = [_mark(i, s) for i, s in fails.items() if severity[i] == "warn" and s.any()]
    if precision is None:
        precision = pl.Series([None], dtype=pl.String).new_from_index(0, raw.height)
    return frame.with_columns(
        raw["_record_no"],
        *(
            texts[c.name].alias(f"{c.name}__raw")
            for c in binding.contract.columns
            if c.lands and c.level in ("P1", "P2")
        ),
        _listed(hard, raw.height).alias("_failed"),
        _listed([*flags, *soft], raw.height).alias("_flags"),
        precision.alias("time_precision"),
        privacy.terms([texts[c.name] for c in binding.contract.columns if c.is_free_text], raw.height).alias("terms"),
    )


def _mark(rule_id: str, failed: pl.Series) -> pl.Series:
    return pl.DataFrame({"f": failed}).select(pl.when("f").then(pl.lit(rule_id))).to_series().alias(f"mark:{rule_id}")


def _listed(marks: list[pl.Series], height: int) -> pl.Series:
    """One list of non-null marks per row."""
    if not marks:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, height)
    frame = pl.DataFrame(marks)
    return frame.select(pl.concat_list(pl.all()).list.drop_nulls()).to_series()
