"""Real files that lie beside the checkout on our machines; elsewhere the tests that need them are skipped."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """A real file, or skip the test."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the real file {name} is not here (shared/data lies beside the checkout of the developers only)")
    return path
