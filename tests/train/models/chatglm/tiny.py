"""The tiny ChatGLM-6B of the golden data, and its cases."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.golden_data import golden
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.configuration import ChatGLMConfig

WITH_ALL_LOGITS = ("v1_base", "v1_prefix", "v1_prefix_proj", "v1_1dpos")
TOLERANCE = 1e-4


def config(name: str, **fields: Any) -> ChatGLM1Config:
    values = json.loads((golden(name) / "config.json").read_text(encoding="utf-8"))
    made: ChatGLM1Config = ChatGLMConfig.from_dict(values | fields)
    return made


def model(name: str, **fields: Any) -> ChatGLMForCausalLM:
    """The reference's weights in our model, ready for inference."""
    weights = load_file(golden("v1_base") / "model.safetensors")
    prefix = golden(name) / "prefix_encoder.safetensors"
    if prefix.exists():
        weights |= load_file(prefix)
    made = ChatGLMForCausalLM(config(name, **fields))
    made.load_state_dict({key: tensor for key, tensor in weights.items() if "inv_freq" not in key})
    return made.eval()


@cache
def cases(name: str) -> Mapping[str, Tensor]:
    with np.load(golden(name) / "cases.npz") as arrays:
        return {key: torch.from_numpy(array) for key, array in arrays.items()}


def meta(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((golden(name) / "cases_meta.json").read_text(encoding="utf-8"))
    return values


def assert_logits(found: Tensor, expected: Mapping[str, Tensor], case: str, rows: Tensor | None = None) -> None:
    """Compare with whatever the golden data keeps of a case's logits; ``rows`` are the ones that count."""
    kept = {
        "logits": found,
        "logits_stride8": found[..., ::8],
        "logits_mean": found.mean(-1),
        "logits_tail": found[:, -4:],
    }
    compared = [name for name in kept if f"{case}/{name}" in expected]
    assert compared
    for name in compared:
        difference = (kept[name] - expected[f"{case}/{name}"]).abs()
        assert (difference if rows is None else difference[rows]).max() <= TOLERANCE, (case, name)
