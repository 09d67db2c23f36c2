"""Commands that begin a city: new-feed, new-city.

Belongs here: options, what is printed. Does not: proposing and writing (scaffold).
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import show
from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick

if TYPE_CHECKING:
    from pipelines.scaffold.proposing import Proposal

CityOption = Annotated[Path, typer.Option("--city", help="the city folder; citybrain new-city makes one")]
FromOption = Annotated[Path, typer.Option("--from", help="a file of the department, as it was sent")]
ContractOption = Annotated[str, typer.Option("--contract", help="what the file is, such as urban_case; default: what fits best")]
EncodingOption = Annotated[str, typer.Option("--encoding", help="if you know it: gb18030, big5, ...")]
RootOption = Annotated[Path | None, typer.Option("--source-root", help="folder the pattern starts from; default: the file's")]
CodesOption = Annotated[bool, typer.Option("--codes", help="keep the feed's binding; write the tables of codes that it lacks")]
ForceOption = Annotated[bool, typer.Option("--force", help="overwrite the feed's files")]


def new_feed(
    feed: Annotated[str, typer.Argument(help="its name: small letters, digits and _")],
    file: FromOption, city: CityOption, contract: ContractOption = "", encoding: EncodingOption = "",
    source_root: RootOption = None, force: ForceOption = False, codes: CodesOption = False,
) -> None:  # fmt: skip
    """Propose a feed's binding from one of its files, with reasons. / 根据样例文件生成数据源绑定草案，并说明理由。"""
    from pipelines.core.bindings import load_city
    from pipelines.core.code_tables import undecided_codes

    if codes:
        return _complete_codes(feed, file, city)
    made, paths = scaffold(feed, file, city, contract=contract, encoding=encoding, source_root=source_root, force=force)
    for path in paths:
        show.console.print(pick(f"written: {path}", f"已写入：{path}"), markup=False)
    problem = _tell_trial(made, city)
    try:
        load_city(city)
    except ConfigurationError as error:
        problem = problem or f"{error.where}: {error.what} -> {error.remedy}"
    waiting = sum(undecided_codes(city).values())
    if waiting:
        told = pick(f"codes to complete: {waiting} (? in {city}/codes)", f"待填代码：{waiting} 个（{city}/codes 中的 ?）")
        show.console.print(told, markup=False)
    _tell_next(made, city, file, source_root, problem)
    raise typer.Exit(1 if problem else 0)


def _complete_codes(feed: str, file: Path, city: Path) -> None:
    """Tables of codes for a binding that people mended: what was added where, and what they still have to write."""
    from pipelines.core.settings import load_settings
    from pipelines.scaffold import code_files

    out = show.console.print
    told = code_files.complete(city, feed, file, load_settings().archives)
    for one in told:
        out(pick(f"{one.path}: {one.added} codes to complete (?)", f"{one.path}：新增待填代码 {one.added} 个（?）"), markup=False)
        if not one.is_named:
            line = f"{one.code_set}: {one.path.name}"
            where = f"{city}/feeds/{feed}.yml"
            out(pick(f"  TODO {where}: add {line} to codes:", f"  TODO {where}：在 codes: 中加入 {line}"), markup=False)
    if not told:
        out(pick("every code of the file is known or stands in a table", "文件中的代码均已知或已在代码表中"))


def scaffold(
    feed: str, file: Path, city: Path, *, contract: str = "", encoding: str = "", source_root: Path | None = None,
    force: bool = False,
) -> tuple[Proposal, list[Path]]:  # fmt: skip
    """Look at a file, tell what is proposed, write it; the proposal and the paths."""
    from pipelines.core.contracts import load_contract
    from pipelines.core.settings import load_settings
    from pipelines.scaffold import looking, proposing, writing

    if not re.fullmatch(r"[a-z][a-z0-9_]*", feed):
        raise UsageError(pick(f"{feed!r} is no name for a feed", f"{feed!r} 不能作数据源名"), where="FEED",
                         remedy=pick("small letters, digits and _", "用小写字母、数字和 _"))  # fmt: skip
    if contract:
        load_contract(contract)
    place = _city(city)
    seen = looking.look(file, limits=load_settings().archives, encoding=encoding)
    root = source_root or file.parent
    if not file.resolve().is_relative_to(root.resolve()):
        raise UsageError(pick("the file is not below --source-root", "文件不在 --source-root 之下"), where=str(file))
    pattern = proposing.pattern_of(file, root)
    made = proposing.propose(feed, seen, city=place[0], zone=place[1], contract_id=contract, pattern=pattern)
    tell(made)
    return made, writing.write(made, city, force=force)


def _city(city: Path) -> tuple[str, str]:
    """Name and zone of a city folder, which need have no feeds yet."""
    from pipelines.core.bindings import read_city_file

    if not (city / "city.yml").exists():
        raise UsageError(pick("no city.yml there", "其中没有 city.yml"), where=str(city), remedy=f"citybrain new-city {city}")
    entry = read_city_file(city)
    return str(entry["name"]), str(entry["zone"])


