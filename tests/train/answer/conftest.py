"""Models that are made once for all tests; nobody changes them."""

from pathlib import Path

import pytest

from tests.train.answer.speaking import run_on, speaking


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speaking(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="session")
def run_folder(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(model, tmp_path_factory.mktemp("runs") / "prefix").path
