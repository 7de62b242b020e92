"""What a hub is: which files a model has there, which lie in the cache, and how to get them.

Only what a model is made of is fetched: configuration, vocabulary, weights of one kind. Never code, never a pickle
beside the weights.
"""

import errno
import importlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

SECONDS = 10.0
"""How long a hub may take to say anything."""

SMALL_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "ice_text.model",
    "tokenizer.model",
    "tokenizer.json",
    "chat_template.jinja",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
_WEIGHTS = tuple(
    re.compile(rf"{stem}(-\d+-of-\d+)?\.{ending}(\.index\.json)?")
    for stem, ending in (("model", "safetensors"), ("pytorch_model", "bin"))
)
_ERRORS = {
    "httpx": "HTTPError",
    "httpx2": "HTTPError",
    "requests": "RequestException",
    "huggingface_hub.errors": "HfHubHTTPError",
    "modelscope_hub.errors": "HubError",
}
"""What may go wrong in the libraries of the hubs, and in those below them; each version has others."""


class Unavailable(Exception):
    """A hub does not give a model; the message says why, as the end of a sentence."""


class Hub(Protocol):
    """A place that models are fetched from. Its methods raise ``Unavailable``."""

    @property
    def place(self) -> str:
        """Where it is on the net."""
        ...

    @property
    def cache(self) -> Path: ...

    def cached(self, name: str) -> Path | None:
        """The folder of a model that was fetched before, at least in part."""
        ...

    def files(self, name: str) -> Mapping[str, int]:
        """What a model consists of there, and the bytes of each file; 0 where they are unknown."""
        ...

    def fetch(self, name: str, files: Iterable[str]) -> Path:
        """The folder with these files."""
        ...


def chosen(files: Iterable[str], *, weights: bool) -> list[str]:
    """Of a model's files those that we read: of two kinds of weights the safe one."""
    known = list(files)
    kinds = [[file for file in known if kind.fullmatch(file)] for kind in _WEIGHTS] if weights else []
    return [*(file for file in known if file in SMALL_FILES), *next(filter(None, kinds), [])]


def failures() -> tuple[type[Exception], ...]:
    """What the library of a hub may raise when it cannot give something."""
    found: list[type[Exception]] = [OSError, ValueError, RuntimeError]
    for module, error in _ERRORS.items():
        try:
            found.append(getattr(importlib.import_module(module), error))
        except ImportError:
            continue
    return tuple(found)


def reason(place: str, error: Exception) -> str:
    """What to say of a failure that is of no special kind."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "there is no space left for it"
    said = " ".join(str(error).split()) or "nothing more is known"
    return f"{place} does not give it: {type(error).__name__}: {said[:200]}"
