"""Menu: which boards there are, where each stands, which role has which.

Belongs here: the boards' names, addresses, groups and roles. Does not: what a board shows (boards/*.py), which module
shows it (app), how the menu is drawn (page).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pipelines.core.board_options import Role

#: Who reads what: the open city for its leaders, each figure's making for who defends it, returned rows for who mends them.
LEADERS: tuple[Role, ...] = ("leader", "analyst", "engineer")
ALL: tuple[Role, ...] = ("leader", "analyst", "clerk", "engineer")
CLERKS: tuple[Role, ...] = ("clerk", "engineer")


@dataclass(frozen=True, slots=True)
class Entry:
    """One board: its address ("." for the first of all), its group in the menu, the roles that have it."""

    path: str
    group: str
    roles: tuple[Role, ...]


#: In the order of the menu, group by group.
MENU = {
    "overview": Entry(".", "city", LEADERS),
    "trends": Entry("trends", "city", LEADERS),
    "areas": Entry("areas", "city", LEADERS),
    "departments": Entry("departments", "city", LEADERS),
    "risk": Entry("risk", "city", LEADERS),
    "petitions": Entry("petitions", "fields", LEADERS),
    "urban": Entry("urban", "fields", LEADERS),
    "courts": Entry("courts", "fields", LEADERS),
    "public_safety": Entry("public_safety", "fields", LEADERS),
    "hazards": Entry("hazards", "fields", LEADERS),
    "disputes": Entry("disputes", "fields", LEADERS),
    "data_quality": Entry("data_quality", "trust", ALL),
    "explain": Entry("explain", "trust", LEADERS),
    "can_be_true": Entry("can_be_true", "trust", LEADERS),
    "why_changed": Entry("why_changed", "trust", LEADERS),
    "returned": Entry("returned", "trust", CLERKS),
}
GROUPS = ("city", "fields", "trust")
#: A board's address.
BOARDS = {name: entry.path for name, entry in MENU.items()}


def boards_of(role: Role) -> tuple[str, ...]:
    """The boards of a role, in the order of the menu; without a role all. A clerk's own list comes first."""
    own = [name for name, entry in MENU.items() if not role or role in entry.roles]
    return tuple(sorted(own, key=lambda name: role == "clerk" and name != "returned"))


def strange_path(url: str | None, base: str) -> str:
    """What an address names that is no board, so that its reader can be told why another stands there; else empty.

    Args:
        url: the whole address; None where it is not known.
        base: the path under which the boards are served.
    """
    path = unquote(urlsplit(url or "").path).strip("/")
    asked = path.removeprefix(base.strip("/")).strip("/")
    return "" if asked in BOARDS else asked
