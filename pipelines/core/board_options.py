"""Board options: who reads the boards of a city until they have a log-in - a role, and what lies within their scope.

Belongs here: `boards:` of city.yml, checked. Does not: taking rows away (dashboards.kit.access), pages and their words
(dashboards), who may put boards on a network (a gateway).

A role and a scope only take away. Left out, the reader is whoever runs the boards on her own machine, and sees all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.core.errors import ConfigurationError
from pipelines.core.spelling import did_you_mean

Role = Literal["", "leader", "analyst", "clerk", "engineer"]
ROLES: tuple[Role, ...] = ("leader", "analyst", "clerk", "engineer")
SCOPES = ("areas", "departments", "feeds")


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """A role, and the areas, departments and feeds within scope; an empty one bounds nothing."""

    role: Role = ""
    areas: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()


def _unknown(kind: str, name: object, known: Iterable[object], where: str) -> ConfigurationError:
    return ConfigurationError(f"unknown {kind} {str(name)!r}", where=where, remedy=did_you_mean(str(name), known))


def _codes(value: Any, where: str) -> tuple[str, ...]:
    """One code or a list of them. A number is refused: YAML would have dropped its leading zeros."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(one, str) and one.strip() for one in found):
        raise ConfigurationError(
            "a scope is a code in quotes, or a list of such", where=where, remedy='["990102"], or nothing at all: unbounded'
        )  # fmt: skip
    return tuple(dict.fromkeys(one.strip() for one in found))


def board_options(entry: Any, feeds: Iterable[str], where: str) -> BoardOptions:
    """`boards:` of a city.yml.

    Args:
        entry: what stands there; None if it is left out.
        feeds: the city's feeds.
        where: the file, for messages.

    Raises:
        ConfigurationError: an unknown option, role or feed, with the nearest known one; an empty scope.
    """
    where = f"{where}: boards"
    told = {} if entry is None else entry
    scope = told.get("scope", {}) if isinstance(told, dict) else None
    if not isinstance(told, dict) or scope is None:
        raise ConfigurationError("boards: holds no options", where=where, remedy="see docs/add_a_city.md")
    scope = scope if isinstance(scope, dict) else {"areas": scope}
    for name, known in ((set(told), ("role", "scope")), (set(scope), SCOPES)):
        for option in sorted(map(str, name - set(known))):
            raise _unknown("option", option, known, where)
    role = told.get("role", "")
    if role not in ("", *ROLES):
        raise _unknown("role", role, ROLES, where)
    bounded = {name: _codes(value, f"{where}: {name}") for name, value in scope.items()}
    known_feeds = set(feeds)
    for feed in bounded.get("feeds", ()):
        if feed not in known_feeds:
            raise _unknown("feed", feed, known_feeds, f"{where}: feeds")
    return BoardOptions(role=role, **bounded)


def check_places(options: BoardOptions, areas: Iterable[str], departments: Iterable[str], where: str) -> None:
    """Refuse a scope of an area or department that a build does not know. Raises ConfigurationError with the nearest."""
    told = (("area", options.areas, set(areas)), ("department", options.departments, set(departments)))
    for kind, named, known in told:
        for code in named:
            if code not in known:
                raise _unknown(kind, code, known, f"{where}: boards: {kind}s")
