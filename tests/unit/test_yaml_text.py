"""The fast reader and the one in Python read the same from every contract and the whole register."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.core.contracts import CONTRACTS
from pipelines.core.register import METRICS
from pipelines.core.yaml_text import LOADER, read_yaml

FILES = [*sorted(CONTRACTS.glob("*.yaml")), *sorted(METRICS.glob("*.yml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_readers_agree(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read_yaml(text) == yaml.safe_load(text)


def test_it_makes_no_objects_of_python() -> None:
    assert LOADER in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", None))
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.getcwd []")
