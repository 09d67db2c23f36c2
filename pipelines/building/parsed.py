"""dbt's parse of the project: made once per content, kept in the home, shared between homes where a folder is named.

Belongs here: when a parse may be used again, and where from. Does not: how dbt is called (building/dbt), what Dagster
makes of the manifest (defs/warehouse).

A parse costs 8 s of CPU and says nothing of any home (profiles.yml names none). Its name is a hash of all it follows
from, by content and not by time: a copied or unpacked project may be older than the parse of another one. What is not
whole is not used. Above that dbt compares what it is given with the project, as it always does.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from importlib.metadata import version
from pathlib import Path

from pipelines.building.dbt import PROJECT, dbt_environment, dbt_program, target_path
from pipelines.core.errors import BuildBlocked
from pipelines.core.settings import Home, Settings, environment

#: What a parse leaves: dbt reads the first in each phase, Dagster the second.
FILES = ("partial_parse.msgpack", "manifest.json")
#: The name of the parse that lies in a home.
MADE_OF = "manifest.made_of"
PACKAGES = ("dbt-core", "dbt-duckdb", "dbt-adapters", "dbt-common")
#: Variables of dbt that say where it writes or how much it tells, and nothing of the project.
OUTSIDE = {"DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_LOG_LEVEL_FILE", "DBT_LOG_LEVEL", "DBT_LOG_FORMAT", "DBT_LOG_FORMAT_FILE"}


def name_of_parse(project: Path, variables: dict[str, str]) -> str:
    """A hash of all that a parse of `project` under `variables` follows from."""
    digest = hashlib.sha256()
    for path in sorted(p for p in project.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(f"{path.relative_to(project)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    told = [(name, value) for name, value in variables.items() if name.startswith("DBT_") and name not in OUTSIDE]
    versions = [(name, version(name)) for name in PACKAGES]
    digest.update(repr([str(project), sys.version_info[:3], versions, sorted(told)]).encode())
    return digest.hexdigest()


def manifest(home: Home, settings: Settings) -> Path:
    """dbt's manifest of the project as it is now; parsed, or fetched, when what it follows from differs.

    Raises BuildBlocked when dbt cannot parse the project.
    """  # noqa: D403
    variables = dbt_environment(home, settings)
    target, name = target_path(home), name_of_parse(PROJECT, variables)
    path, made_of = target / FILES[1], target / MADE_OF
    if all((target / file).exists() for file in FILES) and made_of.exists() and made_of.read_text(encoding="ascii") == name:
        return path
    target.mkdir(parents=True, exist_ok=True)
    made_of.unlink(missing_ok=True)  # until both are there: a stop in between must not pass the old name off on new files
    shared = environment("CITYBRAIN_PARSES")
    if not (shared and fetch(Path(shared), name, target)):
        done = subprocess.run([*dbt_program(), "parse"], cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildBlocked("dbt cannot parse its project: " + done.stdout[-800:], where=str(PROJECT))
        if shared:
            keep(Path(shared), name, target)
    made_of.write_text(name, encoding="ascii")
    return path


def fetch(shared: Path, name: str, target: Path) -> bool:
    """Put the parse of this name into `target`; False where it is missing, damaged or cannot be read."""
    try:
        with zipfile.ZipFile(shared / f"{name}.zip") as held:
            found = {file: held.read(file) for file in FILES}  # checks what it unpacks (CRC-32)
    except (OSError, KeyError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return False
    for file, content in found.items():
        (target / file).write_bytes(content)
    return True


def keep(shared: Path, name: str, target: Path) -> None:
    """Leave the parse in `target` for other homes, whole or not at all; a folder that cannot be written is no error."""
    with contextlib.suppress(OSError):
        shared.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=shared) as draft:
            path = Path(draft) / f"{name}.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as held:
                for file in FILES:
                    held.write(target / file, file)
            path.replace(shared / path.name)
