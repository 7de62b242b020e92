"""Which quantisation a base has: what its files hold already, or what is asked for while they are read."""

import importlib.util
from collections.abc import Mapping
from typing import Any, Literal, cast

from torch import nn

from schemas.errors import ModelError, OptionError
from train.models.quantised.official import Bits, official_bits

Quantization = Literal["none", "int4", "int8", "nf4", "llm-int8", "torchao-int8"]
OFFICIAL: Mapping[str, Bits] = {"int4": 4, "int8": 8}
BITS: Mapping[str, Bits] = {**OFFICIAL, "nf4": 4, "llm-int8": 8, "torchao-int8": 8}
LIBRARIES: Mapping[str, str] = {"nf4": "bitsandbytes", "llm-int8": "bitsandbytes", "torchao-int8": "torchao"}
INSTALL = "pip install 'prep-chatglm[quantised]'"


def settled(name: str, fields: Mapping[str, Any], asked: Quantization) -> Quantization:
    """What a model will have, by its configuration and the wish; raises a PrepError where they cannot both be."""
    if not fields.get("quantization_bit"):
        require_library(asked)
        return asked
    found = f"int{official_bits(fields['quantization_bit'])}"
    if asked not in ("none", found):
        raise ModelError(
            f"{name}: its weights are {found} already, asked for is quantization {asked}; leave that out, or name the "
            "model in half precision"
        )
    return cast(Quantization, found)


def require_library(asked: Quantization) -> None:
    """Raises OptionError where what a quantisation needs is not installed."""
    library = LIBRARIES.get(asked)
    if library and importlib.util.find_spec(library) is None:
        raise OptionError(
            f"quantization {asked}: needs {library}, which is not installed: {INSTALL}; or choose int4, int8"
        )


def is_quantised(module: nn.Module) -> bool:
    """Whether it is a linear layer whose weight is kept in 4 or 8 bits, by whatever library."""
    weight = module.weight if isinstance(module, nn.Linear) else None
    return weight is not None and (
        not weight.is_floating_point() or type(weight).__module__.partition(".")[0] == "torchao"
    )


def require_whole_weights(model: nn.Module, what: str) -> None:
    """Raises OptionError where weights that are kept in 4 or 8 bits would have to train, or to be looked at."""
    if any(map(is_quantised, model.modules())):
        raise OptionError(
            f"{what}: needs the weights of the base, which are quantised; use p_tuning_v2 or plain lora, or a base in "
            "half precision without quantization"
        )
