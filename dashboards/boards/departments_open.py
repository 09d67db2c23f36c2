"""What each leading department has: cases reported, cases open, cases past their deadline.

Belongs here: which departments are named and which are summed, the funnel of overdue cases, the table. Does not: figures of
the register by department (departments), one department (department), what is open (the mart's rule, repeated in the query).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashboards.boards.department_share import funnel_names, name_of, standing
from dashboards.kit import charts
from dashboards.kit.areas import Place
from dashboards.kit.chance import Part, State, against_average, whole
from dashboards.kit.markup import Column, Html, anchor, join, table, tag
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import Period
from dashboards.kit.reading import SHARE
from dashboards.kit.words import NOTHING

#: The network of whoever is in none: no peers of one another.
NO_PEERS = "other"
COUNTS = ("reported_n", "earlier_reported_n", "open_n", "open_with_deadline_n", "overdue_n")


def held_of(board: Board, place: Place, period: Period) -> list[dict[str, Any]]:
    """Counts per department; none below a district, where a department's few cases would tell of few persons."""
    if place.level >= board.threshold("small_cell_level") or not board.source.reader.sees_cases:
        return []
    (first, last), (earlier_first, earlier_last) = period.days, period.earlier_days
    rows = board.source.ask(
        "departments__cases", area=place.code, root=place.root, first_day=first, last_day=last, earlier_first=earlier_first,
        earlier_last=earlier_last,
    ).rows(named=True)  # fmt: skip
    return [dict(row) for row in rows]


def named_and_rest(rows: Sequence[Mapping[str, Any]], few: int) -> tuple[list[Mapping[str, Any]], dict[str, Any], int]:
    """Departments with enough open cases to be named, the sum of the others, how many those are.

    What is open is the same whatever period is looked at; so are, then, the departments that are named. Would the cases of the
    period decide too, one of two periods could name whom the other hides, and the others' open cases give hers away.
    Never one department alone among the others, and never `few` open cases or fewer, which tell of few persons: then the least
    of the named ones joins them.
    """
    least = whole("department_least")
    named = [row for row in rows if row["open_n"] >= least]
    rest = [row for row in rows if row not in named]
    while named and rest and (len(rest) == 1 or 0 < sum(row["open_n"] for row in rest) <= few):
        moved = min(named, key=lambda row: row["open_n"])
        named.remove(moved)
        rest.append(moved)
    return named, {name: _sum(row[name] for row in rest) for name in COUNTS}, len(rest)


def _sum(counts: Iterable[int | None]) -> int | None:
    """What counts add up to; None where one is not known (a year before the data)."""
    known = list(counts)
    return None if None in known else sum(one or 0 for one in known)


def show(board: Board, place: Place, held: Sequence[Mapping[str, Any]]) -> None:
    """The heading, the funnel, the table; a sentence where there is none."""
    words = board.words
    put(tag("h2", words("held.heading")), "held_head")
    if not held:
        key = "held.not_here" if place.level >= board.threshold("small_cell_level") else "held.none"
        put(tag("p", words("cases.not_for_role" if not board.source.reader.sees_cases else key), kind="muted"), "held_none")
        return
    named, rest, others = named_and_rest(held, board.threshold("small_cell_max"))
    states = states_of(named, held)
    network = chosen(board, named)
    peers = [row for row in named if row["network"] == network]
    picks = [
        anchor(board.view.but(network=name), words(f"network.{name}"), kind="pick here" if name == network else "pick")
        for name in compared_networks(named)
    ]
    if picks:
        put(tag("div", join(picks), kind="picks"), "networks")
    draw(_funnel(board, peers, average_of(held, network), states), "overdue")
    put(held_table(board, named, rest, others, states), "held")


def part_of(row: Mapping[str, Any]) -> Part:
    """Cases past their deadline, of open cases that have one."""
    return Part(int(row["overdue_n"]), int(row["open_with_deadline_n"]))


def average_of(held: Sequence[Mapping[str, Any]], network: str) -> Part:
    """The same of all departments of a network together, those that are not named too."""
    parts = [part_of(row) for row in held if row["network"] == network]
    return Part(sum(part.num for part in parts), sum(part.den for part in parts))


def compared_networks(named: Sequence[Mapping[str, Any]]) -> list[str]:
    """Networks with two named departments and more, in the order of the departments; those under no network are no peers."""
    names = [row["network"] for row in named if row["network"] not in (None, "", NO_PEERS)]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def chosen(board: Board, named: Sequence[Mapping[str, Any]]) -> str:
    """The network of the address, else the one with most departments named."""
    networks = compared_networks(named)
    if board.view.network in networks:
        return board.view.network
    return max(networks, key=lambda name: sum(row["network"] == name for row in named), default="")


def states_of(named: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]) -> dict[str, State]:
    """Where each department stands among those of its own network: courts are not held against parks."""
    networks = compared_networks(named)
    return {
        row["dept_id"]: against_average(part_of(row), average_of(held, row["network"]), is_share=True)
        if row["network"] in networks
        else "unknown"
        for row in named
    }


def _funnel(
    board: Board, named: Sequence[Mapping[str, Any]], average: Part, states: Mapping[str, State]
) -> charts.Chart:  # fmt: skip
    words = board.words
    network = words(f"network.{named[0]['network']}") if named else ""
    title = words("held.funnel", network=network) if named else words("held.funnel_none")
    caption = charts.Caption(title, "%", board.as_of, words("held.funnel_empty"))
    points = []
    for row in named:
        name, part = name_of(board, row), part_of(row)
        share = words.percent(part.num / part.den * SHARE) if part.den else NOTHING
        said = words("held.hover", name=name, share=share, overdue=words.number(part.num), open=words.number(part.den))
        points.append(charts.Point(name, part, states[row["dept_id"]], said))
    names = funnel_names(board)
    return charts.funnel(caption, points, average, scale=SHARE, is_share=True, names=names, base=words("held.base"))


def held_table(
    board: Board, named: Sequence[Mapping[str, Any]], rest: Mapping[str, int], others: int, states: Mapping[str, State]
) -> Html:  # fmt: skip
    """A line per department in the order of the department table, the others in one line below."""
    words = board.words
    titles = ("department", "network", "held_reported", "earlier", "held_open", "held_with_deadline", "held_overdue", "standing")
    columns = [Column(words(f"column.{title}"), is_number=title not in ("department", "network", "standing")) for title in titles]
    lines: list[list[object]] = []
    for row in named:
        view = board.view.but(cut=f"department.{row['dept_id']}", case="", page=1)
        network = f"network.{row['network'] or NO_PEERS}"
        lines.append(
            [
                anchor(view, name_of(board, row)), words(network if words.has(network) else f"network.{NO_PEERS}"),
                *_numbers(board, row), standing(board, states[row["dept_id"]], "lower"),
            ]
        )  # fmt: skip
    if others:
        lines.append([words("held.others", n=others), "", *_numbers(board, rest), ""])
    return table(columns, lines, foot=1 if others else 0, caption=words("held.note", least=whole("department_least")))


def _numbers(board: Board, row: Mapping[str, Any]) -> list[object]:
    number = board.words.number
    late = number(row["overdue_n"])
    if row["open_with_deadline_n"]:
        late += f" ({board.words.percent(row['overdue_n'] / row['open_with_deadline_n'] * SHARE)})"
    counts = [number(row[name]) for name in ("reported_n", "earlier_reported_n", "open_n", "open_with_deadline_n")]
    return [*counts, tag("b", late)]
