"""The rule that a file must not have lost most of what it replaces.

Belongs here: the comparison and its words. Does not: which file is replaced (the ledger knows), what share is too few (the
contract says: `shrink_hold_ratio`), releasing (a person decides).
"""

from __future__ import annotations

from pipelines.core.errors import FileShrunk
from pipelines.core.receipts import Replaced
from pipelines.core.settings import pick


def shrunk(accepted_n: int, replaced: Replaced | None, ratio: float, *, name: str) -> FileShrunk | None:
    """Why a file is held: its accepted rows are fewer than `ratio` times those of what it would replace. None if not."""
    if replaced is None or accepted_n >= ratio * replaced.accepted_n:
        return None
    before = replaced.accepted_n
    share = f"{100 * accepted_n / before:.1f} %"
    if replaced.is_same_file:
        what = pick(
            f"read anew it has {accepted_n} accepted rows, {share} of the {before} it had; they stay in place",
            f"重新解析后仅有 {accepted_n} 行可接收，为原有 {before} 行的 {share}；原数据保持不变",
        )
    else:
        what = pick(
            f"it has {accepted_n} accepted rows, {share} of the {before} of {replaced.name}, which it would replace "
            "and which stays in place",
            f"可接收 {accepted_n} 行，仅为其将取代的 {replaced.name}（{before} 行）的 {share}；原数据保持不变",
        )
    remedy = pick(
        "ask the bureau; if it is right: citybrain release FILE --by NAME --reason TEXT",
        "请向报送部门核实；如确属实：citybrain release 文件 --by 姓名 --reason 理由",
    )
    return FileShrunk(what, where=name, remedy=remedy)
