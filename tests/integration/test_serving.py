"""`citybrain boards` ends with all that it started, whoever ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
        return True
    return False


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_the_command_ends_the_boards(tiny_home: Path, ended_by: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "pipelines.cli.main", "boards", "--home", str(tiny_home), "--port", str(port)]
    serving = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, start_new_session=True)
    try:
        until = time.monotonic() + 120
        while not answers(port) and time.monotonic() < until:
            time.sleep(0.2)
        assert answers(port)
        if ended_by == signal.SIGINT:
            os.killpg(serving.pid, ended_by)  # as a terminal sends it: to both
        else:
            serving.send_signal(ended_by)
        assert serving.wait(timeout=60) == 0
        assert not answers(port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGKILL)
