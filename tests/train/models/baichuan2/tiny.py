"""Tiny Baichuan2 models of random weights: one that turns its heads, as the 7B, one with ALiBi, as the 13B."""

from typing import Any

import torch

from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.modeling import BaichuanForCausalLM

TOLERANCE = 1e-4
KINDS = ("rotary", "alibi")
FIELDS: dict[str, dict[str, Any]] = {"rotary": {"max_position_embeddings": 4096}, "alibi": {}}
SLOPES = {"rotary": None, "alibi": [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]}
"""Of six heads: four of the series for four, two of that for eight from between them."""


def config(kind: str, **fields: Any) -> Baichuan2Config:
    sizes = {"vocab_size": 260, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3}
    made: Baichuan2Config = Baichuan2Config(**sizes | {"num_attention_heads": 6} | FIELDS[kind] | fields)
    return made


def model(kind: str, **fields: Any) -> Any:
    """Weights large enough for attention to matter, and rows of the vocabulary of all lengths."""
    torch.manual_seed(3)
    made = BaichuanForCausalLM(config(kind, **fields))
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "prefix_encoder" not in name:
                parameter.add_(0.15 * torch.randn_like(parameter))
        made.lm_head.weight.mul_(torch.rand(260, 1) * 5 + 0.1)
    return made.eval()


def ids(length: int, seed: int = 0) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, 260, (length,), generator=generator).tolist()
