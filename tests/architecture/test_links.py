"""A column by which a case names another is declared twice: in its contract for the builder, in a macro for the marts."""

from __future__ import annotations

import re

from pipelines.building.changes import links
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.register import CASE_KINDS
from pipelines.core.settings import PROJECT_ROOT

MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "staging" / "declared_links.sql"


def declared() -> set[tuple[str, str]]:
    """(kind, column) of every entry of the macro; `referral` and `court` stand for their shared part."""
    text = MACRO.read_text(encoding="utf-8")
    shared = dict(re.findall(r"set (\w+) = \{'kind': '(\w+)'", text))
    columns = dict(re.findall(r"set (\w+) = \{[^}]*'column': '(\w+)'", text))
    plain = re.findall(r"\{'kind': '(\w+)', 'staging': '\w+', 'column': '(\w+)'", text)
    taken = [(shared[name], column or columns[name]) for name, column in re.findall(r"dict\((\w+)(?:, column='(\w+)')?", text)]
    return {*plain, *taken}


def test_every_link_between_cases_is_in_the_marts() -> None:
    known = set(CASE_KINDS) & set(contract_ids())
    assert declared() == {(contract, column) for contract, column, target, _ in links() if {contract, target} <= known}


def test_links_name_contracts_and_land() -> None:
    for contract, column, target, is_list in links():
        assert target in contract_ids()
        found = load_contract(contract).column(column)
        assert found.lands
        assert found.is_list == is_list
