"""A model for all tests of trainings."""

from pathlib import Path

import pytest

from train.models.tiny.folder import untrained


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained ChatGLM-6B of two narrow layers with its vocabulary, in the official layout."""
    return untrained(tmp_path_factory.mktemp("model") / "tiny")
