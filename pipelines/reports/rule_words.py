"""Rule words: what a contract's rule checks, said in Chinese and English for a reader who knows no code.

Belongs here: the sentence of a rule and the names of severities and dimensions. Does not: counting or judging rows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.core.contracts import Column, Contract, contract_ids, load_contract


class Words(NamedTuple):
    """The same said twice."""

    zh: str
    en: str


ORDER = re.compile(r"(\w+)\s*>=\s*(\w+)")
WINDOW = re.compile(r"(\w+)\s+between\s+earliest\s+and\s+latest")
TYPES = {
    "timestamp": Words("时间", "a date and time"),
    "date": Words("日期", "a date"),
    "integer": Words("整数", "a whole number"),
    "number": Words("数字", "a number"),
    "boolean": Words("“是”或“否”", "yes or no"),
    "string": Words("文字", "text"),
}
SEVERITIES = {
    "block": Words("整份文件暂不入库", "the whole file is held"),
    "quarantine": Words("该行隔离，不入库", "the row is set aside"),
    "warn": Words("入库并标记", "the row is loaded with a flag"),
}
DIMENSIONS = {
    "completeness": Words("完整性", "completeness"),
    "conformity": Words("规范性", "validity"),
    "consistency": Words("一致性", "consistency"),
    "uniqueness": Words("唯一性", "uniqueness"),
    "timeliness": Words("及时性", "timeliness"),
    "stability": Words("稳定性", "stability"),
}
#: Rules on whole records, which no column has.
RECORDS = {
    "record-width": Words("每条记录的列数须与表头一致", "Every record must have as many cells as the header"),
    "sheet-unread": Words("有数据的工作表都须在绑定中写明", "Every sheet with data must be named in the binding"),
    "header-drift": Words("表头须与此前文件一致", "The header must be that of the file before"),
    "record-json": Words("每条记录须是一个 JSON 对象，同名项不得出现两次", "Every record must be one JSON object, no key twice"),
}


def title(column: Column) -> Words:
    """A column's name for readers."""
    return Words(f"「{column.title_zh}」", f'"{column.name.replace("_", " ")}"')


def _plain(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,}"


def _range(column: Column) -> Words:
    name, low, high = title(column), column.minimum, column.maximum
    if low is not None and high is not None:
        return Words(
            f"{name.zh}有数值时，须在 {_plain(low)} 与 {_plain(high)} 之间",
            f"{name.en}, where given, must lie between {_plain(low)} and {_plain(high)}",
        )
    if low is not None:
        return Words(f"{name.zh}有数值时，不得小于 {_plain(low)}", f"{name.en}, where given, must not be less than {_plain(low)}")
    assert high is not None
    return Words(f"{name.zh}有数值时，不得大于 {_plain(high)}", f"{name.en}, where given, must not be more than {_plain(high)}")


def _expression(contract: Contract, text: str) -> Words | None:
    """The sentence of a rule written as an expression; None if it has neither known shape."""
    if found := WINDOW.fullmatch(text.strip()):
        name = title(contract.column(found[1]))
        return Words(
            f"{name.zh}不得早于本市约定的最早日期，也不得晚于取数时间一天以上",
            f"{name.en} must not be before the city's earliest date, nor more than a day after the extract",
        )
    if found := ORDER.fullmatch(text.strip()):
        first, second = contract.column(found[1]), contract.column(found[2])
        is_time = first.type in ("timestamp", "date")
        return Words(
            f"{title(first).zh}不得{'早' if is_time else '小'}于{title(second).zh}",
            f"{title(first).en} must not be {'earlier' if is_time else 'less'} than {title(second).en}",
        )
    return None


def sentence(contract: Contract, rule_id: str, column_name: str) -> Words:
    """What a rule checks.

    Args:
        contract: the contract as it is today.
        rule_id: the rule's id as the ledger has it.
        column_name: its column; empty for a rule on whole records.

    Returns:
        The sentence; where the contract no longer knows the rule, one that says so.
    """
    unknown = Words(f"规则 {rule_id}（现行契约中已无此规则）", f"Rule {rule_id} (the contract no longer has it)")
    if not column_name:
        return RECORDS.get(rule_id, unknown)
    try:
        column = contract.column(column_name)
    except KeyError:
        return unknown
    name, kind = title(column), TYPES[column.type]
    match rule_id.removeprefix(f"{column_name}-"):
        case "required":
            return Words(f"{name.zh}不能为空", f"{name.en} must be filled in")
        case "type":
            return Words(
                f"{name.zh}填了内容，就必须能读成{kind.zh}",
                f"{name.en}, where filled in, must be readable as {kind.en}",
            )
        case "pattern" if column.pattern:
            form = column.pattern
            return Words(f"{name.zh}须符合约定的写法 {form}", f"{name.en} must be written as {form}")
        case "range" if column.minimum is not None or column.maximum is not None:
            return _range(column)
    rule = next((rule for rule in column.rules if rule.id == rule_id), None)
    return (_expression(contract, rule.expression) if rule else None) or unknown


def sentence_of(contract_id: str, rule_id: str, column_name: str) -> Words:
    """The same for whoever may not load contracts (boards). A contract we no longer have is said to be unknown."""
    if contract_id not in contract_ids():
        return Words(f"规则 {rule_id}（现行契约中已无此规则）", f"Rule {rule_id} (the contract no longer has it)")
    return sentence(load_contract(contract_id), rule_id, column_name)
