"""With `citybrain dev` running, a file dropped in the folder is ingested, built, published and reported; nobody types a command.

Starts the real daemon, so it is a proof (`make prove-ops`), not part of `make test`: about two minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, TinyCity, citybrain

PATIENCE_SECONDS = 420

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _current(home: Path) -> str:
    return str(json.loads((home / "published" / "CURRENT.json").read_text(encoding="utf-8"))["build"])


def _correct_one_row(urban: Path) -> None:
    newest = max(urban.glob("*_235959.csv"))
    lines = newest.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    names, cells = lines[0].strip().split(","), lines[1].rstrip("\r\n").split(",")
    cells[names.index("更新时间")] = "2026-06-30 23:59:30"
    draft = newest.with_name(".draft")
    draft.write_text(lines[0] + ",".join(cells) + "\n", encoding="utf-8")
    draft.rename(newest.with_name(newest.name.replace("235959", "235951")))


def test_a_dropped_file_reaches_the_boards_by_itself(tiny_city: TinyCity, tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "source"
    shutil.copytree(tiny_city.home, home)
    shutil.copytree(tiny_city.source, source)
    citybrain("ingest", "--home", str(home), "--source-root", str(source))
    before, reports = _current(home), len(list((home / "reports").rglob("*.html")))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli.main", "dev", "--home", str(home), "--port", str(_free_port())],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(20)
        _correct_one_row(source / "urban")
        until = time.monotonic() + PATIENCE_SECONDS
        while _current(home) == before and time.monotonic() < until:
            assert daemon.poll() is None, "the daemon ended by itself"
            time.sleep(2)
        assert _current(home) != before, "nothing was published"
        assert len(list((home / "reports").rglob("*.html"))) > reports
    finally:
        os.killpg(daemon.pid, signal.SIGINT)
        time.sleep(4)
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
