"""What every test gets: no way to the network.

Unit tests may open no socket at all; the others may talk to this machine only (boards, Dagster). The guard is an audit
hook, so it also sees what libraries do in C through Python's socket module; it does not see child processes.
"""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import Any

import pytest

UNIT = Path(__file__).parent / "unit"


class NetworkForbidden(RuntimeError):
    """A test tried to reach beyond what it may."""


class _Guard:
    """What the running test may reach: `None` (no test runs: anything), `machine` or `nothing`."""

    allowed: str | None = None


def _is_local(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    if _Guard.allowed is None or event not in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        return
    address = args[1] if event != "socket.getaddrinfo" else (args[0],)
    if not isinstance(address, tuple):  # a Unix socket, such as asyncio's own pair
        return
    if _Guard.allowed == "nothing" or not _is_local(address[0]):
        raise NetworkForbidden(f"{event} {address!r}: a test of this kind may reach {_Guard.allowed}")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Any:
    """Refuse sockets to other machines, and in unit tests every socket."""
    _Guard.allowed = "nothing" if UNIT in request.path.parents else "machine"
    yield
    _Guard.allowed = None
