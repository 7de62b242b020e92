"""Inputs and outputs of the reference code, beside the checkout on our machines; elsewhere their tests are skipped."""

from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden"


def golden(name: str) -> Path:
    """A golden file or folder, or skip the test."""
    path = GOLDEN / name
    if not path.exists():
        pytest.skip(f"the golden {name} is not here (shared/golden lies beside the checkout of the developers only)")
    return path
