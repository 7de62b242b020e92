"""The tiny ChatGLM2-6B of the golden data."""

import json
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from tests.golden_data import golden
from tests.train.models.chatglm.tiny import TOLERANCE, assert_logits, cases, meta
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM

__all__ = ["NAMES", "PREFIXED", "TOLERANCE", "assert_logits", "cases", "config", "meta", "model", "weights"]

PREFIXED = ("v2_prefix", "v2_prefix_proj")
NAMES = ("v2_base", *PREFIXED)


def config(name: str, **fields: Any) -> ChatGLM2Config:
    values = json.loads((golden(name) / "config.json").read_text(encoding="utf-8"))
    made: ChatGLM2Config = ChatGLM2Config.from_dict(values | fields)
    return made


def weights(name: str) -> dict[str, Tensor]:
    """The reference's, without the frequencies, which nobody loads."""
    found = load_file(golden("v2_base") / "model.safetensors")
    if name in PREFIXED:
        found |= load_file(golden(name) / "prefix_encoder.safetensors")
    return {key: tensor for key, tensor in found.items() if "inv_freq" not in key}


def model(name: str, **fields: Any) -> ChatGLM2ForCausalLM:
    """The reference's weights in our model, ready for inference."""
    made = ChatGLM2ForCausalLM(config(name, **fields))
    made.load_state_dict(weights(name))
    return made.eval()
