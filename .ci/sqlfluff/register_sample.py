"""The entries of the metric register that the SQL linter sees: one of each shape, for what a loop writes 89 times has one style.

Belongs here: the choice. Does not: the register itself; dbt compiles every entry, and every compiled model is parsed in two
dialects (tests/architecture/test_sql_dialects.py). All of them took a minute of every lint.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

REGISTER = Path("dbt_project/macros/metrics/register.sql")
#: What decides how a loop over the register writes an entry.
SHAPE = ("family", "sql", "population", "adjust", "include_backlog")


@functools.cache
def sample() -> list[dict[str, Any]]:
    """The first entry of each shape."""
    entries = []
    for line in REGISTER.read_text(encoding="utf-8").splitlines():
        text = line.strip().rstrip(",")
        if text.startswith('{"id":'):
            entries.append(json.loads(text))
    return list({json.dumps([entry[key] for key in SHAPE]): entry for entry in reversed(entries)}.values())