def tell(made: Proposal) -> None:
    """The proposal on the screen: columns with reasons and samples, decisions, what is left to people."""
    out = show.console.print
    seen, fit = made.seen, made.fit
    out(f"{masked(seen.path.name)}: {'; '.join(seen.notes)}; {seen.records:,} {pick('records', '条记录')}", markup=False)
    for name, told in _decisions(made):
        out(f"  {name}: {told} - {made.because[name]}", markup=False)
    by = {m.position: m for m in fit.sure}
    for position, header in enumerate(seen.header):
        match, shown = by.get(position), " | ".join(made.sample(position))
        why = [fit.outdone[position]] if position in fit.outdone else []
        if match:
            out(f"  {header} -> {match.column}  {min(match.score, 1):.2f}  {match.reason}  [{shown}]", markup=False)
        elif position in fit.doubtful:
            told = ", ".join([*(f"{m.column} {m.score:.2f}" for m in fit.doubtful[position]), *why])
            out(f"  {header} -> ? ({told})  [{shown}]", markup=False)
        else:
            out(f"  {header} -> {pick('not taken', '未采用')}{'; '.join(['', *why])}  [{shown}]", markup=False)
    for code_set, rows in made.codes.items():
        near = sum(bool(row.nearest_code) for row in rows)
        told = pick(f"codes of {code_set}: {len(rows)} unknown, {near} with a near one",
                    f"代码集 {code_set}：{len(rows)} 个未知，{near} 个有相近项")  # fmt: skip
        out(f"  {told} -> codes/{made.file_of(code_set)}", markup=False)
    for doubt in [*seen.doubts, *made.doubts]:
        out(f"  TODO {doubt}", markup=False)


def _decisions(made: Proposal) -> list[tuple[str, str]]:
    """What was decided beside the columns, as it is said."""
    key = pick("the contract's", "契约所定") if made.key is None else ", ".join(made.key) or pick("none", "无")
    told = {
        "contract": made.fit.contract.id, "key": key, "delivery": made.delivery, "extracted_at": made.extracted,
        "dates": ", ".join(made.dates),
    }  # fmt: skip
    return [(name, value) for name, value in told.items() if name in made.because]


def _tell_trial(made: Proposal, city: Path) -> str:
    """Judge the rows that were looked at; what is missing, or nothing."""
    from pipelines.core.bindings import read_binding
    from pipelines.scaffold import proposing

    binding = read_binding(city / "feeds" / f"{made.feed}.yml", city)
    found = proposing.trial(binding, made.seen, _city(city)[1], dt.date(2000, 1, 1), dt.datetime.now())  # noqa: DTZ005
    if found.problem:
        return found.problem
    told = ", ".join(f"{rule} {n}" for rule, n in found.refused)
    more = pick(f"; refused (a row may break several rules): {told}", f"；拒收原因（一行可违反多条）：{told}") if told else ""
    of = f" ({pick('the file has', '文件共')} {made.seen.records:,})" if made.seen.records > found.rows else ""
    show.console.print(pick(f"trial: {found.good:,} of the first {found.rows:,} rows are good{of}{more}",
                            f"试读：前 {found.rows:,} 行中 {found.good:,} 行合格{of}{more}"), markup=False)  # fmt: skip
    if found.rows and not found.good:
        return pick(f"no row is good: {told}", f"没有一行合格：{told}")
    return ""


def _tell_next(made: Proposal, city: Path, file: Path, source_root: Path | None, problem: str) -> None:
    out = show.console.print
    if problem:
        out(pick(f"missing before it runs: {problem}", f"运行前尚缺：{problem}"), markup=False)
    out(pick("next:", "下一步："))
    out(f"  {pick('read', '核对')} {city}/feeds/{made.feed}.yml", markup=False)
    out(f"  citybrain check --city {city}", markup=False)
    out(f"  citybrain run --city {city} --source-root {source_root or file.parent} --home HOME", markup=False)


def new_city(
    folder: Annotated[Path, typer.Argument(help="the folder to make; its name is the city's")],
    source: Annotated[Path | None, typer.Option("--from", help="a folder with files of the departments")] = None,
    zone: Annotated[str, typer.Option("--zone", help="the city's clock")] = "Asia/Shanghai",
) -> None:
    """A city folder; with --from a binding for each file that is recognised. / 新建城市目录，可按样例文件生成绑定。"""
    import zoneinfo

    from pipelines.core.bindings import load_city
    from pipelines.core.settings import load_settings
    from pipelines.scaffold import founding, writing

    name = re.sub(r"\W+", "_", folder.resolve().name).lower()
    if zone not in zoneinfo.available_timezones():
        remedy = pick("such as Asia/Shanghai", "例如 Asia/Shanghai")
        raise UsageError(pick(f"unknown time zone {zone!r}", f"未知时区 {zone!r}"), where="--zone", remedy=remedy)
    if source is not None and not source.is_dir():
        raise UsageError(pick(f"no folder {str(source)!r}", f"没有目录 {str(source)!r}"), where="--from")
    found, left = founding.recognised(source, name, zone, load_settings().archives) if source else ([], [])
    has_areas = any(made.fit.contract.id == "grid" for made in found)
    map_ = founding.areas(found)
    paths = founding.found_city(folder, name, zone, map_, has_areas=has_areas)
    problems = []
    for made in found:
        tell(made)
        paths += writing.write(made, folder, force=False)
        problems += [f"{made.feed}: {told}"] if (told := _tell_trial(made, folder)) else []
    load_city(folder)
    _tell_city(folder, source, paths, [*left, *problems])
    raise typer.Exit(1 if problems else 0)


def _tell_city(folder: Path, source: Path | None, paths: list[Path], open_: list[str]) -> None:
    out = show.console.print
    for path in paths:
        out(pick(f"written: {path}", f"已写入：{path}"), markup=False)
    for line in open_:
        out(f"  TODO {line}", markup=False)
    out(pick("next:", "下一步："))
    if source is None:
        out(f"  citybrain new-feed FEED --from FILE --city {folder}", markup=False)
    out(f"  citybrain check --city {folder}", markup=False)
    out(f"  citybrain run --city {folder} --source-root {source or 'FOLDER'} --home HOME", markup=False)


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("new-city")(new_city)
    app.command("new-feed")(new_feed)
