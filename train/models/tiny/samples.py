"""The texts that the tiny model grows up on: questions and answers of the records in ``samples/``."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.errors import ModelError

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
FILES = "*/golden/train.json"
"""Those of dev and test stay unseen, so that tuning on the samples can be judged."""


def sample_texts() -> list[str]:
    """Texts of all records, always in the same order; raises ModelError where there are no samples."""
    lines = [line for path in _files() for line in path.read_text(encoding="utf-8").splitlines()]
    return [text for line in lines for text in texts_of(json.loads(line))]


def samples_digest() -> str:
    """Changes when a sample does."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in _files())).hexdigest()


def _files() -> list[Path]:
    files = sorted(SAMPLES.glob(FILES))
    if not files:
        raise ModelError(
            f"{SAMPLES}: no samples, from which the tiny model is made; use it in a checkout of the repository, "
            "or name the folder of another model"
        )
    return files


def texts_of(value: Any) -> Iterator[str]:
    """All that stand in a record, in whatever shape."""
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_of(inner)
