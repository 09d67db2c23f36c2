"""Names say what a thing is. These say nothing, in any language."""

from __future__ import annotations

import ast
import re

from tests.architecture.project import parse, project_files, python_files

SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "commons", "manager", "managers", "misc", "v2", "stuff"}


def words(name: str) -> set[str]:
    """The words of snake_case, kebab-case and CamelCase names, in lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {word.lower() for word in re.split(r"[\s_.\-]+", spaced) if word}


def test_words_are_found_in_every_spelling() -> None:
    assert words("FeedManager") & words("feed_manager") & words("feed-manager.py") >= {"feed", "manager"}


def test_no_file_is_named_after_nothing() -> None:
    assert not [str(p) for p in project_files() if any(words(part) & SAY_NOTHING for part in p.parts)]


def test_no_class_or_function_is_named_after_nothing() -> None:
    defined = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files()
        for node in ast.walk(parse(path))
        if isinstance(node, defined) and words(node.name) & SAY_NOTHING
    ]
    assert not found
