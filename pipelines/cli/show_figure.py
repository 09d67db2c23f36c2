"""How the CLI tells a figure, its cases and its changes.

Belongs here: lines and tables for the screen, the CSV of cases. Does not: finding any of it (trace).
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from pipelines import publish
from pipelines.cli import show
from pipelines.core.errors import UsageError
from pipelines.core.register import GRIDS
from pipelines.core.settings import Home, pick
from pipelines.core.warehouse import current_manifest
from pipelines.reports.plain_cell import plain_cell
from pipelines.trace import STEP_WORDS, Difference, Figure, Step, Trace, is_to_date


def kept(home: Home, build_id: str) -> dict[str, Any]:
    """The manifest of a kept build. Raises UsageError naming those that are kept."""
    manifests: dict[str, dict[str, Any]] = {manifest["build"]: manifest for manifest in publish.builds(home)}
    if build_id not in manifests:
        raise UsageError(
            pick(f"build {build_id!r} is not kept", f"没有保留版本 {build_id!r}"), where=str(home.published),
            remedy=pick("kept are ", "现有：") + ", ".join(manifests),
        )  # fmt: skip
    return manifests[build_id]


def kept_pair(home: Home, before: str, after: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifests of two kept builds; by default the current one, and the one published before the later.

    Raises UsageError when one is not kept, both are the same, or there is none before.
    """
    later = kept(home, after) if after else current_manifest(home.root)
    order = publish.builds(home)
    if not before:
        older = [m for m in order if (m["published_at"], m["build"]) < (later["published_at"], later["build"])]
        if not older:
            raise UsageError(
                pick(f"no build before {later['build']} is kept", f"没有早于 {later['build']} 的保留版本"), where="--from",
                remedy=pick("kept are ", "现有：") + ", ".join(m["build"] for m in order),
            )  # fmt: skip
        return older[0], later
    earlier = kept(home, before)
    if earlier["build"] == later["build"]:
        raise UsageError(
            pick("both are the same build", "两者为同一版本"), where=f"--from {before}",
            remedy=pick("kept are ", "现有：") + ", ".join(m["build"] for m in order),
        )  # fmt: skip
    return earlier, later


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written because its folder is not there, or because it is a folder. Raises UsageError."""
    if path.is_dir():
        raise UsageError(
            pick(f"{path} is a folder", f"{path} 是目录"), where="--csv",
            remedy=pick("give the name of a file in it", "请给出其中的文件名"),
        )  # fmt: skip
    if not path.parent.is_dir():
        raise UsageError(
            pick(f"no folder {path.parent}", f"没有目录 {path.parent}"), where="--csv",
            remedy=pick("make it first, or name a file in a folder that is there", "请先建立该目录，或改用已有的目录"),
        )  # fmt: skip


def write_csv(path: Path, names: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Rows as CSV in UTF-8 with BOM (spreadsheets), times as ISO."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows([_cell(row[name]) for name in names] for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bool):
        return str(value).lower()
    return plain_cell(value) if isinstance(value, str) else value


def _said(name: str, value: object) -> None:
    show.console.print(f"  {name:<14} {value}", markup=False)


def table(columns: list[str], rows: list[list[Any]]) -> None:
    """Columns as wide as their longest cell, however narrow the screen: a record number must not be cut."""
    texts = [columns, *([f"{c:,}" if _is_number(c) else "" if c is None else str(c) for c in row] for row in rows)]
    widths = [max(cell_len(line[n]) for line in texts) for n in range(len(columns))]
    for number, line in enumerate(texts):
        cells = []
        for n, text in enumerate(line):
            pad = " " * (widths[n] - cell_len(text))
            cells.append(pad + text if rows and _is_number(rows[0][n]) else text + pad)
        show.console.print("  " + "  ".join(cells).rstrip(), style="bold" if number == 0 else None, markup=False)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def heading(figure: Figure) -> None:
    """The figure: what it is called, what it says, by which definition, as of when."""
    metric = figure.metric
    show.console.print(str(figure.name), style="bold", markup=False)
    _said(pick("metric", "指标"), f"{metric.id} {pick(metric.name_en, metric.name_zh)}")
    _said(pick("area", "区域"), f"{figure.area} {pick(figure.area_en, figure.area_zh) or figure.area_zh}")
    _said(pick("period", "时段"), f"{figure.window.first} .. {figure.window.last} ({figure.window.kind}){_to_date(figure)}")
    _said(pick("as of", "统计时点"), figure.as_of)
    _said(pick("value", "数值"), f"{figure.value_text} {pick(metric.unit_en, metric.unit_zh)}{_reason(figure)}")
    if figure.is_hidden:
        return
    for name, value in ((pick("numerator", "分子"), figure.num), (pick("denominator", "分母"), figure.den)):
        if value is not None:
            _said(name, f"{value:,}")
    if figure.ci_low is not None and figure.ci_high is not None:
        _said(pick("95 % interval", "95% 区间"), f"{figure.ci_low:.4g} .. {figure.ci_high:.4g}")
    for name, text in definition_lines(figure):
        _said(name, text)


def reason_words() -> dict[str, str]:
    """Why a figure has no value, in the user's language; those of the boards are in their own words."""
    return {
        "small_cell": pick("hidden: fewer persons than may be shown", "人数过少，不予显示"),
        "min_denominator": pick("denominator too small for a rate", "分母过小，不计算比率"),
        "no_population": pick("no number of residents", "缺少人口数"),
        "no_cases": pick("no cases", "无案件"),
        "before_data": pick("the data begin later: nothing is known of this period", "数据始于此后，本时段情况不详"),
        "no_base": pick("none in the earlier period: there is no change to give", "对比期为0，无法计算变化"),
        "festival_months": pick("months around the Spring Festival are not compared", "春节所在的月份与相邻月份不可比"),
        "no_period_before": pick("no comparable earlier period in the data", "数据中没有可比的前期"),
        "not_over": pick("not over yet: ask for it to date, such as mtd or ytd", "本期未结束：请用截至日的时段，如 mtd、ytd"),
    }


