"""A base that heeds its prompt, a run on it, and small datasets; nobody changes them."""

from pathlib import Path

import pytest

from schemas.dataset import PreparedDataset
from tests.train.answer.speaking import run_on, speaking
from tests.train.evaluation.datasets import dataset
from train.answer.load import tuned
from train.evaluation.models import Models


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speaking(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="session")
def run_folder(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_on(model, tmp_path_factory.mktemp("runs") / "prefix").path


@pytest.fixture
def models(run_folder: Path) -> Models:
    found = tuned(run_folder)
    return Models(found.without_adapter(), found)


@pytest.fixture(scope="session")
def patent(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return dataset(tmp_path_factory.mktemp("data") / "patent", "patent")


@pytest.fixture(scope="session")
def legal(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return dataset(tmp_path_factory.mktemp("data") / "legal", "legal", test=5, first=100)
