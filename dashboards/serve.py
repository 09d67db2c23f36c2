"""How the boards are started: the command and the environment, for `citybrain boards` and for tests.

Belongs here: every flag of the server, in one place. Does not: starting a process (cli), what boards show.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.kit.charts import FONT, PALETTE

APP = Path(__file__).with_name("app.py")
#: Nothing leaves the machine, nothing is edited while it runs, no error shows a path; see docs/operations.md. Python sweeps its
#: memory when it must: after every run of a page it took 80 ms, of a look for a new build too (2 ms without; 2026-11).
FLAGS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.showSidebarNavigation": "false",
    "client.disableDataExport": "true",
    # Else a click starts a second run beside the first, and both write to one session (page._is_new).
    "runner.fastReruns": "false",
    "runner.magicEnabled": "false",
    "runner.postScriptGC": "false",
    "theme.base": "light",
    "theme.primaryColor": PALETTE["accent"],
    "theme.textColor": PALETTE["ink"],
    "theme.backgroundColor": PALETTE["paper"],
    "theme.secondaryBackgroundColor": PALETTE["wash"],
    "theme.borderColor": PALETTE["line"],
    "theme.font": FONT,
}


def command(port: int, home: Path) -> list[str]:
    """The command that serves the boards of `home` on 127.0.0.1:`port`; run it with `environment(home)`."""
    flags = [f"--{name}={value}" for name, value in FLAGS.items()]
    return [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}", *flags, "--", str(home)]


def environment(home: Path) -> dict[str, str]:
    """What the server's environment needs besides the caller's."""
    root = str(APP.parents[1])
    return {"CITYBRAIN_HOME": str(home), "PYTHONPATH": root, "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
