"""Where the tiny model lies: made on first use, then kept in the user's cache."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import sentencepiece
import torch
from filelock import FileLock

from schemas.errors import ModelError
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.tiny.pretraining import TINY, Settings, pretrain
from train.models.tiny.samples import sample_texts, samples_digest
from train.models.tiny.small import STEPS, Small, code_digest, write_small
from train.models.tiny.writing import configuration, write_model, write_tokenizer
from train.models.tokenizer import ChatGLMTokenizer

_OWN_CODE = ("pretraining", "samples", "tasks", "vocabulary", "writing")
_CODE_OF_SMALL_ONES = ("small", "warming", "samples", "tasks", "vocabulary", "pieces", "byte_pairs")


def tiny_folder(note: Callable[[str], None] = lambda _: None, settings: Settings = TINY) -> Path:
    """The folder of the tiny model; where it is not there yet, a minute of pre-training makes it.

    Several processes may ask at once: one makes it, the others wait. A killed one leaves nothing that is taken for it.
    """
    note("tiny is a model of two million parameters that shows the road; its numbers mean nothing for ChatGLM-6B")
    said = "pre-training the tiny model once, about a minute on two cores"
    return _kept(f"tiny-{_digest(settings)}", lambda part: _make(part, settings), note, said)


def small_folder(small: Small, note: Callable[[str], None] = lambda _: None, *, steps: int = STEPS) -> Path:
    """The folder of one of the small models, made in seconds where it is not there yet."""
    note(f"{small.name} is {small.about}, hardly trained: it shows the road, and its numbers mean nothing")
    code = code_digest(*_CODE_OF_SMALL_ONES, small.name.removeprefix("tiny-").replace("-", "_"))
    parts = (samples_digest(), code, steps, torch.__version__, sentencepiece.__version__)
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return _kept(
        f"{small.name}-{digest}",
        lambda part: write_small(small, part, steps=steps),
        note,
        f"making {small.name} once, some seconds",
    )


def _kept(name: str, make: Callable[[Path], object], note: Callable[[str], None], said: str) -> Path:
    """A folder of the cache: whole, or not there; made by one of those who ask for it."""
    cache = cache_folder(os.environ)
    folder = cache / name
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{name}.lock"):
            if not folder.is_dir():
                note(f"{said}; it is kept in {folder}")
                part = folder.with_name(f".{name}.part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir()
                make(part)
                part.rename(folder)
    except OSError as error:
        raise ModelError(
            f"{folder}: the tiny model cannot be kept there: {error.strerror}; set PREP_CACHE to a folder of yours"
        ) from None
    return folder


def cache_folder(environment: Mapping[str, str]) -> Path:
    if chosen := environment.get("PREP_CACHE"):
        return Path(chosen).expanduser()
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "prep"


def untrained(folder: Path, *, layers: int = 2, hidden: int = 32, heads: int = 2, seed: int = 0) -> Path:
    """Write a model of random weights with the tiny model's vocabulary, which speaks no word; for tests."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ChatGLMForCausalLM(configuration(layers=layers, hidden=hidden, heads=heads))
    write_model(model, folder)
    return folder


def _make(folder: Path, settings: Settings) -> None:
    write_tokenizer(folder)
    tokenizer = ChatGLMTokenizer.from_pretrained(folder)
    write_model(pretrain(tokenizer, sample_texts(), settings), folder)


def _digest(settings: Settings) -> str:
    """Changes with the samples, with the code here, and with what computes."""
    parts = (samples_digest(), code_digest(*_OWN_CODE), settings, torch.__version__, sentencepiece.__version__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