def _to_date(figure: Figure) -> str:
    """That a period lasts beyond the data, whose figure is of its first days."""
    is_open = is_to_date(figure.window.kind, figure.window.last, figure.as_of)
    return pick(f", to date: {figure.as_of:%Y-%m-%d}", f"，截至 {figure.as_of:%Y-%m-%d}") if is_open else ""


def _reason(figure: Figure) -> str:
    return f"  ({reason_words().get(figure.reason, figure.reason)})" if figure.reason else ""


def definition_lines(figure: Figure) -> list[tuple[str, str]]:
    """The definition by which the build made the figure."""
    metric = figure.metric
    if figure.is_whole:
        return [(pick("definition", "口径"), metric.sql or f"{metric.family} {metric.of}".strip())]
    lines = [(pick("definition", "口径"), f"{metric.family}, {metric.cohort} ({metric.time}), {', '.join(metric.kinds)}")]
    counted = "" if metric.counts == "counted" else pick(" (merged and void cases too)", "（含并案、作废）")
    for name, text in (
        (pick("cases", "范围"), metric.filter + counted), (pick("above", "分子条件"), metric.numerator),
        (pick("above until", "分子截至"), metric.numerator_time),
        (pick("below", "分母条件"), metric.population or metric.denominator),
        (pick("days from", "起算"), metric.start),
    ):  # fmt: skip
        if text not in ("", "true"):
            lines.append((name, text))
    return lines


def tell_trace(found: Trace, cases: list[dict[str, Any]], path: Path | None) -> None:
    """The figure, then its cases."""
    heading(found.figure)
    if found.figure.is_hidden:
        return
    if found.residents:
        number, year, method = found.residents
        what = pick("grids", "网格") if found.figure.metric.population == GRIDS else pick("residents", "人口")
        _said(what, f"{number:,} ({found.figure.metric.population} {year}, {method})")
    if found.whole:
        _said(pick("made of", "构成"), found.whole.words)
        if found.whole.units:
            unit = pick("area", "区域") if found.whole.unit_is == "area" else pick("file", "文件")
            columns = [unit, pick("num", "分子"), *([pick("den", "分母")] if found.den else [])]
            table(columns, [list(u)[: len(columns)] for u in found.whole.units[:20]])
    elif cases:
        show.console.print()
        table(*case_table(found, cases))
    more = found.cases_n - len(cases)
    if more > 0:
        show.console.print(pick(f"  and {more:,} more: --most N, or --csv FILE", f"  另有 {more:,} 件：--most N 或 --csv FILE"))
    if path:
        show.console.print(pick(f"{found.cases_n:,} cases -> {path}", f"{found.cases_n:,} 件 -> {path}"), markup=False)
    _told_sum(found)


