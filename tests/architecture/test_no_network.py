"""The guard of tests/conftest.py holds: tests reach this machine at most."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT_TEST = """
import socket
def test_it():
    socket.create_connection(("127.0.0.1", 9))
"""


def test_another_machine_is_out_of_reach() -> None:
    with pytest.raises(RuntimeError, match="may reach machine"), socket.socket() as s:
        s.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="may reach machine"):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_is_within_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_a_unit_test_opens_no_socket_at_all(tmp_path: Path) -> None:
    (tmp_path / "unit").mkdir()
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "unit" / "test_planted.py").write_text(UNIT_TEST, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "NetworkForbidden" in run.stdout
