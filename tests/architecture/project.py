"""The project as files: what the tests of its shape read."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUR_PYTHON = ("pipelines", "quality", "dashboards")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; relative to the root."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    paths = (Path(name) for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def python_files(*tops: str) -> list[Path]:
    """The Python files below the given top folders (all of them without one)."""
    return [p for p in project_files() if p.suffix == ".py" and (not tops or p.parts[0] in tops)]


def read(path: Path) -> str:
    """The text of a project file."""
    return (ROOT / path).read_text(encoding="utf-8")


def parse(path: Path) -> ast.Module:
    """The syntax tree of a project file."""
    return ast.parse(read(path), filename=str(path))
