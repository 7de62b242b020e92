"""An untrained model, and two datasets: pairs of legal questions, and dialogues."""

from pathlib import Path

import pytest

from tests.pipeline.mixing.folders import folder, pairs
from tests.train.experiments.stated import dialogues


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("experiments") / "data"
    folder(place / "legal", train=pairs("法", 16), dev=pairs("法", 4, 20), test=pairs("法", 6, 30))
    folder(place / "instruct", domain="instruct", train=dialogues(12), test=[*dialogues(7, 40), *pairs("令", 3, 60)])
    return place
