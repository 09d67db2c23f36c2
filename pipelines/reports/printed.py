"""The README's table "printed / what citybrain says", from a build of the acceptance city.

Belongs here: which printed figures are told there, and in which words. Does not: the figures (fct_published_figure) or the
city (tests/integration/acceptance). `python -m pipelines.reports.printed HOME` writes both front pages; a test holds them to
the build.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.warehouse import PublishedBuild, open_published

TOLD = ("F05", "F14", "F16", "F33b", "F34", "F37a", "F37b", "F37c", "F39", "F40", "F41", "F45", "X01c", "X01d", "X02b")
PAGES = {"en": PROJECT_ROOT / "README.md", "zh": PROJECT_ROOT / "README.zh-CN.md"}
BETWEEN = re.compile(r"(<!-- printed figures -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = {
    "en": "| place | what was printed | printed | from invented rows | can it be true? |",
    "zh": "| 地方 | 内容 | 公布数 | 由虚构记录算得 | 可能吗 |",
}
SIGN = {"=": "", ">": "> ", ">=": "≥ ", "~": "≈ "}


def _number(scaled: int, decimals: int, unit: str) -> str:
    return f"{Decimal(scaled).scaleb(-decimals)}{' %' if unit == '%' else ''}"


def _ours(row: dict[str, Any]) -> str:
    if row["our_scaled"] is None:
        return "-"
    shown = _number(row["our_scaled"], row["decimals"], row["unit"])
    if row["printed_value"] < 0:
        return f"{row['our_den']:,} → {row['our_num']:,}: {shown}"
    return f"{row['our_num']:,} / {row['our_den']:,} = {shown}" if row["our_den"] else f"{row['our_num']:,}"


def _verdict(row: dict[str, Any], language: str) -> str:
    en = language == "en"
    if row["audit_verdict"] == "infeasible":
        return f"no whole number of {row['printed_den']:,} is" if en else f"{row['printed_den']:,} 件中没有任何整数件"
    if row["audit_verdict"] == "not_a_share":
        return (row["note_en"] if en else row["note_zh"]) or "-"
    low, high = row["feasible_from"], row["feasible_to"]
    if low == high:
        return f"exactly {low:,} of {row['printed_den']:,}" if en else f"{row['printed_den']:,} 件中恰为 {low:,} 件"
    return f"{low:,} to {high:,} of {row['printed_den']:,}" if en else f"{row['printed_den']:,} 件中 {low:,} 至 {high:,} 件"


def table(build: PublishedBuild, language: str) -> str:
    """The table as Markdown lines."""
    found = {row["pub_figure_id"]: row for row in build.frame("select * from marts.fct_published_figure").to_dicts()}
    lines = [HEAD[language], "|---|---|---|---|---|"]
    for name in TOLD:
        row = found[name]
        printed = SIGN[row["comparator"]] + _number(
            int(row["printed_value"] * 10 ** row["decimals"]), row["decimals"], row["unit"]
        )
        cells = [row[f"place_{language}"], row[f"what_{language}"], printed, _ours(row), _verdict(row, language)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def on_page(text: str) -> str:
    """The table that a front page holds now."""
    found = BETWEEN.search(text)
    return found[0] if found else ""


def written(text: str, build: PublishedBuild, language: str) -> str:
    """The page with the table of this build."""
    return BETWEEN.sub(lambda m: m[1] + table(build, language) + m[2], text)


def main() -> None:
    """Write the tables of both front pages from the build of the home that is named."""
    with open_published(Path(sys.argv[1])) as build:
        for language, page in PAGES.items():
            page.write_text(written(page.read_text(encoding="utf-8"), build, language), encoding="utf-8")


if __name__ == "__main__":
    main()