def case_table(found: Trace, cases: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of a list of cases."""
    is_share = found.num is not None and found.den is not None
    columns = [
        pick("file", "文件"),
        pick("record", "记录号"),
        pick("case no.", "案号"),
        pick("kind", "种类"),
        pick("time", "时间"),
    ]
    columns += [pick("above", "计入分子")] if is_share else []
    columns += [pick("minutes", "分钟")] if found.figure.metric.family == "median" else []
    rows = []
    for case in cases:
        file = case["file_name"] or str(case["source_file"])[:12]
        row = [
            file,
            case["source_record_no"],
            case["source_case_no"] or case["event_id"][:12],
            case["event_kind"],
            case["figure_at"],
        ]
        row += [pick("yes", "是") if case["in_numerator"] else pick("no", "否")] if is_share else []
        row += [case["minutes"]] if found.figure.metric.family == "median" else []
        rows.append(row)
    return columns, rows


def _told_sum(found: Trace) -> None:
    counted = " / ".join(f"{n:,}" for n in (found.num, found.den) if n is not None)
    if not counted:
        return
    if found.agrees:
        show.console.print(pick(f"{counted} counted again from these: as published", f"由上述重新计得 {counted}：与发布一致"))
        return
    published = " / ".join(f"{n:,}" for n in (found.figure.num, found.figure.den) if n is not None)
    show.errors.print(
        pick(f"[red]{counted} counted, {published} published[/red]: made by another version of the program, or a fault",
             f"[red]重新计得 {counted}，发布为 {published}[/red]：由其他版本程序生成，或有差错")
    )  # fmt: skip


def tell_difference(found: Difference, most: int) -> None:
    """Before, the steps, after; then the cases that changed."""
    heading(found.after)
    for keys, words in zip(
        found.changed_keys,
        (pick("definition changed", "口径变更"), pick("shown otherwise", "显示变更")), strict=True,
    ):  # fmt: skip
        if keys:
            _said(words, ", ".join(keys))
    show.console.print()
    if found.is_hidden:
        show.console.print(pick("hidden in one of the two builds: no steps are told", "其中一个版本不予显示，故不列步骤"))
        return
    before, after = found.before, found.after
    columns = [pick("step", "步骤"), pick("num", "分子"), pick("den", "分母"), pick("cases", "案件"), pick("value", "数值")]
    total = [sum(step.num for step in found.steps), sum(step.den for step in found.steps)]
    table(columns, [
        [f"{before.name.build} ({before.as_of:%Y-%m-%d %H:%M})", _count(before.num), _count(before.den), "", before.value_text],
        *([STEP_WORDS[s.id], f"{s.num:+,}", f"{s.den:+,}", f"{s.cases_n:,}", _value(s)] for s in found.steps),
        [pick("all steps", "合计"), f"{total[0]:+,}", f"{total[1]:+,}", "", ""],
        [f"{after.name.build} ({after.as_of:%Y-%m-%d %H:%M})", _count(after.num), _count(after.den), "", after.value_text],
    ])  # fmt: skip
    if found.moves.height and most:
        show.console.print()
        _tell_moves(found, most)
    if not found.adds_up:
        show.errors.print(
            pick("[red]the cases do not explain all of it[/red]: a build was made by another version of the program, or a fault",
                 "[red]案件不能解释全部变化[/red]：某版本由其他版本程序生成，或有差错")
        )  # fmt: skip


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _value(step: Step) -> str:
    return "-" if step.value is None else f"{step.value:.6g}"


def _tell_moves(found: Difference, most: int) -> None:
    short = {step: words.split(pick(":", "："))[0] for step, words in STEP_WORDS.items()}
    order = {step.id: number for number, step in enumerate(found.steps)}
    rows = sorted(found.moves.iter_rows(named=True), key=lambda move: (order[move["step"]], move["event_id"]))
    columns = [pick("step", "步骤"), pick("num", "分子"), pick("den", "分母"), pick("case no.", "案号"),
               pick("record before", "原记录"), pick("record after", "现记录")]  # fmt: skip
    table(columns, [
        [short[move["step"]], f"{move['num']:+}", f"{move['den']:+}", move["source_case_no"] or move["event_id"][:12],
         *(_record(move[f"file_{when}"], move[f"record_{when}"]) for when in ("before", "after"))]
        for move in rows[:most]
    ])  # fmt: skip
    if len(rows) > most:
        show.console.print(pick(f"  and {len(rows) - most:,} more: --most N, or --json",
                                f"  另有 {len(rows) - most:,} 项：--most N 或 --json"))  # fmt: skip


def _record(file: str | None, record: int | None) -> str:
    return "-" if file is None else f"{file.rsplit('/', 1)[-1]}" + (f" #{record}" if record is not None else "")


def difference_json(found: Difference) -> str:
    """The same for machines."""

    def told(figure: Figure) -> dict[str, Any]:
        return {
            "figure": str(figure.name), "build": figure.name.build, "as_of": figure.as_of.isoformat(), "num": figure.num,
            "den": figure.den, "stat_value": figure.stat_value, "value": figure.value_text, "first": str(figure.window.first),
            "last": str(figure.window.last),
        }  # fmt: skip

    steps = [{"step": s.id, "num": s.num, "den": s.den, "cases": s.cases_n, "value_after": s.value} for s in found.steps]
    content = {
        "before": told(found.before), "after": told(found.after), "is_hidden": found.is_hidden, "adds_up": found.adds_up,
        "definition_changed": found.changed_keys[0], "shown_otherwise": found.changed_keys[1], "steps": steps,
        "moves": found.moves.to_dicts(),
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1)
