"""Commands that look and change nothing: check, status, verify, docs.

Belongs here: printing what core and quality know. Does not: finding it out.
"""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli import show
from pipelines.core.errors import UsageError
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import pick

if TYPE_CHECKING:
    from pipelines.core.bindings import City

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
CityOption = Annotated[Path | None, typer.Option("--city", help="a city folder, or the name of one in data/cities")]
SourceOption = Annotated[Path | None, typer.Option("--source-root", help="folder that the feeds' patterns start from")]


def check(city: CityOption = None, home: HomeOption = None, source_root: SourceOption = None) -> None:
    """Validate contracts, a city folder and the metric register, offline. / 离线校验契约、城市目录与指标登记表。"""
    from pipelines.core import contracts, register
    from pipelines.core.bindings import load_city
    from pipelines.core.installation import named_city
    from pipelines.core.settings import CITIES, load_settings
    from pipelines.scaffold import files_there

    for contract in contracts.contract_ids():
        contracts.load_contract(contract)
    folders = [named_city(city)] if city else sorted(p.parent for p in CITIES.glob("*/city.yml"))
    feeds = 0
    for folder in folders:
        loaded = load_city(folder)
        feeds += len(loaded.feeds)
        files_there.check_root(loaded, source_root, load_settings().archives)
        for told in files_there.misread(loaded, source_root) if source_root else ():
            show.console.print(f"{folder.name}: {told}", markup=False)
        if told := _check_scope(loaded, home):
            show.console.print(f"{folder.name}: {told}", markup=False)
        for told in _code_notes(loaded):
            show.console.print(f"{folder.name}/{told}", markup=False)
    metrics = register.read_register()
    show.console.print(
        pick(f"good: {len(contracts.contract_ids())} contracts, {len(folders)} cities with {feeds} feeds, {len(metrics)} metrics",
             f"正确：{len(contracts.contract_ids())} 份契约，{len(folders)} 个城市 {feeds} 个数据源，{len(metrics)} 个指标")
    )  # fmt: skip


def _code_notes(city: City) -> list[str]:
    """Remarks on the city's tables of codes: what stands there and maps nothing."""
    from pipelines.core.code_tables import empty_tables, undecided_codes
    from pipelines.core.codes import meaningless

    notes = []
    for name, number in undecided_codes(city.folder).items():
        told = pick(f"{number} codes are undecided (?): they count as UNMAPPED", f"{number} 个代码未定（?）：计为 UNMAPPED")
        notes.append(f"codes/{name}: {told}")
    for feed, code_set, name in empty_tables(city.folder):
        told = pick(f"the table {name} has no row, so maps nothing -> fill it (source_code,canonical_code) or drop the entry",
                    f"代码表 {name} 没有任何行，不起作用 -> 请填写（source_code,canonical_code），或删去该项")  # fmt: skip
        notes.append(f"feeds/{feed}.yml: codes: {code_set}: {told}")
    for feed, code_set, codes in meaningless(city):
        some = ", ".join(codes[:NAMES_SHOWN]) + (", …" if len(codes) > NAMES_SHOWN else "")
        told = pick(f"no such codes: {some}: they count as UNMAPPED -> pipelines/contracts/codes.csv has those there are",
                    f"没有这些代码：{some}，计为 UNMAPPED -> 可用代码见 pipelines/contracts/codes.csv")  # fmt: skip
        notes.append(f"feeds/{feed}.yml: codes: {code_set}: {told}")
    return notes


def _check_scope(city: City, home: Path | None) -> str:
    """Compare the scope of the boards with the areas and departments of the city's last build; a remark where it has none.

    Raises ConfigurationError for one that the build does not know.
    """
    from pipelines.core.board_options import check_places
    from pipelines.core.installation import home_path
    from pipelines.core.warehouse import open_published

    if not (city.boards.areas or city.boards.departments):
        return ""
    try:
        with open_published(home_path(home, city.name)) as build:
            is_ours = build.rows("select city from marts.build_info") == [(city.name,)]
            areas = [code for (code,) in build.rows("select distinct grid_code from marts.dim_grid")]
            departments = [code for (code,) in build.rows("select distinct dept_id from marts.dim_department")]
    except UsageError:
        is_ours = False
    if not is_ours:
        return pick("boards: the scope is compared with the areas after a first run (--home)",
                    "boards：看板范围待首次运行后与区域核对（--home）")  # fmt: skip
    check_places(city.boards, areas, departments, str(city.folder / "city.yml"))
    return ""


