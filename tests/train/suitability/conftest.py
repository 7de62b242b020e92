"""A base that heeds its prompt, three small datasets, a mixture of two, and a run on each that nobody trained."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.dataset import MANIFEST, PreparedDataset
from tests.train.answer.speaking import run_on, speaking
from tests.train.evaluation.datasets import dataset


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speaking(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``legal``, ``paper`` and ``patent``, and ``legal-mixed`` of the first two."""
    folder = tmp_path_factory.mktemp("data")
    dataset(folder / "patent", "patent")
    dataset(folder / "legal", "legal", test=5, first=100)
    dataset(folder / "paper", "paper", test=6, first=200)
    mixed(folder / "legal-mixed", "legal", "paper")
    return folder


@pytest.fixture(scope="session")
def runs(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    noises = {"legal": 0.5, "paper": 1.0, "patent": 2.0, "legal-mixed": 0.2}
    return {name: run_on(model, folder / name, noise=noise).path for name, noise in noises.items()}


def mixed(folder: Path, *of: str) -> PreparedDataset:
    """As ``prep mix`` leaves it, as far as it is read."""
    dataset(folder, of[0], first=300)
    path = folder / MANIFEST
    facts = json.loads(path.read_text(encoding="utf-8")) | {"mixed": [{"name": name, "amount": 1.0} for name in of]}
    path.write_text(json.dumps(facts), encoding="utf-8")
    return PreparedDataset.open(folder)
