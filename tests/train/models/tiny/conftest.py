"""The vocabulary of the tiny model, and the model itself: made once for all tests, and kept as any user's is."""

from pathlib import Path

import pytest

from train.models.tiny.folder import tiny_folder
from train.models.tiny.writing import write_tokenizer
from train.models.tokenizer import ChatGLMTokenizer


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ChatGLMTokenizer:
    folder = tmp_path_factory.mktemp("vocabulary")
    write_tokenizer(folder)
    return ChatGLMTokenizer.from_pretrained(folder)


@pytest.fixture(scope="session")
def tiny() -> Path:
    """Takes a minute where nobody has used the model yet."""
    return tiny_folder()
