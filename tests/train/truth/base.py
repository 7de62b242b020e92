"""The base of the known answers: a small ChatGLM, pre-trained once on ``skills.py`` and kept as the tiny model is."""

import hashlib
import os
import shutil
from pathlib import Path

import torch
from filelock import FileLock

from tests.train.truth import skills
from train.models.tiny import pretraining, tasks
from train.models.tiny.folder import cache_folder
from train.models.tiny.pretraining import Settings, pretrain
from train.models.tiny.samples import sample_texts, samples_digest
from train.models.tiny.writing import write_model, write_tokenizer
from train.models.tokenizer import ChatGLMTokenizer

SETTINGS = Settings(layers=3, hidden=128, heads=4, steps=4500, tokens=320, longest=96, learning_rate=1.2e-3, threads=1)


def truth_base() -> Path:
    """Its folder; where it is not there yet, two minutes make it."""
    folder = cache_folder(os.environ) / f"truth-{_digest()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            _make(folder)
    return folder


def _make(folder: Path) -> None:
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    write_tokenizer(part)
    tokenizer = ChatGLMTokenizer.from_pretrained(part)
    write_model(pretrain(tokenizer, sample_texts(), SETTINGS, skills.SKILLS), part)
    part.rename(folder)


def _digest() -> str:
    """Changes with the samples, with the skills and how they are taught, and with what computes."""
    code = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (skills, pretraining, tasks)]
    parts = (samples_digest(), code, SETTINGS, torch.__version__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
