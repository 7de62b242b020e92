"""A tiny model whose random answers depend on the prompt and sometimes end, and runs on it that nobody trained."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from schemas.run import ADAPTER, FORMAT, RUN, Run
from train.answer.generate import answers
from train.answer.load import base
from train.answer.manner import Manner
from train.base import find_base
from train.methods.registry import method_of, settings_of
from train.methods.saved import save_adapter
from train.models.tiny.folder import untrained
from train.recipe.recipe import Recipe

QUESTIONS = ("一种装置", "法律", "什么是合同法？请详细说明，谢谢。", "", "传感器\n和壳体", "一种第7号检测装置")
"""One is empty."""
LIMIT = 12
"""Tokens: some of the model's answers to them are longer, others end before."""


def speaking(folder: Path) -> Path:
    """Random weights do as they like: they are drawn again until the answers are as the tests need them."""
    untrained(folder)
    drawn = load_file(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    for seed in range(200):
        _write(folder, drawn, config["eos_token_id"], seed)
        if _is_lively(folder):
            return folder
    raise AssertionError("no random model gave answers of different length and text")


def never_ending(model: Path, folder: Path) -> Path:
    """The same, but its answers go on for ever."""
    shutil.copytree(model, folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"][json.loads((folder / "config.json").read_text())["eos_token_id"]] = 0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _write(folder: Path, drawn: Mapping[str, Tensor], end: int, seed: int) -> None:
    """Layers with large weights heed the prompt; an output apart from the embeddings does not repeat it."""
    weights = {name: 6 * tensor if "layers" in name and tensor.dim() == 2 else tensor for name, tensor in drawn.items()}
    torch.manual_seed(seed)
    weights["lm_head.weight"] = 0.4 * torch.randn_like(drawn["transformer.word_embeddings.weight"])
    weights["lm_head.weight"][end] *= 2
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _is_lively(folder: Path) -> bool:
    answerer = base(str(folder)).load()
    prompts = dict(enumerate(answerer.prompts(pl.DataFrame({"prompt": [each for each in QUESTIONS if each]}))))
    said = [answer for batch in answers(answerer, prompts, Manner(max_new_tokens=40)) for answer in batch]
    lengths = [answer.tokens for answer in said if answer.finished]
    texts = {answer.text for answer in said}
    return len(lengths) == len(said) and 4 <= min(lengths) < LIMIT < max(lengths) and len(texts) > 2 and "" not in texts


def run_on(
    model: Path, folder: Path, method: str = "p_tuning_v2", settings: Any = None, *, noise: float = 1, **recipe: Any
) -> Run:
    """A finished run whose adapter says something else than the base."""
    found = find_base(str(model))
    chosen = method_of(method)
    values = settings_of(chosen, {"pre_seq_len": 3} if method == "p_tuning_v2" else settings or {})
    untuned = found.load(torch.float32, torch.device("cpu"))
    torch.manual_seed(1)
    tuned = chosen.adapt(untuned, values, found.family)
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data += noise * torch.randn_like(parameter)
    save_adapter(tuned, chosen, values, folder / ADAPTER)
    wanted = {"max_source_length": 128, "max_target_length": LIMIT} | recipe
    facts = {
        "format": FORMAT,
        "model": str(model),
        "method": method,
        "dataset": "x",
        "recipe": asdict(Recipe(model=str(model), method=method, **wanted)),
    }
    (folder / RUN).write_text(json.dumps(facts), encoding="utf-8")
    return Run.open(folder)