def status(home: HomeOption = None) -> None:
    """One screen: each feed's last file and funnel, what is held, the last build, what to type next. / 一屏状态。"""
    from pipelines.core.installation import existing_home, open_installation
    from pipelines.core.warehouse import current_manifest

    place = open_installation(home=existing_home(home).root)
    rows, waits = [], []
    for binding in place.city.feeds:
        rows.append(_feed_row(place, binding))
        waits += _feed_waits(place, binding)
    show.table(
        pick(f"{place.city.title_en} - {place.home.root}", f"{place.city.title_zh} - {place.home.root}"),
        [pick(*words) for words in (("feed", "数据源"), ("last file", "最近文件"), ("age h", "距今小时"), ("limit h", "时限小时"),
                                    ("files", "文件"), ("held", "搁置"), ("accepted", "接收"), ("quarantined", "隔离"),
                                    ("deleted at source", "源端删除"))],
        rows,
    )  # fmt: skip
    build = place.ledger.last_build()
    published: dict[str, Any] = current_manifest(place.home.root) if (place.home.published / "CURRENT.json").exists() else {}
    show.console.print(pick("published build", "已发布构建") + f": {published.get('build', '-')}")
    if build and build["status"] not in ("published", "unchanged"):
        name, state, why = build["build_id"], build["status"], build["reason"]
        waits.append(
            pick(f"the last build {name} is {state}: {why} -> citybrain run",
                 f"最近构建 {name} 状态 {state}：{why} -> citybrain run")
        )  # fmt: skip
    for line in waits:
        show.console.print(f"- {line}", markup=False)  # names come from outside
    seen = [*_late(rows), *_unclaimed(place), *_drifted(place), *_returned(place), *_read_by_older_rules(place)]
    for line in [*seen, *_over_their_time(place), *_decided(place)]:
        show.console.print(line, markup=False)
    if not waits and not seen:
        show.console.print(pick("nothing waits", "没有待办"))
    elif not waits:
        show.console.print(pick("nothing stops the next run; what is noted above is for whom it names",
                                "没有妨碍下次运行的事项；以上提示请按所指处理"))  # fmt: skip
    raise typer.Exit(1 if waits else 0)


def _feed_row(place: Any, binding: Any) -> list[Any]:
    files = place.ledger.rows(
        "select f.name, f.status, f.extracted_at, f.received_at, p.accepted_n, p.quarantined_n, p.clock_max, "
        "d.deleted_at_source_n from file f left join deleted_at_source d on d.feed = f.feed and d.sha256 = f.sha256 "
        "left join parse p on p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1 where f.feed = ? "
        "order by coalesce(f.extracted_at, f.received_at) desc",
        binding.feed,
    )  # fmt: skip
    counting = [f for f in files if f["status"] == "loaded"]
    newest = next(iter(counting), None)
    as_of = place.city.as_of or place.now()
    age: Any = "-"
    if newest is not None:
        moment = dt.datetime.fromisoformat(newest["extracted_at"] or newest["received_at"])
        age = round((as_of - moment).total_seconds() / 3600)
    return [
        pick(binding.title_en, binding.title_zh), newest["name"].rpartition("/")[2] if newest else "-", age,
        int(binding.contract.latency_hours), sum(f["status"] != "retracted" for f in files),
        sum(f["status"] == "held" for f in files),
        *(sum(f[n] or 0 for f in counting) for n in ("accepted_n", "quarantined_n", "deleted_at_source_n")),
    ]  # fmt: skip


def _late(rows: list[list[Any]]) -> list[str]:
    """A note: feeds whose newest file is older than their contract allows. No exit code: old files may be all there is."""
    late = [(title, age, limit) for title, _, age, limit, *_ in rows if age != "-" and age > limit]
    told = "; ".join(pick(f"{t} {age:,} h, limit {limit:,} h", f"{t}{age:,} 小时（时限 {limit:,}）") for t, age, limit in late)
    return [pick(f"late: {told} -> ask the bureau for its export", f"迟到：{told} -> 请向报送部门催报")] if late else []


def _feed_waits(place: Any, binding: Any) -> list[str]:
    from pipelines.ingest import file_parser

    noted = place.ledger.rows(
        "select name, sha256, status, held_what, held_remedy from file where feed = ? and held_what <> '' "
        "and status in ('held', 'loaded', 'superseded')", binding.feed,
    )  # fmt: skip
    held = []
    for one in noted:  # of a file with rows the note counts only while they are an older reading
        current = place.ledger.current_parse(binding.feed, one["sha256"])
        if one["status"] == "held" or (current and current["parser"] != file_parser(binding, place.ledger, one["sha256"])):
            held.append(one)
    older = pick(" (an older reading of it stays in place)", "（沿用先前的解析结果）")
    return [
        f"{h['name']}{'' if h['status'] == 'held' else older}: {h['held_what']} -> {h['held_remedy'].rsplit(' [', 1)[0]}"
        for h in held
    ]


NAMES_SHOWN = 3


