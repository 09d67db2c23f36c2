"""`citybrain decide`: decisions on codes and targets, the list of all, and moving mappings to the city folder.

Belongs here: options, printing, exit codes. Does not: what a decision must say (core.code_decisions, core.targets).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import show
from pipelines.cli.morning import NEXT, ByOption, HomeOption, ReasonOption
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick

decide = typer.Typer(help="Decide what a code means or what a figure is to reach. / 决定代码含义或指标目标。")
FromOption = Annotated[str, typer.Option("--from", help="the day from which it holds, 2026-04-01")]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        what, remedy = pick(f"{text!r} is no day", f"{text!r} 不是日期"), pick("write 2026-04-01", "请写作 2026-04-01")
        raise UsageError(what, where="--from", remedy=remedy) from error


def _place(home: Path | None) -> Any:
    from pipelines.core.installation import existing_home, open_installation

    return open_installation(home=existing_home(home).root)


def _enter(place: Any, kind: str, subject: str, content: dict[str, Any], since: dt.date, *, by: str, reason: str) -> None:
    from pipelines.core.decisions import Decision, enter

    number = enter(place.home, Decision(kind, subject, content, reason, by, place.now(), since))
    show.console.print(pick(f"decision {number} is entered", f"决定 {number} 已记录"))
    show.console.print(pick(*NEXT))


@decide.callback(invoke_without_command=True)
def decisions(
    context: typer.Context,
    listed: Annotated[bool, typer.Option("--list", help="every decision, the newest first")] = False,
    write: Annotated[bool, typer.Option("--write", help="move mappings to the city folder's codes/*.csv")] = False,
    by: Annotated[str, typer.Option("--by", help="who moves them")] = "",
    reason: Annotated[str, typer.Option("--reason", help="why")] = "",
    home: HomeOption = None,
) -> None:
    """List decisions, or move mappings to the city folder."""
    if context.invoked_subcommand is not None:
        return
    if listed == write:
        raise UsageError(
            pick("nothing to do", "没有指定操作"), where="decide",
            remedy="citybrain decide code_mapping | target | --list | --write",
        )  # fmt: skip
    place = _place(home)
    if listed:
        _list(place)
    else:
        _write(place, by=by, reason=reason)


def _list(place: Any) -> None:
    from pipelines.core.codes import standing_mappings
    from pipelines.core.decisions import every

    told = every(place.home)
    standing = {mapping.decision_id for mapping in standing_mappings(told)}
    for decision in reversed(told):
        gone = decision["kind"] == "code_mapping" and decision["decision_id"] not in standing
        content = json.loads(decision["content"])
        moved = pick(" (moved to the city folder)", "（已移入城市目录）") if gone and "moved" not in content else ""
        said = ", ".join(f"{name}={value}" for name, value in content.items())
        who = f"{decision['decided_by']}, {decision['decided_at'][:16].replace('T', ' ')}: {decision['reason']}"
        line = f"{decision['decision_id']} {decision['kind']} {decision['effective_from']} {said}{moved} ({who})"
        show.console.print(line, markup=False)
    if not told:
        show.console.print(pick("nothing was decided", "尚无决定"))


def _write(place: Any, *, by: str, reason: str) -> None:
    from pipelines.core.code_decisions import plan_move, write_move
    from pipelines.core.decisions import Decision, check, enter, every

    move = plan_move(place.city, every(place.home))
    for mapping, why in move.left:
        code = f"{mapping.row.code_set} {mapping.row.source_code}"
        show.console.print(pick(f"{mapping.decision_id} stays: {code}: {why}", f"{mapping.decision_id} 保留：{code}：{why}"),
                           markup=False)  # fmt: skip
    if not move.moved:
        show.console.print(pick("nothing to move", "没有可移动的决定"))
        return
    decision = Decision("code_mapping", "moved", {"moved": list(move.moved)}, reason, by, place.now(), place.now().date())
    check(decision)  # before a file is touched
    write_move(move)
    enter(place.home, decision)
    for path in move.texts:
        show.console.print(pick(f"written: {path}", f"已写入：{path}"), markup=False)


@decide.command("code_mapping")
def code_mapping(
    code_set: Annotated[str, typer.Option("--set", help="the code set, such as category")],
    code: Annotated[str, typer.Option("--code", help="the code as the source sends it")],
    to: Annotated[str, typer.Option("--to", help="the code of the set that it means")],
    since: FromOption, by: ByOption, reason: ReasonOption,
    system: Annotated[str, typer.Option("--system", help="the system that sends it; default: every one")] = "*",
    home: HomeOption = None,
) -> None:  # fmt: skip
    """From a day on a source's code means this. / 自某日起来源代码的含义。"""
    from pipelines.core.code_decisions import mapping_content

    place = _place(home)
    content = mapping_content(place.city, code_set, code, to, system=system)
    _enter(place, "code_mapping", system, content, _day(since), by=by, reason=reason)


@decide.command("target")
def target(
    metric: Annotated[str, typer.Option("--metric", help="the metric's id, such as M16")],
    area: Annotated[str, typer.Option("--area", help="the area's code")],
    period: Annotated[str, typer.Option("--period", help="the kind of period: month, quarter, year ...")],
    value: Annotated[float, typer.Option("--value", help="what it is to reach, as the figure is shown")],
    since: FromOption, by: ByOption, reason: ReasonOption,
    cut: Annotated[str, typer.Option("--slice", help="KIND=CODE; default: all")] = "",
    home: HomeOption = None,
) -> None:  # fmt: skip
    """From a day on a figure is to reach this. / 自某日起指标的目标值。"""
    from pipelines.core.targets import target_content

    place = _place(home)
    content = target_content(metric, area, period, value, cut=cut)
    _check_area(place, area)
    _enter(place, "target", metric, content, _day(since), by=by, reason=reason)


def _check_area(place: Any, area: str) -> None:
    """Raises UsageError for an area that the published build does not know; without a build the next one tells."""
    from pipelines.core.warehouse import open_published

    if not (place.home.published / "CURRENT.json").exists():
        return
    with open_published(place.home.root) as build:
        known = build.rows("select grid_code, name_zh from marts.dim_grid where is_current order by grid_level, grid_code")
    if area in {code for code, _ in known}:
        return
    near = [f"{code} {name}" for code, name in known if area in name or code.startswith(area)][:5]
    raise UsageError(
        pick(f"no area {area!r} today", f"现行区划中没有 {area!r}"), where="--area",
        remedy=pick(f"did you mean {', '.join(near)}?", f"是否指 {'、'.join(near)}？") if near
        else pick("give the code of an area", "请给出区划代码"),
    )  # fmt: skip


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.add_typer(decide, name="decide")
