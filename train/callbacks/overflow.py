"""Where in a model numbers stop being numbers. Looked for only when something is wrong already."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


def bad_weights(model: nn.Module) -> list[str]:
    """Names of the trained weights that hold a value that is no finite number."""
    return [
        name for name, weight in model.named_parameters() if weight.requires_grad and not bool(weight.isfinite().all())
    ]


@contextmanager
def _mended(model: nn.Module) -> Iterator[None]:
    broken = {name: model.get_parameter(name) for name in bad_weights(model)}
    before = {name: weight.clone() for name, weight in broken.items()}
    for weight in broken.values():
        weight.nan_to_num_(0.0, 0.0, 0.0)
    try:
        yield
    finally:
        for name, weight in broken.items():
            weight.copy_(before[name])


def first_out_of_range(model: nn.Module, batch: Mapping[str, Tensor]) -> str | None:
    """The first module whose output holds a value that is no finite number, as it computes a batch.

    Trained weights that are broken count as 0: an optimiser step spreads what went wrong before it.
    """
    found: list[str] = []

    def look(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) and output else output
            if not found and isinstance(first, Tensor) and not bool(first.isfinite().all()):
                found.append(name)

        return hook

    hooks = [module.register_forward_hook(look(name)) for name, module in model.named_modules() if name]
    try:
        with torch.no_grad(), _mended(model):
            model(**batch)
    finally:
        for each in hooks:
            each.remove()
    return found[0] if found else None
