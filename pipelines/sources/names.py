"""What the name of a file tells: when it was extracted, and what it covers.

Belongs here: reading a name by the binding's patterns. Does not: finding files (drop), times inside a file (cleaning).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from pipelines.core.bindings import Binding
from pipelines.core.errors import FileHeld


def extract_time(binding: Binding, name: str) -> dt.datetime | None:
    """The file's extract time by the binding: stated, or the date in its name (a bare day or month means its end)."""
    if binding.extracted_pattern:
        match = re.search(binding.extracted_pattern, name)
        if match:
            digits = re.sub(r"\D", "", "".join(g or "" for g in match.groups()) or match[0])
            try:
                if len(digits) == len("yyyymm"):
                    digits += str(calendar.monthrange(int(digits[:4]), int(digits[4:]))[1])
                if len(digits) == len("yyyymmdd"):
                    digits += "235959"
                return dt.datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S")
            except ValueError as error:
                raise FileHeld(
                    f"{digits!r} in the name is no date", where=name, remedy="mend extracted_at in the binding"
                ) from error
    return binding.extracted_stated


def covered(binding: Binding, name: str) -> str:
    """What the file covers: itself by name, the whole feed, or what the binding's pattern finds in the name."""
    if binding.covers == "file":
        return name
    if binding.covers == "feed":
        return binding.feed
    if binding.covers == "name":
        match = re.search(binding.covers_pattern, name)
        if not match:
            raise FileHeld("the name does not say what it covers", where=name, remedy="mend covers in the binding")
        return "-".join(g or "" for g in match.groups()) or match[0]
    return ""
