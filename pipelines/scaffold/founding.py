"""Founding: a new city folder, with a map that a first board can stand on.

Belongs here: city.yml with its explanations, which files of a folder are recognised as what, areas read off a column. Does not:
a single feed's binding (proposing, writing).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.errors import CityError, UsageError
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import ArchiveLimits, pick
from pipelines.scaffold import proposing, shapes
from pipelines.scaffold.looking import look
from pipelines.scaffold.proposing import Proposal
from pipelines.scaffold.writing import quoted

#: What is looked at in a folder; anything else is named as left alone.
ENDINGS = (".csv", ".txt", ".csv.gz", ".xlsx", ".xls", ".html", ".htm", ".json", ".jsonl", ".ndjson", ".geojson", ".parquet")
#: Below this a file is not taken for what fits best: people say what it is, with new-feed --contract.
RECOGNISED = 0.45
#: Columns that may say which area a case lies in, the best first.
AREA_COLUMNS = ("grid_code", "place_code", "community_name", "street_name")
MOST_AREAS = 5_000
ROOT = "000000"
#: Length of a division code -> level (GB/T 2260, GB/T 10114 and the grids below them).
LEVELS = {6: 1, 9: 2, 12: 3, 15: 4}
OWN_LEVEL = 2


@dataclass(frozen=True, slots=True)
class AreaMap:
    """Areas for reference/grid.csv: (code, level, name, parent, authority) each, the root first; source: where they were read."""

    root: str
    rows: tuple[tuple[str, int, str, str, str], ...]
    source: str


def recognised(folder: Path, city: str, zone: str, limits: ArchiveLimits) -> tuple[list[Proposal], list[str]]:
    """A proposal for each pattern of files that is recognised, and a sentence for each that is not."""
    groups: dict[str, list[Path]] = {}
    left: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        if path.name.lower().endswith(ENDINGS):
            groups.setdefault(proposing.pattern_of(path, folder), []).append(path)
        else:
            left.append(
                pick(f"{masked(path.name)}: left alone, its ending is not known", f"{masked(path.name)}：未处理，不认识其扩展名")
            )
    found: list[Proposal] = []
    for pattern, paths in groups.items():
        path = max(paths, key=lambda p: (p.stat().st_size, p.name))
        try:
            made = proposing.propose("unnamed", look(path, limits=limits), city=city, zone=zone, contract_id="", pattern=pattern)
        except CityError as error:
            left.append(f"{masked(path.name)}: {masked(error.what)}")
            continue
        contract = made.fit.contract
        main = contract.main_time or (contract.key or ("",))[0]
        if made.fit.score < RECOGNISED or not any(m.column == main for m in made.fit.sure):
            told = f"{contract.id} {made.fit.score:.2f}"
            left.append(masked(path.name) + pick(
                f": not recognised (nearest {told}): citybrain new-feed --contract says what it is",
                f"：未识别（最接近 {told}），请用 citybrain new-feed --contract 指定",
            ))  # fmt: skip
            continue
        found.append(made)
    _name(found, city)
    _check_codes(found)
    return found, left


def _name(found: list[Proposal], city: str) -> None:
    """Feeds are called after their contracts, numbered where one has several; so are systems: two files' numbers never meet."""
    counted: Counter[str] = Counter()
    for made in found:
        contract = made.fit.contract.id
        counted[contract] += 1
        made.feed = contract if counted[contract] == 1 else f"{contract}_{counted[contract]}"
        made.system = f"{city}_{made.feed}"


def _check_codes(found: list[Proposal]) -> None:
    """A column of codes that the city's own table of areas mostly does not know is no code of these areas: not proposed.

    Where two numberings meet, some numbers agree by chance, and cases would lie in the wrong place without a word.
    """
    tables = [(made, match) for made in found if made.fit.contract.id == "grid" and (match := made.fit.match("grid_code"))]
    known = {code for made, match in tables for code in made.shapes[match.position].filled.to_list()}
    for made in found:
        match = made.fit.match("grid_code")
        if not known or match is None or made.fit.contract.entity != "event":
            continue
        values = set(made.shapes[match.position].filled.str.replace(r"^(\d+)\.0+$", "$1").to_list())
        if len(values & known) < 0.5 * len(values):
            made.fit.sure.remove(match)
            told = f"{len(values & known)} / {len(values)}"
            made.doubts.append(
                pick(f"{match.header} is not taken as grid_code: {told} of its codes are areas of the city's table",
                     f"{match.header} 未作为 grid_code：其编码仅 {told} 在区域表中")
            )  # fmt: skip


