"""What `verify` reaches: nothing that the pipeline uses."""

from __future__ import annotations

import ast

from pipelines.core.settings import PROJECT_ROOT


def reached(name: str) -> dict[str, set[str]]:
    """Modules of ours that a module of quality reaches, and what of ours each imports."""
    found: dict[str, set[str]] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop()
        tree = ast.parse((PROJECT_ROOT / "quality" / f"{here}.py").read_text(encoding="utf-8"))
        modules = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        for node in (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)):
            inside = node.module == "quality"
            modules |= {f"quality.{alias.name}" for alias in node.names} if inside else {node.module or "."}
        found[here] = {m for m in modules if m.split(".")[0] in ("pipelines", "quality", "dashboards", "")}
        waiting += [m.split(".")[1] for m in found[here] if m.startswith("quality.") and m.split(".")[1] not in found]
    return found


def test_verify_shares_no_code_with_the_pipeline() -> None:
    """Neither it nor anything of quality that it reaches imports the pipeline, and nothing that the pipeline uses is reached."""
    found = reached("verify")
    assert set(found) == {
        "verify",
        "verify_departed",
        "verify_rows",
        "verify_published",
        "invariant",
        "unseal",
        "recount",
        "conservation",
    }
    assert not {name: ours for name, ours in found.items() if [m for m in ours if not m.startswith("quality.")]}
    assert "pipelines.core.contracts" in reached("scorecard")["scorecard"] | reached("suites")["suites"]  # the scan sees
