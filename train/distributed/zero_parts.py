"""ZeRO-3 from the first weight on: it goes to the device, each process keeps its part, and the next one comes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import TrainingArguments

from train.models.checkpoint import of_model, require_all, require_shape, stored_tensors


class Divider:
    """Every process has to bring the same weights in the same order."""

    def __init__(self, arguments: TrainingArguments) -> None:
        config: Any = arguments
        self._config = config.hf_deepspeed_config.config
        self._first: Any = None
        self._half: torch.dtype | None = None

    def divide(self, weight: nn.Parameter) -> None:
        """``weight`` has its numbers, on whatever device; what it is called by is kept."""
        if self._first is None:
            self._begin(weight)
        elif not hasattr(weight, "ds_id"):
            self._cast(weight)
            self._first.convert_to_zero_parameters(param_list=[weight])

    def _begin(self, weight: nn.Parameter) -> None:
        import deepspeed

        deepspeed.init_distributed(dist_backend=deepspeed.get_accelerator().communication_backend_name())
        begun = deepspeed.runtime.config.DeepSpeedConfig(self._config)
        halves = {torch.bfloat16: begun.bfloat16_config.enabled, torch.float16: begun.float16_config.enabled}
        self._half = next((dtype for dtype, is_on in halves.items() if is_on), None)
        self._cast(weight)
        alone = nn.Module()
        alone.register_parameter("weight", weight)
        deepspeed.zero.Init(module=alone, config_dict_or_path=self._config)
        self._first = weight

    def _cast(self, weight: nn.Parameter) -> None:
        """As DeepSpeed does with weights that are not divided yet: its optimiser keeps those in float32."""
        if self._half is not None and weight.is_floating_point():
            weight.data = weight.data.to(self._half)


def divide_all(model: nn.Module, arguments: TrainingArguments, device: torch.device) -> None:
    """What is mapped into memory is read here; DeepSpeed writes into what it is given."""
    divider = Divider(arguments)
    for weight in model.parameters():
        weight.data = weight.data.to(device, copy=True)
        divider.divide(weight)


def fill_divided(model: Any, folder: Path, arguments: TrainingArguments, device: torch.device) -> None:
    """A model on the meta device gets what the files have; raises ModelError where that is something else."""
    divider = Divider(arguments)
    expected = dict(model.named_parameters(remove_duplicate=False))
    missing = dict(model.named_parameters())
    for name, tensor in of_model(model, stored_tensors(folder), expected, str(folder)):
        empty = expected[name]
        require_shape(tensor, empty, f"{folder}: {name}")
        filled = nn.Parameter(tensor.to(device, empty.dtype, copy=True), requires_grad=empty.requires_grad)
        for module, leaf in _places(model, empty):
            module._parameters[leaf] = filled
        divider.divide(filled)
        missing.pop(name, None)
    require_all(folder, list(missing))


def _places(model: nn.Module, weight: Tensor) -> Iterator[tuple[nn.Module, str]]:
    """A tied one stands in several modules."""
    for module in model.modules():
        for leaf, held in list(module._parameters.items()):
            if held is weight:
                yield module, leaf
