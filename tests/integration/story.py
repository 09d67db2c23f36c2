"""The story that test_build tells of the tiny city: what it holds, and one run of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from pipelines import build, publish
from pipelines.core.canonical import Hashes
from pipelines.core.settings import load_settings
from pipelines.core.warehouse import PublishedBuild, writer_lock
from tests.integration.landed import Landed, moment

SETTINGS = replace(load_settings(), memory_limit="1GB", threads=2)


def run(place: Landed, as_of: str | None = None) -> build.Built:
    """Build, publish, finish; what `citybrain run` does after ingesting."""
    with writer_lock(place.home.warehouse):
        built = build.build(place.home, place.city, SETTINGS, moment(as_of) if as_of else None)
        now = dt.datetime(2017, 1, 1, len(publish.builds(place.home)))
        publish.publish(place.home, SETTINGS, built.prepared.inputs, built.prepared.mode, now=now)
        build.finish(built.prepared)
    return built


@dataclass
class Story:
    """The tiny city on its first day and after three more, built twice on the last."""

    first: PublishedBuild
    first_tests: list[str]
    last: PublishedBuild
    rebuilt: PublishedBuild
    modes: list[str]
    place: Landed
    hashes: tuple[Hashes, Hashes]
