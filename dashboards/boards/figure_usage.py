"""What stands beside a figure: what its register entry warns of, and its changes as the register defines them.

Belongs here: saying both. Does not: the register's sentences (ref_warning), what a change is (fct_metric_change), the verdict on
a change (kit.reading).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.kit.areas import Place
from dashboards.kit.markup import Html, join, tag
from dashboards.kit.named import id_of
from dashboards.kit.page import Board, put
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words


def show(board: Board, place: Place, figure: Figure) -> None:
    """Warnings and changes of one figure, where it has any."""
    told = warnings(board.words, board.source.ask("figure__warnings", metric=figure.id).rows(named=True))
    period = {name: figure.row[name] for name in ("period_kind", "period_start", "period_end")}
    # Changes are of whole figures, and few figures have one.
    changed = {row["of_metric"] for row in board.source.ask("metrics").rows(named=True)}
    asked = figure.slice_kind == "all" and figure.id in changed
    rows = board.source.ask("figure__changes", metric=figure.id, area=place.code, **period).rows(named=True) if asked else []
    said = [change(board, {**row, **period}, place.code, of_cases=not figure.is_count) for row in rows]
    parts = [tag("ul", join([tag("li", sentence) for sentence in told]), kind="usage small")] if told else []
    parts += [tag("p", join(said, " · "), kind="small changes")] if said else []
    if parts:
        put(join(parts), "usage")


def warnings(words: Words, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence per warning; one about a pair names the others, in the order given."""
    others: dict[str, list[str]] = {}
    sentences: dict[str, str] = {}
    for row in rows:
        sentences[str(row["warning"])] = words.pick(row, "name")
        if row["other_en"]:
            others.setdefault(str(row["warning"]), []).append(words.pick(row, "other"))
    return [
        words("usage.pair", warning=sentence, others=words("comma").join(others[name])) if name in others else sentence
        for name, sentence in sentences.items()
    ]


def change(board: Board, row: Mapping[str, Any], area: str, *, of_cases: bool = False) -> Html:
    """A change by its kind and its size; counts where the base is small, the reason where there is none.

    of_cases: say that it is of the cases, beside a figure that is a rate: its card tells how the rate changed.
    """
    words, name = board.words, id_of(board, row, area)
    key = f"usage.{row['against']}.{row['adjust']}"
    label = words(key) if words.has(key) else words.pick(row, "name")
    label = words("usage.of_cases", change=label) if of_cases else label
    if row["value"] is None or row["reason"]:
        reason = f"reason.{row['reason']}"
        why = words(reason if words.has(reason) else "reason.none", least="")
        return tag("span", label, " ", tag("span", why, kind="muted", data_figure=name))
    size = words.signed(row["value"], int(row["decimals"])) + "%"
    if row["is_small_base"]:
        size = words("change.counts", before=words.number(int(row["den"])), now=words.number(int(row["num"])))
    shown = tag("b", size, **{"data_parts" if row["is_small_base"] else "data_figure": name})
    return tag("span", label, " ", shown, title=words.pick(row, "caveat"))
