"""dbt's `adapter` for the SQL linter: a dispatched macro is shown as a call of its name, which is all that style needs.

Belongs here: what sqlfluff's Jinja templater lacks of dbt. Does not: the meaning of a macro (dbt compiles the models).
"""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, _package: str = "") -> Callable[..., str]:
    """A stand-in for the macro `name`: renders `name(argument, ...)`."""
    return lambda *arguments, **_: f"{name}({', '.join(a if isinstance(a, str) else '1' for a in arguments)})"
