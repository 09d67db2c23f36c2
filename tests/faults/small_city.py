"""A city of two feeds and two days, for trials that must be quick.

Belongs here: its folder and its files. Does not: running anything.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.trials import Stage

FEEDS = ("u", "w")
HEADER = "任务号,上报时间,结案时间,单元网格编码,上报人,上报人电话,问题描述,更新时间"
BINDING = """contract: urban_case
system: {name}
source: {{type: drop, pattern: '{name}*', settle_seconds: 0}}
format: csv
delivery: increment
extracted_at: {{name: '{name}(\\d{{8}})'}}
"""


def write_city(base: Path) -> Stage:
    """The city folder and an empty source."""
    (base / "city" / "feeds").mkdir(parents=True)
    (base / "source").mkdir()
    (base / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    for name in FEEDS:
        (base / "city" / "feeds" / f"{name}.yml").write_text(BINDING.format(name=name), encoding="utf-8")
    return Stage(base / "home", base / "city", base / "source")


def write_day(stage: Stage, day: int, rows_n: int = 20) -> None:
    """One file of each feed, one of its rows to be set aside."""
    for name in FEEDS:
        rows = [f"A{n},2026-06-0{day} 07:00:00,,9901,A,139,B,2026-06-0{day} 08:00:00" for n in range(rows_n)]
        rows.append("A99,no time,,9901,A,139,B,2026-06-01 08:00:00")
        (stage.source / f"{name}2026060{day}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
