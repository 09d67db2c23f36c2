"""A function is a screen, a module a room, a model a page."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.project import parse, project_files, python_files, read

FUNCTION_LINES = 60
MODULE_LINES = 400
MODEL_LINES = 120


def long_functions(path: Path, tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                found.append(f"{path}:{node.lineno} {node.name}: {lines} lines")
    return found


def test_no_function_is_longer_than_a_screen() -> None:
    assert not [line for path in python_files() for line in long_functions(path, parse(path))]


def test_a_long_function_is_found() -> None:
    body = "\n".join(f"    x{i} = {i}" for i in range(FUNCTION_LINES))
    assert long_functions(Path("planted.py"), ast.parse(f"def f():\n{body}"))


def test_no_module_is_more_than_one_room() -> None:
    counted = {str(path): len(read(path).splitlines()) for path in python_files()}
    assert not {path: n for path, n in counted.items() if n > MODULE_LINES}


def test_no_model_is_longer_than_a_page() -> None:
    models = [p for p in project_files() if p.parts[0] == "dbt_project" and p.suffix == ".sql"]
    counted = {str(path): len(read(path).splitlines()) for path in models}
    assert not {path: n for path, n in counted.items() if n > MODEL_LINES}
