"""The random bases of the law tests, their layers quantised."""

from typing import Any

import torch

from tests.train.methods import tiny
from train.models.checkpoint import fill
from train.models.quantised.choice import Quantization


def base(family: str, quantization: Quantization, dtype: torch.dtype = torch.float32) -> Any:
    """The same weights each time."""
    make, config = tiny.CONFIGS[family]
    with torch.device("meta"):
        model = make(type(config)(**config.to_diff_dict())).to(dtype)
    weights = tiny.base(family, dtype).state_dict()
    fill(model, weights.items(), where="these tests", device="cpu", quantization=quantization)
    model.tie_weights()
    return model.eval()


def adapted(case: str, family: str, quantization: Quantization, dtype: torch.dtype = torch.float32) -> Any:
    method, settings = tiny.case(case)
    model = base(family, quantization, dtype)
    torch.manual_seed(2)
    model = method.adapt(model, settings, tiny.facts(family))
    if method.begin is not None:
        method.begin(model, 10)
    return model