def _unclaimed(place: Any) -> list[str]:
    """A note: files that lie in the feeds' folders and that no feed takes."""
    from pipelines.sources.drop import unclaimed

    left = unclaimed(place.city, place.source_root)
    if not left:
        return []
    told = ", ".join(masked(path.as_posix()) for path in left[:NAMES_SHOWN]) + (", …" if len(left) > NAMES_SHOWN else "")
    return [pick(f"{len(left)} files fit no feed's pattern: {told} -> citybrain new-feed, or mend source.pattern",
                 f"{len(left)} 个文件不符合任何数据源的模式：{told} -> citybrain new-feed，或修改 source.pattern")]  # fmt: skip


DRIFTS_SHOWN = 5


def _drifted(place: Any) -> list[str]:
    """A note: what changed in the headers of files that count, the newest of each column, one line each."""
    told = [f"{name}: {what}" for binding in place.city.feeds for name, what in place.ledger.drifts.standing(binding.feed)]
    more = len(told) - DRIFTS_SHOWN
    return told[:DRIFTS_SHOWN] + ([pick(f"… {more} changes of headers more", f"…另有 {more} 处表头变化")] if more > 0 else [])


def _returned(place: Any) -> list[str]:
    """A note: rows that were set aside and wait for their bureau, one for each entry of the work list: a case counts once."""
    n = place.ledger.rows(
        "select count(distinct feed || ' ' || coalesce(nullif(event_id, ''), ticket)) as n from quarantine where status = 'open'"
    )[0]["n"]
    return [pick(f"{n} rows wait for their bureau -> citybrain quarantine list",
                 f"{n} 行待报送部门更正 -> citybrain quarantine list")] if n else []  # fmt: skip


def _read_by_older_rules(place: Any) -> list[str]:
    """A note, no fault: files whose parse is older than today's contracts and bindings, in the drop folder or gone from it."""
    from pipelines.reparse import waiting

    n = len(waiting(place))
    return [pick(f"{n} files were read by older rules -> citybrain reparse --dry-run",
                 f"{n} 个文件按旧规则解析 -> citybrain reparse --dry-run")] if n else []  # fmt: skip


def _over_their_time(place: Any) -> list[str]:
    """A note: files that the vault has kept longer than their feed's days."""
    from pipelines.core.retention import overdue_files

    n = overdue_files(place, now=place.now())
    return [pick(f"{n} files are kept longer than their days -> citybrain retention",
                 f"{n} 个文件已超过保存期限 -> citybrain retention")] if n else []  # fmt: skip


DECISIONS_SHOWN = 5


def _decided(place: Any) -> list[str]:
    """The newest decisions about files, one line each, newest first."""
    from pipelines.core import decisions
    from pipelines.core.decided import FILE_KINDS, sentence

    told = [sentence(d) for d in reversed(decisions.every(place.home)) if d["kind"] in FILE_KINDS]
    more = len(told) - DECISIONS_SHOWN
    return told[:DECISIONS_SHOWN] + ([pick(f"… {more} decisions more", f"…另有 {more} 项决定")] if more > 0 else [])


def verify(home: HomeOption = None, city: CityOption = None, source_root: SourceOption = None) -> None:
    """Recount everything by a path that shares no code with the pipeline. / 用独立代码重新核对。"""
    from pipelines.core.installation import existing_home, open_installation
    from pipelines.core.settings import load_settings
    from quality.verify import verify as recount

    place = open_installation(home=existing_home(home).root, city=city, source_root=source_root)
    settings = load_settings()  # without a key there: the one that lies in the home
    masters = tuple(base64.b64decode(key) for key in (settings.master_key, settings.master_key_old) if key)
    found = recount(place.home.root, place.city.folder, place.source_root, masters)
    rows = [[pick(i.name_en, i.name_zh), str(i.expected), str(i.found), "✓" if i.ok else "✗"] for i in found if not i.ok]
    good = sum(i.ok for i in found)
    if rows:
        show.table("", [pick(*w) for w in (("invariant", "不变量"), ("expected", "应为"), ("found", "实为"), ("", ""))], rows)
    show.console.print(pick(f"{good} of {len(found)} invariants hold", f"{len(found)} 条不变量中 {good} 条成立"))
    raise typer.Exit(0 if good == len(found) else 1)


def docs(home: HomeOption = None, to: Annotated[Path | None, typer.Option("--to", help="the page to write")] = None) -> None:
    """The models as one page that opens offline. / 数据模型说明，一个可离线打开的网页。"""
    from pipelines.build import write_models_page
    from pipelines.core.installation import existing_home
    from pipelines.core.settings import load_settings

    page = write_models_page(existing_home(home), load_settings(), to)
    show.console.print(pick(f"models: {page}", f"数据模型说明：{page}"))


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("check")(check)
    app.command("status")(status)
    app.command("verify")(verify)
    app.command("docs")(docs)
