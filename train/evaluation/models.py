"""The tuned model and its base: one copy of their gigabytes where the method allows it, and none before it is asked."""

import gc
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch

from train.answer.answerer import Answerer, Asking
from train.answer.conversation import Opener
from train.answer.load import Found
from train.answer.untuned import untuned
from train.encoding.examples import Ids
from train.families.family import Family, Tokenizer

Side = Literal["tuned", "base"]
_DECISIVE = ("model_files", "method", "dtype", "quantization", "split_special_tokens")
"""Of a model's facts; paths and names are of no matter, and asking stands in what is asked."""


class Models:
    """``tuned`` is None where a base is looked at alone."""

    def __init__(self, base: Found, tuned: Found | None = None) -> None:
        self.base, self.tuned = base, tuned

    @property
    def family(self) -> Family:
        return self.base.base.family

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return self.base.base.tokenizer(split_special_tokens=self.base.split_special_tokens)

    @cached_property
    def facts(self) -> Mapping[Side, Mapping[str, Any]]:
        """What decides what either says, the device aside."""
        facts: dict[Side, Mapping[str, Any]] = {"base": _facts(self.base)}
        if self.tuned is not None:
            facts["tuned"] = {**_facts(self.tuned), "adapter": _digest(self.tuned.adapter)}
        return facts

    def prompts(self, records: pl.DataFrame, asking: Asking) -> list[Ids]:
        """What either is asked; needs the tokenizer only."""
        options: dict[str, Any] = {"encoding": asking.encoding, "wording": asking.wording}
        return self.family.encode_prompts(records, self.tokenizer, asking.limits, **options)

    @contextmanager
    def opened(self, side: Side, asking: Asking) -> Iterator[Answerer]:
        """A model for a while, during which the other must not be used."""
        if side == "tuned" or self.tuned is None:
            yield replace(self._loaded, asking=asking)
            return
        with self._opener() as answerer:
            yield replace(answerer, asking=asking)

    def release(self) -> None:
        """Give the memory back; what is asked next loads anew."""
        self.__dict__.pop("_opener", None)
        self.__dict__.pop("_loaded", None)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @cached_property
    def _loaded(self) -> Answerer:
        return (self.tuned or self.base).load()

    @cached_property
    def _opener(self) -> Opener:
        return untuned(self._loaded, self.base.load)


def _facts(found: Found) -> dict[str, Any]:
    return {name: value for name, value in found.facts().items() if name in _DECISIVE}


def _digest(adapter: Path | None) -> str | None:
    """Of names and bytes."""
    if adapter is None:
        return None
    files = sorted(path for path in adapter.rglob("*") if path.is_file()) if adapter.is_dir() else [adapter]
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
