"""The vocabulary of ``tiny-baichuan2``, made once."""

from pathlib import Path

import pytest

from train.models.tiny.baichuan2 import write_vocabulary
from train.models.tiny.samples import sample_texts


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocabulary")
    write_vocabulary(folder, sample_texts())
    return folder
