"""What the integration tests share beside the session's tiny city."""

from __future__ import annotations

import os

import filelock
import pytest

from tests.integration.days import Days, some_days


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """A home brought through some days. Parallel workers share it: the first makes it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    base = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "days"
    base.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{base}.lock"):
        return some_days(base)
