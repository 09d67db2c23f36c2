"""Which received file is meant by what somebody typed.

Belongs here: matching a name, a part of one, or the first digits of a hash. Does not: doing anything with the file.
"""

from __future__ import annotations

import re

from pipelines.core.errors import UsageError
from pipelines.core.settings import pick
from pipelines.core.spelling import did_you_mean
from pipelines.core.state import FileRow, Ledger

#: Fewer digits of a hash than this are too easily a part of a name.
HASH_DIGITS = 6
SHOWN = 5


def _base(row: FileRow) -> str:
    return row.name.rpartition("/")[2]


def _matching(rows: list[FileRow], text: str) -> list[FileRow]:
    """Rows that the text means, by the strictest reading that finds any: name, last part of it, hash, part of a name."""
    low = text.lower()
    is_hash = len(low) >= HASH_DIGITS and re.fullmatch("[0-9a-f]+", low) is not None
    for meant in (
        lambda row: row.name == text,
        lambda row: _base(row) == text,
        lambda row: is_hash and row.sha256.startswith(low),
        lambda row: low in row.name.lower(),
    ):
        if found := [row for row in rows if meant(row)]:
            return found
    return []


def named_file(ledger: Ledger, text: str, *, feed: str = "") -> FileRow:
    """The one received file that `text` means: its name, a unique part of it, or the first digits of its sha256.

    Raises UsageError when none is meant (with the nearest names) or more than one (with what tells them apart).
    """
    every = [FileRow(**row) for row in ledger.rows("select * from file order by feed, received_at desc, sha256")]
    rows = [row for row in every if feed in ("", row.feed)]
    found = _matching(rows, text) if text.strip() else []
    if len(found) == 1:
        return found[0]
    if found:
        shown = "; ".join(f"{row.feed} {row.name} {row.sha256[:12]} ({row.received_at[:16]})" for row in found[:SHOWN])
        more = f" … {len(found)}" if len(found) > SHOWN else ""
        raise UsageError(
            pick(f"{text!r} means {len(found)} files: {shown}{more}", f"{text!r} 对应 {len(found)} 个文件：{shown}{more}"),
            where="FILE",
            remedy=pick("give the first digits of its hash, or --feed", "请给出哈希的前几位，或 --feed"),
        )
    names = {name: row for row in rows for name in (row.name, _base(row))}
    look = pick("citybrain status shows each feed's last file", "citybrain status 列出各数据源最近的文件")
    raise UsageError(
        pick(f"no received file is called {text!r}", f"没有收到名为 {text!r} 的文件"),
        where=feed or "FILE",
        remedy=did_you_mean(text, names, otherwise=look),
    )  # fmt: skip
