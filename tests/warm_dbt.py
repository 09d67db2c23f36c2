"""dbt for builds inside a test's own process: each of its runs is a fork of one process that has dbt imported and the parse read.

A build starts dbt twice, and a third of what a small one costs is dbt's imports and its reading of the parse; the tests
pay them once per worker. dbt itself is the real one, in a process of its own, told by arguments and environment alone.
Belongs here: that process. Does not: the real command's builds (`conftest.citybrain`), which start dbt as anywhere else.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.building.dbt import dbt_program
from pipelines.building.parsed import MADE_OF

ROOT = Path(__file__).parents[1]


class WarmDbt:
    """Stands where `subprocess` stands in `pipelines.building.dbt`: runs dbt from the warm process, anything else as ever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: subprocess.Popen[str] | None = None

    def run(self, command: Sequence[str], *, cwd: Path, env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` with captured text."""
        program = dbt_program()
        if list(command[: len(program)]) != program:
            return subprocess.run(command, cwd=cwd, env=env, **options)  # noqa: PLW1510 - in `options`
        if self.server is None or self.server.poll() is not None:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "tests.warm_dbt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        out, err = self.folder / "out", self.folder / "err"
        asked = {"arguments": command[len(program) :], "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)}
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps(asked) + "\n")
        self.server.stdin.flush()
        answer = self.server.stdout.readline()
        assert answer, "the warm dbt ended"
        return subprocess.CompletedProcess(
            list(command), int(answer), out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace")
        )

    def close(self) -> None:
        """End the warm process."""
        if self.server is not None and self.server.stdin is not None:
            self.server.stdin.close()
            self.server.wait()


def _serve() -> None:
    """Answer each line of standard input with the exit code of the dbt that it asks for; ends with its input."""
    parses: dict[str, Any] = {}
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.clear()
        # To the watch of building/orphan: this process, which ends with the test's, is the one that dbt must not outlive.
        os.environ.update(asked["env"] | {"CITYBRAIN_WRITER": str(os.getpid())})
        os.chdir(asked["cwd"])
        manifest = _parse(parses)
        assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads is not to be forked"
        child = os.fork()
        if not child:
            _become_dbt(asked, manifest)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _parse(parses: dict[str, Any]) -> Any:
    """The parse that lies in the target folder, read once by its name (building/parsed); None where none is named."""
    made_of = Path(os.environ["DBT_TARGET_PATH"]) / MADE_OF
    name = made_of.read_text(encoding="ascii") if made_of.exists() else ""
    if name and name not in parses:
        read = dbtRunner().invoke(["--quiet", "parse"])
        parses[name] = read.result if read.success else None
        gc.collect()
        gc.freeze()
    return parses.get(name)


def _become_dbt(asked: dict[str, Any], manifest: Any) -> None:
    code = 1
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        result = dbtRunner(manifest=manifest).invoke(asked["arguments"])
        if result.exception:
            traceback.print_exception(result.exception)
        code = 0 if result.success else 2 if result.exception else 1
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - told on the error stream
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    import dbt.adapters.duckdb.impl  # noqa: F401 - dbt imports it when it knows the profile
    from dbt.cli.main import dbtRunner

    _serve()
