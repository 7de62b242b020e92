"""Golden files and tokenizers of both generations."""

import json
from typing import Any

import numpy as np
import torch

from tests.golden_data import golden
from train.models.tokenizer import ChatGLMTokenizer

GENERATIONS = ("v1", "v2")


def expected_of(generation: str) -> dict[str, Any]:
    """What the reference's tokenizer gives."""
    found: dict[str, Any] = json.loads(golden(f"tokenizer_{generation}.json").read_text(encoding="utf-8"))
    return found


def official_tokenizer(generation: str) -> ChatGLMTokenizer:
    """Ours, with the official treatment of control tokens in texts."""
    return ChatGLMTokenizer.from_pretrained(golden(f"tok/{generation}"), split_special_tokens=False)


def plain(value: Any) -> Any:
    """Arrays and tensors as the golden files write them."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = str(value.dtype).removeprefix("torch.")
        return {"shape": list(value.shape), "dtype": kind, "data": value.tolist()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value
