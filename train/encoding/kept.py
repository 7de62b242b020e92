"""Encoded records, kept for the next training: written once, then mapped into memory instead of encoded again.

What they are kept under changes with all that they are made of: the records, the options, the tokenizer's files and
the code that encodes.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from schemas.statistics import SequenceLimits, TruncationLosses
from train.encoding.examples import Encoded, Examples

WORTH = 5_000
"""Records below which encoding takes no longer than keeping."""
NEWEST = 16
"""Splits that are kept."""
_FACTS = "facts.json"
_ARRAYS = tuple(field.name for field in fields(Examples))
_TOKENIZER_FILES = ("*.model", "*.json", "*.jinja", "*.txt")
_INDEX = "*.index.json"
_CODE = ("encoding", "families", "models")


def encoded_once(place: Path, key: str, encode: Callable[[], Encoded], *, records: int) -> Encoded:
    """What is kept under the key, or what ``encode`` makes, which is then kept if it is many records' worth."""
    folder = place / key
    if (folder / _FACTS).is_file():
        os.utime(folder)
        return _read(folder)
    made = encode()
    if records >= WORTH:
        _write(made, folder)
        _forget_the_oldest(place)
    return made


def key_of(tokenizer_folder: Path, options: Mapping[str, Any]) -> str:
    """SHA-256 of the options, among them that of the records, and of the files that have a say."""
    whole = hashlib.sha256(json.dumps(options, sort_keys=True, default=str).encode())
    indexes = set(tokenizer_folder.glob(_INDEX))
    named = {path for pattern in _TOKENIZER_FILES for path in tokenizer_folder.glob(pattern)} - indexes
    code = {path for name in _CODE for path in Path(__file__).parents[1].joinpath(name).rglob("*.py")}
    for path in (*sorted(named), *sorted(code)):
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


def _read(folder: Path) -> Encoded:
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    limits = SequenceLimits(**facts["losses"].pop("limits"))
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    losses = TruncationLosses(limits=limits, **facts["losses"])
    return Encoded(examples=Examples(**arrays), losses=losses, empty=facts["empty"])


def _write(made: Encoded, folder: Path) -> None:
    """Whole or not at all; where another process was faster, its own stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        for name in _ARRAYS:
            np.save(part / f"{name}.npy", getattr(made.examples, name), allow_pickle=False)
        facts = {"losses": asdict(made.losses), "empty": made.empty}
        (part / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        part.rename(folder)
    except OSError:  # a full disk, or a folder that is there by now: the training does without
        shutil.rmtree(part, ignore_errors=True)


def _forget_the_oldest(place: Path) -> None:
    kept = sorted(
        (path for path in place.iterdir() if (path / _FACTS).is_file()), key=lambda path: path.stat().st_mtime
    )
    for folder in kept[:-NEWEST]:
        shutil.rmtree(folder, ignore_errors=True)
