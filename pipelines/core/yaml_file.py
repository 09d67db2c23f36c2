"""YAML files of a city, read as mappings, and what is wrong with one said without its text.

Belongs here: opening, parsing, the place of a fault. Does not: which keys a file may have (bindings).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.errors import ConfigurationError

#: A key whose colon no blank follows: `level:demo`, which YAML takes for one word. Values are not told.
GLUED = re.compile(r"^\s*([a-z_]+):[^\s:/]", re.MULTILINE)


def read_mapping(path: Path) -> dict[str, Any]:
    """The file as a mapping. Raises ConfigurationError naming the file and, where it is no YAML, the line."""
    try:
        text = path.read_text(encoding="utf-8")
        loaded = yaml.safe_load(text)
    except FileNotFoundError as error:
        raise ConfigurationError("the file is missing", where=str(path), remedy="see docs/add_a_city.md") from error
    except NotADirectoryError as error:
        raise ConfigurationError("a city is a folder", where=str(path.parent), remedy="see docs/add_a_city.md") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("the file is not UTF-8", where=str(path), remedy="save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:  # said without the line itself, which may hold a password
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        what = f"not readable as YAML, line {line}: {error.problem}"
        raise ConfigurationError(what, where=str(path), remedy=_remedy(text)) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-01
        raise ConfigurationError(f"not readable as YAML: {error}", where=str(path)) from error
    if not isinstance(loaded, dict):
        raise ConfigurationError("expected a mapping of keys to values", where=str(path), remedy=_remedy(text))
    return loaded


def _remedy(text: str) -> str:
    """A key whose colon no blank follows, where there is one: the parser trips over a later line."""
    glued = GLUED.search(text)
    if glued is None:
        return ""
    line = text.count("\n", 0, glued.start(1)) + 1
    return f"line {line}: write a blank after the colon of {glued[1]}:"
