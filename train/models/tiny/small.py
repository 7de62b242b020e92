"""The small brothers of ``tiny``: other families, a few hundred thousand numbers, made in seconds to try the road."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel

from train.models.tiny.samples import sample_texts

STEPS = 150
"""Of training, on made-up tasks: enough to have learnt the form of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """One of them. It is hardly trained, so its answers are noise; what tuning changes is real all the same."""

    name: str
    about: str
    tokenizer: Callable[[Path, list[str]], None]
    """Writes the files of a vocabulary made from these texts."""
    model: Callable[[Path], PreTrainedModel]
    """A model of random weights that fits the vocabulary in a folder."""


def write_small(small: Small, folder: Path, *, steps: int = 0, seed: int = 42) -> Path:
    """Write a whole model folder; the same bytes each time, and torch's generator stays as it is."""
    from train.models.tiny.warming import warm

    folder.mkdir(parents=True, exist_ok=True)
    small.tokenizer(folder, sample_texts())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = small.model(folder)
        model.config.save_pretrained(folder)
        if steps:
            warm(model, folder, steps=steps, seed=seed)
    tied = (model._tied_weights_keys or {}) if model.config.tie_word_embeddings else {}
    weights = {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def write_json(values: object, path: Path) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def code_digest(*names: str) -> str:
    """Changes with the code of modules beside this one."""
    whole = hashlib.sha256()
    for name in names:
        whole.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return whole.hexdigest()
