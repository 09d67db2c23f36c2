"""The two locks: complete, hashed, without an address, and one inside the other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.architecture.project import ROOT, read

RUN, DEV = Path("requirements.lock"), Path("requirements-dev.lock")
ENTRY = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.IGNORECASE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def entries(lock: Path) -> dict[str, list[str]]:
    """Requirement line (name, version, marker) -> its hashes."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in read(lock).splitlines():
        if ENTRY.match(line):
            current = line.rstrip(" \\")
            found[current] = []
        elif "--hash=" in line:
            found[current].append(line.strip(" \\"))
        elif line.strip():
            raise AssertionError(f"{lock}: a line that is neither a requirement nor a hash: {line!r}")
    return found


def plain(requirement: str) -> str:
    """The normalised name of a requirement."""
    match = NAME.match(requirement)
    assert match, requirement
    return re.sub(r"[._-]+", "-", match.group()).lower()


def project() -> dict[str, object]:
    loaded: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return loaded


def test_every_package_is_hashed() -> None:
    for lock in (RUN, DEV):
        assert not [line for line, hashes in entries(lock).items() if not hashes]


def test_the_dev_set_holds_the_run_set() -> None:
    run, dev = entries(RUN), entries(DEV)
    assert not {line for line in run if dev.get(line) != run[line]}


def test_every_dependency_is_locked_and_explained() -> None:
    declared = project()
    run = {plain(d) for d in declared["dependencies"]}  # type: ignore[attr-defined]
    dev = {plain(d) for d in declared["optional-dependencies"]["dev"]}  # type: ignore[index]
    assert run <= {plain(line) for line in entries(RUN)}
    assert run | dev <= {plain(line) for line in entries(DEV)}
    explained = {plain(name) for name in re.findall(r"^\| `([^`]+)`", read(Path("docs/dependencies.md")), re.MULTILINE)}
    assert explained == run | dev
