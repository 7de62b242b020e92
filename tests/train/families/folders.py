"""Model folders in the official layout, put together from the golden weights and vocabularies."""

import shutil
from pathlib import Path

from tests.golden_data import golden

GENERATIONS = {"chatglm": "v1", "chatglm2": "v2"}


def model_folder(family: str, folder: Path) -> Path:
    """A tiny model of a family with its tokenizer, in ``folder``; skips where the golden data are absent."""
    generation = GENERATIONS[family]
    folder.mkdir(parents=True, exist_ok=True)
    for source in (golden(f"{generation}_base"), golden(f"tok/{generation}")):
        for path in source.iterdir():
            if path.suffix in {".json", ".model", ".safetensors"} and path.name != "cases_meta.json":
                shutil.copy(path, folder)
    return folder
