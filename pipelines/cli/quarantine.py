"""`citybrain quarantine`: the work list of rows that were set aside - listed, exported, brought back, overruled.

Belongs here: options, printing, exit codes. Does not: what is on the list, taking rows (desk, which
the board of returned rows calls too).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import show
from pipelines.cli.morning import NEXT, ByOption, HomeOption, ReasonOption, settled
from pipelines.core.settings import pick

quarantine = typer.Typer(
    help="Rows that were set aside: list, export, bring back. / 隔离行：清单、导出、回放。", no_args_is_help=True
)
BureauOption = Annotated[str, typer.Option("--bureau", help="rows of one bureau alone (bureau: of the binding, else its system)")]
FeedOption = Annotated[str, typer.Option("--feed", help="rows of one feed alone")]
RuleOption = Annotated[str, typer.Option("--rule", help="rows that break one rule alone")]
TicketArgument = Annotated[str, typer.Argument(help="the ticket's number, as the list shows it")]
OUTCOMES = {
    "accepted": ("accepted", "已接收"),
    "refused": ("refused", "未通过"),
    "unchanged": ("no cell was changed", "未作修改"),
    "closed": ("closed already", "已办结"),
    "unknown": ("no such ticket in this feed", "本数据源无此票号"),
    "other_row": ("refused: the key cells are another row's", "未通过：主键单元格与原行不符"),
    "formula": ("refused: a cell holds a formula", "未通过：单元格中含公式"),
    "gone": ("cannot be mended here: mend it at the source and send it again", "无法在此更正：请在源系统更正后重新报送"),
}
#: What is done with: nothing waits for a person because of it.
DONE = ("accepted", "closed")


def _entries(place: Any, bureau: str, feed: str, rule: str) -> list[Any]:
    from pipelines import desk

    return desk.entries(place, now=place.now(), bureau=bureau, feed=feed, rule=rule)


@quarantine.command("list")
def listed(bureau: BureauOption = "", feed: FeedOption = "", rule: RuleOption = "", home: HomeOption = None) -> None:
    """Rows that wait, by bureau, feed and rule, the longest waiting first. / 待办隔离行。"""
    place = settled(home)
    entries = _entries(place, bureau, feed, rule)
    groups: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        for rule_id in entry.rule_ids:
            groups[entry.bureau, entry.feed, rule_id] = groups.get((entry.bureau, entry.feed, rule_id), 0) + 1
    for (of, feed_id, rule_id), n in sorted(groups.items()):
        show.console.print(pick(f"{of} / {feed_id} / {rule_id}: {n} rows", f"{of} / {feed_id} / {rule_id}：{n} 行"), markup=False)
    if sum(groups.values()) > len(entries):
        n = len(entries)
        show.console.print(pick(f"{n} rows in all: a row may break several rules", f"共 {n} 行：一行可违反多条规则"))
    today = place.now().date()
    for entry in entries:
        key = ", ".join(f"{header}={text}" for header, text in entry.key.items())
        late = pick(" OVERDUE", " 已超期") if entry.due_on < today else ""
        age = pick(f"{entry.age_workdays} working days, due {entry.due_on}{late}, came back {entry.bounces} times",
                   f"{entry.age_workdays} 个工作日，期限 {entry.due_on}{late}，退回 {entry.bounces} 次")  # fmt: skip
        show.console.print(f"{entry.ticket} {entry.file} #{entry.record_no} {key} ({age})", markup=False)
        show.console.print(f"  {pick(entry.words.en, entry.words.zh)}", markup=False)
    if not entries:
        show.console.print(pick("nothing waits", "没有待办"))
    raise typer.Exit(1 if entries else 0)


@quarantine.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="folder for the workbooks, one per bureau and feed")],
    bureau: BureauOption = "", feed: FeedOption = "", rule: RuleOption = "", home: HomeOption = None,
) -> None:  # fmt: skip
    """Write what waits as workbooks for the bureaus. / 导出待更正的表格。"""
    from pipelines import desk
    from pipelines.reports import worklist_xlsx

    place = settled(home)
    parted: dict[tuple[str, str], list[Any]] = {}
    for entry in _entries(place, bureau, feed, rule):
        parted.setdefault((entry.bureau, entry.feed), []).append(entry)
    for (of, feed_id), entries in sorted(parted.items()):
        path = out / desk.workbook_name(of, feed_id)
        worklist_xlsx.write(entries, path)
        show.console.print(pick(f"{path}: {len(entries)} rows", f"{path}：{len(entries)} 行"), markup=False)
    if not parted:
        show.console.print(pick("nothing waits", "没有待办"))


@quarantine.command()
def replay(file: Annotated[Path, typer.Argument(help="the mended workbook")], by: ByOption, home: HomeOption = None) -> None:
    """Bring a mended workbook back: a verdict on every row. / 回放更正后的表格，逐行给出结论。"""
    from pipelines import desk
    from pipelines.core.errors import UsageError

    place = settled(home)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(pick("cannot be read", "无法读取"), where=str(file)) from error
    told = desk.bring_back(place, desk.EVERYTHING, data, by=by, name=file.name, now=place.now())
    for verdict, words in told.verdicts:
        broken = pick(f": {words.en}", f"：{words.zh}") if words else ""
        show.console.print(f"{verdict.ticket}: {pick(*OUTCOMES[verdict.outcome])}{broken}", markup=False)
    verdicts = [verdict for verdict, _ in told.verdicts]
    taken = told.taken_n
    show.console.print(pick(f"{taken} of {len(verdicts)} rows accepted", f"{len(verdicts)} 行中接收 {taken} 行"))
    if taken:
        show.console.print(pick(*NEXT))
    raise typer.Exit(0 if all(verdict.outcome in DONE for verdict in verdicts) else 1)


@quarantine.command()
def accept(
    tickets: Annotated[list[str], typer.Argument(help="numbers of tickets, as the list shows them; all or none")],
    by: ByOption, reason: ReasonOption, home: HomeOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="set the row aside again")] = False,
) -> None:  # fmt: skip
    """The rows are right: take them as they are. / 所列行无误：按原样接收。"""
    from pipelines import desk

    place = settled(home)
    desk.accept(place, desk.EVERYTHING, tickets, by=by, reason=reason, now=place.now(), undo=undo)
    done = pick("set aside again", "已重新隔离") if undo else pick("taken as it is", "已按原样接收")
    for ticket in dict.fromkeys(tickets):
        show.console.print(f"{ticket}: {done}", markup=False)
    show.console.print(pick(*NEXT))


@quarantine.command()
def codes(bureau: BureauOption = "", feed: FeedOption = "", home: HomeOption = None) -> None:
    """Codes that no table knows, each with the nearest known one. / 未知代码及最接近的已知代码。"""
    from pipelines.reports.worklist_codes import unknown_codes

    told = unknown_codes(settled(home), bureau=bureau, feed=feed)
    for one in told:
        near = pick(f"nearest {one.nearest!r}", f"最接近“{one.nearest}”") if one.nearest else pick("none is near", "无相近代码")
        said = pick(f"{one.rows_n} rows, {near}", f"{one.rows_n} 行，{near}")
        show.console.print(f"{one.bureau} / {one.feed} / {one.code_set} {one.code!r}: {said}", markup=False)
    if not told:
        show.console.print(pick("every code is known", "代码均已知"))
        return
    show.console.print(
        pick("citybrain decide code_mapping says what a code means", "citybrain decide code_mapping 可确定代码含义")
    )
    raise typer.Exit(1)


@quarantine.command()
def rules(home: HomeOption = None) -> None:
    """Rules by how often people overruled them. / 被推翻最多的规则。"""
    from pipelines.reports import worklist

    told = worklist.rules_overruled(settled(home))
    for feed, rule, n, ever in told:
        show.console.print(
            pick(f"{feed} {rule}: overruled {n} of {ever} times", f"{feed} {rule}：{ever} 次中推翻 {n} 次"), markup=False
        )
    if not told:
        show.console.print(pick("no rule was overruled", "尚无规则被推翻"))


@quarantine.command()
def history(ticket: TicketArgument, home: HomeOption = None) -> None:
    """What became of one ticket. / 一张票的经过。"""
    from pipelines.reports import worklist

    for event in worklist.history(settled(home), ticket):
        show.console.print(f"{event['at']} {event['what']} {event['who']} {event['note']}".rstrip(), markup=False)


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.add_typer(quarantine, name="quarantine")
