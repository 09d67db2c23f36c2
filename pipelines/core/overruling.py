"""Which rules a person may overrule for one row ("the row is right"), and why the others not.

Belongs here: that verdict. Does not: the decision (decided), taking the row (ingest).

A rule may be overruled where the row can be taken as it stands without harm to anything beyond it: the value is read, the
row has its key. That no time of it lies after the file's extract (law 6) depends on the row: replay asks that.
"""

from __future__ import annotations

from pipelines.core.bindings import Binding
from pipelines.core.settings import pick


def why_not(binding: Binding, rule_id: str) -> str:
    """Why a rule of a feed cannot be overruled for a row; empty if it can."""
    rule = next((rule for rule in binding.contract.rules if rule.id == rule_id), None)
    if rule is None:
        if rule_id.endswith("-required"):  # demanded by the binding's key
            return pick("the row would have no key", "该行将没有主键")
        return pick("there is no whole row to take", "没有可接收的完整行")
    kind = rule_id.removeprefix(f"{rule.column}-")
    if rule.severity == "block":
        return pick("the contract holds the whole file for it", "契约规定因此搁置整份文件")
    if kind == "required":
        return pick("the row lacks what every row must have", "该行缺少必填项")
    if kind == "type":
        return pick("the value cannot be read, so it would be lost", "该值无法识别，接收即丢失")
    return ""
