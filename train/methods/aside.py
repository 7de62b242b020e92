"""Modules that stand beside the base, and can be set aside: then the base answers as it did before tuning."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class Beside(nn.Module):
    """What a method puts beside the base; whoever runs it looks whether it is idle."""

    idle: bool = False


@contextmanager
def set_aside(model: Any) -> Iterator[Any]:
    """The same model without what stands beside it, for as long as the context lasts."""
    modules = [module for module in model.modules() if isinstance(module, Beside)]
    for module in modules:
        module.idle = True
    try:
        yield model
    finally:
        for module in modules:
            module.idle = False
