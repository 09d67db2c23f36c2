"""The models as one page to browse: what each holds, its columns, its SQL, what it is made of (`dbt docs generate --static`).

Belongs here: having dbt write the page, and shutting it in. Does not: what it says (the models' YAML), building (build).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pipelines.building.dbt import PROJECT, dbt_environment, dbt_program, target_path
from pipelines.core.errors import BuildBlocked, UsageError
from pipelines.core.settings import Home, Settings, pick
from pipelines.core.warehouse import writer_lock

#: dbt's page can report to its makers. A browser that obeys this line lets nothing in and nothing out.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
HEAD = '<meta charset="utf-8">'


def write_models_page(home: Home, settings: Settings, to: Path | None = None) -> Path:
    """Write the page from the home's warehouse and return its path (default `reports/models.html`); needs no network.

    Raises UsageError where nothing was built yet, BuildBlocked when dbt could not make the page.
    """
    if not home.warehouse.exists():
        raise UsageError(
            pick("there is no warehouse to describe yet", "尚无可说明的数据仓库"), where=str(home.root), remedy="citybrain run"
        )
    folder = home.root / "warehouse" / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    parsed = target_path(home) / "partial_parse.msgpack"
    if parsed.exists():  # so that what the build has read is not read again
        shutil.copy2(parsed, folder)
    page = folder / "static_index.html"
    page.unlink(missing_ok=True)
    with writer_lock(home.warehouse):
        ended = subprocess.run(
            [*dbt_program(), "docs", "generate", "--static"], cwd=PROJECT,
            env={**dbt_environment(home, settings), "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder / "logs")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if HEAD not in text:
        said = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        raise BuildBlocked(
            pick("dbt could not describe the models: ", "dbt 无法生成模型说明:") + " / ".join(said[-8:]),
            remedy=str(folder / "logs" / "dbt.log"),
        )
    to = to or home.reports / "models.html"
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text.replace(HEAD, HEAD + POLICY, 1), encoding="utf-8")
    shutil.rmtree(folder)
    return to