def areas(found: list[Proposal]) -> AreaMap:
    """The map that the data themselves allow: areas named in a column, by division codes or directly below the city."""
    for name in AREA_COLUMNS:
        for made in found:
            match = made.fit.match(name)
            if match is None or made.fit.contract.entity != "event" or made.shapes[match.position].is_personal:
                continue
            told = made.shapes[match.position].filled.str.replace(r"^(\d+)\.0+$", "$1").unique().sort().to_list()
            values = [v for v in told if not shapes.looks_personal(v) and len(v) <= proposing.LONGEST_CODE]
            if values and len(values) <= MOST_AREAS:
                source = pick(
                    f"{masked(made.seen.path.name)}, column {match.header}", f"{masked(made.seen.path.name)} 的 {match.header} 列"
                )
                return _divisions(values, source) or _own(values, source)
    return AreaMap(ROOT, (_root(ROOT),), "")


def _root(code: str) -> tuple[str, int, str, str, str]:
    return (code, 0, "", "", "local")  # named after the city when it is written


def _own(values: list[str], source: str) -> AreaMap:
    rows = [(v, OWN_LEVEL, v, ROOT, "local") for v in values if v != ROOT]
    return AreaMap(ROOT, (_root(ROOT), *rows), source)


def _divisions(values: list[str], source: str) -> AreaMap | None:
    """Division codes: parents by prefix, the root from what all have in common; None if they are none."""
    if not all(re.fullmatch(r"[1-9]\d+", v) and len(v) in LEVELS for v in values):
        return None
    known = {v[:length] for v in values for length in LEVELS if length <= len(v)}
    districts = {v[:6] for v in values}
    cities = {v[:4] for v in districts}
    root = f"{min(cities)}00" if len(cities) == 1 else ROOT
    rows = [
        (code, LEVELS[len(code)], code, next((code[:n] for n in (12, 9, 6) if n < len(code)), root), "national")
        for code in sorted(known, key=lambda c: (len(c), c)) if code != root
    ]  # fmt: skip
    return AreaMap(root, (_root(root), *rows), source)


def city_text(name: str, zone: str, root: str) -> str:
    """city.yml, every key explained."""
    title = name.replace("_", " ").capitalize()
    return f"""\
# {pick("The city; every key: docs/add_a_city.md", "城市；各项说明：docs/add_a_city.md")}
name: {quoted(name)}                # {pick("also the default home", "也是默认状态目录名")}
title_zh: {quoted(title)}           # {pick("on the boards", "看板上的名称")}
title_en: {quoted(title)}
zone: {zone}            # {pick("the wall clock of all times", "所有时间的时区")}
languages: [zh, en]            # {pick("the first is the boards' own", "首个为看板默认语言")}
root_area: "{root}"           # {pick("the area without a parent: reference/grid.csv", "没有上级的区域：reference/grid.csv")}
level: demo                    # {pick("production: needs a master key", "正式运行用 production：需主密钥")}
earliest: 2000-01-01           # {pick("older times are refused", "更早的时间将被拒收")}
vault: {{retention_days: 400}}   # {pick("how long files as received are kept, encrypted", "原始文件加密保存的天数")}
"""


def grid_files(made: AreaMap, name: str) -> dict[str, str]:
    """reference/grid.csv and the feed that reads it, as texts by their place below the city folder."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["grid_code", "level", "name_zh", "name_en", "parent_code", "code_authority"])
    for code, level, title, parent, authority in made.rows:
        writer.writerow([code, level, title or name, title or name, parent, authority])
    where = made.source or pick("one area: the whole city", "仅一个区域：全市")
    todo = pick(
        "names and levels: 0 city, 1 district, 2 street, 3 community, 4 grid; a real register of areas is better",
        "核对名称与层级：0 市、1 区县、2 街镇、3 社区、4 网格；最好换成正式的网格名录",
    )
    binding = f"""\
# {pick("Our own table of areas", "自有区域表")}: {where}.
# TODO {todo}
contract: grid
system: {quoted(f"{name}_reference")}
title_zh: 区域
title_en: Areas
source: {{type: drop, root: city, pattern: "reference/grid.csv", settle_seconds: 0}}
delivery: snapshot
covers: feed
"""
    return {"reference/grid.csv": out.getvalue(), "feeds/grid.yml": binding}


def found_city(folder: Path, name: str, zone: str, made: AreaMap, *, has_areas: bool) -> list[Path]:
    """Write the folder; the paths. Raises UsageError if there is a city already."""
    if (folder / "city.yml").exists():
        raise UsageError(
            pick("there is a city already", "已有城市"), where=str(folder),
            remedy=pick("give another folder, or add to it with citybrain new-feed", "换一个目录，或用 citybrain new-feed 添加"),
        )  # fmt: skip
    texts = {"city.yml": city_text(name, zone, made.root)}
    texts |= {} if has_areas else grid_files(made, name)
    for place in ("feeds", "codes", "reference"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for place, text in texts.items():
        (folder / place).write_text(text, encoding="utf-8")
    return [folder / place for place in texts]
