"""Our own YAML files (contracts, register) read by libyaml where PyYAML was built with it: nine times as fast.

Belongs here: the choice of the loader; every command reads the contracts. Does not: what people write by hand and get
wrong (bindings, whose errors quote the reader in Python).
"""

from __future__ import annotations

from typing import Any

import yaml

#: Both are safe loaders: they make no objects but those of YAML itself.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """What the text says. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader, see above
