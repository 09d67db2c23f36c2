"""The audit gate: what must hold before a build may be published.

Belongs here: reconciliation of the warehouse with the ledger and with itself. Does not: dbt's own tests (they ran in the
phases), checks of figures against history (quality.published), publishing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.building.inputs import Inputs
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.register import read_register
from pipelines.core.warehouse import Connection


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant that does not hold: where, what was expected, what was found."""

    invariant: str
    where: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.invariant}: {self.where}: expected {self.expected}, found {self.found}"


def findings(connection: Connection, inputs: Inputs) -> list[Finding]:
    """Everything that does not add up; empty for a build that may be published."""
    return [*_landed(connection, inputs), *_events(connection), *_areas(connection)]


def _landed(connection: Connection, inputs: Inputs) -> list[Finding]:
    """Per feed, the rows that the judge accepted are the rows that landing holds."""
    accepted: dict[tuple[str, str], int] = {}
    for parse in inputs.parses:
        key = (parse["contract"], parse["feed"])
        accepted[key] = accepted.get(key, 0) + parse["accepted_n"]
    found = []
    for contract in contract_ids():
        landed = dict(connection.execute(f"select _feed, count(*) from raw.{contract} group by _feed").fetchall())
        feeds = {feed for of, feed in accepted if of == contract} | set(landed)
        found += [
            Finding("rows accepted are rows landed", feed, accepted.get((contract, feed), 0), landed.get(feed, 0))
            for feed in sorted(feeds)
            if accepted.get((contract, feed), 0) != landed.get(feed, 0)
        ]
    return found


def _events(connection: Connection) -> list[Finding]:
    """Per kind, the distinct events of landing are the events of the mart and those that are sealed."""
    facts = dict(connection.execute("select event_kind, count(*) from marts.fct_event group by 1").fetchall())
    found = []
    for contract in contract_ids():
        if load_contract(contract).entity != "event":
            continue
        names = [c.name for c in load_contract(contract).landed]
        open_only = "where not coalesce(bool_or(is_sealed), false)" if "is_sealed" in names else ""
        grouped = f"select _event_id, {'bool_or(is_sealed) as is_sealed' if open_only else '1'} from raw.{contract} group by 1"
        kept = "where not coalesce(is_sealed, false)" if open_only else ""
        expected = connection.execute(f"select count(*) from ({grouped}) {kept}").fetchall()[0][0]
        if expected != facts.get(contract, 0):
            found.append(Finding("events of landing are events of the mart", contract, expected, facts.get(contract, 0)))
    return found


def _areas(connection: Connection) -> list[Finding]:
    """For every metric that adds up: the root is the sum of its children (UNASSIGNED among them) and its own leaf.

    Its own leaf: cases that name the city itself. A variant with backlog has no atoms; its numerator is that of its base.
    """
    additive = [m for m in read_register() if m.is_additive and not m.population and not m.sql and 1 in m.levels]
    atoms_of = [m.variant_of if m.include_backlog else m.id for m in additive]
    rows = connection.execute(
        """
        with info as (select root_code from marts.build_info),
        year_rows as (
            select v.*, g.parent_code from marts.fct_metric_value v
            join marts.dim_grid g on g.grid_version_id = v.grid_version_id
            where v.basis = 'as_was' and v.period_kind in ('year', 'cumulative') and v.slice_kind = 'all'
                and list_contains(?, v.metric_id)
        ),
        own as (
            select asked.metric_id, extract(year from a.day) as year, sum(a.num) as num
            from (select unnest(?) as metric_id, unnest(?) as atoms_of) asked
            join intermediate.int_metric_atom a on a.metric_id = asked.atoms_of
            join info on a.grid_code = info.root_code
            where a.slice_kind = 'all' group by all
        ),
        roots as (
            select metric_id, period_kind, period_start, period_end, num
            from year_rows, info where grid_code = root_code
        ),
        children as (
            select metric_id, period_kind, period_start, period_end, sum(num) as num
            from year_rows, info where parent_code = root_code group by all
        )
        select r.metric_id || ' ' || r.period_kind || ' ' || r.period_start, r.num,
            coalesce(c.num, 0) + case when r.period_kind = 'year' then coalesce(own.num, 0) else r.num - coalesce(c.num, 0) end
        from roots r
        left join children c using (metric_id, period_kind, period_start, period_end)
        left join own on own.metric_id = r.metric_id and own.year = extract(year from r.period_start)
        """,
        [[m.id for m in additive], [m.id for m in additive], atoms_of],
    ).fetchall()
    return [
        Finding("the city is the sum of its areas", where, expected, int(found)) for where, expected, found in rows
        if expected != found
    ]  # fmt: skip
