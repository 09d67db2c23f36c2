"""The next step as it can be typed: a command that a message names, with the home and city that were meant.

Belongs here: finding such commands in a message, which options each takes (the program's own commands tell). Does not: saying
what the next step is (whoever has something to say), printing (show). What rests in the ledger names no place of this machine.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typer

from pipelines.core.errors import CityError
from pipelines.core.settings import load_settings

COMMAND = re.compile(r"citybrain (?P<first>[a-z]+(?:-[a-z]+)*)(?: (?P<second>[a-z]+(?:[-_][a-z]+)*))?")
#: Options that say where: a message leaves them out, the user does not.
PLACES = ("--home", "--city")


_program: list[typer.Typer] = []


def of_program(app: typer.Typer) -> None:
    """Say which program's commands messages name, once they are attached."""
    _program[:] = [app]
    _commands.cache_clear()


@cache
def _commands() -> dict[str, Any]:
    """The program's commands by name; none where no program runs (a test, a board)."""
    return {name: one for app in _program for name, one in getattr(typer.main.get_command(app), "commands", {}).items()}


def typed(words: Sequence[str]) -> dict[str, str]:
    """Of the words of a command line, the places that it names."""
    found: dict[str, str] = {}
    for option in PLACES:
        for number, word in enumerate(words):
            if word == option and number + 1 < len(words):
                found[option] = words[number + 1]
            elif word.startswith(f"{option}="):
                found[option] = word.removeprefix(f"{option}=")
    return found


def _home_of(city: Path) -> Path | None:
    """The home that a city has where none was typed; None where its folder does not tell."""
    from pipelines.core.bindings import read_city_file
    from pipelines.core.installation import home_path, named_city

    try:
        return None if load_settings().home else home_path(None, str(read_city_file(named_city(city))["name"]))
    except CityError:  # told where the city is read
        return None


def with_places(text: str, words: Sequence[str] | None = None) -> str:
    """A message whose commands name the home and city of the command line (`words`; the process's own), where they take them."""
    if "citybrain " not in text:
        return text
    places = typed(sys.argv[1:] if words is None else words)
    found = list(COMMAND.finditer(text)) if places else []
    ends = [*(one.start() for one in found), len(text)][1:]
    for one, end in reversed(list(zip(found, ends, strict=True))):
        taken, at = _options(one)
        meant = {name: value for name, value in places.items() if name in taken}
        if "--home" in taken and not meant and (home := _home_of(Path(places["--city"]))):
            meant = {"--home": str(home)}  # the command takes no city
        told = [f"{name} {shlex.quote(value)}" for name, value in meant.items() if name not in text[at:end]]
        text = " ".join([text[:at], *told]) + text[at:]
    return text


def _options(one: re.Match[str]) -> tuple[set[str], int]:
    """Which options the command that was found takes, and where in the text its words end; none if it is no command of ours."""
    command, at = _commands().get(one["first"]), one.end("first")
    if inner := getattr(command, "commands", {}).get(one["second"]):
        command, at = inner, one.end("second")
    return {option for parameter in command.params for option in parameter.opts} if command else set(), at
