"""What cases declare of each other: no count that is hidden can be worked out from those that are shown."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dashboards.boards import disputes
from dashboards.kit import access, periods
from dashboards.kit.access import Reader, query_text
from dashboards.kit.chance import whole
from dashboards.kit.filters import View
from pipelines.core.settings import Home
from pipelines.core.warehouse import scratch

AS_OF, EARLIEST = dt.datetime(2026, 6, 30, 23, 59, 59), dt.date(2024, 7, 1)
#: Two districts of three and two streets.
PARENTS = {"11": "1", "12": "1", "111": "11", "112": "11", "113": "11", "121": "12", "122": "12"}
LEAVES = tuple(code for code in PARENTS if code not in PARENTS.values())
KINDS = ("referral", "repeat", "chain_next")


def above(code: str) -> list[str]:
    """An area with the areas that hold it."""
    return [code, *above(PARENTS[code])] if code in PARENTS else [code]


def grid() -> str:
    """dim_grid as values."""
    rows = []
    for code in ("1", *PARENTS):
        way = [*reversed(above(code)), None, None, None][:3]
        rows.append("(" + ", ".join(f"'{part}'" if part else "null" for part in (code, *way)) + ")")
    empty = ", ".join(f"null::varchar as path_{level}" for level in (3, 4, 5))
    return f"select *, {empty} from (values {', '.join(rows)}) as t (grid_code, path_0, path_1, path_2)"


def pairs() -> list[tuple[str, list[str], dt.date]]:
    """600 links: its kind, the streets of its two cases (the later first), the later one's day. Of two kinds enough, of one few."""
    chance, found = random.Random(5), []
    for _ in range(600):
        day = EARLIEST + dt.timedelta(days=chance.randrange((AS_OF.date() - EARLIEST).days + 1))
        later = chance.choice(LEAVES)
        found.append((chance.choices(KINDS, (60, 38, 2))[0], [later, chance.choice((later, later, chance.choice(LEAVES)))], day))
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A build of these links."""
    root = tmp_path_factory.mktemp("links")
    events, links = [], []
    for n, (kind, (later, earlier), day) in enumerate(pairs()):
        events += [
            f"('l{n}', 'petition', '{later}', timestamp '{day} 09:00')",
            f"('e{n}', 'petition', '{earlier}', timestamp '{EARLIEST}')",
        ]
        links.append(f"('e{n}', 'l{n}', '{kind}')" if kind == "chain_next" else f"('l{n}', 'e{n}', '{kind}')")
    tables = {
        "build_info": f"select '1' as root_code, timestamp '{AS_OF}' as as_of",
        "dim_grid": grid(),
        "fct_event": f"select * from (values {', '.join(events)}) as t (event_id, event_kind, grid_code, reported_at)",
        "fct_event_link": f"select * from (values {', '.join(links)}) as t (event_id_a, event_id_b, link_kind)",
    }
    folder = Home(root).published
    folder.mkdir(parents=True)
    with scratch() as connection:
        connection.execute(f"attach '{folder / 'b1.duckdb'}' as made")
        for name, sql in tables.items():
            connection.execute(f"create table made.{name} as {sql}")
    manifest = {"build": "b1", "file": "b1.duckdb", "as_of": AS_OF.isoformat(), "parts": []}
    (folder / "CURRENT.json").write_text(json.dumps(manifest), encoding="utf-8")
    return root, manifest


def board_of(published: tuple[Path, dict[str, Any]], reader: Reader, view: View) -> Any:
    """As much of a board as the counts of links take."""

    def ask(query: str, **params: Any) -> Any:
        text = query_text(query)
        return access.read(*published, reader, text, {k: v for k, v in params.items() if k in access.parameters_of(text)})

    source = SimpleNamespace(ask=ask, row=lambda _: {"root_code": "1"}, reader=reader)
    return SimpleNamespace(source=source, view=view)


def cells(area: str, first: dt.date, last: dt.date, months: list[str]) -> np.ndarray:
    """Which streets and months an area and a span of days are made of; months are counted whole or not at all."""
    return np.array(
        [area in above(leaf) and f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}" for leaf in LEAVES for month in months], float
    )


def sees(reader: Reader, area: str) -> bool:
    """Whether a street lies in what a reader may see."""
    return not reader.areas or any(own in above(area) for own in reader.areas)


@pytest.mark.parametrize("reader", [Reader(), Reader(areas=("11", "12")), Reader(areas=("121",))])
def test_no_hidden_count_is_a_sum_or_difference_of_shown_ones(published: Any, reader: Reader) -> None:
    offered = periods.options(AS_OF, EARLIEST)
    months = sorted({f"{EARLIEST + dt.timedelta(days=n):%Y-%m}" for n in range((AS_OF.date() - EARLIEST).days + 1)})
    seen = [one for one in pairs() if all(sees(reader, area) for area in one[1])]
    least = whole("chains_least")
    shown: dict[str, list[np.ndarray]] = {kind: [np.zeros(len(LEAVES) * len(months))] for kind in KINDS}
    hidden: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
    for area, option in itertools.product(("1", *PARENTS), offered):
        view = View(area=area, period=option)
        period = periods.period_of(view, AS_OF)
        first, last = disputes.year_of(period)
        rows = disputes.linked(board_of(published, reader, view), area, "1", period)
        assert (rows is None) == (area != (reader.areas or ("1",))[0]), "told in one area alone"
        for row in rows or []:
            counted = sum(kind == row["link_kind"] and area in above(at[0]) and first <= day <= last for kind, at, day in seen)
            assert row["cases_n"] == counted >= least
            shown[row["link_kind"]].append(cells(area, first, last, months))
        first, last = period.days
        for kind in KINDS:
            if 0 < sum(kind == one and area in above(at[0]) and first <= day <= last for one, at, day in seen) < least:
                hidden[kind].append(cells(area, first, last, months))
    assert sum(map(len, hidden.values())) > 50
    assert sum(map(len, shown.values())) > len(KINDS)
    for kind in KINDS:
        known = np.unique(np.array(shown[kind]), axis=0)
        for wanted in np.unique(np.array(hidden[kind]), axis=0):
            mix = np.linalg.lstsq(known.T, wanted, rcond=None)[0]
            assert not np.allclose(known.T @ mix, wanted), (kind, "can be worked out")


def test_years_share_no_day_and_the_current_one_ends_today() -> None:
    spans = {disputes.year_of(periods.period_of(View(period=option), AS_OF)) for option in periods.options(AS_OF, EARLIEST)}
    ordered = sorted(spans)
    assert ordered[-1] == (dt.date(2026, 1, 1), AS_OF.date())
    assert len(ordered) > 1
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(ordered))
