"""Suites: a contract turned into Great Expectations, one expectation per rule id.

Belongs here: which question a rule asks of the judged batch, and the expectation that asks it. Does not: running
anything (run), judging rows (`pipelines.cleaning.judge`; it reads the same rules by code of its own, on purpose: two
readings that must agree), hand-written checks of published tables (published).

The judged batch has, per landed P1 or P2 column, `<col>` (typed) and `<col>__raw` (text as received, null tokens
already null); per rule on a P3, P4 or free-text column a boolean `<col>__ok__<rule id>` and never a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipelines.core.contracts import Column, Contract, Rule
from pipelines.core.errors import ConfigurationError

if TYPE_CHECKING:
    import great_expectations as gx

Kind = Literal["required", "type", "pattern", "range", "order", "window", "judged"]

DERIVED: tuple[Kind, ...] = ("required", "type", "pattern", "range")
EARLIEST, LATEST = "_earliest", "_latest"
ORDER = re.compile(r"(\w+)\s*>=\s*(\w+)")
WINDOW = re.compile(r"(\w+)\s+between\s+earliest\s+and\s+latest")


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a judged batch.

    Args:
        rule: the contract's rule.
        kind: the shape of the question.
        columns: the batch's columns that hold the answer, the one under test first.
        pattern: for `pattern`, the regular expression that the whole text must match.
        minimum, maximum: for `range`, the inclusive bounds; None is no bound.
    """

    rule: Rule
    kind: Kind
    columns: tuple[str, ...]
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None


def is_hidden(column: Column) -> bool:
    """Whether the batch carries only the judge's booleans for this column, never its value."""
    return column.level in ("P3", "P4") or column.is_free_text


def _shape(rule: Rule, where: str) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a rule and the contract's columns that it reads."""
    for kind in DERIVED:
        if rule.id == f"{rule.column}-{kind}":
            return kind, (rule.column,)
    text = rule.expression.strip()
    if found := WINDOW.fullmatch(text):
        return "window", (found[1],)
    if found := ORDER.fullmatch(text):
        return "order", (found[1], found[2])
    raise ConfigurationError(
        f"rule {rule.id!r} has an expression that we cannot read: {text!r}",
        where=where,
        remedy="write `a >= b` or `a between earliest and latest`",
    )


def check_of(contract: Contract, rule: Rule) -> Check:
    """The check that one rule asks for. Raises ConfigurationError where its expression has neither known shape."""
    kind, names = _shape(rule, f"contract {contract.id}")
    try:
        columns = [contract.column(name) for name in names]
    except KeyError as error:
        raise ConfigurationError(f"rule {rule.id!r} names no column: {error}", where=f"contract {contract.id}") from error
    if any(is_hidden(column) for column in columns):
        return Check(rule, "judged", (f"{rule.column}__ok__{rule.id}",))
    first = columns[0]
    match kind:
        case "type":
            return Check(rule, kind, (first.name, f"{first.name}__raw"))
        case "pattern":
            return Check(rule, kind, names, pattern=first.pattern)
        case "range":
            return Check(rule, kind, names, minimum=first.minimum, maximum=first.maximum)
        case "window":
            return Check(rule, kind, (first.name, EARLIEST, LATEST))
        case _:
            return Check(rule, kind, names)


def rules_in_force(contract: Contract, key: Iterable[str] | None = None) -> tuple[Rule, ...]:
    """The rules that hold for one binding, by column.

    Args:
        contract: the feed's contract.
        key: the binding's key columns; None is the contract's own. A key column must be filled in; a column of the
            contract's key that the binding does not use need not be.
    """
    wanted = set(contract.key if key is None else key)
    lifted = {f"{name}-required" for name in set(contract.key) - wanted}
    rules: list[Rule] = []
    for column in contract.columns:
        own = [rule for rule in column.rules if rule.id not in lifted]
        required = f"{column.name}-required"
        if column.name in wanted and required not in {rule.id for rule in own}:
            own.insert(0, Rule(required, column.name, f"{column.name} is not null", "quarantine", "completeness"))
        rules += own
    return tuple(rules)


def plan(contract: Contract, key: Iterable[str] | None = None) -> tuple[Check, ...]:
    """Every check of a contract under a binding's key (None: the contract's), in the contract's order.

    Raises ConfigurationError where an expression has neither known shape.
    """
    return tuple(check_of(contract, rule) for rule in rules_in_force(contract, key))


def columns_read(checks: Iterable[Check]) -> list[str]:
    """The batch's columns that the checks need, sorted."""
    return sorted({name for check in checks for name in check.columns})


def _expectations(check: Check) -> list[Any]:
    """What asks the check's question; `meta` says which rule it is.

    One expectation, but for a window, whose bounds differ from file to file and so are compared as columns: one for each
    bound. No row can fail both, so their counts add up.
    """
    import great_expectations.expectations
    from great_expectations.expectations import row_conditions

    gxe: Any = great_expectations.expectations  # its stubs do not export the classes
    column = check.columns[0]
    meta = {"rule_id": check.rule.id, "severity": check.rule.severity, "dimension": check.rule.dimension}

    def not_less(first: str, second: str) -> Any:
        return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=first, column_B=second, or_equal=True, ignore_row_if="either_value_is_missing", meta=meta
        )

    match check.kind:
        case "required":
            return [gxe.ExpectColumnValuesToNotBeNull(column=column, meta=meta)]
        case "type":
            was_sent = row_conditions.Column(check.columns[1]).is_not_null()
            return [gxe.ExpectColumnValuesToNotBeNull(column=column, row_condition=was_sent, meta=meta)]
        case "pattern":
            # Great Expectations searches; the contract's pattern must match the whole text, line ends included.
            return [gxe.ExpectColumnValuesToMatchRegex(column=column, regex=rf"\A(?:{check.pattern})\Z", meta=meta)]
        case "range":
            low, high = check.minimum, check.maximum
            return [gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, meta=meta)]
        case "order":
            return [not_less(column, check.columns[1])]
        case "window":
            return [not_less(LATEST, column), not_less(column, EARLIEST)]
        case "judged":
            return [gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[True], meta=meta)]


def build_suite(name: str, checks: Iterable[Check]) -> gx.ExpectationSuite:
    """A suite that asks the checks' questions."""
    import great_expectations as gx

    return gx.ExpectationSuite(name=name, expectations=[e for check in checks for e in _expectations(check)])
